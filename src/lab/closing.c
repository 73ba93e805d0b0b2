// SPDX-License-Identifier: MIT
//
// Experiments of the close: each direction ends by itself, with a FIN that is acknowledged; what if one of these four
// segments is lost, or two of them cross? Each is a script and its entry in the table (see lab.h).
#include "lab/experiments.h"

// ---- half-close

static void half_close(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    const size_t mark = lab_mark(lab);
    if (lab_deviates(lab))
        lab_shutdown(client);
    lab_until_state(client, RS_FIN_WAIT_2, 300 * LAB_MS_US);
    lab_server_recv(lab);
    const bool told = lab_program(lab)->last.call == TRACE_SERVER_END_OF_FILE;
    lab_server_send(lab, "Goodbye, client!");
    lab_until_arrived(client, RS_PSH, mark, 300 * LAB_MS_US);
    const struct lab_segment *fin = lab_sent(client, mark, RS_FIN, 0), *data = lab_arrived(client, mark, RS_PSH, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, fin && data && data > fin && data->data == 16, 0, "16 bytes after our FIN",
                 "%zu bytes, %s", data ? data->data : 0, fin ? "after our FIN" : "no FIN of ours");
    lab_sees_state(client, RS_CLOSE_WAIT, 0);
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, told, 0, "recv(): end of file", told ? "end of file" : "no end of file");
    const enum rs_state ours = lab_session(client)->conn.state;
    lab_evidence(lab, TRACE_AT_OUR_END, ours == RS_FIN_WAIT_2, 0, "FIN-WAIT-2", "%s", rs_state_name(ours));
    lab_pass(lab, 100 * LAB_MS_US); // our ACK of the bytes is delayed
    lab_server_close(lab);
    lab_pass(lab, 50 * LAB_MS_US);
}

const struct experiment lab_half_close = {
    .name = "half-close",
    .chapter = LAB_CLOSING,
    .question = "We have sent FIN: may the server still send?",
    .situation = "The server has read our message. We call shutdown(): our FIN leaves, and its program reads end of "
                 "file. Then that program calls send().",
    .choices = {"No: send() fails, the connection is over", "It may send, but our end answers the bytes with RST",
                "Yes: the bytes come, and we acknowledge them"},
    .right = 2,
    .deviation = "our FIN leaves before the server's program has said its last word",
    .answer = "A connection is two streams, and FIN ends only one of them: \"no more bytes from me\". The server's end "
              "is in CLOSE-WAIT and may send as long as it likes; ours is in FIN-WAIT-2, reads and acknowledges. So a "
              "client can say \"that was my whole question\" and still get its answer.",
    .section = "RFC 9293, sections 3.6 and 3.10.4",
    .run = half_close,
};

// ---- fin-lost

// Our first FIN that was kept from leaving, or NULL.
static const struct lab_segment *lost_fin(const struct lab *lab, size_t mark) {
    for (; mark < lab_mark(lab); mark++) {
        const struct lab_segment *s = lab_recorded(lab, mark);
        if (s->ours && !s->left && s->flags & RS_FIN)
            return s;
    }
    return NULL;
}

static void fin_lost(struct lab *lab) {
    struct lab_rule lost = {
        .flags = RS_FIN,
        .count = 1,
        .bent = {.copies = 0, .purpose = "Lost on the way: it is thrown away, and nobody is told."},
    };
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    const size_t mark = lab_mark(lab);
    if (lab_deviates(lab))
        lab_bend(client, &lost);
    lab_close(client);
    lab_pass(lab, 200 * LAB_MS_US);
    const struct peer meanwhile = lab_peer(client);
    lab_server_recv(lab);
    const bool waits = lab_program(lab)->last.error != 0;
    lab_until_state(client, RS_FIN_WAIT_2, 4 * LAB_SECOND_US);
    lab_server_recv(lab);
    const bool told = lab_program(lab)->last.call == TRACE_SERVER_END_OF_FILE;
    const struct lab_segment *first = lost_fin(lab, mark), *again = lab_sent(client, mark, RS_FIN, 0);
    const uint64_t us = first && again ? again->at_us - first->at_us : 0;
    lab_evidence(lab, TRACE_ON_THE_WIRE, us >= 900 * LAB_MS_US && us <= 1900 * LAB_MS_US, 0, "FIN again after 1 s",
                 us > 0 ? "again after %.1f s" : "one FIN was enough", (double)us / LAB_SECOND_US);
    lab_saw_state(lab, &meanwhile, RS_ESTABLISHED, 0);
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, waits, 0, "recv() meanwhile: would wait",
                 waits ? "it would wait" : "it returned");
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, told, LAB_EITHER_WAY, "recv() after that: end of file",
                 told ? "end of file" : "no end of file");
    lab_server_close(lab);
    lab_until_state(client, RS_TIME_WAIT, LAB_SECOND_US);
}

const struct experiment lab_fin_lost = {
    .name = "fin-lost",
    .chapter = LAB_CLOSING,
    .question = "What if our FIN is lost on the way?",
    .situation = "The server has read our message and waits for more. We call close(), and our FIN is thrown away on "
                 "its way. Our program is done with the connection.",
    .choices = {"Our end sends it again when no ACK comes, as it would a byte",
                "The server waits for ever: a FIN is sent only once", "The server notices the silence and asks",
                "Our end sends RST, since close() has failed"},
    .right = 0,
    .deviation = "our first FIN never arrives",
    .answer = "FIN has a sequence number of its own, as if it were one more byte. So it is acknowledged like one, and "
              "sent again like one when the timer runs out. Until then the server's end knows nothing: it is "
              "ESTABLISHED, and its program waits. close() has returned long ago; TCP goes on without the program.",
    .section = "RFC 9293, sections 3.4 and 3.8.1; RFC 6298, section 2.4",
    .stage = {.timers = true},
    .run = fin_lost,
};

