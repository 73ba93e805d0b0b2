// SPDX-License-Identifier: MIT
//
// What the tracker tells of each segment (capture/tracker.h): known answers for states and marks, from the handshake to
// the last ACK, and for everything that a segment may prove.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/passer.h"

enum { A = RS_ACK, S = RS_SYN, F = RS_FIN, R = RS_RST };

static struct passer passer, *const p = &passer;

static int setup(void **state) {
    (void)state;
    passer_init(p);
    passer_start(p);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    passer_stop(p);
    return 0;
}

// The last segment has these marks and this number.
static void marked(const struct passer_event *e, uint32_t marks, uint32_t bytes) {
    assert_non_null(e);
    assert_int_equal(e->kind, TRACE_SEEN);
    assert_int_equal(e->segment.marks, marks);
    assert_int_equal(e->segment.mark_bytes, bytes);
}

// The ends are in these states; a proved one has a '!' in `proved` at its place: "!." client alone.
static void stand(const struct passer_event *e, enum rs_state client, enum rs_state server, const char *proved) {
    assert_non_null(e);
    assert_string_equal(rs_state_name(e->segment.state), rs_state_name(client));
    assert_string_equal(rs_state_name(e->segment.far_state), rs_state_name(server));
    assert_int_equal(e->segment.state_proved, proved[0] == '!');
    assert_int_equal(e->segment.far_proved, proved[1] == '!');
}

static void ended(enum trace_opening opening, enum trace_ending ending) {
    assert_int_equal(p->summary.opening, opening);
    assert_int_equal(p->summary.ending, ending);
}

