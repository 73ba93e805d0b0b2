#!/bin/sh
# docs/json.md and docs/events.schema.json tell the truth: examples are valid, recipes print what they show, and the
# checker refuses what is no such line. Prints TAP for tests/run.
cd "$(dirname "$0")/../.." || exit 1
: "${RAWSHAKE:=$PWD/rawshake}"
json=$PWD/tests/json schema=$PWD/docs/events.schema.json
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. tests/help/tap.sh

examples_are_valid() { PYTHONDONTWRITEBYTECODE=1 python3 "$json/docs.py" lines; }

recipes_print_what_they_show() {
    cp "$work/demo" "$work/run.jsonl" && cd "$work" && PYTHONDONTWRITEBYTECODE=1 python3 "$json/docs.py" recipes
}

allowed() { printf "$1" | python3 "$json/check.py" "${2:-$schema}"; }

# Two connections of another program, one of them refused, a call that the kernel goes on with, and notes of no connection.
lines_of_a_run_are_valid() {
    "$RAWSHAKE" run --private -v --json="$work/run" --with tutorial -- python3 -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 1712))
for port in 1711, 1712:
    socket.socket().connect_ex(("127.0.0.1", port))' || return
    python3 "$json/check.py" "$schema" "$work/run" && python3 - "$work/run" <<'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8')]
began = [e for e in events if e['event'] == 'begin']
returned = [e['error'] and e['error']['name'] for e in events if e['event'] == 'return']
assert len(began) == 2 and all('python3' in e['client_is'] and e['by_hand']['process'] > 0 for e in began), began
assert returned == ['ECONNREFUSED', None], returned
assert any(e['event'] == 'socket' and e['connection'] == 2 for e in events)
# Where python3 is a shell script that looks for the real one, that shell asks for its user at a UNIX socket: told as well, since -v was said.
notes = [e for e in events if e['event'] == 'note' and 'UNIX socket' not in e['sentence']]
assert [e['connection'] for e in notes] == [0, 0, 0], notes
assert [e['handed_over'] for e in events if e['event'] == 'end'] == [False, True]
END
}

head='"number":1,"connection":1,"time":{"s":1,"ns":2},"at_us":3,"sentence":null'

# No float, no name twice, nothing but JSON, no line without an end, and not nothing at all.
checker_refuses_what_is_no_line() {
    allowed "{\"event\":\"lost\",\"packets\":2,$head}\n" || return
    for packets in 2.0 2e3 NaN -Infinity -1 true '"2"' null 9007199254740992 '2,"packets":2' '2,"other":2'; do
        allowed "{\"event\":\"lost\",\"packets\":$packets,$head}\n" && { echo "$packets was allowed"; return 1; }
    done
    allowed "{\"event\":\"lost\",\"packets\":2,$head}" && return 1
    allowed "{\"event\":\"lost\",\"packets\":2,$head\n}\n" && return 1
    allowed "{\"event\":\"found\",\"packets\":2,$head}\n" && return 1
    allowed "{\"event\":\"peer_gone\",$head,\"sentence\":\"\377\"}\n" && return 1
    allowed '' && return 1
    return 0
}

# A keyword that is not looked at, or an object that allows everything, would allow too much in silence.
checker_refuses_a_schema_that_it_does_not_know() {
    sed 's/"minLength"/"maxLength"/' "$schema" >"$work/other"
    allowed "{\"event\":\"peer_gone\",$head}\n" "$work/other" && return 1
    sed '0,/"additionalProperties": false/s//"additionalProperties": true/' "$schema" >"$work/other"
    allowed "{\"event\":\"peer_gone\",$head}\n" "$work/other" && return 1
    allowed "{\"event\":\"peer_gone\",$head}\n"
}

echo "1..5"
if ! command -v python3 >/dev/null; then
    for name in examples_are_valid recipes_print_what_they_show lines_of_a_run_are_valid checker_refuses_what_is_no_line \
        checker_refuses_a_schema_that_it_does_not_know; do
        skip $name "no python3 here"
    done
    exit 0
fi
try examples_are_valid
if ! command -v jq >/dev/null; then
    skip recipes_print_what_they_show "no jq here"
elif ! "$RAWSHAKE" demo --json="$work/demo" >/dev/null 2>&1; then
    skip recipes_print_what_they_show "no private network here"
else
    try recipes_print_what_they_show
fi
if "$RAWSHAKE" run --private -q -- true 2>/dev/null; then
    try lines_of_a_run_are_valid
else
    skip lines_of_a_run_are_valid "no private network, or no seccomp listener here"
fi
try checker_refuses_what_is_no_line
try checker_refuses_a_schema_that_it_does_not_know
exit $status
