// SPDX-License-Identifier: MIT
//
// The words that only experiments bring (view/words.h): what the server's program did and how its calls fail, what was
// done to a segment, what was found; and that no sentence of an experiment names an option or claims what need not be.
#include <errno.h>
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "view/words.h"

static const struct trace_about lab = {.experiment = "made-up"}, plain;
static char out[1500];

// ---- the server's program

static const char *did(enum trace_server_call call, const char *bytes, int error, bool experiment) {
    const struct trace_event event = {
        .kind = TRACE_SERVER,
        .u.server = {call, (const uint8_t *)bytes, strlen(bytes), rs_endpoint_ipv4(127, 0, 0, 1, 45708), error}};
    words_program(&event, experiment, out, sizeof out);
    return out;
}

static void test_what_a_call_returns(void **state) {
    (void)state;
    assert_string_equal(did(TRACE_SERVER_ACCEPT, "", 0, true),
                        "accept() returns a socket for the connection from 127.0.0.1:45708.");
    assert_string_equal(did(TRACE_SERVER_RECV, "Hello\n", 0, true), "recv(1024) returns b\"Hello\\n\": 6 bytes.");
    assert_string_equal(did(TRACE_SERVER_RECV_URGENT, "!", 0, true), "recv(1, MSG_OOB) returns b\"!\": 1 byte.");
    assert_string_equal(did(TRACE_SERVER_SEND, "Hello", 0, true), "send(b\"Hello\"): its kernel has taken 5 bytes.");
    assert_string_equal(did(TRACE_SERVER_SHUTDOWN, "", 0, true),
                        "shutdown(SHUT_WR). It has nothing more to send, but can still receive.");
}

// The tutorial's server has read all and sent nothing; one that an experiment leads may have left bytes unread, so that
// RST leaves, and may read end of file after an error.
static void test_no_fin_is_promised_in_an_experiment(void **state) {
    (void)state;
    assert_string_equal(did(TRACE_SERVER_END_OF_FILE, "", 0, false),
                        "recv(1024) returns b\"\": our FIN has become end of file.");
    assert_string_equal(did(TRACE_SERVER_END_OF_FILE, "", 0, true),
                        "recv(1024) returns b\"\": end of file, as after a FIN.");
    assert_string_equal(did(TRACE_SERVER_CLOSE, "", 0, false),
                        "close(). Its kernel has nothing left to send, so its FIN leaves at once.");
    assert_string_equal(did(TRACE_SERVER_CLOSE, "", 0, true),
                        "close(). It is done with the connection; its kernel sees to the rest.");
    const struct trace_event event = {.kind = TRACE_SERVER, .u.server = {.call = TRACE_SERVER_CLOSE}};
    words_event(&event, &lab, out, sizeof out);
    assert_string_equal(out,
                        "The server's program: close(). It is done with the connection; its kernel sees to the rest.");
    words_event(&event, NULL, out, sizeof out);
    assert_non_null(strstr(out, "its FIN leaves at once"));
}

static void test_how_a_call_fails(void **state) {
    (void)state;
    assert_string_equal(did(TRACE_SERVER_RECV, "", ECONNRESET, true),
                        "recv(1024) fails: ECONNRESET, Connection reset by peer.");
    assert_string_equal(did(TRACE_SERVER_SEND, "", EPIPE, true), "send() fails: EPIPE, Broken pipe.");
    assert_string_equal(did(TRACE_SERVER_RECV_URGENT, "", EINVAL, true),
                        "recv(1, MSG_OOB) fails: EINVAL, Invalid argument.");
    assert_string_equal(did(TRACE_SERVER_SHUTDOWN, "", ENOTBLK, true),
                        "shutdown(SHUT_WR) fails: Block device required.");
    assert_string_equal(did(TRACE_SERVER_CLOSE, "", EBADF, true), "close() fails: EBADF, Bad file descriptor.");
    assert_string_equal(did(TRACE_SERVER_END_OF_FILE, "", ETIMEDOUT, true),
                        "recv(1024) fails: ETIMEDOUT, Connection timed out.");
    assert_string_equal(did(TRACE_SERVER_RECV, "", EAGAIN, true), "recv(1024) would wait: nothing is there.");
    assert_string_equal(did(TRACE_SERVER_ACCEPT, "", EAGAIN, true),
                        "accept() would wait: no completed connection is there for it.");
    assert_string_equal(did(TRACE_SERVER_RECV_URGENT, "", EAGAIN, true),
                        "recv(1, MSG_OOB) would wait: the urgent byte is not there.");
    assert_string_equal(did(TRACE_SERVER_SEND, "", EAGAIN, true),
                        "send() would wait: its kernel has no room for more.");
}