static void test_a_whole_connection(void **state) {
    (void)state;
    stand(pass(p, CLIENT, S, 0, 0, 0), RS_SYN_SENT, RS_SYN_RECEIVED, "!.");
    stand(pass(p, SERVER, S | A, 0, 1, 0), RS_ESTABLISHED, RS_SYN_RECEIVED, ".!");
    stand(pass(p, CLIENT, A, 1, 1, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    stand(pass(p, CLIENT, A, 1, 1, 13), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    stand(pass(p, SERVER, A, 1, 14, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!!");
    stand(pass(p, CLIENT, F | A, 14, 1, 0), RS_FIN_WAIT_1, RS_CLOSE_WAIT, "!.");
    stand(pass(p, SERVER, A, 1, 15, 0), RS_FIN_WAIT_2, RS_CLOSE_WAIT, ".!");
    stand(pass(p, SERVER, F | A, 1, 15, 0), RS_TIME_WAIT, RS_LAST_ACK, ".!");
    stand(pass(p, CLIENT, A, 15, 2, 0), RS_TIME_WAIT, RS_CLOSED, "!.");
    for (size_t i = 1; i < p->count; i++) {
        marked(&p->events[i], 0, 0);
        assert_int_equal(p->events[i].segment.iss, PASSER_ISS);
        assert_true(!p->events[i].segment.irs_known || p->events[i].segment.irs == PASSER_IRS);
        assert_int_equal(p->events[i].connection, 1);
    }
    assert_int_equal(p->events[0].kind, TRACE_BEGIN);
    assert_int_equal(p->events[0].about.client.port, 40000);
    assert_false(p->events[0].about.roles_guessed);
    assert_true(p->events[6].segment.ours && !p->events[6].segment.sender_done);
    assert_true(p->events[7].segment.receiver_done && !p->events[7].segment.sender_done);
    assert_true(p->events[9].segment.sender_done && p->events[9].segment.receiver_done);
    assert_int_equal(tracker_open(p->tracker), 1); // its last ACK may come again
    tracker_tick(p->tracker, tracker_deadline_ns(p->tracker));
    assert_int_equal(tracker_open(p->tracker), 0);
    assert_int_equal(tracker_deadline_ns(p->tracker), UINT64_MAX);
    ended(TRACE_OPENED, TRACE_CLOSED);
    assert_int_equal(passer_last(p)->kind, TRACE_END);
    assert_true(passer_last(p)->whole.u.end.in_order);
    assert_int_equal(p->summary.bytes[0], 13);
    assert_int_equal(p->summary.bytes[1], 0);
    assert_int_equal(p->summary.segments[0], 5);
    assert_int_equal(p->summary.segments[1], 4);
    assert_true(p->summary.handshake_timed);
    assert_int_equal(p->summary.handshake_ns, 200000);
    assert_false(p->summary.has_holes);
}

// Its time and the ladder's stand on one screen: both count from one whole microsecond to another.
static void test_a_handshake_takes_as_long_as_its_ladder_shows(void **state) {
    (void)state;
    p->passing.wall_ns = 900;
    uint64_t syn_us = pass(p, CLIENT, S, 0, 0, 0)->whole.at_us;
    pass(p, SERVER, S | A, 0, 1, 0);
    p->passing.wall_ns = 100;
    uint64_t ack_us = pass(p, CLIENT, A, 1, 1, 0)->whole.at_us;
    pass(p, SERVER, R, 1, 0, 0);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.handshake_ns, 199200);
    assert_int_equal(p->summary.handshake_us, 200);
    assert_int_equal(p->summary.handshake_us, ack_us - syn_us);
    assert_int_equal(passer_last(p)->whole.u.end.handshake_us, 200);
}

// Where packets may have been lost before they were caught, a FIN that comes with its answer may be the second.
static void test_what_is_caught_on_its_way_proves_less(void **state) {
    (void)state;
    for (int outbound = 0; outbound < 2; outbound++) {
        p->passing.direction = outbound ? TRACE_OUTBOUND : TRACE_DIRECTION_UNKNOWN;
        p->end[CLIENT].port++;
        pass_handshake(p);
        pass(p, CLIENT, F | A, 1, 1, 0);
        stand(pass(p, SERVER, F | A, 1, 2, 0), RS_TIME_WAIT, RS_LAST_ACK, outbound ? ".!" : "..");
        stand(pass(p, CLIENT, A, 2, 2, 0), RS_TIME_WAIT, RS_CLOSED, "!.");
    }
}

// Whoever has sent a SYN and acknowledges anything is past SYN-SENT, also if the answer to it was not caught.
static void test_an_answer_that_was_not_caught(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    stand(pass(p, CLIENT, A, 1, 1, 0), RS_ESTABLISHED, RS_ESTABLISHED, "..");
    stand(pass(p, CLIENT, A, 1, 1, 3), RS_ESTABLISHED, RS_ESTABLISHED, ".."); // a FIN may have come with that answer
    stand(pass(p, SERVER, A, 1, 4, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!!");
    stand(pass(p, SERVER, F | A, 1, 4, 0), RS_CLOSE_WAIT, RS_FIN_WAIT_1, ".!");
    stand(pass(p, CLIENT, F | A, 4, 2, 0), RS_LAST_ACK, RS_TIME_WAIT, "!.");
}

static void test_refused(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    p->first[SERVER] = 0;
    const struct passer_event *e = pass(p, SERVER, R | A, 0, 1, 0);
    marked(e, TRACE_MARK_REFUSES, 0);
    stand(e, RS_CLOSED, RS_CLOSED, ".!");
    tracker_finish(p->tracker);
    ended(TRACE_OPENING_REFUSED, TRACE_REFUSED);
}

static void test_only_a_rst_that_fits_ends_it(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 100);
    marked(pass(p, SERVER, R, 7000, 0, 0), TRACE_MARK_STRAY, 0);
    stand(pass(p, SERVER, R, 0, 0, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    assert_int_equal(tracker_open(p->tracker), 1);
    marked(pass(p, SERVER, R, 1, 0, 0), TRACE_MARK_RESETS, 0);
    stand(passer_last(p), RS_CLOSED, RS_CLOSED, ".!");
    marked(pass(p, CLIENT, A, 101, 1, 0), TRACE_MARK_STRAY, 0);
    tracker_finish(p->tracker);
    ended(TRACE_OPENED, TRACE_RESET);
}

// What closed in order is over at once; after RST something may be late.
static void test_closed_at_once(void **state) {
    (void)state;
    tracker_free(p->tracker);
    p->config.closed_at_once = true;
    p->tracker = tracker_new(&p->config);
    assert_non_null(p->tracker);
    pass_handshake(p);
    pass(p, CLIENT, F | A, 1, 1, 0);
    pass(p, SERVER, F | A, 1, 2, 0);
    pass(p, CLIENT, A, 2, 2, 0);
    assert_int_equal(tracker_open(p->tracker), 0);
    p->end[CLIENT].port++;
    pass_handshake(p);
    pass(p, CLIENT, R | A, 1, 1, 0);
    assert_int_equal(tracker_open(p->tracker), 1);
    marked(pass(p, SERVER, A, 1, 1, 5), TRACE_MARK_STRAY, 0);
    tracker_finish_over(p->tracker);
    assert_int_equal(tracker_open(p->tracker), 0);
    ended(TRACE_OPENED, TRACE_RESET);
    assert_int_equal(p->summary.segments[1], 2);
}

static void test_again_and_partly_again(void **state) {
    (void)state;
    marked(pass(p, CLIENT, S, 0, 0, 0), 0, 0);
    marked(pass(p, CLIENT, S, 0, 0, 0), TRACE_MARK_AGAIN, 0);
    pass(p, SERVER, S | A, 0, 1, 0);
    marked(pass(p, SERVER, S | A, 0, 1, 0), TRACE_MARK_AGAIN, 0);
    pass(p, CLIENT, A, 1, 1, 0);
    pass(p, CLIENT, A, 1, 1, 100);
    marked(pass(p, CLIENT, A, 1, 1, 100), TRACE_MARK_AGAIN, 0);
    marked(pass(p, CLIENT, A, 51, 1, 100), TRACE_MARK_PART_AGAIN, 50);
    pass(p, CLIENT, F | A, 151, 1, 0);
    marked(pass(p, CLIENT, F | A, 151, 1, 0), TRACE_MARK_AGAIN, 0);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], 150);
    assert_int_equal(p->summary.resent[0], 4);
    assert_int_equal(p->summary.resent[1], 1);
}

static void test_gaps_and_what_fills_them(void **state) {
    (void)state;
    pass_handshake(p);
    marked(pass(p, CLIENT, A, 101, 1, 100), TRACE_MARK_GAP, 100);
    marked(pass(p, CLIENT, A, 301, 1, 100), TRACE_MARK_GAP, 100);
    marked(pass(p, CLIENT, A, 1, 1, 100), TRACE_MARK_LATE, 0);
    marked(pass(p, CLIENT, A, 151, 1, 100), TRACE_MARK_LATE | TRACE_MARK_PART_AGAIN, 50);
    marked(pass(p, CLIENT, A, 251, 1, 50), TRACE_MARK_LATE, 0);
    marked(pass(p, CLIENT, A, 1, 1, 400), TRACE_MARK_AGAIN, 0);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], 400);
    assert_false(p->summary.has_holes);
}

// More gaps than can be remembered: then nothing is said of what lies before those that are known.
static void test_forgotten_gaps_are_not_guessed(void **state) {
    (void)state;
    pass_handshake(p);
    for (uint32_t i = 0; i < 6; i++)
        marked(pass(p, CLIENT, A, 101 + 200 * i, 1, 100), TRACE_MARK_GAP, 100);
    marked(pass(p, CLIENT, A, 1, 1, 100), 0, 0);
    marked(pass(p, CLIENT, A, 101, 1, 100), 0, 0);
    marked(pass(p, CLIENT, A, 1001, 1, 100), TRACE_MARK_LATE, 0);
    marked(pass(p, CLIENT, A, 1101, 1, 100), TRACE_MARK_AGAIN, 0);
}

// What goes out here cannot be missed here, so that an ACK of more is wrong; of what comes in, packets may be missing.
static void test_acknowledged_but_never_seen(void **state) {
    (void)state;
    pass_handshake(p);
    marked(pass(p, SERVER, A, 1, 501, 0), TRACE_MARK_STRAY, 0);
    p->passing.direction = TRACE_INBOUND;
    pass(p, CLIENT, A, 1, 1, 100);
    marked(pass(p, SERVER, A, 1, 501, 0), TRACE_MARK_MISSED, 400);
    marked(pass(p, CLIENT, A, 501, 1, 10), 0, 0);
    marked(pass(p, CLIENT, A, 101, 1, 400), TRACE_MARK_LATE, 0);
    marked(pass(p, CLIENT, A, 611, 1, 10), TRACE_MARK_GAP, 100);
    marked(pass(p, SERVER, A, 1, 621, 0), TRACE_MARK_MISSED, 100);
    tracker_finish(p->tracker);
    assert_true(p->summary.has_holes);
    assert_int_equal(p->summary.bytes[0], 520);
}

// The last of what is missing may have been a FIN, until something follows it.
static void test_a_hole_may_hide_a_fin(void **state) {
    (void)state;
    p->passing.direction = TRACE_INBOUND;
    pass_handshake(p);
    stand(pass(p, SERVER, A, 1, 14, 0), RS_ESTABLISHED, RS_ESTABLISHED, "..");
    stand(pass(p, CLIENT, A, 14, 1, 0), RS_ESTABLISHED, RS_ESTABLISHED, "..");
    stand(pass(p, CLIENT, A, 14, 1, 5), RS_ESTABLISHED, RS_ESTABLISHED, "!!");
    stand(pass(p, CLIENT, F | A, 19, 101, 0), RS_FIN_WAIT_1, RS_CLOSE_WAIT, "..");
}

static void test_a_missed_answer_to_the_syn(void **state) {
    (void)state;
    p->passing.direction = TRACE_INBOUND;
    p->syn_options[CLIENT].has_window_scale = true;
    pass(p, CLIENT, S, 0, 0, 0);
    marked(pass(p, CLIENT, A, 1, 1, 0), TRACE_MARK_MISSED, 0);
    stand(passer_last(p), RS_ESTABLISHED, RS_ESTABLISHED, "..");
    assert_true(passer_last(p)->segment.far_midway);
    assert_true(passer_last(p)->segment.window_unknown);
    stand(pass(p, CLIENT, A, 1, 1, 13), RS_ESTABLISHED, RS_ESTABLISHED, "..");
    tracker_finish(p->tracker);
    ended(TRACE_OPENED, TRACE_STILL_OPEN);
    assert_true(p->summary.has_holes);
    assert_false(p->summary.handshake_timed);
}

static void test_duplicate_acks_are_counted(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, SERVER, A, 1, 1, 0); // nothing is on its way: no duplicate
    marked(passer_last(p), 0, 0);
    pass(p, CLIENT, A, 1, 1, 100);
    pass(p, CLIENT, A, 101, 1, 100);
    for (uint32_t i = 1; i <= 3; i++)
        marked(pass(p, SERVER, A, 1, 1, 0), TRACE_MARK_DUPLICATE_ACK, i);
    marked(pass(p, SERVER, A, 1, 101, 0), 0, 0);
    marked(pass(p, SERVER, A, 1, 101, 0), TRACE_MARK_DUPLICATE_ACK, 1);
    p->window[SERVER]--;
    marked(pass(p, SERVER, A, 1, 101, 0), TRACE_MARK_WINDOW_ONLY, 0);
    p->window[SERVER]--;
    p->options = (struct rs_options){.sack_blocks = 1, .sack = {{p->first[CLIENT] + 151, p->first[CLIENT] + 201}}};
    marked(pass(p, SERVER, A, 1, 101, 0), 0, 0); // it also says what has come
}

static void test_windows_and_probes(void **state) {
    (void)state;
    p->window[SERVER] = 100;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 100);
    p->window[SERVER] = 0;
    marked(pass(p, SERVER, A, 1, 101, 0), TRACE_MARK_WINDOW_ZERO, 0);
    marked(pass(p, CLIENT, A, 100, 1, 0), TRACE_MARK_PROBE, 0); // as Linux does
    marked(pass(p, SERVER, A, 1, 101, 0), 0, 0);
    marked(pass(p, CLIENT, A, 101, 1, 1), TRACE_MARK_PROBE, 0);
    p->window[SERVER] = 200;
    marked(pass(p, SERVER, A, 1, 101, 0), TRACE_MARK_WINDOW_ONLY, 0);
    marked(pass(p, CLIENT, A, 101, 1, 201), TRACE_MARK_PART_AGAIN | TRACE_MARK_BEYOND_WINDOW, 200);
}

static void test_keepalive(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 10);
    marked(pass(p, CLIENT, A, 10, 1, 1), TRACE_MARK_AGAIN, 0); // not acknowledged yet
    pass(p, SERVER, A, 1, 11, 0);
    marked(pass(p, CLIENT, A, 10, 1, 0), TRACE_MARK_KEEPALIVE, 0);
    marked(pass(p, CLIENT, A, 10, 1, 1), TRACE_MARK_KEEPALIVE, 0);
    marked(pass(p, SERVER, A, 0, 11, 0), TRACE_MARK_KEEPALIVE, 0);
}

