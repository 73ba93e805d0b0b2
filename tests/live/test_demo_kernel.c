// SPDX-License-Identifier: MIT
//
// demo --kernel: the kernel's own connect(), watched. What is told is what passed, each segment once, and the calls
// stand where they were made.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../help/capture.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "../help/told.h"
#include "cmd/kernel_lesson.h"

enum { PORT = 1712 };

static const char whole_lesson[] =
    "begin call:connect SYN SYN,ACK ACK return:connect counters call:sendall PSH,ACK ACK "
    "return:sendall counters server:accept server:recv call:close FIN,ACK ACK "
    "counters server:end_of_file server:close FIN,ACK ACK counters end";

// What sendall() sends leaves while it is called; the ACK may come before it returns, or after.
static const char whole_lesson_too[] =
    "begin call:connect SYN SYN,ACK ACK return:connect counters call:sendall PSH,ACK "
    "return:sendall ACK counters server:accept server:recv call:close FIN,ACK ACK "
    "counters server:end_of_file server:close FIN,ACK ACK counters end";

static void expect_lesson(const char *const *words) {
    char story[4000];
    struct result r = live_run(NULL, words);
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.err, "");
    told_story(r.out, 1, story, sizeof story);
    if (strcmp(story, whole_lesson_too) != 0)
        assert_string_equal(story, whole_lesson);
    assert_non_null(strstr(r.out, "\"source\":\"by_kernel\""));
    assert_non_null(strstr(r.out, "\"ending\":\"closed\""));
    live_free(&r);
}

// Each time the same, though the kernel may delay an ACK; and the events' times go with their order.
static void test_the_same_each_time(void **state) {
    (void)state;
    live_or_skip();
    for (int i = 0; i < 5; i++)
        expect_lesson(WORDS("demo", "--kernel", "-q", "--json"));
    expect_lesson(WORDS("demo", "--kernel", "-q", "--json", "-6"));
}

static void test_times_go_with_the_order(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--kernel", "-q", "--json"));
    unsigned long long last = 0, now;
    unsigned count = 0;
    for (const char *at = r.out; (at = strstr(at, "\"at_us\":")) != NULL; at++, count++) {
        assert_int_equal(sscanf(at, "\"at_us\":%llu", &now), 1);
        assert_true(now >= last);
        last = now;
    }
    assert_int_equal(count, 24);
    live_free(&r);
}

static void test_what_a_person_sees(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--kernel", "-m", "Good morning", "--color=never"));
    live_expect(&r, 0, NULL, NULL);
    told_in_order(r.out,
                  WORDS("A private network of our own", "ordinary sockets, listen(1)", "seen    on lo\n",
                        "connect(...)", "SYN-SENT", "SYN seq=0", "(SYN-RECEIVED)", "SYN,ACK seq=0 ack=1",
                        "ACK seq=1 ack=1", "connect() returns", "sendall(b\"Good morning\")",
                        "PSH,ACK seq=1 ack=1 len=12", "ACK seq=1 ack=13", "accept() returns a socket",
                        "recv(1024) returns b\"Good morning\"", "close()", "FIN-WAIT-1", "FIN,ACK seq=13 ack=1",
                        "(CLOSE-WAIT)", "(FIN-WAIT-2)", "ACK seq=1 ack=14", "CLOSE-WAIT", "recv(1024) returns b\"\"",
                        "close()", "(TIME-WAIT)", "FIN,ACK seq=1 ack=14", "LAST-ACK", "TIME-WAIT", "ACK seq=14 ack=2",
                        "(CLOSED)", "The server's program printed:\n  FROM: 127.0.0.1:", "  MESSAGE: Good morning\n"));
    assert_string_equal(r.err, "");
    live_free(&r);
}

