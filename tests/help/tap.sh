# Sourced by tests that are shell scripts: results in TAP for tests/run. Expects $work, a directory of the script's own.
count=0 status=0

# try name: the function of that name passes if it returns 0; what it prints is shown if it does not.
try() {
    count=$((count + 1))
    if "$1" >"$work/log" 2>&1; then
        echo "ok $count - $1"
    else
        sed 's/^/# /' "$work/log"
        echo "not ok $count - $1"
        status=1
    fi
}

# skip name why
skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}