static void test_window_scale_counts_after_both_syns(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        p->syn_options[i].has_window_scale = true;
        p->syn_options[i].window_scale = (uint8_t)(7 - 4 * i);
    }
    assert_int_equal(pass(p, CLIENT, S, 0, 0, 0)->segment.window_shift, 0);
    assert_int_equal(pass(p, SERVER, S | A, 0, 1, 0)->segment.window_shift, 0);
    assert_int_equal(pass(p, CLIENT, A, 1, 1, 0)->segment.window_shift, 7);
    assert_int_equal(pass(p, SERVER, A, 1, 1, 0)->segment.window_shift, 3);
    assert_false(passer_last(p)->segment.window_unknown);
    marked(pass(p, CLIENT, A, 1 + 479990, 1, 20), TRACE_MARK_GAP | TRACE_MARK_BEYOND_WINDOW, 479990);
    // One end alone: nothing is scaled.
    p->end[CLIENT].port++;
    p->syn_options[SERVER].has_window_scale = false;
    pass_handshake(p);
    assert_int_equal(passer_last(p)->segment.window_shift, 0);
    assert_false(passer_last(p)->segment.window_unknown);
}

static void test_simultaneous_open_and_close(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    marked(pass(p, SERVER, S, 0, 0, 0), TRACE_MARK_SIMULTANEOUS, 0);
    stand(passer_last(p), RS_SYN_RECEIVED, RS_SYN_SENT, ".!");
    stand(pass(p, CLIENT, S | A, 0, 1, 0), RS_SYN_RECEIVED, RS_ESTABLISHED, "!.");
    stand(pass(p, SERVER, S | A, 0, 1, 0), RS_ESTABLISHED, RS_SYN_RECEIVED, ".!");
    pass(p, CLIENT, A, 1, 1, 5);
    stand(passer_last(p), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    pass(p, SERVER, A, 1, 6, 0);
    pass(p, CLIENT, F | A, 6, 1, 0);
    marked(pass(p, SERVER, F | A, 1, 6, 0), TRACE_MARK_SIMULTANEOUS, 0);
    stand(passer_last(p), RS_CLOSING, RS_FIN_WAIT_1, ".!");
    stand(pass(p, CLIENT, A, 7, 2, 0), RS_CLOSING, RS_TIME_WAIT, "!.");
    stand(pass(p, SERVER, A, 2, 7, 0), RS_TIME_WAIT, RS_TIME_WAIT, "..");
    tracker_finish(p->tracker);
    ended(TRACE_OPENED_BOTH, TRACE_CLOSED);
}

static void test_split_handshake(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, SERVER, A, 0, 1, 0);
    marked(pass(p, SERVER, S, 0, 0, 0), TRACE_MARK_SPLIT_HANDSHAKE, 0);
    pass(p, CLIENT, S | A, 0, 1, 0);
    marked(passer_last(p), TRACE_MARK_AGAIN, 0);
    pass(p, SERVER, A, 1, 1, 0);
    pass(p, CLIENT, A, 1, 1, 5);
    tracker_finish(p->tracker);
    ended(TRACE_OPENED, TRACE_STILL_OPEN);
}

