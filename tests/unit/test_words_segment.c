// SPDX-License-Identifier: MIT
//
// One or two sentences for any segment (words_segment), and those for what the tracker proves (words_marks).
#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/words.h"

enum { ISS = 1000, IRS = 5000 };

static struct rs_packet packet;
static struct trace_event event;

// A segment from one end, with numbers that count from that direction's first.
static struct trace_segment *segment(enum trace_kind kind, bool ours, uint8_t flags, uint32_t seq, uint32_t ack,
                                     size_t data) {
    static const uint8_t payload[2000];
    packet = (struct rs_packet){.source = {.family = RS_IPV4},
                                .segment = {.seq = (ours ? ISS : IRS) + seq,
                                            .ack = (ours ? IRS : ISS) + ack,
                                            .flags = flags,
                                            .window = 500,
                                            .payload = {{payload, data}}}};
    event = (struct trace_event){.kind = kind};
    event.u.segment = (struct trace_segment){.packet = &packet,
                                             .ours = ours,
                                             .of_others = kind == TRACE_SEEN,
                                             .iss = ISS,
                                             .irs = IRS,
                                             .irs_known = true,
                                             .state = RS_ESTABLISHED,
                                             .far_state = RS_ESTABLISHED};
    return &event.u.segment;
}

static const char *told(void) {
    static char out[1500];
    words_segment(&event, NULL, out, sizeof out);
    assert_true(strlen(out) > 10);
    return out;
}

static void test_the_handshake_of_others(void **state) {
    (void)state;
    segment(TRACE_SEEN, true, RS_SYN, 0, 0, 0);
    assert_string_equal(told(), "SYN: the client asks for a connection, and tells the number from which its bytes "
                                "count.");
    segment(TRACE_SEEN, false, RS_SYN | RS_ACK, 0, 1, 0);
    assert_string_equal(told(), "SYN,ACK: the server has the client's SYN, and tells the number from which its own "
                                "bytes count.");
    segment(TRACE_SEEN, true, RS_ACK, 1, 1, 0);
    assert_string_equal(told(), "The client acknowledges the server's SYN, and nothing more yet.");
    segment(TRACE_SEEN, true, RS_ACK | RS_PSH, 1, 1, 13);
    assert_string_equal(told(), "The client sends 13 bytes of data, the first with number 1.");
    segment(TRACE_SEEN, false, RS_ACK | RS_FIN, 1, 14, 0);
    assert_string_equal(told(), "FIN: the server has nothing more to send. It also acknowledges everything before "
                                "number 14.");
    segment(TRACE_SEEN, false, RS_ACK | RS_FIN, 1, 1, 1);
    assert_string_equal(told(), "The server sends 1 byte of data, the first with number 1, and FIN: it has nothing "
                                "more.");
}

// Number 1 is the one after the SYN only if the SYN was seen.
static void test_no_syn_is_invented(void **state) {
    (void)state;
    segment(TRACE_SEEN, true, RS_ACK, 1, 1, 0)->far_midway = true;
    assert_string_equal(told(), "The client acknowledges everything before number 1.");
}

static void test_a_fin_is_named_only_where_the_state_shows_it(void **state) {
    (void)state;
    struct trace_segment *s = segment(TRACE_SEEN, true, RS_ACK, 1, 9, 0);
    s->state = RS_CLOSE_WAIT;
    s->receiver_done = true;
    assert_string_equal(told(), "The client acknowledges everything before number 9.");
    s->state_proved = true;
    assert_string_equal(told(), "The client acknowledges everything up to the server's FIN.");
}