static void test_names_of_errors(void **state) {
    (void)state;
    assert_string_equal(words_errno_name(ECONNRESET), "ECONNRESET");
    assert_string_equal(words_errno_name(EAGAIN), "EAGAIN");
    assert_null(words_errno_name(ENOTBLK));
    assert_null(words_errno_name(0));
}

// ---- segments

enum { ISS = 1000, IRS = 5000 };

static struct rs_packet packet;
static struct trace_event event;

static struct trace_segment *segment(enum trace_kind kind, bool ours, uint8_t flags, uint8_t bent,
                                     const char *purpose) {
    packet = (struct rs_packet){
        .source = {.family = RS_IPV4},
        .segment = {.seq = (ours ? ISS : IRS) + 3, .ack = (ours ? IRS : ISS) + 7, .flags = flags, .window = 500}};
    event = (struct trace_event){.kind = kind};
    event.u.segment = (struct trace_segment){.packet = &packet,
                                             .ours = ours,
                                             .iss = ISS,
                                             .irs = IRS,
                                             .irs_known = true,
                                             .why = RS_SENT_HANDSHAKE_ACK,
                                             .bent = bent,
                                             .bent_us = 50000,
                                             .purpose = purpose};
    return &event.u.segment;
}

static const char *bent(void) {
    words_bent(&event.u.segment, event.kind, out, sizeof out);
    return out;
}

static const char *told(void) {
    words_segment(&event, &lab, out, sizeof out);
    return out;
}

static void test_a_purpose_takes_the_place_of_options(void **state) {
    (void)state;
    static const uint8_t once[] = {TRACE_BENT_DROPPED, TRACE_BENT_COPY, TRACE_BENT_CORRUPTED, TRACE_BENT_ALTERED,
                                   TRACE_BENT_FORGED};
    static const enum trace_kind kinds[] = {TRACE_UNSENT, TRACE_SENT, TRACE_UNTAKEN, TRACE_RECEIVED, TRACE_PENDING};
    for (size_t i = 0; i < COUNT(once); i++)
        for (size_t k = 0; k < COUNT(kinds); k++) {
            segment(kinds[k], true, RS_ACK, once[i], "This is on purpose.");
            assert_string_equal(bent(), "This is on purpose.");
            segment(kinds[k], true, RS_ACK, once[i], NULL);
            assert_true(strlen(bent()) > 20 || once[i] == TRACE_BENT_DROPPED);
        }
    segment(TRACE_HELD, true, RS_ACK, TRACE_BENT_DELAYED, "This is on purpose.");
    assert_string_equal(bent(), "held back for 50 ms. This is on purpose.");
    segment(TRACE_HELD, true, RS_ACK, TRACE_BENT_REORDERED, "This is on purpose.");
    assert_string_equal(bent(),
                        "held back until the next segment has overtaken it, 50 ms at most. This is on purpose.");
}

// The purpose was told when it was put aside; to whoever sees the segment alone it is told here.
static void test_what_has_waited_says_so(void **state) {
    (void)state;
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_DELAYED, "This is on purpose.");
    assert_string_equal(bent(), "It was held back for 50 ms.");
    assert_non_null(strstr(told(), " It was held back for 50 ms. This is on purpose."));
    segment(TRACE_RECEIVED, false, RS_ACK, TRACE_BENT_REORDERED, "This is on purpose.");
    assert_string_equal(bent(), "It was held back for 50 ms (nothing came to overtake it).");
    event.u.segment.bent |= TRACE_BENT_OVERTAKEN;
    assert_string_equal(bent(), "The segment before it has overtaken it.");
    assert_non_null(strstr(told(), " The segment before it has overtaken it. This is on purpose."));
    segment(TRACE_UNTAKEN, false, RS_ACK, TRACE_BENT_DELAYED | TRACE_BENT_CORRUPTED, "This is on purpose.");
    assert_string_equal(told(), "It was held back for 50 ms. This is on purpose.");
    segment(TRACE_HELD, true, RS_ACK, TRACE_BENT_DELAYED, "This is on purpose.");
    assert_string_equal(told(), "Put aside on its way: held back for 50 ms. This is on purpose.");
}

static void test_without_a_purpose(void **state) {
    (void)state;
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_ALTERED, NULL);
    assert_string_equal(bent(), "Something in it is other than our TCP had it.");
    segment(TRACE_RECEIVED, false, RS_ACK, TRACE_BENT_ALTERED, NULL);
    assert_string_equal(bent(), "Something in it was altered before our TCP saw it.");
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_FORGED, NULL);
    assert_string_equal(bent(), "An experiment's script has written it: no TCP has decided to send it.");
    assert_string_equal(told(), out);
}

