// SPDX-License-Identifier: MIT
//
// connect --handover and demo --handover: the handshake by hand, all else by the kernel. What counts is the whole list
// of segments on the wire, that each is told once, and that what is told of both ends' numbers is so.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"

enum { PORT = 1712, QUIET_MS = 60 };

// The handshake: what its engine decides, and what the server's kernel says, is told in between.
static const char *const handshake[] = {"begin ", "call:connect ",   "sent ", "received ", "socket ",
                                        "sent ",  "return:connect ", "end",   NULL};

// The rest. The ACK may come before sendall() returns, or after.
static const char *const rest[] = {
    "begin call:sendall PSH,ACK ACK return:sendall server:accept server:recv call:close FIN,ACK ACK "
    "server:end_of_file server:close FIN,ACK ACK end",
    "begin call:sendall PSH,ACK return:sendall ACK server:accept server:recv call:close FIN,ACK ACK "
    "server:end_of_file server:close FIN,ACK ACK end"};

static void expect_demo(const char *const *words) {
    char story[4000];
    struct result r = live_run(NULL, words);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    told_story(r.out, 1, story, sizeof story);
    told_in_order(story, handshake);
    told_story(r.out, 2, story, sizeof story);
    if (strcmp(story, rest[1]) != 0)
        assert_string_equal(story, rest[0]);
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), 2);
    assert_int_equal(told_count(r.out, "\"source\":\"handed_over\""), 1);
    assert_int_equal(told_count(r.out, "\"handed_over\":true"), 1);
    assert_int_equal(told_count(r.out, "\"event\":\"sent\""), 2);
    assert_int_equal(told_count(r.out, "\"event\":\"received\""), 1);
    assert_int_equal(told_count(r.out, "\"event\":\"seen\""), 6);
    assert_non_null(strstr(r.out, "\"ending\":\"closed\",\"segments\":{\"client\":3,\"server\":3}"));
    live_free(&r);
}

static void test_the_demo(void **state) {
    (void)state;
    live_or_skip();
    for (int i = 0; i < 3; i++)
        expect_demo(WORDS("demo", "--handover", "-q", "--json"));
    expect_demo(WORDS("demo", "--handover", "-q", "--json", "-6"));
}

static void test_what_a_person_sees(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--handover", "-m", "Good morning", "--color=never"));
    live_expect(&r, 0, NULL, NULL);
    told_in_order(r.out, WORDS("by hand: our own IP and TCP headers", "SYN seq=0", "SYN,ACK seq=0 ack=1",
                               "Here the kernel takes the connection over", "ACK seq=1 ack=1", "connect() returns",
                               "What connect() builds", "by hand", "fresh", "handed over", "state", "ESTABLISHED",
                               "CLOSED", "ESTABLISHED", "* rtt, rto:", "From here on the connection is the kernel's",
                               "The same connection, the kernel's now: client 127.0.0.1:", "seen    on lo\n",
                               "sendall(b\"Good morning\")", "ESTABLISHED", "PSH,ACK seq=1 ack=1 len=12", "close()",
                               "FIN-WAIT-1", "FIN,ACK seq=13 ack=1", "FIN,ACK seq=1 ack=14", "ACK seq=14 ack=2",
                               "Both ends have closed", "Seen: 12 bytes in 3 segments from the client, 0 bytes in 3",
                               "The server's program printed:\n  FROM: 127.0.0.1:", "  MESSAGE: Good morning\n"));
    assert_string_equal(r.err, "");
    assert_null(strstr(r.out, "has not taken it as it was"));
    live_free(&r);
}

// A row of the table: {"name":"rtt","by_hand":43,"before":null,"after":null,
static bool row_is(const char *json, const char *name, const char *by_hand, const char *before, const char *after) {
    char wanted[160];
    snprintf(wanted, sizeof wanted, "{\"name\":\"%s\",\"by_hand\":%s,\"before\":%s,\"after\":%s,", name, by_hand,
             before, after);
    return strstr(json, wanted) != NULL;
}

