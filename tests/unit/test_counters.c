// SPDX-License-Identifier: MIT
//
// The kernel's counters: how its text is read, what is taken out as ours, and the words.
#include <stdio.h>

#include "../help/cm.h"
#include "net/counters.h"
#include "trace/trace.h"
#include "view/words.h"

struct look {
    struct kernel_counters *counters;
    struct counter list[COUNTERS_MOVED_MOST];
    size_t count;
};

static int set_up(void **state) {
    struct look *look = calloc(1, sizeof *look);
    look->counters = calloc(1, sizeof *look->counters);
    *state = look;
    return look->counters ? 0 : -1;
}

static int tear_down(void **state) {
    struct look *look = *state;
    free(look->counters);
    free(look);
    return 0;
}

static size_t take_sized(struct look *look, const char *text, size_t size, size_t room) {
    size_t at = 0;
    look->count = 0;
    counters_take_text(look->counters, text, size, &at, look->list, &look->count, room);
    return at;
}

static size_t take(struct look *look, const char *text) {
    return take_sized(look, text, strlen(text), COUNTERS_MOVED_MOST);
}

static void expect(const struct look *look, size_t i, const char *name, uint64_t moved) {
    assert_true(i < look->count);
    assert_string_equal(look->list[i].name, name);
    assert_int_equal(look->list[i].moved, moved);
}

static void test_what_moved_is_told_once(void **state) {
    struct look *look = *state;
    assert_int_equal(take(look, "Tcp: RtoMin MaxConn InSegs OutRsts\nTcp: 200 -1 5 0\n"), 2);
    assert_int_equal(look->count, 0); // the beginning is no movement
    take(look, "Tcp: RtoMin MaxConn InSegs OutRsts\nTcp: 300 -1 7 1\n");
    assert_int_equal(look->count, 2);
    expect(look, 0, "TcpInSegs", 2);
    expect(look, 1, "TcpOutRsts", 1);
    take(look, "Tcp: RtoMin MaxConn InSegs OutRsts\nTcp: 300 -1 7 1\n");
    assert_int_equal(look->count, 0);
    take(look, "Tcp: RtoMin MaxConn InSegs OutRsts\nTcp: 300 -1 3 1\n"); // what goes back is no count
    assert_int_equal(look->count, 0);
}

// One that has not moved is known all the same.
static void test_which_are_known(void **state) {
    struct look *look = *state;
    assert_false(kernel_counters_know(look->counters, "TcpOutRsts"));
    take(look, "Tcp: RtoMin InSegs OutRsts\nTcp: 200 5 0\n");
    assert_true(kernel_counters_know(look->counters, "TcpInSegs"));
    assert_true(kernel_counters_know(look->counters, "TcpOutRsts"));
    assert_false(kernel_counters_know(look->counters, "TcpRtoMin"));
    assert_false(kernel_counters_know(look->counters, "TcpOutRst"));
    assert_false(kernel_counters_know(look->counters, "TcpExtOutRsts"));
}

// Other groups stand there too, and other kernels have other names.
static void test_only_tcp_and_ip_are_read(void **state) {
    struct look *look = *state;
    const char *text[2] = {"Udp: InDatagrams\nUdp: 1\nIp: InReceives InHdrErrors\nIp: 1 1\nTcpExt: A B\nTcpExt: 1 1\n",
                           "Udp: InDatagrams\nUdp: 2\nIp: InReceives InHdrErrors\nIp: 9 2\nTcpExt: A B\nTcpExt: 1 8\n"};
    assert_int_equal(take(look, text[0]), 3);
    take(look, text[1]);
    assert_int_equal(look->count, 2);
    expect(look, 0, "IpInHdrErrors", 1);
    expect(look, 1, "TcpExtB", 7);
}

