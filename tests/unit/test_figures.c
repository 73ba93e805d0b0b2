// SPDX-License-Identifier: MIT
//
// The figures of RFC 9293, sections 3.5 and 3.6, as transcripts that two engines play. A line is one of
//
//     "SYN-SENT --> SEQ=100 SYN --> SYN-RECEIVED"     A sends exactly this, B gets it; then both are in these states
//     "SYN-SENT --> SEQ=100 SYN ..."                  A sends it, and it is on its way
//     "... SEQ=100 SYN --> SYN-RECEIVED"              what was on its way, or is an old duplicate, reaches B
//     "A opens", "B closes", "2 MSL"                  a call, or time that passes
//
// and the same with <-- from B to A. A state that the line does not name may be any.
#include <stdio.h>

#include "../help/engine.h"

enum { LINE_BYTES = 128, WORDS_MAX = 10 };

static struct engine a, b;
static const char *line_now;

static void wrong(const char *what) { fail_msg("\"%s\": %s", line_now, what); }

static void turn_round(struct engine *e) {
    struct rs_endpoint local = e->config.local;
    e->config.local = e->config.remote;
    e->config.remote = local;
    engine_start(e);
}

// A and B, with these first numbers, CLOSED.
static void begin(uint32_t a_iss, uint32_t b_iss) {
    engine_init(&a, a_iss, b_iss);
    engine_init(&b, b_iss, a_iss);
    turn_round(&b);
}

// "SEQ=100" after its "SEQ="; 0 if there is no such word.
static uint32_t number_of(char *const *words, size_t count, const char *key) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(words[i], key, strlen(key)) == 0)
            return (uint32_t)strtoul(words[i] + strlen(key), NULL, 10);
    return 0;
}

static uint8_t flags_of(char *const *words, size_t count) {
    static const struct {
        const char *name;
        uint8_t bit;
    } all[] = {{"SYN", RS_SYN}, {"ACK", RS_ACK}, {"FIN", RS_FIN}, {"RST", RS_RST}};
    uint8_t flags = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            if (strcmp(words[i], all[j].name) == 0)
                flags |= all[j].bit;
    return flags;
}

static void leaves(struct engine *from, const struct rs_segment *s) {
    expect_segment(from, s->flags, s->seq, s->ack, rs_segment_data_bytes(s));
}

static void arrives(struct engine *at, const struct rs_segment *s) {
    hear_data(at, s->flags, s->seq, s->ack, s->payload[0].bytes, s->payload[0].size);
}

static void expect_named(const struct engine *e, const char *name) {
    if (strcmp(rs_state_name(e->conn.state), name) != 0)
        wrong(rs_state_name(e->conn.state));
}

static bool is_way(const char *word) {
    return strcmp(word, "-->") == 0 || strcmp(word, "<--") == 0 || strcmp(word, "...") == 0;
}

// [state of A] way segment way [state of B]
static void play_segment(char **words, size_t count) {
    static const uint8_t data[1000];
    const char *left = is_way(words[0]) ? NULL : *words;
    const char *right = is_way(words[count - 1]) ? NULL : words[count - 1];
    words += left ? 1 : 0;
    count -= left ? 1u : 0u;
    count -= right ? 1u : 0u;
    const char *first = words[0], *second = words[count - 1];
    struct rs_segment s = {.flags = flags_of(words, count),
                           .seq = number_of(words, count, "SEQ="),
                           .ack = number_of(words, count, "ACK="),
                           .payload = {{data, number_of(words, count, "DATA=")}}};
    if (strcmp(first, "-->") == 0)
        leaves(&a, &s);
    if (strcmp(second, "<--") == 0)
        leaves(&b, &s);
    if (strcmp(first, "<--") == 0)
        arrives(&a, &s);
    if (strcmp(second, "-->") == 0)
        arrives(&b, &s);
    if (left)
        expect_named(&a, left);
    if (right)
        expect_named(&b, right);
}

static void pass(uint64_t us) {
    engine_tick(&a, a.now + us);
    engine_tick(&b, b.now + us);
}