static void test_syn_with_data(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 10);
    pass(p, SERVER, S | A, 0, 11, 0);
    stand(pass(p, SERVER, A, 1, 11, 20), RS_ESTABLISHED, RS_SYN_RECEIVED, ".!"); // data need not prove more here
    pass(p, CLIENT, A, 11, 21, 0);
    marked(passer_last(p), 0, 0);
    pass(p, CLIENT, A, 11, 21, 5);
    stand(pass(p, SERVER, A, 21, 16, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!!");
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], 15);
    assert_int_equal(p->summary.bytes[1], 20);
}

static void test_begun_before(void **state) {
    (void)state;
    marked(pass(p, SERVER, A, 700, 300, 0), TRACE_MARK_MIDWAY, 0);
    const struct passer_event *e = passer_last(p);
    assert_true(p->events[0].about.roles_guessed);
    assert_int_equal(p->events[0].about.server.port, 80);
    assert_false(e->segment.ours);
    stand(e, RS_STATE_UNKNOWN, RS_STATE_UNKNOWN, "..");
    assert_true(e->segment.midway && e->segment.far_midway && e->segment.window_unknown);
    assert_int_equal(PASSER_IRS + 700 - e->segment.irs, 1); // the first number seen counts as 1
    assert_int_equal(PASSER_ISS + 300 - e->segment.iss, 1);
    stand(pass(p, CLIENT, A, 300, 700, 10), RS_ESTABLISHED, RS_STATE_UNKNOWN, "..");
    marked(pass(p, CLIENT, A, 290, 700, 10), 0, 0); // whether it had passed before, nobody knows
    marked(pass(p, CLIENT, A, 300, 700, 10), TRACE_MARK_AGAIN, 0);
    tracker_finish(p->tracker);
    ended(TRACE_OPENING_NOT_SEEN, TRACE_STILL_OPEN);
    assert_int_equal(p->summary.bytes[0], 10);
}