// A script has a purpose, and no reason of a TCP's.
static void test_what_was_written_by_a_script(void **state) {
    (void)state;
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_FORGED, "An ACK of nothing.");
    assert_string_equal(told(), "An ACK of nothing.");
    event.kind = TRACE_PENDING;
    assert_string_equal(told(), "About to be sent. An ACK of nothing.");
    event.kind = TRACE_UNSENT;
    assert_string_equal(told(), "An ACK of nothing.");
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_ALTERED, "Its number is wrong.");
    assert_string_equal(told() + strlen(rs_reason_sentence(RS_SENT_HANDSHAKE_ACK)), " Its number is wrong.");
    event.kind = TRACE_PENDING;
    assert_non_null(strstr(told(), rs_reason_sentence(RS_SENT_HANDSHAKE_ACK)));
    assert_non_null(strstr(told(), " Its number is wrong."));
}

// Without a TCP at our end a RST ends no connection.
static void test_a_rst_where_no_tcp_of_ours_is(void **state) {
    (void)state;
    segment(TRACE_RECEIVED, false, RS_RST, 0, NULL);
    assert_string_equal(told(), "RST: for the server there is no such connection, or is none any more.");
    event.u.segment.expected.flags = RS_ACK;
    assert_string_equal(told(), "RST: the connection is over at once.");
}

static const char *field(enum rs_field_id id, uint32_t value) {
    words_field(id, value, &event.u.segment, &lab, out, sizeof out);
    return out;
}

// What an experiment has made up is told as what it says, not as what is so.
static void test_fields_that_need_not_be_true(void **state) {
    (void)state;
    segment(TRACE_SENT, true, RS_SYN | RS_CWR | RS_ECE, TRACE_BENT_FORGED, "A SYN of long ago.");
    assert_string_equal(field(RS_FIELD_TCP_SEQ, 0),
                        "relative 3: the first number that the sender says it has. The SYN takes this number, so the "
                        "first byte of data has the next");
    assert_string_equal(field(RS_FIELD_TCP_CWR, 1), "set: in a SYN it offers ECN, together with ECE");
    assert_string_equal(field(RS_FIELD_TCP_PSH, 0), "clear: it does not ask for that");
    assert_string_equal(field(RS_FIELD_TCP_ACK_BIT, 0), "clear: the acknowledgment number means nothing");
    segment(TRACE_SENT, true, RS_ACK | RS_RST | RS_PSH, TRACE_BENT_ALTERED, "Wrong.");
    assert_string_equal(field(RS_FIELD_TCP_ACK, 0),
                        "relative 7: it says that everything before this number has arrived");
    assert_string_equal(field(RS_FIELD_TCP_RST, 1), "set: this is to end a connection at once");
    assert_string_equal(field(RS_FIELD_TCP_RST, 0), "clear: nothing is to end at once");
    assert_string_equal(field(RS_FIELD_TCP_SYN, 0), "clear: no first number is told here");
    assert_string_equal(field(RS_FIELD_TCP_PSH, 1), "set: hand this to the program now");
    assert_string_equal(field(RS_FIELD_TCP_SOURCE_PORT, 45708), "our end");
    assert_string_equal(field(RS_FIELD_IP_SOURCE, 0), "ours");
    packet.tcp_checksum = RS_CHECKSUM_BAD;
    assert_string_equal(field(RS_FIELD_TCP_CHECKSUM, 1), "wrong on purpose");
    segment(TRACE_SENT, true, RS_SYN, 0, NULL);
    packet.segment.seq = ISS;
    assert_non_null(strstr(field(RS_FIELD_TCP_SEQ, 0), "relative 0: our first number (ISN). The SYN takes"));
}

static void test_options_that_need_not_be_true(void **state) {
    (void)state;
    static const uint8_t mss[] = {2, 4, 0, 1}, stamps[] = {8, 10, 0, 0, 0, 5, 0, 0, 0, 6};
    struct rs_option option = {.kind = RS_OPTION_MSS, .size = 4};
    segment(TRACE_SENT, true, RS_SYN, TRACE_BENT_ALTERED, "Wrong.");
    words_option(&option, mss, &event.u.segment, out, sizeof out);
    assert_string_equal(out, "our end says that it takes no more than this many bytes of data in one segment");
    segment(TRACE_SENT, true, RS_ACK, TRACE_BENT_ALTERED, "Wrong.");
    option = (struct rs_option){.kind = RS_OPTION_TIMESTAMPS, .size = 10};
    words_option(&option, stamps, &event.u.segment, out, sizeof out);
    assert_string_equal(out, "value 5: what it says that the sender's clock is; echo 6: what it says that it has got");
}

// ---- what an experiment says and finds

