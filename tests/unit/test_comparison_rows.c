// SPDX-License-Identifier: MIT
//
// Two connections compared, segment by segment: each finds its counterpart, and one that has none is a matter of
// moments only where it can be.
#include "../help/cm.h"
#include "../help/twins.h"

// ---- rows

static bool leave_out_data_ack(unsigned at, struct rs_packet *p) { return (void)p, at != DATA_ACK; }
static bool leave_out_ack(unsigned at, struct rs_packet *p) { return (void)p, at != ACK; }
static bool leave_out_fin(unsigned at, struct rs_packet *p) { return (void)p, at != FIN; }

static void expect_lone(bool (*alter)(unsigned, struct rs_packet *), unsigned row, enum difference_why why,
                        bool holds) {
    struct both both = twins_with(&(struct conversation){.alter = alter});
    assert_int_equal(both.c->rows_count, SEGMENTS);
    assert_null(both.c->rows[row].hand);
    assert_int_equal(both.c->rows[row].why, why);
    for (unsigned i = 0; i < SEGMENTS; i++) // all others have found theirs
        assert_true(i == row || (both.c->rows[i].hand && both.c->rows[i].kernel));
    assert_int_equal(comparison_holds(both.c), holds);
    twins_free(&both);
}

static void test_segments_that_stand_alone(void **state) {
    (void)state;
    expect_lone(leave_out_data_ack, DATA_ACK, DIFFERENCE_SERVER_ACK, true);
    expect_lone(leave_out_ack, ACK, DIFFERENCE_UNEXPLAINED, false);
}

// Without the FIN all that follows is another conversation.
static void test_another_conversation(void **state) {
    (void)state;
    struct both both = twins_with(&(struct conversation){.alter = leave_out_fin});
    assert_true(both.c->rows_count > SEGMENTS);
    assert_int_equal(both.c->rows[FIN].why, DIFFERENCE_UNEXPLAINED);
    assert_false(comparison_holds(both.c));
    twins_free(&both);
}

// ---- moments

static bool speak(unsigned at, struct rs_packet *p) {
    if (at == DATA_ACK) {
        p->segment.flags |= RS_PSH;
        p->segment.payload[0] = (struct rs_span){(const uint8_t *)"hello client", 12};
    }
    return true;
}

static bool speak_otherwise(unsigned at, struct rs_packet *p) {
    speak(at, p);
    if (at == DATA_ACK)
        p->segment.payload[0].bytes = (const uint8_t *)"HELLO CLIENT";
    return true;
}

static bool speak_late(unsigned at, struct rs_packet *p) {
    speak(at, p);
    if (at == FIN)
        p->segment.ack -= 12;
    return true;
}

static bool close_with_data(unsigned at, struct rs_packet *p) {
    if (at == DATA)
        p->segment.flags |= RS_FIN;
    return at != FIN;
}

static enum difference_why why_row(const struct comparison *c, bool hand_alone, uint8_t flags) {
    for (unsigned i = 0; i < c->rows_count; i++) {
        const struct trace_event *lone = hand_alone ? c->rows[i].hand : c->rows[i].kernel;
        if (lone && !(hand_alone ? c->rows[i].kernel : c->rows[i].hand) &&
            lone->u.segment.packet->segment.flags == flags)
            return c->rows[i].why;
    }
    return DIFFERENCE_NONE;
}

static void test_what_the_server_does_is_a_matter_of_moments(void **state) {
    (void)state;
    struct both both = twins_compare(twin((struct conversation){.alter = speak}, TRACE_BY_KERNEL, NULL),
                                     twin((struct conversation){.alter = speak_otherwise}, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, DATA_ACK, "Data"), DIFFERENCE_SERVER_DATA);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
    both = twins_compare(twin((struct conversation){.alter = speak}, TRACE_BY_KERNEL, NULL),
                         twin((struct conversation){.alter = speak_late}, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, FIN, "Acknowledgment Number"), DIFFERENCE_PROGRESS);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
    both =
        twins_with(&(struct conversation){.alter = speak}); // in one of the two alone: what it says is its own affair
    assert_int_equal(why_row(both.c, true, RS_PSH | RS_ACK), DIFFERENCE_SERVER_DATA);
    assert_int_equal(why_row(both.c, false, RS_ACK), DIFFERENCE_SERVER_ACK);
    twins_free(&both);
}

static void test_a_fin_goes_with_data_or_alone(void **state) {
    (void)state;
    struct both both = twins_with(&(struct conversation){.alter = close_with_data});
    assert_int_equal(twins_why(both.c, DATA, "FIN"), DIFFERENCE_FIN);
    assert_int_equal(why_row(both.c, false, RS_FIN | RS_ACK), DIFFERENCE_FIN);
    twins_free(&both);
}