static void test_begun_with_the_answer(void **state) {
    (void)state;
    marked(pass(p, SERVER, S | A, 0, 1, 0), TRACE_MARK_MIDWAY, 0);
    assert_int_equal(p->events[0].about.client.port, 40000);
    assert_false(p->events[0].about.roles_guessed);
    stand(passer_last(p), RS_ESTABLISHED, RS_SYN_RECEIVED, ".!");
    marked(pass(p, CLIENT, S, 0, 0, 0), 0, 0); // overtaken: it is the same connection's
    stand(pass(p, CLIENT, A, 1, 1, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    assert_int_equal(tracker_counts(p->tracker).connections, 1);
}

static void test_numbers_wrap(void **state) {
    (void)state;
    p->first[CLIENT] = UINT32_MAX - 50;
    p->first[SERVER] = UINT32_MAX;
    pass_handshake(p);
    for (uint32_t i = 0; i < 3; i++)
        marked(pass(p, CLIENT, A, 1 + 40 * i, 1, 40), 0, 0);
    marked(pass(p, SERVER, A, 1, 121, 0), 0, 0);
    marked(pass(p, CLIENT, A, 1, 1, 40), TRACE_MARK_AGAIN, 0);
    marked(pass(p, CLIENT, A, 161, 1, 40), TRACE_MARK_GAP, 40);
    marked(pass(p, CLIENT, A, 121, 1, 40), TRACE_MARK_LATE, 0);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], 200);
}

