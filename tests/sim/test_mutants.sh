#!/bin/sh
# The planted bugs of 'make mutants' are fragments of the source. Run by 'make check', so that who changes a line in which
# one is planted learns of it at once, and not from the long run.
cd "$(dirname "$0")/../.." || exit 1
echo "1..1"
if ! command -v python3 >/dev/null; then
    echo "ok 1 - no_planted_bug_is_stale # SKIP no python3 here"
    exit 0
fi
if told=$(tests/sim/mutants/run --stale 2>&1); then
    echo "ok 1 - no_planted_bug_is_stale"
    exit 0
fi
echo "$told" | sed 's/^/# /'
echo "not ok 1 - no_planted_bug_is_stale"
exit 1