static void test_evidence_as_a_sentence(void **state) {
    (void)state;
    struct trace_event found = {.kind = TRACE_EVIDENCE,
                                .u.evidence = {TRACE_ON_THE_WIRE, "RST,ACK", "RST,ACK", true, false, false}};
    words_event(&found, &lab, out, sizeof out);
    assert_string_equal(out, "Evidence, on the wire: expected RST,ACK; seen RST,ACK. It is as expected.");
    found.u.evidence.seen = "nothing";
    found.u.evidence.holds = false;
    found.u.evidence.of_linux = found.u.evidence.either_way = true;
    words_event(&found, &lab, out, sizeof out);
    assert_string_equal(out, "Evidence, on the wire: expected RST,ACK; seen nothing. It is NOT as expected. No RFC "
                             "demands it: it is Linux's own way. It is to be so without the deviation too.");
    for (int place = TRACE_ON_THE_WIRE; place <= TRACE_AT_OUR_END; place++)
        assert_in_range(strlen(words_place((enum trace_place)place)), 7, 20);
    const struct trace_event note = {.kind = TRACE_NOTE, .u.note.text = "Now once more."};
    words_event(&note, &lab, out, sizeof out);
    assert_string_equal(out, "Now once more.");
}

static void test_no_option_is_named(void **state) {
    (void)state;
    const struct trace_event waiting[] = {{.kind = TRACE_WAITING, .u.waiting = {5000000}},
                                          {.kind = TRACE_WAITING, .u.waiting = {UINT64_MAX}}};
    for (size_t i = 0; i < COUNT(waiting); i++) {
        words_event(&waiting[i], &plain, out, sizeof out);
        assert_non_null(strstr(out, "--linger"));
        words_event(&waiting[i], &lab, out, sizeof out);
        assert_null(strstr(out, "--"));
        assert_non_null(strstr(out, i == 0 ? "We wait up to 5 s of silence for its FIN. If"
                                           : "We wait for its FIN as long as it takes. If"));
    }
    struct trace_event end = {.kind = TRACE_END};
    end.u.end.state = RS_TIME_WAIT;
    words_end(&end, &plain, out, sizeof out);
    assert_non_null(strstr(out, "we leave now (--time-wait SECONDS stays)."));
    words_end(&end, &lab, out, sizeof out);
    assert_non_null(strstr(out, "we leave now."));
    const struct trace_decision given_up = {RS_GAVE_UP, RS_SYN_SENT, RS_CLOSED, ETIMEDOUT},
                                refused = {RS_REFUSED, RS_SYN_SENT, RS_CLOSED, ECONNREFUSED};
    struct words_known known = {.local = true, .server = RS_LISTEN, .timeout_us = 3000000};
    words_decision(&given_up, &known, out, sizeof out);
    assert_string_equal(out, "The limit was 3 s (--timeout).");
    known.limit_is = "--hold";
    words_decision(&given_up, &known, out, sizeof out);
    assert_string_equal(out, "The limit was 3 s (--hold).");
    known.limit_is = NULL;
    words_decision(&refused, &known, out, sizeof out);
    assert_non_null(strstr(out, "a firewall rule of this machine has answered"));
    known.experiment = true;
    words_decision(&given_up, &known, out, sizeof out);
    assert_string_equal(out, "The limit was 3 s.");
    words_decision(&refused, &known, out, sizeof out); // what was sent may be why
    assert_string_equal(out, "");
}

// Whoever made the call: what is said is true of a socket that does not wait, too, and of a caller that has died.
static void test_words_for_a_call_of_another_program(void **state) {
    (void)state;
    words_return_to_program(ECONNREFUSED, out, sizeof out);
    assert_string_equal(out, "connect() returns -1, and the program finds errno ECONNREFUSED (Connection refused): the "
                             "kernel's own connect() would have ended so, too.");
    words_return_to_program(ETIMEDOUT, out, sizeof out);
    assert_string_equal(out, "connect() returns -1, and the program finds errno ETIMEDOUT (Connection timed out).");
    words_return_to_program(EINTR, out, sizeof out);
    assert_null(strstr(out, "returns"));
    words_return_to_program(EXDEV, out, sizeof out); // one without a name
    assert_string_equal(out, "connect() returns -1, and the program finds errno Invalid cross-device link.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_for_a_call_of_another_program),
        cmocka_unit_test(test_what_a_call_returns),
        cmocka_unit_test(test_no_fin_is_promised_in_an_experiment),
        cmocka_unit_test(test_how_a_call_fails),
        cmocka_unit_test(test_names_of_errors),
        cmocka_unit_test(test_a_purpose_takes_the_place_of_options),
        cmocka_unit_test(test_what_has_waited_says_so),
        cmocka_unit_test(test_without_a_purpose),
        cmocka_unit_test(test_what_was_written_by_a_script),
        cmocka_unit_test(test_a_rst_where_no_tcp_of_ours_is),
        cmocka_unit_test(test_fields_that_need_not_be_true),
        cmocka_unit_test(test_options_that_need_not_be_true),
        cmocka_unit_test(test_evidence_as_a_sentence),
        cmocka_unit_test(test_no_option_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