// Five times round the circle: nothing that is long past is taken for what is to come.
static void test_numbers_go_round(void **state) {
    (void)state;
    uint64_t bytes = 0;
    p->config.trace = NULL;
    passer_stop(p);
    p->tracker = tracker_new(&p->config);
    pass_handshake(p);
    struct rs_packet packet = {
        .source = p->end[CLIENT],
        .destination = p->end[SERVER],
        .ip = {.ttl = 64},
        .segment = {
            .source_port = 40000, .destination_port = 80, .flags = RS_ACK, .ack = PASSER_IRS + 1, .window = 60000}};
    uint8_t header[40];
    assert_int_equal(rs_packet_build(&packet, header, sizeof header), 40);
    header[2] = header[3] = 0xff; // 65535 bytes, of which the headers were kept
    for (uint32_t i = 0; i < 330000; i++) {
        uint32_t seq = PASSER_ISS + 1 + i * 65495;
        for (int b = 0; b < 4; b++)
            header[24 + b] = (uint8_t)(seq >> (24 - 8 * b));
        struct passing passing = {.bytes = header, .size = 40, .wire_size = 65535, .wall_ns = i};
        tracker_take(p->tracker, &passing);
        bytes += 65495;
    }
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], bytes);
    assert_int_equal(p->summary.resent[0], 0);
    assert_int_equal(p->summaries, 1);
}

static void test_ports_are_used_again(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, F | A, 1, 1, 0);
    pass(p, SERVER, F | A, 1, 2, 0);
    pass(p, CLIENT, A, 2, 2, 0);
    marked(pass(p, SERVER, F | A, 1, 2, 0), TRACE_MARK_AGAIN, 0); // it still belongs
    marked(pass(p, CLIENT, A, 2, 2, 0), 0, 0);
    p->first[CLIENT] = 77777;
    marked(pass(p, CLIENT, S, 0, 0, 0), TRACE_MARK_REUSED, 0);
    assert_int_equal(passer_last(p)->connection, 2);
    ended(TRACE_OPENED, TRACE_CLOSED);
    p->first[CLIENT] = 99999; // and once more, while it opens: nothing has ended
    marked(pass(p, CLIENT, S, 0, 0, 0), 0, 0);
    assert_int_equal(passer_last(p)->connection, 3);
    ended(TRACE_NO_ANSWER, TRACE_STILL_OPEN);
}

// What stands is not ended by a SYN with another number, whoever has sent it: its receiver asks back. A RST makes room
// for a new connection, and so does a long silence, in which the end of the old one may have been missed.
static void test_a_syn_in_the_middle(void **state) {
    (void)state;
    pass_handshake(p);
    p->first[CLIENT] += 5000000;
    marked(pass(p, CLIENT, S, 0, 0, 0), TRACE_MARK_STRAY, 0);
    p->first[CLIENT] -= 5000000;
    stand(pass(p, CLIENT, A, 1, 1, 10), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    assert_int_equal(passer_last(p)->connection, 1);
    pass(p, SERVER, A, 1, 11, 0);
    marked(pass(p, CLIENT, R, 11, 0, 0), TRACE_MARK_RESETS, 0);
    p->first[CLIENT] += 5000000;
    pass(p, CLIENT, S, 0, 0, 0);
    assert_int_equal(passer_last(p)->connection, 2);
    pass(p, SERVER, S | A, 0, 1, 0);
    pass(p, CLIENT, A, 1, 1, 0);
    p->now_us += UINT64_C(61000000);
    p->first[CLIENT] += 5000000;
    pass(p, CLIENT, S, 0, 0, 0);
    assert_int_equal(passer_last(p)->connection, 3);
}

static void test_another_interface(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 10);
    p->passing.interface = 2;
    assert_null(pass(p, CLIENT, A, 1, 1, 10)); // a copy
    assert_int_equal(tracker_counts(p->tracker).elsewhere, 1);
    marked(pass(p, CLIENT, A, 11, 1, 10), 0, 0); // news, wherever it comes from
    p->passing.interface = 0;
    assert_null(pass(p, CLIENT, A, 11, 1, 10));
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.resent[0], 0);
    assert_int_equal(p->summary.bytes[0], 20);
}

