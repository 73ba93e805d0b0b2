// SPDX-License-Identifier: MIT
//
// Where and for whom watch works: one interface, one that is not there or goes away, with privileges and without; and
// command lines that make no sense.
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/paths.h"
#include "../help/told.h"
#include "../help/watching.h"

// Between two places, over a cable whose checksums are left to a network card that is not there.
static void test_over_a_cable(void **state) {
    char script[400];
    (void)state;
    paths_or_skip();
    int here = place_here(), there = place_new();
    snprintf(script, sizeof script,
             "ip link add wire0 type veth peer name wire1 netns /proc/self/fd/%d && ip link set wire0 up && "
             "ip addr add 10.9.0.1/24 dev wire0",
             there);
    place_shell(here, script);
    place_shell(there, "ip link set wire1 up && ip addr add 10.9.0.2/24 dev wire1");
    struct child child = watching_start(WORDS("watch", "-i", "wire0", "--json", "--count", "1", "1712"));
    struct kernel_address at;
    watched_talk("127.0.0.1"); // passes lo
    int listener = watched_listen("10.9.0.1", &at);
    place_enter(there);
    int client = watched_call(&at);
    place_enter(here);
    int server = accept(listener, NULL, NULL);
    close(client);
    close(server);
    close(listener);
    struct result r = live_finish(&child, 20);
    live_expect(&r, 0, "\"where\":\"wire0\"", "on interface wire0;");
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), 1);
    assert_non_null(strstr(r.out, "\"direction\":\"inbound\""));
    assert_non_null(strstr(r.out, "\"direction\":\"outbound\""));
    assert_non_null(strstr(r.out, "\"checksum\":\"unfinished\""));
    live_free(&r);
    // What is watched goes away.
    child = watching_start(WORDS("watch", "-i", "wire0"));
    place_shell(here, "ip link del wire0");
    r = live_finish(&child, 20);
    live_expect(&r, 1, "No connection was seen.", "interface 'wire0': Network is down (ENETDOWN)");
    live_free(&r);
    close(here);
    close(there);
}

static void expect_error(int status, const char *in_err, const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, status, NULL, in_err);
    assert_true(live_one_line(r.err));
    live_free(&r);
}

static void test_bad_places(void **state) {
    (void)state;
    live_or_skip();
    expect_error(1, "interface 'nowhere0': No such device (ENODEV): 'ip link' lists those that there are",
                 WORDS("watch", "-i", "nowhere0"));
    live_loopback(false);
    struct result r = live_run(NULL, WORDS("watch", "-i", "lo"));
    live_loopback(true);
    live_expect(&r, 1, NULL, "interface 'lo': it is down, so nothing passes it");
    live_free(&r);
    expect_error(1, "host 'nobody.invalid'", WORDS("watch", "nobody.invalid", "1712"));
}

static void test_bad_words(void **state) {
    (void)state;
    expect_error(2, "port '0': not a number from 1 to 65535", WORDS("watch", "0"));
    expect_error(2, "port 'http': not a number", WORDS("watch", "localhost", "http"));
    expect_error(2, "'3': one word too many", WORDS("watch", "1", "2", "3"));
    expect_error(2, "--count '0'", WORDS("watch", "--count", "0"));
    expect_error(2, "--quiet and --live", WORDS("watch", "-q", "--live"));
    expect_error(2, "--ipv4 and --ipv6", WORDS("watch", "-4", "-6"));
}

// As a user whom nobody has given anything: of whom the tests are not, since what they start keeps its capabilities.
static struct result as_nobody(const char *script) {
    char line[1200];
    snprintf(line, sizeof line, "exec setpriv %s --inh-caps=-all --ambient-caps=-all %s",
             geteuid() == 0 ? "--reuid 65534 --regid 65534 --clear-groups" : "", script);
    return live_shell(line, 20);
}

// Root in one's own user namespace can watch in there, though nobody let it watch outside.
static void test_privileges(void **state) {
    static const char inside[] =
        "unshare -rn sh -c '"
        "d=$(mktemp -d); ip link set lo up; timeout 15 \"$RAWSHAKE\" watch --count 1 --json=$d/json >$d/watch & w=$!; "
        "until grep -qs Ctrl-C $d/watch; do sleep 0.01; done; timeout 15 \"$RAWSHAKE\" serve --once >$d/serve & "
        "until grep -qs Listening $d/serve; do sleep 0.01; done; \"$RAWSHAKE\" connect --kernel -q; "
        "wait $w; status=$?; cat $d/json; rm -r $d; exit $status'";
    (void)state;
    live_or_skip();
    if (!live_has("setpriv") || !live_has("unshare") || !live_has("ip"))
        skip();
    struct result r = as_nobody("\"$RAWSHAKE\" watch");
    live_expect(&r, 3, NULL, "CAP_NET_RAW: Operation not permitted (EPERM): run it with sudo");
    live_expect(&r, 3, NULL, "rawshake demo --kernel");
    assert_true(live_one_line(r.err));
    live_free(&r);
    r = as_nobody(inside);
    live_expect(&r, 0, "\"ending\":\"closed\"", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over_a_cable),
        cmocka_unit_test(test_bad_places),
        cmocka_unit_test(test_bad_words),
        cmocka_unit_test(test_privileges),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