// What was chosen on the command line is what both have.
static void test_the_numbers(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--handover", "-q", "--json", "--isn", "4294967294", "--source-port",
                                           "40000", "--window", "20000", "--mss", "1000"));
    live_expect(&r, 0, NULL, NULL);
    assert_true(row_is(r.out, "state", "\"ESTABLISHED\"", "\"CLOSED\"", "\"ESTABLISHED\""));
    assert_true(row_is(r.out, "local_port", "40000", "null", "40000"));
    assert_true(row_is(r.out, "remote_port", "1712", "null", "1712"));
    assert_true(row_is(r.out, "snd_nxt", "4294967295", "null", "4294967295"));
    assert_true(row_is(r.out, "rcv_wnd", "20000", "0", "20000") || row_is(r.out, "rcv_wnd", "20000", "null", "null"));
    assert_true(row_is(r.out, "advmss", "1000", "0", "988"));
    assert_true(row_is(r.out, "timestamps", "true", "false", "true"));
    assert_true(row_is(r.out, "segs_out", "1", "0", "0"));
    live_free(&r);
    r = live_run(NULL, WORDS("demo", "--handover", "-q", "--json", "--without", "window-scale,sack,timestamps"));
    live_expect(&r, 0, NULL, NULL);
    assert_true(row_is(r.out, "snd_wscale", "0", "0", "0"));
    assert_true(row_is(r.out, "rcv_wscale", "0", "0", "0"));
    assert_true(row_is(r.out, "timestamps", "false", "false", "false"));
    assert_true(row_is(r.out, "sack", "false", "false", "false"));
    assert_true(row_is(r.out, "snd_mss", "65495", "536", "65483"));
    live_free(&r);
}

// ---- on the wire

// SYN, SYN-ACK, ACK, and then what both programs have to say: nothing twice, and no RST.
static void expect_a_clean_wire(const struct capture *c) {
    static const uint8_t flags[] = {RS_SYN, RS_SYN | RS_ACK, RS_ACK};
    uint32_t next[2] = {0};
    assert_true(c->count > 3);
    for (unsigned i = 0; i < c->count; i++) {
        const struct rs_segment *s = &c->seen[i].packet.segment;
        const uint32_t length = c->seen[i].data_bytes + !!(s->flags & RS_SYN) + !!(s->flags & RS_FIN);
        uint32_t *at = &next[c->seen[i].to_server];
        if (i < 3)
            assert_int_equal(s->flags, flags[i]);
        else
            assert_false(s->flags & (RS_SYN | RS_RST));
        if (s->flags & RS_SYN)
            *at = s->seq;
        if (length > 0)
            assert_int_equal(s->seq, *at);
        *at += length;
    }
}

static void echo_and_close(int fd) {
    char bytes[4096];
    ssize_t size;
    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
        if (send(fd, bytes, (size_t)size, 0) != size)
            _exit(1);
    close(fd);
}

// Speaks first, then sends back what it hears.
static void banner_and_echo(int listener) {
    int fd = accept(listener, NULL, NULL);
    if (send(fd, "220 hello\n", 10, 0) != 10)
        _exit(1);
    echo_and_close(fd);
}

static struct capture captured;

static void converse(const char *host) {
    live_or_skip();
    pid_t server = live_server_at(host, PORT, banner_and_echo);
    capture_begin(&captured, "lo", PORT);
    struct result r = live_run("Hello server!", WORDS("connect", host, "--handover", "-q", "-f", "-"));
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "220 hello\nHello server!");
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
    expect_a_clean_wire(&captured);
}

static void test_a_server_that_speaks_first(void **state) {
    (void)state;
    converse("127.0.0.1");
    converse("::1");
}