// ---- last-ack-lost

static void last_ack_lost(struct lab *lab) {
    struct lab_rule lost = {
        .flags = RS_ACK,
        .count = 1,
        .bent = {.copies = 0, .purpose = "Lost on the way: the server does not learn that its FIN has arrived."},
    };
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    lab_close(client);
    lab_until_state(client, RS_FIN_WAIT_2, LAB_SECOND_US);
    lab_server_recv(lab);
    const size_t mark = lab_mark(lab);
    if (lab_deviates(lab))
        lab_bend(client, &lost);
    lab_server_close(lab);
    lab_pass(lab, 50 * LAB_MS_US);
    const struct peer meanwhile = lab_peer(client);
    lab_until_server(client, RS_LISTEN, 2 * LAB_SECOND_US);
    const size_t fins = lab_count_arrived(client, mark, RS_FIN, 0);
    const size_t answered = lab_decided(lab, RS_TIME_WAIT_RESTARTED);
    lab_evidence(lab, TRACE_ON_THE_WIRE, fins >= 2, 0, "its FIN again", fins >= 2 ? "FIN again" : "one FIN");
    lab_evidence(lab, TRACE_AT_OUR_END, answered >= 1, 0, "TIME-WAIT answers, starts anew",
                 answered >= 1 ? "it did" : "nothing to answer");
    lab_saw_state(lab, &meanwhile, RS_LAST_ACK, 0);
    lab_sees_counter_at_least(lab, "TcpRetransSegs", 1, 0);
    lab_sees_state(client, RS_LISTEN, LAB_EITHER_WAY);
}

const struct experiment lab_last_ack_lost = {
    .name = "last-ack-lost",
    .chapter = LAB_CLOSING,
    .question = "What if the very last ACK is lost?",
    .situation = "We close first, then the server. Both FINs have arrived; our ACK of the server's FIN, the last "
                 "segment of all, is thrown away on its way.",
    .choices = {"Nothing: both programs have closed, so nobody waits for it",
                "The server's kernel keeps the connection until it is rebooted",
                "The server's kernel sends RST and forgets it",
                "The server's FIN comes again, and our end still answers"},
    .right = 3,
    .deviation = "our ACK of the server's FIN never arrives",
    .answer = "Whoever sends the last ACK cannot know that it has arrived: nothing comes back. That is what TIME-WAIT "
              "is for. Our end, which closed first, stays for a while; the server's end, in LAST-ACK, sends its FIN "
              "again, gets the ACK a second time, and is gone. Our wait starts anew. Without TIME-WAIT, RST would "
              "answer, as if something had gone wrong.",
    .section = "RFC 9293, sections 3.6 and 3.10.7.4",
    .run = last_ack_lost,
};

// ---- both-close

static void both_close(struct lab *lab) {
    struct lab_rule far_away = {
        .incoming = true,
        .bent = {.copies = 1, .delay_us = 100 * LAB_MS_US, .purpose = "A long way: it is still under way to us."},
    };
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    const size_t mark = lab_mark(lab);
    if (lab_deviates(lab))
        lab_bend(client, &far_away);
    lab_server_close(lab);
    lab_pass(lab, lab_deviates(lab) ? LAB_MS_US : 20 * LAB_MS_US); // a busy machine has little of those 100 ms left
    lab_close(client);
    lab_pass(lab, LAB_MS_US);
    const struct peer meanwhile = lab_peer(client);
    lab_until_state(client, RS_TIME_WAIT, 300 * LAB_MS_US);
    const struct lab_segment *ours = lab_sent(client, mark, RS_FIN, 0), *theirs = lab_arrived(client, mark, RS_FIN, 0);
    const bool crossed = ours && theirs && ours->raw_ack == theirs->raw_seq;
    lab_saw_state(lab, &meanwhile, RS_CLOSING, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, crossed, 0, "our FIN does not ACK its FIN",
                 crossed ? "the FINs crossed" : "one FIN after the other");
    const bool been = lab_has_been(client, RS_CLOSING), waits = lab_has_been(client, RS_TIME_WAIT);
    lab_evidence(lab, TRACE_AT_OUR_END, been, 0, "CLOSING, here too", been ? "CLOSING" : "it was not in CLOSING");
    lab_evidence(lab, TRACE_AT_OUR_END, waits, 0, "in the end: TIME-WAIT", "%s",
                 rs_state_name(lab_session(client)->conn.state));
    lab_sees_state(client, RS_TIME_WAIT, LAB_EITHER_WAY);
}

const struct experiment lab_both_close = {
    .name = "both-close",
    .chapter = LAB_CLOSING,
    .question = "What if both ends close at the same time?",
    .situation = "The server's program closes. Its FIN has a long way to us: before it arrives, our program closes "
                 "too. The two FINs cross.",
    .choices = {"Both ends go through CLOSING, and both wait in TIME-WAIT",
                "Whose FIN left first wins; the other one gets RST",
                "Neither FIN can be acknowledged: both ends wait for ever"},
    .right = 0,
    .deviation = "what the server sends needs 100 ms to reach us, so our FIN leaves before its FIN is here",
    .answer = "Each end has sent FIN and gets a FIN instead of the ACK that it waits for. It acknowledges that FIN "
              "and is in CLOSING: closed by both, but its own FIN is not acknowledged yet. When the ACK comes, each "
              "goes to TIME-WAIT: each has sent an ACK that may be the last, so both have to wait.",
    .section = "RFC 9293, sections 3.6 (figure 13) and 3.10.7.4",
    .run = both_close,
};
