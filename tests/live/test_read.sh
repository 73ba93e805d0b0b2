#!/bin/sh
# rawshake read beside tshark (read.py). Needs python3 and Wireshark's tools, no network and no root. Prints TAP for
# tests/run.
for tool in python3 tshark editcap; do
    command -v $tool >/dev/null && continue
    echo "ok 1 - read beside tshark # SKIP $tool is not here"
    echo 1..1
    exit 0
done
export PYTHONDONTWRITEBYTECODE=1
exec python3 tests/live/read.py "$@"