// Each segment that passed is told, and in the same order, with others of the same server's on the wire meanwhile.
static void echo_to_two(int listener) {
    int first = accept(listener, NULL, NULL), second = accept(listener, NULL, NULL);
    if (send(first, "x", 1, 0) != 1)
        _exit(1);
    echo_and_close(second);
    close(first);
}

static void test_another_connection_meanwhile(void **state) {
    struct capture *c = &captured;
    char story[4000];
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, echo_to_two);
    struct child other = live_start(WORDS("connect", "-q", "--linger", "9"));
    usleep(100000);
    capture_begin(c, "lo", PORT);
    struct result r = live_run("Hello", WORDS("connect", "--handover", "-q", "--json", "-f", "-"));
    capture_until_quiet(c, QUIET_MS);
    capture_end(c);
    live_expect(&r, 0, NULL, NULL);
    told_story(r.out, 2, story, sizeof story);
    told_in_order(story, WORDS("begin call:sendall PSH,ACK", "call:shutdown FIN,ACK", "FIN,ACK ACK", "end"));
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), 2);
    live_free(&r);
    r = live_finish(&other, 10);
    live_free(&r);
    live_server_end(server);
}

// ---- rights

static pid_t child_of(pid_t parent) {
    DIR *proc = opendir("/proc");
    pid_t found = 0;
    assert_non_null(proc);
    for (struct dirent *entry; (entry = readdir(proc)) != NULL && found == 0;) {
        char path[300], line[512] = "";
        int its_parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *f = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (!f)
            continue;
        if (fgets(line, sizeof line, f) && strrchr(line, ')') &&
            sscanf(strrchr(line, ')'), ") %*c %d", &its_parent) == 1 && its_parent == parent)
            found = atoi(entry->d_name);
        fclose(f);
    }
    closedir(proc);
    return found;
}

static void expect_rights(pid_t pid, const char *wanted) {
    char path[40], line[256];
    unsigned seen = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "CapPrm:", 7) != 0 && strncmp(line, "CapEff:", 7) != 0)
            continue;
        seen++;
        assert_string_equal(line + 8, wanted);
    }
    fclose(f);
    assert_int_equal(seen, 2);
}

static void serve_and_echo(int listener) { echo_and_close(accept(listener, NULL, NULL)); }

// With our ACK held: who reads packets has no right, and who hands over has one, CAP_NET_ADMIN.
static struct child start_held(void) {
    struct child child = live_start(WORDS("connect", "--handover", "--step", "--json=/dev/null"));
    assert_int_equal(write(child.input, "\n", 1), 1);
    assert_true(live_wait_for(&child, false, "next: ACK seq=1 ack=1"));
    return child;
}

static void test_who_may_do_what(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, serve_and_echo);
    struct child child = start_held();
    const pid_t helper = child_of(child.pid);
    assert_true(helper > 0);
    expect_rights(child.pid, "0000000000000000\n");
    expect_rights(helper, "0000000000001000\n");
    assert_int_equal(write(child.input, "\n", 1), 1);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "Here the kernel takes the connection over", NULL);
    assert_int_equal(kill(helper, 0), -1); // it went with us
    live_free(&r);
    live_server_end(server);
}

// Nobody is there to do it: the connection is closed in order, and nothing was sent.
static void test_it_cannot_be_done(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, serve_and_echo);
    capture_begin(&captured, "lo", PORT);
    struct child child = start_held();
    kill(child_of(child.pid), SIGKILL);
    usleep(50000);
    assert_int_equal(write(child.input, "\n\n\n\n", 4), 4);
    struct result r = live_finish(&child, 10);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    live_expect(&r, 1, "The kernel has not taken the connection over.", "the process for the handover does not answer");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
    expect_a_clean_wire(&captured);
    for (unsigned i = 0; i < captured.count; i++)
        assert_int_equal(captured.seen[i].data_bytes, 0);
}