static bool play_call(const char *line) {
    if (strcmp(line, "A opens") == 0)
        assert_int_equal(engine_open(&a), RS_CALL_OK);
    else if (strcmp(line, "B opens") == 0)
        assert_int_equal(engine_open(&b), RS_CALL_OK);
    else if (strcmp(line, "A closes") == 0)
        assert_int_equal(engine_close(&a), RS_CALL_OK);
    else if (strcmp(line, "B closes") == 0)
        assert_int_equal(engine_close(&b), RS_CALL_OK);
    else if (strcmp(line, "A listens") == 0)
        assert_int_equal(rs_conn_listen(&a.conn), RS_CALL_OK);
    else if (strcmp(line, "B listens") == 0)
        assert_int_equal(rs_conn_listen(&b.conn), RS_CALL_OK);
    else if (strcmp(line, "B sends ten bytes") == 0)
        assert_int_equal(engine_send(&b, "0123456789", 10), 10);
    else if (strcmp(line, "396 us") == 0)
        pass(396);
    else if (strcmp(line, "2 MSL") == 0)
        pass(240 * SECOND);
    else
        return false;
    return true;
}

static void play_line(const char *line) {
    char copy[LINE_BYTES], *words[WORDS_MAX] = {0}, *rest;
    size_t count = 0;
    line_now = line;
    if (play_call(line))
        return;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < WORDS_MAX);
        words[count++] = word;
    }
    if (count == 2 && !is_way(words[0])) { // two states and nothing between
        expect_named(&a, words[0]);
        expect_named(&b, words[1]);
        return;
    }
    assert_true(count >= 4);
    play_segment(words, count);
}

#define PLAY(...) play((const char *const[]){__VA_ARGS__, NULL})

// The figure, and then silence: neither end has anything more to say.
static void play(const char *const *lines) {
    for (; *lines; lines++)
        play_line(*lines);
    expect_nothing(&a);
    expect_nothing(&b);
}

// Figures that begin in the middle of a connection: this end has sent up to send and received up to receive.
static void stand(struct engine *e, uint32_t send, uint32_t receive) {
    bool turned = e == &b;
    engine_init(e, send - 1, receive - 1);
    if (turned)
        turn_round(e);
    engine_establish(e);
}

// clang-format off
static void test_figure_6_handshake(void **state) {
    (void)state;
    RULE(1);
    RULE(9);
    begin(100, 300);
    PLAY("B listens",
         "CLOSED LISTEN",
         "A opens",
         "SYN-SENT     -->  SEQ=100 SYN              -->  SYN-RECEIVED",
         "ESTABLISHED  <--  SEQ=300 ACK=101 SYN ACK  <--  SYN-RECEIVED",
         "ESTABLISHED  -->  SEQ=101 ACK=301 ACK      -->  ESTABLISHED");
}

static void test_figure_7_simultaneous_open(void **state) {
    (void)state;
    RULE(5);
    RULE(P5);
    begin(100, 300);
    PLAY("CLOSED CLOSED",
         "A opens",
         "SYN-SENT      -->  SEQ=100 SYN              ...",
         "B opens",
         "SYN-RECEIVED  <--  SEQ=300 SYN              <--  SYN-SENT",
         "              ...  SEQ=100 SYN              -->  SYN-RECEIVED",
         "SYN-RECEIVED  -->  SEQ=100 ACK=301 SYN ACK  ...",
         "ESTABLISHED   <--  SEQ=300 ACK=101 SYN ACK  <--  SYN-RECEIVED",
         "              ...  SEQ=100 ACK=301 SYN ACK  -->  ESTABLISHED");
}

// B answers the second SYN with a new first number: its clock has gone on by 99 ticks of four microseconds, and one.
static void test_figure_8_old_duplicate_syn(void **state) {
    (void)state;
    RULE(6);
    RULE(7);
    begin(100, 300);
    PLAY("B listens",
         "A opens",
         "SYN-SENT     -->  SEQ=100 SYN              ...",
         "             ...  SEQ=90 SYN               -->  SYN-RECEIVED",
         "SYN-SENT     <--  SEQ=300 ACK=91 SYN ACK   <--  SYN-RECEIVED",
         "396 us",
         "SYN-SENT     -->  SEQ=91 RST               -->  LISTEN",
         "             ...  SEQ=100 SYN              -->  SYN-RECEIVED",
         "ESTABLISHED  <--  SEQ=400 ACK=101 SYN ACK  <--  SYN-RECEIVED",
         "ESTABLISHED  -->  SEQ=101 ACK=401 ACK      -->  ESTABLISHED");
    expect_reasons(&a, RS_SENT_SYN, RS_DROPPED_BAD_ACK, RS_SENT_RESET, RS_RTT_MEASURED, RS_SYN_ACKED,
                   RS_SENT_HANDSHAKE_ACK);
}