static void test_text_that_cannot_be(void **state) {
    struct look *look = *state;
    static const char *const texts[] = {
        "",
        "\n",
        "\n\n",
        "Tcp:",
        "Tcp:\nTcp:\n",
        "Tcp: A\n",
        "Tcp: A\nIp: 1\n",
        "A\nA\nA",
        "Tcp: A\n\n\n",
        "Tcp: A\nTcp:\n",
        ":\n:\n",
        "Tcp: A\nTcp: x\n",
        "Tcp: A\nTcp: 99999999999999999999999\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(take(look, texts[i]), 0);
    // A pair of lines that do not belong together spoils neither the one before nor the one after.
    assert_int_equal(take(look, "Tcp: A\nTcp: 1\nIp: X\nTcpExt: B\nTcpExt: 2\n"), 2);
    // More names than numbers, and the other way round.
    assert_int_equal(take(look, "Tcp: A B C\nTcp: 1 2\n"), 2);
    assert_int_equal(take(look, "Tcp: A\nTcp: 1 2 3\n"), 1);
    // Cut short at any byte.
    static const char whole[] = "Tcp: InSegs OutSegs\nTcp: 18446744073709551615 2\n";
    for (size_t size = 0; size < sizeof whole; size++)
        assert_int_equal(take_sized(look, whole, size, 1), size == sizeof whole - 1 ? 2 : 0);
}

static void test_names_that_change_have_no_past(void **state) {
    struct look *look = *state;
    take(look, "Tcp: A B\nTcp: 1 1\n");
    take(look, "Tcp: B A\nTcp: 5 5\n");
    assert_int_equal(look->count, 0);
    take(look, "Tcp: B A\nTcp: 6 5\n");
    assert_int_equal(look->count, 1);
    expect(look, 0, "TcpB", 1);
}

static void test_long_names_and_many(void **state) {
    struct look *look = *state;
    static char text[20000];
    int used = snprintf(text, sizeof text, "Tcp: %045d %044d", 0, 1); // the first is too long for its place
    for (int i = 0; i < 300; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, " N%d", i);
    used += snprintf(text + used, sizeof text - (size_t)used, "\nTcp:");
    for (int i = 0; i < 302; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, " 1");
    snprintf(text + used, sizeof text - (size_t)used, "\n");
    assert_int_equal(take(look, text), COUNTERS_MOST);
    assert_int_equal(strlen(look->counters->names[0]), COUNTER_NAME_BYTES - 1);
}

static void test_what_finds_no_room_is_told_later(void **state) {
    struct look *look = *state;
    take(look, "Tcp: A B\nTcp: 1 1\n");
    take_sized(look, "Tcp: A B\nTcp: 2 3\n", 18, 1);
    assert_int_equal(look->count, 1);
    take(look, "Tcp: A B\nTcp: 2 3\n");
    assert_int_equal(look->count, 1);
    expect(look, 0, "TcpB", 2);
}

static void test_what_the_guard_dropped_is_ours(void **state) {
    struct look *look = *state;
    struct counter list[] = {{"TcpInSegs", 3, 0}, {"TcpOutSegs", 1, 0}, {"TcpExtTCPMinTTLDrop", 2, 0}};
    counters_take_out_ours(look->counters, list, 3);
    assert_int_equal(list[0].ours, 2);
    assert_int_equal(list[1].ours, 0);
    assert_int_equal(list[2].ours, 2);
    assert_int_equal(look->counters->owed, 0);
    // A segment that came between the two files: it is counted as arrived only the next time.
    struct counter late[] = {{"TcpExtTCPMinTTLDrop", 1, 0}}, next[] = {{"TcpInSegs", 2, 0}};
    counters_take_out_ours(look->counters, late, 1);
    counters_take_out_ours(look->counters, next, 1);
    assert_int_equal(next[0].ours, 1);
}

static void expect_words(const char *name, uint64_t moved, uint64_t ours, const char *wanted) {
    char out[500];
    const struct trace_counter counter = {name, moved, ours};
    bool any = words_counter(&counter, "the server's kernel", out, sizeof out);
    assert_int_equal(any, wanted != NULL);
    if (wanted)
        assert_string_equal(out, wanted);
}

static void test_the_words(void **state) {
    (void)state;
    expect_words("TcpInCsumErrors", 1, 0,
                 "TcpInCsumErrors +1: the server's kernel dropped the segment because its checksum did not match.");
    expect_words("TcpRetransSegs", 2, 0,
                 "TcpRetransSegs +2: that many times, the server's kernel sent a segment again.");
    expect_words("TcpExtTCPSynRetrans", 1, 0,
                 "TcpExtTCPSynRetrans +1: the server's kernel sent a SYN or SYN-ACK again: no answer had come in time, "
                 "or the SYN came twice.");
    expect_words("IpExtInECT0Pkts", 1, 0,
                 "IpExtInECT0Pkts +1: the server's kernel got a packet on which routers may mark congestion (ECN).");
    expect_words("TcpOutRsts", 3, 2, "TcpOutRsts +1: the server's kernel sent a RST.");
    expect_words("TcpOutRsts", 2, 2, NULL);          // all of it ours
    expect_words("TcpExtTCPMinTTLDrop", 1, 1, NULL); // the guard's share is never the server's
    expect_words("TcpInSegs", 1, 0, NULL);           // traffic: told in a row
    expect_words("TcpExtNobodyKnowsIt", 4, 0, "TcpExtNobodyKnowsIt +4.");
}

static void test_traffic_and_ours_are_told_in_a_row(void **state) {
    (void)state;
    const struct trace_counter list[] = {
        {"TcpInSegs", 3, 1}, {"TcpOutSegs", 1, 0}, {"TcpOutRsts", 1, 0}, {"TcpExtTCPMinTTLDrop", 1, 1}};
    char out[500];
    assert_true(words_counters_traffic(list, 4, "the server's kernel", out, sizeof out));
    assert_string_equal(out, "The server's kernel counted: TcpInSegs +2, TcpOutSegs +1.");
    assert_true(words_counters_ours(list, 4, out, sizeof out));
    assert_string_equal(
        out,
        "Taken out, because it is ours: TcpInSegs +1, TcpExtTCPMinTTLDrop +1 (what the guard on our port dropped).");
    assert_false(words_counters_traffic(list + 2, 2, "the kernel", out, sizeof out));
    assert_false(words_counters_ours(list + 1, 2, out, sizeof out));
}

// Only where the guard stands is all that is left the server's.
static void test_whose_it_is(void **state) {
    (void)state;
    struct trace_about about = {.source = TRACE_BY_HAND, .guarded = true};
    assert_string_equal(words_counters_who(&about), "the server's kernel");
    about.guarded = false;
    assert_string_equal(words_counters_who(&about), "the kernel, at one end or the other,");
    about = (struct trace_about){.source = TRACE_BY_KERNEL, .guarded = true};
    assert_string_equal(words_counters_who(&about), "the kernel of both ends");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_moved_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_which_are_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_tcp_and_ip_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text_that_cannot_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_that_change_have_no_past, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_names_and_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_finds_no_room_is_told_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_the_guard_dropped_is_ours, set_up, tear_down),
        cmocka_unit_test(test_the_words),
        cmocka_unit_test(test_traffic_and_ours_are_told_in_a_row),
        cmocka_unit_test(test_whose_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