static void test_damaged_segments_move_nothing(void **state) {
    (void)state;
    pass_handshake(p);
    p->damage = true;
    const struct passer_event *e = pass(p, CLIENT, F | A, 1, 1, 10);
    assert_int_equal(e->segment.error, RS_WIRE_BAD_TCP_CHECKSUM);
    stand(e, RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    p->damage = false;
    marked(pass(p, CLIENT, A, 1, 1, 10), 0, 0);
    assert_int_equal(tracker_counts(p->tracker).bad_checksum, 1);
    assert_int_equal(p->summaries, 0);
}

// A capture made before a network card had written the checksums: they are all wrong, and so says the first.
static void test_checksums_that_a_card_was_to_write(void **state) {
    (void)state;
    p->passing.direction = TRACE_DIRECTION_UNKNOWN;
    p->damage = true;
    pass(p, CLIENT, S, 0, 0, 0);
    assert_true(passer_last(p)->segment.doubted);
    stand(passer_last(p), RS_SYN_SENT, RS_SYN_RECEIVED, "!.");
    p->damage = false;
    assert_false(pass(p, SERVER, S | A, 0, 1, 0)->segment.doubted);
    p->damage = true;
    stand(pass(p, CLIENT, A, 1, 1, 0), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    assert_int_equal(tracker_counts(p->tracker).bad_checksum, 0);
    p->passing.checksum = PASSING_UNFINISHED; // and where that is known there is nothing to doubt
    p->end[CLIENT].port++;
    assert_false(pass(p, CLIENT, S, 0, 0, 0)->segment.doubted);
}

static void test_cut_and_merged(void **state) {
    (void)state;
    pass_handshake(p);
    p->keep = 50;
    marked(pass(p, CLIENT, A, 1, 1, 100), TRACE_MARK_CUT, 0);
    assert_int_equal(passer_last(p)->segment.wire_size, 140);
    p->keep = 0;
    marked(pass(p, CLIENT, A, 101, 1, 1461), TRACE_MARK_MERGED, 0);
    assert_int_equal(tracker_counts(p->tracker).cut, 1);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.bytes[0], 1561);
}

// A stranger's segment far beyond everything does not move what is known; two that go on from each other do.
static void test_strays_move_nothing(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 10);
    marked(pass(p, CLIENT, A, 500000, 1, 10), TRACE_MARK_STRAY, 0);
    marked(pass(p, CLIENT, A, 11, 1, 10), 0, 0);
    marked(pass(p, CLIENT, A, 2000000000, 1, 10), TRACE_MARK_STRAY, 0);
    marked(pass(p, CLIENT, A, 21, 4000000000, 10), TRACE_MARK_STRAY, 0);
    marked(pass(p, CLIENT, 0, 21, 0, 10), TRACE_MARK_STRAY, 0); // without ACK nobody takes it
    pass(p, CLIENT, F | A, 21, 1, 0);
    marked(pass(p, CLIENT, A, 22, 1, 10), TRACE_MARK_STRAY, 0); // beyond its own FIN
    stand(passer_last(p), RS_FIN_WAIT_1, RS_CLOSE_WAIT, "!.");
}

static void test_bad_answer_to_a_syn(void **state) {
    (void)state;
    pass(p, CLIENT, S, 0, 0, 0);
    marked(pass(p, SERVER, S | A, 0, 77, 0), TRACE_MARK_STRAY, 0);
    marked(pass(p, SERVER, R | A, 0, 77, 0), TRACE_MARK_STRAY, 0);
    marked(pass(p, SERVER, A, 0, 0, 0), TRACE_MARK_STRAY, 0);
    marked(pass(p, SERVER, S | A, 0, 1, 0), 0, 0);
    tracker_finish(p->tracker);
    ended(TRACE_HALF_OPEN, TRACE_STILL_OPEN);
}

static void test_half_closed(void **state) {
    (void)state;
    pass_handshake(p);
    pass(p, CLIENT, F | A, 1, 1, 0);
    pass(p, SERVER, A, 1, 2, 5);
    tracker_finish(p->tracker);
    ended(TRACE_OPENED, TRACE_HALF_CLOSED);
}

static void test_the_silent_are_forgotten(void **state) {
    (void)state;
    passer_stop(p);
    p->config.most_connections = 3;
    p->tracker = tracker_new(&p->config);
    for (uint16_t i = 0; i < 3; i++) {
        p->end[CLIENT].port = (uint16_t)(40000 + i);
        pass_handshake(p);
    }
    p->end[CLIENT].port = 40000;
    pass(p, CLIENT, A, 1, 1, 10); // the first is not the most silent any more
    p->end[CLIENT].port = 40003;
    pass(p, CLIENT, S, 0, 0, 0);
    assert_int_equal(p->summaries, 1);
    assert_int_equal(p->summary.number, 2);
    ended(TRACE_OPENED, TRACE_FORGOTTEN);
    p->end[CLIENT].port = 40002; // this one closes, and goes before any that is open
    pass(p, CLIENT, F | A, 1, 1, 0);
    pass(p, SERVER, F | A, 1, 2, 0);
    pass(p, CLIENT, A, 2, 2, 0);
    p->end[CLIENT].port = 40004;
    pass(p, CLIENT, S, 0, 0, 0);
    assert_int_equal(p->summary.number, 3);
    ended(TRACE_OPENED, TRACE_CLOSED);
    assert_int_equal(tracker_counts(p->tracker).forgotten, 1);
    tracker_finish(p->tracker);
    assert_int_equal(p->summary.number, 5); // the last of those that were open: in the order of their beginning
    assert_int_equal(p->summaries, 5);
}

