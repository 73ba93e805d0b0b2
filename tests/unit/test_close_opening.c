// SPDX-License-Identifier: MIT
//
// close() before the handshake is over (RFC 9293, section 3.10.4): in SYN-RECEIVED the FIN leaves at once, unless data
// is queued, and our SYN may still have to go out again behind it.
#include <errno.h>

#include "../help/engine.h"

static struct engine e;

static void begin(enum rs_state state) {
    engine_init(&e, 99, 299);
    engine_reach(&e, state);
}

// Nothing is queued: FIN at once, and FIN-WAIT-1 (section 3.10.4).
static void test_close_in_syn_received(void **state) {
    (void)state;
    RULE(33);
    begin(RS_SYN_RECEIVED);
    assert_int_equal(engine_close(&e), RS_CALL_OK);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    expect_state(&e, RS_FIN_WAIT_1);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1); // of the SYN alone
    expect_state(&e, RS_FIN_WAIT_1);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 2);
    expect_state(&e, RS_FIN_WAIT_2);
    expect_reasons(&e, RS_SENT_FIN, RS_HANDSHAKE_DONE, RS_RTT_MEASURED, RS_FIN_ACKED);
}

static void test_close_in_syn_received_with_data_queued(void **state) {
    (void)state;
    RULE(33);
    begin(RS_SYN_RECEIVED);
    engine_send(&e, "abc", 3);
    engine_close(&e);
    expect_nothing(&e);
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 3);
    expect_state(&e, RS_FIN_WAIT_1);
}

// The SYN,ACK was lost and the FIN behind it meant nothing to an end in SYN-SENT: both go out again, one after the
// other.
static void test_close_in_syn_received_and_all_is_lost(void **state) {
    (void)state;
    RULE(33);
    begin(RS_SYN_RECEIVED);
    engine_close(&e);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    engine_tick(&e, rs_conn_deadline(&e.conn));
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    expect_nothing(&e); // it knows no connection yet
    expect_state(&e, RS_FIN_WAIT_1);
    hear(&e, RS_ACK, e.them + 1, e.us + 1);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    hear(&e, RS_ACK | RS_FIN, e.them + 1, e.us + 2);
    expect_state(&e, RS_TIME_WAIT);
}

// Until our SYN is acknowledged, an ACK of anything else is answered as in SYN-RECEIVED.
static void test_bad_ack_after_close_in_syn_received(void **state) {
    (void)state;
    RULE(33);
    begin(RS_SYN_RECEIVED);
    engine_close(&e);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    hear(&e, RS_ACK, e.them + 1, e.us);
    expect_segment(&e, RS_RST, e.us, 0, 0);
    hear(&e, RS_ACK, e.them + 1, e.us + 3);
    expect_segment(&e, RS_RST, e.us + 3, 0, 0);
    expect_state(&e, RS_FIN_WAIT_1);
    hear(&e, RS_RST, e.them + 1, 0);
    expect_state(&e, RS_CLOSED);
    assert_int_equal(rs_conn_errno(&e.conn), ECONNRESET);
}

// SYNs that cross, and a close() before the second one's ACK: their SYN,ACK still counts.
static void test_close_between_crossing_syns(void **state) {
    (void)state;
    RULE(33);
    begin(RS_SYN_SENT);
    hear(&e, RS_SYN, e.them, 0);
    engine_close(&e);
    expect_segment(&e, RS_SYN | RS_ACK, e.us, e.them + 1, 0);
    expect_segment(&e, RS_FIN | RS_ACK, e.us + 1, e.them + 1, 0);
    hear(&e, RS_SYN | RS_ACK, e.them, e.us + 1);
    expect_state(&e, RS_FIN_WAIT_1);
    expect_nothing(&e);
    hear(&e, RS_FIN | RS_ACK, e.them + 1, e.us + 1);
    expect_state(&e, RS_CLOSING);
    expect_segment(&e, RS_ACK, e.us + 2, e.them + 2, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_in_syn_received),
        cmocka_unit_test(test_close_in_syn_received_with_data_queued),
        cmocka_unit_test(test_close_in_syn_received_and_all_is_lost),
        cmocka_unit_test(test_bad_ack_after_close_in_syn_received),
        cmocka_unit_test(test_close_between_crossing_syns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
