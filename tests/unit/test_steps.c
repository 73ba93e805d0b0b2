// SPDX-License-Identifier: MIT
//
// The walk over a tape (view/steps.h): what belongs to which segment, and the states of both ends around it.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/conversation.h"
#include "view/steps.h"

static const struct wanted {
    bool ours;
    enum rs_state client, server;
    bool client_proved, server_proved; // seen from outside
} wanted[] = {
    {true, RS_SYN_SENT, RS_SYN_RECEIVED, true, false},   {false, RS_ESTABLISHED, RS_SYN_RECEIVED, false, true},
    {true, RS_ESTABLISHED, RS_ESTABLISHED, true, false}, {true, RS_ESTABLISHED, RS_ESTABLISHED, true, true},
    {false, RS_ESTABLISHED, RS_ESTABLISHED, true, true}, {true, RS_FIN_WAIT_1, RS_CLOSE_WAIT, true, false},
    {false, RS_FIN_WAIT_2, RS_CLOSE_WAIT, true, true},   {false, RS_TIME_WAIT, RS_LAST_ACK, false, true},
    {true, RS_TIME_WAIT, RS_CLOSED, true, false},
};

static void test_states_go_on_from_step_to_step(void **state) {
    (void)state;
    for (int source = TRACE_BY_HAND; source <= TRACE_READ; source++) {
        struct tape *tape = conversation_tape(&(struct conversation){.source = (enum trace_source)source});
        struct steps steps;
        struct step step;
        steps_begin(&steps, tape, 100, 100);
        assert_int_equal(steps.total, COUNT(wanted));
        enum rs_state client = steps_first_client(&steps), server = steps_first_server(&steps);
        assert_int_equal(client, RS_CLOSED);
        assert_int_equal(server, RS_LISTEN);
        for (size_t i = 0; i < COUNT(wanted); i++) {
            assert_true(steps_next(&steps, &step));
            assert_int_equal(step.number, i + 1);
            assert_int_equal(step.ours, wanted[i].ours);
            assert_int_equal(step.client.before, client);
            assert_int_equal(step.server.before, server);
            assert_int_equal(step.client.after, wanted[i].client);
            assert_int_equal(step.server.after, wanted[i].server);
            assert_int_equal(step.client.proved, source == TRACE_BY_HAND || wanted[i].client_proved);
            assert_int_equal(step.server.proved, source == TRACE_BY_HAND || wanted[i].server_proved);
            assert_int_equal(step.since_us, 13 * i);
            client = step.client.after;
            server = step.server.after;
        }
        assert_false(steps_next(&steps, &step));
        assert_int_equal(steps_end(&steps)->kind, TRACE_END);
        tape_free(tape);
    }
}

// No event is told twice, and none is forgotten.
static void test_every_event_belongs_to_one_step(void **state) {
    (void)state;
    struct tape *tape = conversation_tape(&(struct conversation){.source = TRACE_BY_HAND});
    struct steps steps;
    struct step step;
    size_t at = 0;
    steps_begin(&steps, tape, 100, 0);
    while (steps_next(&steps, &step)) {
        assert_int_equal(step.first, at);
        assert_true(step.at >= step.first && step.next > step.at);
        assert_ptr_equal(tape_event(tape, step.at), step.event);
        at = step.next;
    }
    assert_int_equal(at, tape_count(tape));
    tape_free(tape);
}

static void test_calls_lead_and_answers_follow(void **state) {
    (void)state;
    struct tape *tape = conversation_tape(&(struct conversation){.source = TRACE_BY_KERNEL});
    struct steps steps;
    struct step step;
    steps_begin(&steps, tape, 100, 0);
    while (steps_next(&steps, &step)) {
        const struct trace_event *call = steps_call_before(tape, step.at);
        assert_int_equal(call->u.call.call, step.number <= 3   ? TRACE_CONNECT
                                            : step.number <= 5 ? TRACE_SENDALL
                                                               : TRACE_CLOSE);
        for (size_t i = step.first; i < step.next; i++) {
            const struct trace_event *event = tape_event(tape, i);
            if (event->kind == TRACE_CALL)
                assert_true(i < step.at);
            if (event->kind == TRACE_RETURN)
                assert_true(i > step.at);
            if (event->kind == TRACE_SERVER)
                assert_int_equal(i < step.at, event->u.server.call == TRACE_SERVER_CLOSE);
        }
    }
    tape_free(tape);
}

static void test_what_is_left_out_is_counted(void **state) {
    (void)state;
    struct tape *tape = conversation_tape(&(struct conversation){.source = TRACE_WATCHED, .rounds = 50});
    struct steps steps;
    struct step step;
    uint64_t shown = 0, left_out = 0;
    steps_begin(&steps, tape, 10, 5);
    while (steps_next(&steps, &step)) {
        assert_true(step.number <= 10 || step.number > 107 - 5);
        assert_int_equal(step.left_out, step.number == 103 ? 92 : 0);
        shown++;
        left_out += step.left_out;
    }
    assert_int_equal(shown, 15);
    assert_int_equal(shown + left_out + steps_left_at_end(&steps), 107);
    steps_begin(&steps, tape, 10, 0);
    while (steps_next(&steps, &step)) {
    }
    assert_int_equal(steps_left_at_end(&steps), 97);
    tape_free(tape);
}

// What a tape could not keep counts too.
static void test_what_the_tape_left_out_is_counted(void **state) {
    (void)state;
    struct tape *tape = tape_new(8000);
    const struct trace_sink sink = tape_sink(tape);
    struct steps steps;
    struct step step;
    uint64_t shown = 0, left_out = 0;
    conversation_play(&(struct conversation){.source = TRACE_WATCHED, .rounds = 200}, &sink);
    steps_begin(&steps, tape, UINT32_MAX, 0);
    while (steps_next(&steps, &step)) {
        shown++;
        left_out += step.left_out;
    }
    assert_true(left_out > 0);
    assert_int_equal(shown + left_out, 407);
    assert_int_equal(step.number, 407);
    assert_int_equal(steps.total, 407);
    tape_free(tape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_go_on_from_step_to_step),
        cmocka_unit_test(test_every_event_belongs_to_one_step),
        cmocka_unit_test(test_calls_lead_and_answers_follow),
        cmocka_unit_test(test_what_is_left_out_is_counted),
        cmocka_unit_test(test_what_the_tape_left_out_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
