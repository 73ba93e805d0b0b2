#!/bin/sh
# The lab's experiments, each as it is and as its control (experiments.py). Needs python3 and a private network. Prints
# TAP for tests/run.
: "${RAWSHAKE:=./rawshake}"
export RAWSHAKE PYTHONDONTWRITEBYTECODE=1
skip() {
    echo "ok 1 - experiments # SKIP $1"
    echo 1..1
    exit 0
}
command -v python3 >/dev/null || skip "python3 is not here"
"$RAWSHAKE" demo -q >/dev/null 2>&1 || skip "no private network can be made here"
exec python3 tests/lab/experiments.py