// More than both kernels keep: the server must read while sendall() has not returned yet.
static void test_a_large_file(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX", wanted[64];
    static char chunk[1 << 16];
    enum { CHUNKS = 200 };
    (void)state;
    live_or_skip();
    int fd = mkostemp(path, O_CLOEXEC);
    assert_int_equal(fchmod(fd, 0644), 0);
    memset(chunk, 'x', sizeof chunk);
    for (int i = 0; i < CHUNKS; i++)
        assert_int_equal(write(fd, chunk, sizeof chunk), sizeof chunk);
    close(fd);
    struct result r = live_run(NULL, WORDS("demo", "--kernel", "-q", "--json", "-f", path));
    unlink(path);
    assert_int_equal(r.status, 0);
    assert_string_equal(r.err, "");
    snprintf(wanted, sizeof wanted, "\"data_bytes\":{\"client\":%zu,\"server\":0}", CHUNKS * sizeof chunk);
    assert_non_null(strstr(r.out, wanted));
    assert_non_null(strstr(r.out, "\"call\":\"shutdown\""));
    assert_non_null(strstr(r.out, "\"ending\":\"closed\""));
    live_free(&r);
}

// The kernel of both ends tells what it counted in each step, and the last step's comes before the end.
static void test_what_the_kernel_counted(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--kernel", "-v"));
    live_expect(&r, 0, "TcpActiveOpens +1: the kernel of both ends began to open a connection", NULL);
    live_expect(&r, 0, "TcpPassiveOpens +1: the kernel of both ends made the socket", NULL);
    const char *last = NULL, *end = strstr(r.out, "Both ends have closed");
    for (const char *at = r.out; (at = strstr(at, "The kernel of both ends counted:")) != NULL; at++)
        last = at;
    assert_non_null(last);
    assert_true(last < end);
    live_free(&r);
    r = live_run(NULL, WORDS("demo", "--kernel"));
    assert_null(strstr(r.out, "counted"));
    live_free(&r);
}

static void test_what_can_be_chosen(void **state) {
    (void)state;
    live_or_skip();
    struct result r =
        live_run(NULL, WORDS("demo", "--kernel", "-q", "--json", "--mss", "500", "--source-port", "40000"));
    live_expect(&r, 0, "\"mss\":500", NULL);
    live_expect(&r, 0, "\"port\":40000", NULL);
    live_free(&r);
}

// A signal while the input is waited for: what has passed is told to its end, and then the signal does what it does.
static void test_interrupted(void **state) {
    char story[2000];
    (void)state;
    live_or_skip();
    struct child child = live_start(WORDS("demo", "--kernel", "-q", "--json", "-f", "-"));
    assert_true(live_wait_for(&child, false, "\"event\":\"return\""));
    kill(child.pid, SIGINT);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 128 + SIGINT, NULL, "connection with 127.0.0.1:1712: Interrupted system call");
    told_story(r.out, 1, story, sizeof story);
    assert_string_equal(story, "begin call:connect SYN SYN,ACK ACK return:connect counters end");
    assert_non_null(strstr(r.out, "\"ending\":\"still_open\""));
    live_free(&r);
}

static void test_what_the_kernel_decides(void **state) {
    static const char *const refused[][2] = {{"--no-guard", NULL}, {"--isn", "1"},    {"--ttl", "9"},
                                             {"--window", "100"},  {"--drop", "10%"}, {"--without", "sack"}};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct result r = live_run(NULL, WORDS("demo", "--kernel", refused[i][0], refused[i][1]));
        live_expect(&r, 2, NULL, "with --kernel, the kernel decides");
        live_free(&r);
    }
    struct result r = live_run(NULL, WORDS("demo", "--kernel", "--step"));
    live_expect(&r, 2, NULL, "the kernel does not wait");
    live_free(&r);
}

// ---- beside an independent look at the same wire

struct kept {
    unsigned count;
    struct {
        uint8_t flags;
        bool ours;
        uint32_t seq, ack;
        size_t size;
    } segments[64];
};