// Without CAP_NET_ADMIN nothing is begun at all.
static void test_not_permitted(void **state) {
    (void)state;
    live_or_skip();
    if (!live_has("setpriv"))
        skip();
    struct result r = live_shell("setpriv --bounding-set=-net_admin --inh-caps=-net_admin --ambient-caps=-net_admin "
                                 "\"$RAWSHAKE\" connect --handover",
                                 10);
    live_expect(&r, 3, NULL,
                "handing a connection over to the kernel: Operation not permitted (EPERM): it takes "
                "CAP_NET_ADMIN");
    assert_string_equal(r.out, "");
    assert_true(live_one_line(r.err));
    live_free(&r);
}

// ---- how it may end

static void test_refused(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("connect", "--handover", "-q", "--json"));
    live_expect(&r, 1, NULL, "Connection refused (ECONNREFUSED)");
    assert_int_equal(told_count(r.out, "\"event\":\"socket\""), 0);
    assert_int_equal(told_count(r.out, "\"event\":\"begin\""), 1);
    live_free(&r);
}

// A signal while the input is waited for: the kernel closes the socket in order, as it does for every program.
static void test_interrupted(void **state) {
    char story[2000];
    (void)state;
    live_or_skip();
    pid_t server = live_server(PORT, serve_and_echo);
    capture_begin(&captured, "lo", PORT);
    struct child child = live_start(WORDS("connect", "--handover", "-q", "--json", "-f", "-"));
    assert_true(live_wait_for(&child, false, "\"source\":\"handed_over\""));
    kill(child.pid, SIGINT);
    struct result r = live_finish(&child, 10);
    capture_until_quiet(&captured, QUIET_MS);
    capture_end(&captured);
    live_expect(&r, 128 + SIGINT, NULL, "connection with 127.0.0.1:1712: Interrupted system call");
    told_story(r.out, 2, story, sizeof story);
    assert_string_equal(story, "begin end");
    live_free(&r);
    live_server_end(server);
    expect_a_clean_wire(&captured);
}

static void test_what_does_not_go_with_it(void **state) {
    static const char *const refused[][3] = {
        {"--kernel", NULL, "nothing of ours to hand over"},
        {"--no-guard", NULL, "our own kernel ends the connection"},
        {"--time-wait", "3", "after the handshake the kernel decides"},
        {"--without", "sack,delayed-ack", "after the handshake the kernel decides"},
        {"--drop", "10%", "cannot be bent"},
        {"--seed", "1", "cannot be bent"}};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct result r = live_run(NULL, WORDS("demo", "--handover", refused[i][0], refused[i][1]));
        live_expect(&r, 2, NULL, refused[i][2]);
        live_free(&r);
    }
}

// What the views have is the same: as many packets in the capture, as many segments on the page.
static void test_views(void **state) {
    (void)state;
    live_or_skip();
    struct result r =
        live_shell("d=$(mktemp -d /tmp/rawshake-test-XXXXXX) && \"$RAWSHAKE\" demo --handover -q "
                   "--json=$d/j -w $d/w --html $d/h --diagram $d/s.svg && \"$RAWSHAKE\" read --json $d/w |"
                   "grep -c '\"event\":\"seen\"'; grep -c '\"event\":\"s[e][ne][nt]\"' $d/j;"
                   "grep -c 'What connect() builds' $d/h; grep -o 'id=\"c[12]-s[0-9]*\"' $d/h | wc -l;"
                   "rm -r -- \"$d\"",
                   20);
    live_expect(&r, 0, "9\n8\n1\n9\n", NULL);
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_demo),
        cmocka_unit_test(test_what_a_person_sees),
        cmocka_unit_test(test_the_numbers),
        cmocka_unit_test(test_a_server_that_speaks_first),
        cmocka_unit_test(test_another_connection_meanwhile),
        cmocka_unit_test(test_who_may_do_what),
        cmocka_unit_test(test_it_cannot_be_done),
        cmocka_unit_test(test_not_permitted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_what_does_not_go_with_it),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