// A has crashed and opens anew; B knows nothing of that.
static void test_figure_9_half_open_discovery(void **state) {
    (void)state;
    RULE(7);
    RULE(19);
    begin(400, 300);
    stand(&b, 300, 100);
    PLAY("CLOSED ESTABLISHED",
         "A opens",
         "SYN-SENT  -->  SEQ=400 SYN          -->  ESTABLISHED",
         "SYN-SENT  <--  SEQ=300 ACK=100 ACK  <--  ESTABLISHED",
         "SYN-SENT  -->  SEQ=100 RST          -->  CLOSED");
    expect_reasons(&b, RS_SENT_CHALLENGE_ACK, RS_RESET);
    assert_int_equal(b.conn.end, RS_END_RESET);
    engine_tick(&a, rs_conn_deadline(&a.conn));
    PLAY("SYN-SENT  -->  SEQ=400 SYN  ...");
}

// A has crashed, and B has something to say.
static void test_figure_10_active_side_discovers(void **state) {
    (void)state;
    RULE(25);
    begin(400, 300);
    stand(&b, 300, 100);
    PLAY("B sends ten bytes",
         "CLOSED  <--  SEQ=300 ACK=100 DATA=10 ACK  <--  ESTABLISHED",
         "CLOSED  -->  SEQ=100 RST                  -->  CLOSED");
    assert_int_equal(b.conn.end, RS_END_RESET);
}

// Z is 500: an old SYN that neither of two listening ends has sent.
static void test_figure_11_old_syn_between_listeners(void **state) {
    (void)state;
    RULE(6);
    begin(100, 300);
    PLAY("A listens",
         "B listens",
         "LISTEN  ...  SEQ=500 SYN              -->  SYN-RECEIVED",
         "LISTEN  <--  SEQ=300 ACK=501 SYN ACK  <--  SYN-RECEIVED",
         "LISTEN  -->  SEQ=501 RST              -->  LISTEN");
}

static void test_figure_12_normal_close(void **state) {
    (void)state;
    RULE(33);
    RULE(36);
    RULE(37);
    begin(99, 299);
    stand(&a, 100, 300);
    stand(&b, 300, 100);
    PLAY("ESTABLISHED ESTABLISHED",
         "A closes",
         "FIN-WAIT-1  -->  SEQ=100 ACK=300 FIN ACK  -->  CLOSE-WAIT",
         "FIN-WAIT-2  <--  SEQ=300 ACK=101 ACK      <--  CLOSE-WAIT",
         "B closes",
         "TIME-WAIT   <--  SEQ=300 ACK=101 FIN ACK  <--  LAST-ACK",
         "TIME-WAIT   -->  SEQ=101 ACK=301 ACK      -->  CLOSED",
         "2 MSL",
         "CLOSED CLOSED");
}

static void test_figure_13_simultaneous_close(void **state) {
    (void)state;
    RULE(36);
    begin(99, 299);
    stand(&a, 100, 300);
    stand(&b, 300, 100);
    PLAY("ESTABLISHED ESTABLISHED",
         "A closes",
         "B closes",
         "FIN-WAIT-1  -->  SEQ=100 ACK=300 FIN ACK  ...  ESTABLISHED",
         "CLOSING     <--  SEQ=300 ACK=100 FIN ACK  <--  FIN-WAIT-1",
         "            ...  SEQ=100 ACK=300 FIN ACK  -->  CLOSING",
         "CLOSING     -->  SEQ=101 ACK=301 ACK      ...  CLOSING",
         "TIME-WAIT   <--  SEQ=301 ACK=101 ACK      <--  CLOSING",
         "            ...  SEQ=101 ACK=301 ACK      -->  TIME-WAIT");
    expect_reasons(&a, RS_SENT_FIN, RS_TIMER_SET, RS_FIN_ARRIVED, RS_SENT_ACK_OF_FIN, RS_RTT_MEASURED, RS_FIN_ACKED,
                   RS_TIME_WAIT_BEGINS);
    PLAY("2 MSL",
         "CLOSED CLOSED");
}
// clang-format on

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figure_6_handshake),
        cmocka_unit_test(test_figure_7_simultaneous_open),
        cmocka_unit_test(test_figure_8_old_duplicate_syn),
        cmocka_unit_test(test_figure_9_half_open_discovery),
        cmocka_unit_test(test_figure_10_active_side_discovers),
        cmocka_unit_test(test_figure_11_old_syn_between_listeners),
        cmocka_unit_test(test_figure_12_normal_close),
        cmocka_unit_test(test_figure_13_simultaneous_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
