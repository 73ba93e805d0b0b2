#!/bin/sh
# One run, four views: the ladder, the lines of JSON, the capture as tshark reads it, and the page say the same of every
# segment, to the last number (agree.py). Prints TAP for tests/run.
: "${RAWSHAKE:=./rawshake}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0 status=0

report() { # how it went, the test's name
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        sed 's/^/# /' "$work/log"
        echo "not ok $count - $2"
        status=1
    fi
}

# agrees NAME WORD...: rawshake with these words, all views at once.
agrees() {
    name=$1
    shift
    {
        $RAWSHAKE "$@" --ascii --html "$work/page.html" -w "$work/run.pcapng" --json >"$work/run.jsonl" 2>"$work/ladder" &&
            python3 tests/agree/agree.py "$work/ladder" "$work/run.jsonl" "$work/run.pcapng" "$work/page.html"
    } >"$work/log" 2>&1
    report $? "$name"
}

# agrees_under_run NAME WORD...: as a program under run calls connect(); whom it is told to, --log says.
agrees_under_run() {
    name=$1
    shift
    {
        $RAWSHAKE run --private --ascii --log "$work/ladder" --html "$work/page.html" -w "$work/run.pcapng" \
            --json="$work/run.jsonl" --with tutorial "$@" &&
            python3 tests/agree/agree.py "$work/ladder" "$work/run.jsonl" "$work/run.pcapng" "$work/page.html"
    } >"$work/log" 2>&1
    report $? "$name"
}

# What agree.py must find: another number in any one of the views.
finds() {
    ! python3 tests/agree/agree.py "$work/ladder" "$work/run.jsonl" "$work/run.pcapng" "$work/page.html" >"$work/log" 2>&1
    report $? "$1"
}
another_number_in_the_ladder() {
    cp "$work/ladder" "$work/kept"
    sed 's/ack=14/ack=15/' "$work/kept" >"$work/ladder"
    finds another_number_in_the_ladder_is_found
    cp "$work/kept" "$work/ladder"
}
another_number_in_the_page() {
    cp "$work/page.html" "$work/kept"
    sed 's/data-len="13"/data-len="12"/' "$work/kept" >"$work/page.html"
    finds another_number_in_the_page_is_found
    cp "$work/kept" "$work/page.html"
}
another_number_in_the_lines() {
    cp "$work/run.jsonl" "$work/kept"
    sed 's/"window":65495/"window":65494/' "$work/kept" >"$work/run.jsonl"
    finds another_number_in_the_lines_of_json_is_found
    cp "$work/kept" "$work/run.jsonl"
}

another_number_in_the_socket() {
    cp "$work/ladder" "$work/kept"
    sed 's/^\( snd_mss  *[0-9]*  *536  *\)[0-9]*/\11/' "$work/kept" >"$work/ladder"
    finds another_number_in_the_kernels_socket_is_found
    cp "$work/kept" "$work/ladder"
}

for tool in tshark python3; do
    command -v $tool >/dev/null && continue
    echo "ok 1 - the views agree # SKIP there is no $tool"
    echo "1..1"
    exit 0
done
if ! $RAWSHAKE demo -q >/dev/null 2>&1; then
    echo "ok 1 - the views agree # SKIP no private network can be made here"
    echo "1..1"
    exit 0
fi

agrees by_hand demo
another_number_in_the_ladder
another_number_in_the_page
another_number_in_the_lines
agrees by_hand_over_ipv6 demo -6
agrees in_bad_weather demo --drop out:2 --duplicate in:1
agrees by_the_kernel demo --kernel
agrees by_the_kernel_over_ipv6 demo --kernel -6
agrees both_side_by_side compare
cp "$work/run.pcapng" "$work/captured.pcapng"
agrees read_back read "$work/captured.pcapng"
agrees handed_over demo --handover
connects='import socket, sys
for family, address in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"):
    with socket.socket(family) as client:
        client.connect((address, 1712))
        client.sendall(b"Hello server!")
with socket.socket() as client:
    sys.exit(client.connect_ex(("127.0.0.1", 99)) == 0)'
agrees_under_run under_run -- python3 -c "$connects"
another_number_in_the_socket
echo "1..$count"
exit $status
