// SPDX-License-Identifier: MIT
//
// The capture file as others read it: tshark finds in every packet what our JSON of the same run says, warns of
// nothing, and reads also what a killed program has left. The comparison is tests/json/tshark.py; every line of JSON is
// held against the schema on the way.
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

enum { SECONDS = 60, SCRIPT_BYTES = 1200 };

static void tools_or_skip(void) {
    live_or_skip();
    if (!live_has("tshark") || !live_has("capinfos") || !live_has("python3"))
        skip();
}

// A run, and the file that it has left, read again: both times tshark and we must agree.
static const char form[] = "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT; head -c 300000 /dev/urandom >\"$d/random\"\n"
                           "$RAWSHAKE %s --json=\"$d/events\" -w \"$d/capture\" >\"$d/out\"; [ $? -eq %d ] || exit 7\n"
                           "$RAWSHAKE read \"$d/capture\" --json=\"$d/seen\" -w \"$d/again\" >\"$d/out\" || exit 8\n"
                           "python3 tests/json/check.py docs/events.schema.json \"$d/events\" \"$d/seen\" >&2 &&\n"
                           "python3 tests/json/tshark.py %s \"$d/events\" \"$d/capture\" >&2 &&\n"
                           "python3 tests/json/tshark.py --interface \"$d/capture\" \"$d/seen\" \"$d/again\" >&2";

// Runs the program with these words; in them, $d is a directory for its files.
static void compare(const char *words, int status, const char *how) {
    char script[SCRIPT_BYTES];
    snprintf(script, sizeof script, form, words, status, how);
    struct result r = live_shell(script, SECONDS);
    if (r.status != 0)
        fail_msg("rawshake %s: status %d\n%s%s", words, r.status, r.out, r.err);
    live_free(&r);
}

static void test_the_lesson(void **state) {
    (void)state;
    tools_or_skip();
    compare("demo", 0, "--calm");
    compare("demo -6 --fix-checksums", 0, "--calm --fixed");
    compare("demo --without timestamps,sack,window-scale --isn 4294967290", 0, "--calm");
}

// Made by the kernel, and one after the other.
static void test_what_the_kernel_makes(void **state) {
    (void)state;
    tools_or_skip();
    compare("demo --kernel", 0, "--interface lo");
    compare("compare -6 --fix-checksums", 0, "--fixed");
}

static void test_bad_weather(void **state) {
    static const char weather[] = "--drop 8% --corrupt 8% --duplicate 20% --reorder 20% --delay 20%:5ms";
    char words[300];
    (void)state;
    tools_or_skip();
    for (int seed = 1; seed <= 2; seed++) {
        snprintf(words, sizeof words, "demo -%d %s --fix-checksums --seed %d", seed % 2 ? 6 : 4, weather, seed);
        compare(words, 0, "--fixed");
    }
}

static void test_streams(void **state) {
    (void)state;
    tools_or_skip();
    struct child server = live_start(WORDS("serve"));
    assert_true(live_wait_for(&server, false, "Listening on 127.0.0.1:1712"));
    compare("connect -f \"$d/random\"", 0, "");
    compare("connect -6 ::1 -f \"$d/random\" --fix-checksums --window 3000", 0, "--fixed");
    compare("connect --mss 500 -f \"$d/random\" --drop 3% --reorder 5% --seed 4", 0, "");
    kill(server.pid, SIGTERM);
    struct result served = live_finish(&server, 10);
    live_free(&served);
}

static void test_refusals(void **state) {
    (void)state;
    tools_or_skip();
    compare("connect 127.0.0.1 9", 1, "--calm");
    compare("connect -6 ::1 9 --fix-checksums", 1, "--calm --fixed");
    if (!live_has("nft"))
        skip();
    live_do("nft add table inet t; nft 'add chain inet t in { type filter hook input priority 0; }'\n"
            "nft add rule inet t in tcp dport 2002 reject with icmpx type host-unreachable");
    compare("connect 127.0.0.1 2002", 1, "--calm");
    compare("connect ::1 2002", 1, "--calm");
    live_do("nft delete table inet t");
}

// The comparison is not of things that are the same by themselves: each of these changes is noticed.
static void test_a_difference_is_noticed(void **state) {
    (void)state;
    tools_or_skip();
    struct result r = live_shell(
        "d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT\n"
        "$RAWSHAKE demo --json=\"$d/all\" -w \"$d/capture\" >/dev/null || exit 7\n"
        "compare() { python3 tests/json/tshark.py \"$d/events\" \"$d/capture\"; }\n"
        "cp \"$d/all\" \"$d/events\"; compare || exit 8\n"
        "for change in 's/\"window\":65495/\"window\":65494/' 's/\"ack_relative\":14/\"ack_relative\":13/' \\\n"
        "    's/\"mss\":65495/\"mss\":1460/' 's/outbound/inbound/' '/\"event\":\"received\"/d'; do\n"
        "    sed \"$change\" \"$d/all\" >\"$d/events\"\n"
        "    cmp -s \"$d/all\" \"$d/events\" && exit 9\n"
        "    compare 2>/dev/null && { echo \"$change is not noticed\"; exit 10; }\n"
        "done; true",
        SECONDS);
    live_expect(&r, 0, "are the same to tshark", NULL);
    live_free(&r);
}

static off_t size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : 0;
}

// The file is whole after each packet: whoever dies in the middle of a connection has left a capture that can be read.
static void test_a_killed_program_leaves_a_whole_file(void **state) {
    char path[] = "/tmp/rawshake-tshark-XXXXXX", script[SCRIPT_BYTES];
    enum { THREE_PACKETS = 700 }; // and what stands before them
    (void)state;
    tools_or_skip();
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct child demo = live_start(WORDS("demo", "--time-wait", "60", "--drop", "out:5,6", "-w", path));
    for (int i = 0; i < 1000 && size_of(path) < THREE_PACKETS; i++)
        usleep(10000);
    kill(demo.pid, SIGKILL);
    struct result killed = live_finish(&demo, 10);
    snprintf(script, sizeof script,
             "tshark -n -r %s 2>&1 >/dev/null | grep -v '^Running as user' >&2\n"
             "capinfos %s >/dev/null || exit\n"
             "[ $(tshark -n -r %s -Y frame.comment 2>/dev/null | wc -l) -ge 3 ]",
             path, path, path);
    struct result read = live_shell(script, SECONDS);
    remove(path);
    assert_int_equal(killed.status, 128 + SIGKILL);
    assert_string_equal(read.err, "");
    assert_int_equal(read.status, 0);
    live_free(&killed);
    live_free(&read);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lesson),
        cmocka_unit_test(test_what_the_kernel_makes),
        cmocka_unit_test(test_bad_weather),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_difference_is_noticed),
        cmocka_unit_test(test_a_killed_program_leaves_a_whole_file),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
