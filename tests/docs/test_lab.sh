#!/bin/sh
# docs/lab.md and the pages of its chapters say what the program says (lab.py), and the experiment that is worked through
# there can be added as it stands (worked.py). Needs python3 and, but for the words, a private network; no root. Prints
# TAP for tests/run.
cd "$(dirname "$0")/../.." || exit 1
: "${RAWSHAKE:=./rawshake}"
RAWSHAKE=$(realpath "$RAWSHAKE")
export RAWSHAKE PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. tests/help/tap.sh

pages_have_the_programs_words() { python3 tests/docs/lab.py words; }
runs_are_as_the_pages_show_them() { python3 tests/docs/lab.py runs; }
the_worked_experiment_can_be_added() { python3 tests/docs/worked.py "$work"; }

list_as_json() {
    "$RAWSHAKE" lab --json >"$work/lines" 2>"$work/errors" && "$RAWSHAKE" lab >"$work/table" || return
    [ ! -s "$work/errors" ] || return
    "$RAWSHAKE" lab --json="$work/file" | cmp - "$work/table" && cmp "$work/file" "$work/lines" || return
    "$RAWSHAKE" lab --json >/dev/full 2>"$work/errors" && return 1
    grep "No space left" "$work/errors"
}

echo "1..4"
try list_as_json
if ! command -v python3 >/dev/null; then
    for name in pages_have_the_programs_words runs_are_as_the_pages_show_them the_worked_experiment_can_be_added; do
        skip $name "no python3 here"
    done
    exit 0
fi
try pages_have_the_programs_words
if "$RAWSHAKE" demo -q >/dev/null 2>&1; then
    try runs_are_as_the_pages_show_them
    try the_worked_experiment_can_be_added
else
    skip runs_are_as_the_pages_show_them "no private network here"
    skip the_worked_experiment_can_be_added "no private network here"
fi
exit $status
