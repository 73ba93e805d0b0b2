// SPDX-License-Identifier: MIT
//
// What passes when the kernel has a connection that was made by hand (cmd/aftermath.h): of all that a tracker tells,
// what is ours, and what of it was told with the handshake.
#include "cmd/aftermath.h"

#include "../help/cm.h"
#include "../help/passer.h"

enum { A = RS_ACK, S = RS_SYN, F = RS_FIN, R = RS_RST };

static struct passer passer, *const p = &passer;
static struct aftermath after;
static size_t ours, new; // segments

static void take(void *self, const struct trace_event *event) {
    (void)self;
    if (!aftermath_is_ours(&after, event) || event->kind != TRACE_SEEN)
        return;
    ours++;
    new += !aftermath_is_told(&after, &event->u.segment);
}

static int setup(void **state) {
    (void)state;
    passer_init(p);
    trace_add(&p->trace, (struct trace_sink){.take = take});
    passer_start(p);
    after = (struct aftermath){.client = p->end[CLIENT], .server = p->end[SERVER]};
    ours = new = 0;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    passer_stop(p);
    return 0;
}

static void test_what_follows_the_handshake(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, CLIENT, S, 0, 0, 0); // again
    pass(p, SERVER, S | A, 0, 1, 0);
    pass(p, CLIENT, A, 1, 1, 0);
    assert_int_equal(ours, 4);
    assert_int_equal(new, 0);
    pass(p, SERVER, A, 1, 1, 5);
    pass(p, CLIENT, A, 1, 6, 0);
    assert_int_equal(new, 2);
    assert_int_equal(after.told[0], 3);
    assert_int_equal(after.told[1], 1);
}

static void test_the_third_was_not_caught(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, SERVER, S | A, 0, 1, 0);
    pass(p, CLIENT, A, 1, 1, 5);
    assert_int_equal(new, 1);
}

// A server that still has an old connection with the same ends answers a SYN from there, and gets RST.
static void test_late_segments_of_another(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, SERVER, A, 900000, 800000, 100);
    pass(p, CLIENT, R, 800000, 0, 0);
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, SERVER, S | A, 0, 1, 0);
    pass(p, CLIENT, A, 1, 1, 0);
    assert_int_equal(new, 0);
    pass(p, CLIENT, A, 1, 1, 5);
    assert_int_equal(new, 1);
}

// They may also pass before its SYN. Then they are no part of it.
static void test_late_segments_before_its_syn(void **state) {
    (void)state;
    pass(p, SERVER, A, 900000, 800000, 100);
    pass(p, CLIENT, R, 800000, 0, 0);
    assert_int_equal(ours, 0);
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 5);
    assert_int_equal(ours, 4);
    assert_int_equal(new, 1);
}

// SYN meets SYN: both answer, and there is no third segment.
static void test_both_open(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, SERVER, S, 0, 0, 0);
    pass(p, CLIENT, S | A, 0, 1, 0);
    pass(p, SERVER, S | A, 0, 1, 0);
    assert_int_equal(new, 0);
    pass(p, SERVER, A, 1, 1, 5);
    pass(p, CLIENT, A, 1, 6, 0);
    assert_int_equal(new, 2);
}

// The next one with the same ends is another.
static void test_another_with_the_same_ends(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, R | A, 1, 1, 0);
    assert_int_equal(ours, 4);
    p->first[CLIENT] += 100000;
    pass_handshake(p);
    assert_int_equal(ours, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_follows_the_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_third_was_not_caught, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_segments_of_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_segments_before_its_syn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_with_the_same_ends, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
