#!/bin/sh
# The command lines that stand in README.md, in the tutorial from its second part on and on the lab's first page do what is said
# there (commands.py). Needs python3 and a private network, no root. Prints TAP for tests/run.
cd "$(dirname "$0")/../.." || exit 1
: "${RAWSHAKE:=./rawshake}"
RAWSHAKE=$(realpath "$RAWSHAKE")
export RAWSHAKE PYTHONDONTWRITEBYTECODE=1
why=
command -v python3 >/dev/null || why="no python3 here"
"$RAWSHAKE" demo -q >/dev/null 2>&1 && unshare -rn ip link set lo up 2>/dev/null || why=${why:-"no private network here"}
if [ -n "$why" ]; then
    echo "ok 1 - the commands of the documents # SKIP $why"
    echo 1..1
    exit 0
fi
exec python3 tests/docs/commands.py
