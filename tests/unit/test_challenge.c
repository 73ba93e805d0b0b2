// SPDX-License-Identifier: MIT
//
// What is answered with our true numbers instead of being believed (RFC 5961): SYN and RST in a connection that stands,
// and bare ACKs that do not fit; and how often that is done.
#include "../help/engine.h"

static struct engine e;
static uint8_t bytes[ENGINE_BUFFER];

static void begin(void) {
    engine_init(&e, 1000, 5000);
    engine_establish(&e);
}

static void test_syn_in_any_place_is_challenged(void **state) {
    static const uint32_t off[] = {0, 1, 100, 0x40000000, 0xffffff00};
    (void)state;
    RULE(19);
    begin();
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        hear(&e, RS_SYN, e.them + off[i], 0);
        expect_segment(&e, RS_ACK, e.us + 1, e.them + 1, 0);
        expect_nothing(&e);
        expect_state(&e, RS_ESTABLISHED);
        if (off[i] == 1 || off[i] == 100) // within the window
            expect_reasons(&e, RS_SENT_CHALLENGE_ACK);
        else
            expect_reasons(&e, RS_DROPPED_OUTSIDE_WINDOW, RS_SENT_CHALLENGE_ACK);
    }
}

static unsigned answers_to(uint8_t flags, uint32_t seq, uint32_t ack, unsigned times) {
    unsigned answers = 0;
    for (unsigned i = 0; i < times; i++) {
        hear(&e, flags, seq, ack);
        answers += engine_poll_all(&e);
    }
    return answers;
}

static void test_challenges_are_throttled(void **state) {
    (void)state;
    RULE(19);
    begin();
    assert_int_equal(answers_to(RS_RST, e.them + 2, 0, 100), 10);
    engine_tick(&e, e.now + SECOND - 1);
    assert_int_equal(answers_to(RS_SYN, e.them + 2, 0, 100), 0);
    engine_tick(&e, e.now + 1);
    assert_int_equal(answers_to(RS_SYN, e.them + 2, 0, 100), 10);
}

// Two ends that disagree would answer each other's bare ACKs for ever; data that comes again is always answered.
static void test_wars_of_acks_are_throttled(void **state) {
    (void)state;
    RULE(P7);
    begin();
    assert_int_equal(answers_to(RS_ACK, e.them - 1000, e.us + 1, 100), 10);
    engine_tick(&e, e.now + SECOND);
    assert_int_equal(answers_to(RS_ACK, e.them + 1, e.us + 2, 100), 10);
    unsigned answers = 0;
    for (unsigned i = 0; i < 100; i++) {
        hear_data(&e, RS_ACK, e.them, e.us + 1, "x", 1);
        answers += engine_poll_all(&e);
    }
    assert_int_equal(answers, 100);
}

// A RST may carry data (section 3.5.3, SHLD-2); it is judged by its number alone (RFC 5961, section 3.2), also where
// the window is closed (MUST-66).
static void test_reset_with_data(void **state) {
    (void)state;
    RULE(17);
    RULE(18);
    for (uint16_t room = 10; room <= 20; room += 10) {
        engine_init(&e, 1000, 5000);
        e.config.receive_bytes = room;
        engine_start(&e);
        engine_establish(&e);
        hear_data(&e, RS_ACK, 5001, 1001, bytes, 10);
        expect_segment(&e, RS_ACK, 1001, 5011, 0);
        hear_data(&e, RS_RST, 5010, 0, bytes, 2); // begins before the window
        expect_nothing(&e);
        expect_state(&e, RS_ESTABLISHED);
        hear_data(&e, RS_RST, 5011, 0, "closed", 6);
        expect_state(&e, RS_CLOSED);
        expect_nothing(&e);
    }
}

// What is owed to a stray is not owed any more when the connection has ended.
static void test_nothing_is_challenged_after_the_end(void **state) {
    (void)state;
    begin();
    hear(&e, RS_RST, e.them + 2, 0);
    hear(&e, RS_RST, e.them + 1, 0);
    expect_state(&e, RS_CLOSED);
    expect_nothing(&e);
    engine_init(&e, 1000, 5000);
    assert_int_equal(rs_conn_listen(&e.conn), RS_CALL_OK);
    hear(&e, RS_SYN, 5000, 0);
    expect_segment(&e, RS_SYN | RS_ACK, 1000, 5001, 0);
    hear(&e, RS_RST, 5002, 0);
    hear(&e, RS_RST, 5001, 0);
    expect_state(&e, RS_LISTEN);
    expect_nothing(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syn_in_any_place_is_challenged),      cmocka_unit_test(test_challenges_are_throttled),
        cmocka_unit_test(test_wars_of_acks_are_throttled),          cmocka_unit_test(test_reset_with_data),
        cmocka_unit_test(test_nothing_is_challenged_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
