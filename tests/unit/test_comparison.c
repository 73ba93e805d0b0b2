// SPDX-License-Identifier: MIT
//
// Two connections compared, field by field: each that can differ gets its judgement, and what cannot be explained is
// never taken for chance. The two views of it are whole transcripts (tests/golden/side-*.txt).
#include <stdio.h>

#include "../help/cm.h"
#include "../help/golden.h"
#include "../help/twins.h"
#include "view/side.h"

// What of a row differs, and nothing else does.
static void expect_only(const struct comparison *c, unsigned row, const char *const *names,
                        const enum difference_why *whys, size_t wanted) {
    struct difference fields[DIFFERENCES_MOST];
    const struct comparison_row *r = &c->rows[row];
    size_t count = difference_fields(&r->kernel->u.segment, &r->hand->u.segment, &c->known, fields), found = 0;
    for (size_t i = 0; i < count; i++) {
        if (fields[i].why == DIFFERENCE_NONE)
            continue;
        assert_true(found < wanted);
        assert_string_equal(fields[i].name, names[found]);
        assert_int_equal(fields[i].why, whys[found]);
        found++;
    }
    assert_int_equal(found, wanted);
}

static void test_two_connections_of_the_same_kind(void **state) {
    (void)state;
    struct both both = twins_with(&(struct conversation){0});
    assert_int_equal(both.c->rows_count, SEGMENTS);
    static const char *const syn[] = {"Identification",  "Header Checksum", "Source Port",
                                      "Sequence Number", "Checksum",        "Timestamps: value"};
    static const enum difference_why syn_whys[] = {DIFFERENCE_IP_ID, DIFFERENCE_IP_CHECKSUM,  DIFFERENCE_PORT,
                                                   DIFFERENCE_SEQ,   DIFFERENCE_TCP_CHECKSUM, DIFFERENCE_TS_VALUE};
    expect_only(both.c, SYN, syn, syn_whys, 6);
    static const char *const answer[] = {"Destination Port", "Sequence Number",   "Acknowledgment Number",
                                         "Checksum",         "Timestamps: value", "Timestamps: echo"};
    static const enum difference_why answer_whys[] = {DIFFERENCE_PORT,         DIFFERENCE_SEQ,      DIFFERENCE_ACK,
                                                      DIFFERENCE_TCP_CHECKSUM, DIFFERENCE_TS_VALUE, DIFFERENCE_TS_ECHO};
    expect_only(both.c, SYN_ACK, answer, answer_whys, 6);
    for (unsigned i = 0; i < SEGMENTS; i++)
        assert_int_equal(both.c->rows[i].why, DIFFERENCE_NONE);
    assert_int_equal(both.c->kinds[DIFFERENCE_IS_UNEXPLAINED], 0);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
}

static void test_with_ipv6(void **state) {
    (void)state;
    struct both both = twins_with(&(struct conversation){.ipv6 = true});
    assert_int_equal(twins_why(both.c, SYN, "Flow Label"), DIFFERENCE_FLOW_LABEL);
    assert_int_equal(twins_why(both.c, SYN, "Source Port"), DIFFERENCE_PORT);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
}

// ---- one field is altered, and the judgement on it follows

#define ALTER(name, where, what)                                                                                       \
    static bool name(unsigned at, struct rs_packet *p) {                                                               \
        if (at == (where))                                                                                             \
            what;                                                                                                      \
        return true;                                                                                                   \
    }
ALTER(alter_ttl, SYN, p->ip.ttl = 99)
ALTER(alter_server_ttl, SYN_ACK, p->ip.ttl = 63)
ALTER(alter_tos, SYN, p->ip.tos = 4)
ALTER(alter_df, SYN, p->ip.dont_fragment = false)
ALTER(alter_syn_window, SYN, p->segment.window--)
ALTER(alter_window, ACK, p->segment.window--)
ALTER(alter_server_window, DATA_ACK, p->segment.window--)
ALTER(alter_mss, SYN, p->segment.options.mss--)
ALTER(alter_scale, SYN, p->segment.options.window_scale++)
ALTER(alter_sack, SYN, p->segment.options.sack_permitted = false)
ALTER(alter_echo, ACK, p->segment.options.ts_echo = 0)
ALTER(alter_ack, SYN_ACK, p->segment.ack++)
ALTER(alter_push, DATA, p->segment.flags = RS_ACK)
ALTER(alter_urgent, SYN, p->segment.urgent = 5)
ALTER(alter_ecn, SYN, p->segment.flags = RS_SYN | RS_ECE | RS_CWR)
ALTER(alter_data, DATA, p->segment.payload[0].bytes = (const uint8_t *)"Hello Server!")