static void test_by_hand_the_reason_is_known(void **state) {
    (void)state;
    segment(TRACE_SENT, true, RS_SYN, 0, 0, 0)->why = RS_SENT_SYN;
    assert_string_equal(told(), rs_reason_sentence(RS_SENT_SYN));
    segment(TRACE_RECEIVED, false, RS_SYN | RS_ACK, 0, 1, 0);
    assert_string_equal(told(), "SYN,ACK: the server has our SYN, and tells the number from which its own bytes "
                                "count.");
    packet.tcp_checksum = RS_CHECKSUM_UNFINISHED;
    assert_null(strstr(told(), "checksum")); // that is no matter of this segment
    segment(TRACE_RECEIVED, false, RS_RST, 1, 0, 0);
    assert_non_null(strstr(told(), "changes nothing"));
    event.u.segment.state = RS_CLOSED;
    assert_string_equal(told(), "RST: for the server there is no such connection, or is none any more.");
    event.u.segment.expected.flags = RS_SYN | RS_ACK; // there was a TCP at our end
    assert_string_equal(told(), "RST: the connection is over at once.");
    segment(TRACE_UNSENT, true, RS_SYN, 0, 0, 0);
    assert_string_equal(told(), "It did not leave: it was dropped on purpose.");
    segment(TRACE_HELD, true, RS_SYN, 0, 0, 0)->bent = TRACE_BENT_DELAYED;
    event.u.segment.bent_us = 5000;
    assert_string_equal(told(), "Put aside on its way: held back for 5 ms (--delay).");
}

static void test_damage_is_told(void **state) {
    (void)state;
    struct trace_segment *s = segment(TRACE_SEEN, true, RS_ACK, 1, 1, 5);
    packet.tcp_checksum = RS_CHECKSUM_BAD;
    assert_non_null(strstr(told(), "it is damaged, and whoever gets it drops it."));
    s->doubted = true;
    assert_non_null(strstr(told(), "a network card was to write it, or it is damaged."));
}

// Every mark has a sentence and a few words, and both are of ASCII alone, without a newline.
static void test_every_mark_has_words(void **state) {
    (void)state;
    for (uint32_t mark = 1; mark <= TRACE_MARK_REUSED; mark <<= 1) {
        char sentence[400], in_short[80];
        struct trace_segment *s = segment(TRACE_SEEN, true, RS_ACK, 1, 1, 5);
        s->marks = mark;
        s->mark_bytes = 7;
        words_marks(s, ~0u, sentence, sizeof sentence);
        words_marks_in_short(s, ~0u, in_short, sizeof in_short);
        assert_true(strlen(sentence) > 15 && strlen(in_short) > 2);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
        for (const char *c = sentence; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
        words_marks(s, ~mark, sentence, sizeof sentence);
        assert_string_equal(sentence, "");
    }
    struct trace_segment *s = segment(TRACE_SEEN, true, RS_ACK, 1, 1, 5);
    char in_short[80];
    s->marks = TRACE_MARK_AGAIN | TRACE_MARK_MISSED;
    words_marks_in_short(s, ~0u, in_short, sizeof in_short);
    assert_string_equal(in_short, "again, acknowledges what was not caught");
}

// Of a cut segment its true length is told (IP's), not that of what is there.
static void test_a_cut_segment_has_its_true_length(void **state) {
    (void)state;
    struct trace_segment *s = segment(TRACE_SEEN, true, RS_ACK, 1, 1, 10);
    packet.ip.header_bytes = 20;
    packet.ip.total_bytes = 20 + 20 + 1460;
    packet.segment.header_bytes = 20;
    s->size = 50;
    s->wire_size = 1500;
    assert_int_equal(trace_data_bytes(s), 10);
    s->marks = TRACE_MARK_CUT;
    assert_int_equal(trace_data_bytes(s), 1460);
    assert_non_null(strstr(told(), "The client sends 1460 bytes of data"));
    assert_non_null(strstr(told(), "Of this packet's 1500 bytes only the first 50 were kept."));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_handshake_of_others),
        cmocka_unit_test(test_no_syn_is_invented),
        cmocka_unit_test(test_a_fin_is_named_only_where_the_state_shows_it),
        cmocka_unit_test(test_by_hand_the_reason_is_known),
        cmocka_unit_test(test_damage_is_told),
        cmocka_unit_test(test_every_mark_has_words),
        cmocka_unit_test(test_a_cut_segment_has_its_true_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
