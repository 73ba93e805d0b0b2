#!/bin/sh
# The page and the drawings of real runs: looked at by an XML parser, and in a headless Chromium (page_test.py). Prints
# TAP for tests/run.
: "${RAWSHAKE:=./rawshake}"
here=tests/page
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

skip() {
    echo "1..1"
    echo "ok 1 - page # SKIP $1"
    exit 0
}
command -v python3 >/dev/null || skip "python3 is not installed"
(cd $here && python3 -c 'import browser, sys; sys.exit(not browser.is_here())') ||
    skip "chromium or its chromedriver is not installed"
"$RAWSHAKE" demo -q >/dev/null 2>&1 || skip "no private network can be made here"

count=0 status=0
try() {
    name=$1
    shift
    count=$((count + 1))
    if "$@" >"$work/log" 2>&1; then
        echo "ok $count - $name"
    else
        sed 's/^/# /' "$work/log"
        echo "not ok $count - $name"
        status=1
    fi
}

run() { "$RAWSHAKE" "$@" >/dev/null; }

try "views of a run" run demo -m '<script>alert(1)</script>' --html "$work/by-hand.html" --diagram "$work/by-hand.svg" \
    --json="$work/by-hand.json"
try "of one with IPv6 and bad weather" run demo -6 --drop out:3 --html "$work/weather.html" \
    --diagram "$work/weather.svg" --json="$work/weather.json" -w "$work/weather.pcapng"
try "of its capture" run read "$work/weather.pcapng" --html "$work/read.html" --diagram "$work/read.svg" \
    --json="$work/read.json"
try "of two connections" run compare --html "$work/compare.html" --diagram "$work/compare.svg" \
    --json="$work/compare.json"
try "of an experiment" run lab rst-near --html "$work/lab.html" --diagram "$work/lab.svg" --json="$work/lab.json"
mkdir "$work/long"
try "of one with long bytes" run lab zero-window --html "$work/long/lab.html"
for page in compare by-hand weather read lab; do
    try "page and JSON agree ($page)" python3 $here/agrees.py "$work/$page.html" "$work/$page.json"
done
try "drawings stand alone" python3 $here/drawing_test.py "$work"/*.svg tests/golden/*.svg
try "a drawing for Mermaid" run demo -m 'end; #35; %%{init' --diagram "$work/by-hand.mmd"
try "says nothing that Mermaid does not know" python3 $here/mermaid_test.py "$work"/*.mmd tests/golden/*.mmd
try "the page names its script" $here/script-hash

# The browser's tests follow in the same row.
python3 $here/page_test.py "$work/by-hand.html" "$work/read.html" "$work/lab.html" "$work/long/lab.html" \
    >"$work/tap"
[ $? -le 1 ] || status=1
awk -v first="$count" '/^1\.\./ { print "1.." first + substr($0, 4); next }
    /^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n + first) } { print }' "$work/tap"
grep -q '^not ok' "$work/tap" && status=1
[ -s "$work/tap" ] || { echo "not ok $((count + 1)) - the browser's tests"; status=1; }
exit $status