// The server speaks, and our FIN is on its way: which of the two comes first is chance.
static void test_what_crosses_on_the_way(void **state) {
    (void)state;
    const struct conversation c = {.alter = speak};
    struct both both = twins_compare(twin(c, TRACE_BY_KERNEL, NULL),
                                     twin(c, TRACE_BY_HAND, &(struct fate){.at = DATA_ACK, .late = true}));
    unsigned alone = 0;
    for (unsigned i = 0; i < both.c->rows_count; i++) {
        const struct comparison_row *row = &both.c->rows[i];
        if (row->kernel && row->hand)
            continue;
        assert_int_equal(row->why, DIFFERENCE_ORDER);
        alone++;
    }
    assert_int_equal(alone, 2);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
}

// The kernel hands over in one piece what we cut.
static void test_what_a_network_card_cuts(void **state) {
    (void)state;
    const struct fate merged = {.at = DATA, .marks = TRACE_MARK_MERGED};
    const struct conversation whole = {.message = "Hello server!Hello server!"}, cut = {.rounds = 2};
    struct both both = twins_compare(twin(whole, TRACE_BY_KERNEL, &merged), twin(cut, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, DATA, "Data"), DIFFERENCE_UNCUT);
    assert_int_equal(why_row(both.c, true, RS_PSH | RS_ACK), DIFFERENCE_UNCUT);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
    both = twins_compare(twin(whole, TRACE_BY_KERNEL, NULL), twin(cut, TRACE_BY_HAND, NULL)); // no card, no excuse
    assert_false(comparison_holds(both.c));
    twins_free(&both);
}

// ---- what was sent again

static void expect_again(unsigned at, uint32_t kernel_ms, uint32_t hand_ms, enum difference_why why) {
    struct both both =
        twins_compare(twin((struct conversation){0}, TRACE_BY_KERNEL, &(struct fate){.at = at, .again_ms = kernel_ms}),
                      twin((struct conversation){0}, TRACE_BY_HAND, &(struct fate){.at = at, .again_ms = hand_ms}));
    assert_int_equal(both.c->rows_count, SEGMENTS + 1);
    assert_int_equal(both.c->rows[at + 1].why, why);
    assert_int_equal(both.c->kinds[DIFFERENCE_IS_UNEXPLAINED], 0);
    twins_free(&both);
}

static void test_what_was_sent_again(void **state) {
    (void)state;
    expect_again(SYN, 1000, 1020, DIFFERENCE_NONE);
    expect_again(SYN, 1000, 2000, DIFFERENCE_SYN_TIMER);
    expect_again(DATA, 200, 1000, DIFFERENCE_DATA_TIMER);
    expect_again(DATA, 10, 1000, DIFFERENCE_EARLY);
    expect_again(FIN_ACK + 1, 200, 400, DIFFERENCE_LOST); // the server's own timer
    expect_again(DATA, 0, 1000, DIFFERENCE_LOST);         // one of the two alone
    expect_again(DATA, 200, 0, DIFFERENCE_LOST);
}

static void test_nothing_to_compare_is_no_success(void **state) {
    (void)state;
    const struct conversation kernel = {.source = TRACE_BY_KERNEL};
    struct tape *one = conversation_tape(&kernel), *none = tape_new(TAPE_HEAD_BYTES);
    struct comparison *c = comparison_new(one, none);
    assert_non_null(c);
    assert_int_equal(c->rows_count, SEGMENTS);
    assert_false(comparison_holds(c));
    free(c);
    c = comparison_new(none, none);
    assert_non_null(c);
    assert_false(comparison_holds(c));
    free(c);
    tape_free(one);
    tape_free(none);
}

// More than fits is counted, and said.
static void test_long_connections(void **state) {
    (void)state;
    const struct conversation kernel = {.source = TRACE_BY_KERNEL, .rounds = 400},
                              hand = {.source = TRACE_BY_HAND, .rounds = 400, .other = OTHER};
    struct tape *a = conversation_tape(&kernel), *b = conversation_tape(&hand);
    struct comparison *c = comparison_new(a, b);
    assert_non_null(c);
    assert_int_equal(c->kernel.count, PAIR_MOST);
    assert_int_equal(c->kernel.left_out, 800 + 7 - PAIR_MOST);
    assert_int_equal(c->rows_count, PAIR_MOST);
    assert_true(comparison_holds(c));
    free(c);
    tape_free(a);
    tape_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_that_stand_alone),
        cmocka_unit_test(test_another_conversation),
        cmocka_unit_test(test_what_the_server_does_is_a_matter_of_moments),
        cmocka_unit_test(test_a_fin_goes_with_data_or_alone),
        cmocka_unit_test(test_what_crosses_on_the_way),
        cmocka_unit_test(test_what_a_network_card_cuts),
        cmocka_unit_test(test_what_was_sent_again),
        cmocka_unit_test(test_nothing_to_compare_is_no_success),
        cmocka_unit_test(test_long_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