static void keep(void *self, const struct trace_event *event) {
    struct kept *k = self;
    if (event->kind != TRACE_SEEN)
        return;
    const struct rs_segment *s = &event->u.segment.packet->segment;
    assert_true(k->count < 64);
    k->segments[k->count].flags = s->flags;
    k->segments[k->count].ours = event->u.segment.ours;
    k->segments[k->count].seq = s->seq;
    k->segments[k->count].ack = s->ack;
    k->segments[k->count++].size = event->u.segment.size;
}

static void test_beside_another_look(void **state) {
    static struct capture capture;
    static struct demo_server server;
    struct kept kept = {0};
    struct trace trace = {0};
    struct tap tap;
    struct net_error error;
    (void)state;
    live_or_skip();
    const struct address at = {.endpoint = rs_endpoint_ipv4(127, 0, 0, 1, PORT)};
    trace_add(&trace, (struct trace_sink){.self = &kept, .take = keep});
    assert_true(tap_open(&tap, &(struct tap_config){.interface = "lo", .port = PORT}, &error));
    assert_true(demo_server_start(&server, &at, &error));
    capture_begin(&capture, "lo", PORT);
    const struct kernel_lesson lesson = {.watched = {.trace = &trace, .tap = &tap, .interrupt_fd = -1},
                                         .server = at,
                                         .partner = &server,
                                         .message = "Hello server!",
                                         .message_bytes = 13,
                                         .input_fd = -1,
                                         .linger_us = 2000000};
    assert_true(kernel_lesson_run(&lesson, &error));
    capture_end(&capture);
    demo_server_stop(&server);
    tap_close(&tap);
    assert_int_equal(kept.count, 9);
    assert_int_equal(kept.count, capture.count);
    for (unsigned i = 0; i < kept.count; i++) {
        const struct seen *seen = &capture.seen[i];
        assert_int_equal(kept.segments[i].flags, seen->packet.segment.flags);
        assert_int_equal(kept.segments[i].ours, seen->to_server);
        assert_int_equal(kept.segments[i].seq, seen->packet.segment.seq);
        assert_int_equal(kept.segments[i].ack, seen->packet.segment.ack);
        assert_int_equal(kept.segments[i].size, seen->size);
    }
}

// A server that goes away in the middle: the lesson ends with a sentence, and what has passed is told.
static void test_a_server_that_dies(void **state) {
    static struct demo_server server;
    struct kept kept = {0};
    struct trace trace = {0};
    struct tap tap;
    struct net_error error;
    (void)state;
    live_or_skip();
    const struct address at = {.endpoint = rs_endpoint_ipv4(127, 0, 0, 1, PORT)};
    trace_add(&trace, (struct trace_sink){.self = &kept, .take = keep});
    assert_true(tap_open(&tap, &(struct tap_config){.interface = "lo", .port = PORT}, &error));
    assert_true(demo_server_start(&server, &at, &error));
    demo_server_stop(&server);
    const struct kernel_lesson lesson = {.watched = {.trace = &trace, .tap = &tap, .interrupt_fd = -1},
                                         .server = at,
                                         .partner = &server,
                                         .message = "x",
                                         .message_bytes = 1,
                                         .input_fd = -1,
                                         .linger_us = 2000000};
    assert_false(kernel_lesson_run(&lesson, &error));
    assert_int_equal(error.number, ECONNREFUSED);
    tap_close(&tap);
    assert_int_equal(kept.count, 2); // SYN, and RST in answer
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_each_time),      cmocka_unit_test(test_times_go_with_the_order),
        cmocka_unit_test(test_what_a_person_sees),      cmocka_unit_test(test_a_large_file),
        cmocka_unit_test(test_what_the_kernel_counted), cmocka_unit_test(test_what_can_be_chosen),
        cmocka_unit_test(test_what_the_kernel_decides), cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_beside_another_look),     cmocka_unit_test(test_a_server_that_dies),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