static void test_only_one_is_told(void **state) {
    (void)state;
    passer_stop(p);
    p->config.only = 2;
    p->config.linger_ns = 0;
    p->tracker = tracker_new(&p->config);
    for (uint16_t i = 0; i < 3; i++) {
        p->end[CLIENT].port = (uint16_t)(40000 + i);
        pass_handshake(p);
        pass(p, CLIENT, R | A, 1, 1, 0);
    }
    assert_int_equal(p->summaries, 3);
    assert_int_equal(p->count, 6);
    for (size_t i = 0; i < p->count; i++)
        assert_int_equal(p->events[i].connection, 2);
}

static void test_ipv6(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        p->end[i] = (struct rs_endpoint){.family = RS_IPV6, .port = p->end[i].port};
        p->end[i].addr[15] = (uint8_t)(1 + i);
    }
    pass_handshake(p);
    stand(passer_last(p), RS_ESTABLISHED, RS_ESTABLISHED, "!.");
    assert_int_equal(p->events[0].about.server.family, RS_IPV6);
}

// What is no TCP, or none that can be read, is counted.
static void test_other_packets_are_counted(void **state) {
    (void)state;
    static const uint8_t udp[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17},
                         fragment[28] = {0x45, 0, 0, 28, 0, 0, 0, 3, 64, 6}, nothing[4] = {0x45};
    const struct passing packets[] = {{.bytes = udp, .size = 28, .wire_size = 28},
                                      {.bytes = fragment, .size = 28, .wire_size = 28},
                                      {.bytes = nothing, .size = 4, .wire_size = 4}};
    for (size_t i = 0; i < COUNT(packets); i++)
        tracker_take(p->tracker, &packets[i]);
    const struct tracker_counts counts = tracker_counts(p->tracker);
    assert_int_equal(counts.packets, 3);
    assert_int_equal(counts.segments, 0);
    assert_int_equal(counts.not_tcp, 1);
    assert_int_equal(counts.fragments, 1);
    assert_int_equal(counts.malformed, 1);
}

// Many connections at once, each found again among all others.
static void test_many_connections(void **state) {
    (void)state;
    enum { MANY = 5000 };
    passer_stop(p);
    p->config.most_connections = MANY;
    p->config.trace = NULL;
    p->tracker = tracker_new(&p->config);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            p->end[CLIENT] = rs_endpoint_ipv4(10, (uint8_t)(i >> 8), (uint8_t)i, 1, (uint16_t)(1024 + i % 7));
            pass(p, CLIENT, round == 0 ? S : A, round == 0 ? 0 : 1, 1, (size_t)round);
        }
    assert_int_equal(tracker_open(p->tracker), MANY);
    assert_int_equal(tracker_counts(p->tracker).connections, MANY);
    tracker_finish(p->tracker);
    assert_int_equal(p->summaries, MANY);
    assert_int_equal(p->summary.number, MANY);
    assert_int_equal(tracker_open(p->tracker), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_a_whole_connection),
        T(test_a_handshake_takes_as_long_as_its_ladder_shows),
        T(test_what_is_caught_on_its_way_proves_less),
        T(test_an_answer_that_was_not_caught),
        T(test_refused),
        T(test_only_a_rst_that_fits_ends_it),
        T(test_closed_at_once),
        T(test_again_and_partly_again),
        T(test_gaps_and_what_fills_them),
        T(test_forgotten_gaps_are_not_guessed),
        T(test_acknowledged_but_never_seen),
        T(test_a_hole_may_hide_a_fin),
        T(test_a_missed_answer_to_the_syn),
        T(test_duplicate_acks_are_counted),
        T(test_windows_and_probes),
        T(test_keepalive),
        T(test_window_scale_counts_after_both_syns),
        T(test_simultaneous_open_and_close),
        T(test_split_handshake),
        T(test_syn_with_data),
        T(test_begun_before),
        T(test_begun_with_the_answer),
        T(test_numbers_wrap),
        T(test_numbers_go_round),
        T(test_ports_are_used_again),
        T(test_a_syn_in_the_middle),
        T(test_another_interface),
        T(test_damaged_segments_move_nothing),
        T(test_checksums_that_a_card_was_to_write),
        T(test_cut_and_merged),
        T(test_strays_move_nothing),
        T(test_bad_answer_to_a_syn),
        T(test_half_closed),
        T(test_the_silent_are_forgotten),
        T(test_only_one_is_told),
        T(test_ipv6),
        T(test_other_packets_are_counted),
        T(test_many_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
