#!/bin/sh
# inside.sh PROGRAM.py: runs it as an ordinary user (nobody, to himself) in a network of his own, in which he has every
# capability. Prints TAP for tests/run.
name=${1##*/}
skip() {
    echo "ok 1 - $name # SKIP $1"
    echo 1..1
    exit 0
}
for tool in python3 bash ip setpriv; do
    PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || skip "$tool is not here"
done
: "${RAWSHAKE:=./rawshake}"
RAWSHAKE=$(realpath "$RAWSHAKE")
PATH=$PATH:/usr/sbin:/sbin
export RAWSHAKE PATH PYTHONDONTWRITEBYTECODE=1
inside="unshare --user --map-user=65534 --map-group=65534 --keep-caps --net"
$inside true 2>/dev/null || skip "no private network here"
"$RAWSHAKE" run -q --private -- true 2>/dev/null || skip "rawshake run does not work here"
work=$(mktemp -d) || exit 1
# On loopback, connect() may take a port over that is in TIME-WAIT, and then its SYN goes on from the old connection's
# timestamps. Whether it meets one is chance: openings that are compared are to be of new connections, so it may not.
fresh='echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse'
$inside sh -c "ip link set lo up && $fresh"' && exec "$@"' sh python3 "$@" "$work"
status=$?
rm -rf "$work"
exit $status