static const struct altered {
    bool (*alter)(unsigned at, struct rs_packet *packet);
    struct trace_choices choices;
    unsigned row;
    const char *name;
    enum difference_why why;
} altered[] = {
    {alter_ttl, {0}, SYN, "Time to Live", DIFFERENCE_UNEXPLAINED},
    {alter_ttl, {.ttl = true}, SYN, "Time to Live", DIFFERENCE_ASKED_TTL},
    {alter_server_ttl, {.ttl = true}, SYN_ACK, "Time to Live", DIFFERENCE_UNEXPLAINED},
    {alter_tos, {0}, SYN, "DSCP", DIFFERENCE_UNEXPLAINED},
    {alter_df, {0}, SYN, "Don't Fragment", DIFFERENCE_UNEXPLAINED},
    {alter_syn_window, {0}, SYN, "Window", DIFFERENCE_UNEXPLAINED},
    {alter_syn_window, {.window = true}, SYN, "Window", DIFFERENCE_ASKED_WINDOW},
    {alter_syn_window, {.mss = true}, SYN, "Window", DIFFERENCE_ASKED_MSS},
    {alter_window, {0}, ACK, "Window", DIFFERENCE_WINDOW},
    {alter_server_window, {0}, DATA_ACK, "Window", DIFFERENCE_SERVER_WINDOW},
    {alter_mss, {0}, SYN, "Maximum Segment Size", DIFFERENCE_UNEXPLAINED},
    {alter_mss, {.mss = true}, SYN, "Maximum Segment Size", DIFFERENCE_ASKED_MSS},
    {alter_scale, {0}, SYN, "Window Scale", DIFFERENCE_UNEXPLAINED},
    {alter_scale, {.window = true}, SYN, "Window Scale", DIFFERENCE_ASKED_WINDOW},
    {alter_sack, {0}, SYN, "Options", DIFFERENCE_UNEXPLAINED},
    {alter_sack, {.without = true}, SYN, "Options", DIFFERENCE_ASKED_WITHOUT},
    {alter_echo, {0}, ACK, "Timestamps: echo", DIFFERENCE_UNEXPLAINED},
    {alter_push, {0}, DATA, "PSH", DIFFERENCE_UNEXPLAINED},
    {alter_urgent, {0}, SYN, "Urgent Pointer", DIFFERENCE_UNEXPLAINED},
    {alter_ecn, {0}, SYN, "ECE", DIFFERENCE_UNEXPLAINED},
    {alter_data, {0}, DATA, "Data", DIFFERENCE_UNEXPLAINED},
    {NULL, {.isn = true}, SYN, "Sequence Number", DIFFERENCE_ASKED_ISN},
    {NULL, {.isn = true}, SYN_ACK, "Sequence Number", DIFFERENCE_SEQ},
    {NULL, {.isn = true}, SYN_ACK, "Acknowledgment Number", DIFFERENCE_ASKED_ISN},
};

static void test_each_field_is_judged(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
        const struct altered *a = &altered[i];
        struct both both = twins_with(&(struct conversation){.alter = a->alter, .choices = a->choices});
        enum difference_why why = twins_why(both.c, a->row, a->name);
        if (why != a->why)
            print_error("%zu: %s in %u: %d\n", i, a->name, a->row, why);
        assert_int_equal(why, a->why);
        enum difference_kind kind = difference_kind(why);
        bool must = kind != DIFFERENCE_IS_ASKED && kind != DIFFERENCE_IS_UNEXPLAINED && !a->choices.isn;
        assert_int_equal(comparison_holds(both.c), must);
        twins_free(&both);
    }
}

// A number that does not count from the same place is no matter of chance, and such segments are no counterparts.
static void test_a_wrong_number_is_not_chance(void **state) {
    (void)state;
    struct both both = twins_with(&(struct conversation){.alter = alter_ack});
    assert_int_equal(twins_why(both.c, SYN_ACK, "Acknowledgment Number"), DIFFERENCE_UNEXPLAINED);
    assert_false(comparison_holds(both.c));
    twins_free(&both);
}

// A number of 0 from TIME-WAIT is Linux's way, and no chance.
ALTER(no_number, LAST_ACK, p->ip.id = 0)

static void test_no_number_in_time_wait(void **state) {
    (void)state;
    const struct conversation none = {.alter = no_number}, counted = {0};
    struct both both = twins_compare(twin(none, TRACE_BY_KERNEL, NULL), twin(counted, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, LAST_ACK, "Identification"), DIFFERENCE_IP_ID_ZERO);
    assert_int_equal(twins_why(both.c, FIN, "Identification"), DIFFERENCE_IP_ID);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
    both = twins_compare(twin(counted, TRACE_BY_KERNEL, NULL), twin(none, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, LAST_ACK, "Identification"), DIFFERENCE_IP_ID);
    twins_free(&both);
}

static bool report_a_hole(unsigned at, struct rs_packet *p) {
    if (at == DATA_ACK) {
        p->segment.options.sack_blocks = 1;
        p->segment.options.sack[0] = (struct rs_sack_block){p->segment.ack + 10, p->segment.ack + 20};
    }
    return true;
}

static bool report_another_hole(unsigned at, struct rs_packet *p) {
    report_a_hole(at, p);
    p->segment.options.sack[0].right++;
    return true;
}

static void test_sack_blocks_count_from_the_beginning(void **state) {
    (void)state;
    const struct conversation hole = {.alter = report_a_hole}, another = {.alter = report_another_hole};
    struct both both = twins_compare(twin(hole, TRACE_BY_KERNEL, NULL), twin(hole, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, DATA_ACK, "SACK"), DIFFERENCE_SACK);
    assert_true(comparison_holds(both.c));
    twins_free(&both);
    both = twins_compare(twin(hole, TRACE_BY_KERNEL, NULL), twin(another, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, DATA_ACK, "SACK"), DIFFERENCE_UNEXPLAINED);
    twins_free(&both);
}

static void test_an_unfinished_checksum(void **state) {
    (void)state;
    const struct conversation c = {0};
    const struct fate left = {.at = DATA, .unfinished = true};
    struct both both = twins_compare(twin(c, TRACE_BY_KERNEL, &left), twin(c, TRACE_BY_HAND, NULL));
    assert_int_equal(twins_why(both.c, DATA, "Checksum"), DIFFERENCE_UNFINISHED);
    twins_free(&both);
    // Neither holds more than the sum of what both have alike.
    both = twins_compare(twin(c, TRACE_BY_KERNEL, &left), twin(c, TRACE_BY_HAND, &left));
    assert_int_equal(twins_why(both.c, DATA, "Checksum"), DIFFERENCE_UNEXPLAINED);
    twins_free(&both);
}

// ---- what a person sees

static void test_every_reason_has_its_words(void **state) {
    (void)state;
    for (int why = 0; why < DIFFERENCE_WHYS; why++) {
        char prose[900];
        words_difference((enum difference_why)why, prose, sizeof prose);
        size_t length = strlen(prose);
        assert_true(length > 5 && length < sizeof prose - 1);
        assert_int_equal(prose[length - 1], '.');
        assert_non_null(words_difference_kind(difference_kind((enum difference_why)why)));
    }
}

static bool alter_some(unsigned at, struct rs_packet *p) {
    if (at == DATA)
        p->ip.ttl = 99;
    return alter_window(at, p) && alter_sack(at, p) && at != DATA_ACK;
}

static void draw(const char *name, unsigned columns, unsigned verbosity, const struct conversation *hand) {
    struct text text = {.bytes = malloc(1 << 17), .size = 1 << 17, .style = {.utf8 = true, .columns = columns}};
    struct both both = twins_with(hand);
    side_draw(&text, both.c, verbosity);
    assert_int_equal(text.lost, 0);
    for (size_t at = 0, length; at < text.used; at += length + 1) {
        char line[600];
        length = (size_t)((char *)memchr(text.bytes + at, '\n', text.used - at) - (text.bytes + at));
        snprintf(line, sizeof line, "%.*s", (int)length, text.bytes + at);
        if (text_width(line) > columns)
            print_error("too long: %s\n", line);
        assert_true(text_width(line) <= columns);
    }
    golden_compare(name, text.bytes, text.used);
    free(text.bytes);
    twins_free(&both);
}

static void test_side_by_side(void **state) {
    (void)state;
    draw("side-100.txt", 100, 0, &(struct conversation){0});
    draw("side-80.txt", 80, 0, &(struct conversation){.alter = alter_some});
    draw("side-verbose.txt", 100, 1, &(struct conversation){.alter = alter_some, .choices = {.ttl = true}});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_connections_of_the_same_kind),
        cmocka_unit_test(test_with_ipv6),
        cmocka_unit_test(test_each_field_is_judged),
        cmocka_unit_test(test_a_wrong_number_is_not_chance),
        cmocka_unit_test(test_no_number_in_time_wait),
        cmocka_unit_test(test_sack_blocks_count_from_the_beginning),
        cmocka_unit_test(test_an_unfinished_checksum),
        cmocka_unit_test(test_every_reason_has_its_words),
        cmocka_unit_test(test_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
