// SPDX-License-Identifier: MIT
//
// Experiments with what is left of a connection: an end that nobody answers any more, one that waits in TIME-WAIT, and
// a segment that comes too late for any. Each is a script and its entry in the table (see lab.h).
#include <errno.h>
#include <inttypes.h>

#include "lab/experiments.h"

// ---- pulled-cable

// How often bytes came that had come before, and the first and the last pause between two of them.
struct resends {
    size_t count;
    uint64_t first_us, last_us;
};

static struct resends data_again(const struct lab *lab, size_t mark) {
    struct resends again = {.count = 0};
    const struct lab_segment *before = NULL;
    for (; mark < lab_mark(lab); mark++) {
        const struct lab_segment *s = lab_recorded(lab, mark);
        if (s->ours || s->data == 0)
            continue;
        if (before) {
            again.last_us = s->at_us - before->at_us;
            again.first_us = again.count++ == 0 ? again.last_us : again.first_us;
        }
        before = s;
    }
    return again;
}

static void pulled_cable(struct lab *lab) {
    struct lab_rule pulled = {
        .incoming = true,
        .bent = {.copies = 0, .purpose = "The cable is pulled out: this never reaches our end."},
    };
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    if (lab_deviates(lab)) {
        lab_bend(client, &pulled);
        lab_say(lab, "Now the cable is pulled out. Nothing is on its way, so neither end notices anything.");
    }
    lab_pass(lab, 300 * LAB_MS_US);
    const struct peer believes = lab_peer(client);
    const size_t mark = lab_mark(lab);
    const uint64_t sent_at = session_now(lab_session(client));
    lab_server_send(lab, "Are you there?");
    const bool gone = lab_until_server(client, RS_LISTEN, 4 * LAB_SECOND_US);
    const uint64_t us = session_now(lab_session(client)) - sent_at;
    lab_server_recv(lab);
    lab_sees_failure(lab, ETIMEDOUT, 0);
    lab_saw_state(lab, &believes, RS_ESTABLISHED, LAB_EITHER_WAY);
    const struct resends again = data_again(lab, mark);
    lab_evidence(lab, TRACE_ON_THE_WIRE, again.count >= 2 && again.last_us > again.first_us, 0,
                 "its bytes again, twice or more, pauses that grow",
                 "%zu times; pauses of %" PRIu64 " to %" PRIu64 " ms", again.count, again.first_us / LAB_MS_US,
                 again.last_us / LAB_MS_US);
    const struct peer then = lab_peer(client);
    lab_kernel_evidence(lab, &then, gone, 0, "in the end: no connection",
                        gone ? "none, %.1f s after send()" : "still there after %.1f s", (double)us / LAB_SECOND_US);
    lab_sees_counter(lab, "TcpExtTCPAbortOnTimeout", 1, 0);
}

const struct experiment lab_pulled_cable = {
    .name = "pulled-cable",
    .chapter = LAB_CLOSING,
    .question = "We vanish without a word: what does the server believe?",
    .situation = "The server has read our message. Then the cable is pulled out: nothing reaches us any more, and "
                 "nothing comes from us. For a while its program waits in vain; then it calls send().",
    .choices = {"Its kernel notices at once: the line is dead, and send() fails",
                "It asks whether we are there, every second, and then closes with FIN",
                "It believes in us for ever, whatever it does: there was no FIN",
                "It believes in us; when it has sent, it tries again and again, and gives up"},
    .right = 3,
    .deviation = "nothing that the server sends reaches our end any more",
    .answer = "A connection is only what both ends remember. Silence says nothing: as long as the server has nothing "
              "to send, its end stays ESTABLISHED, for ever if need be. Once it has sent, the missing ACK counts: it "
              "sends again, with longer and longer pauses, and at last gives up. No RST is sent; its program's next "
              "call fails with ETIMEDOUT, long after send() seemed to have succeeded.",
    .section = "RFC 9293, section 3.8.3; RFC 6298, section 5.5",
    .stage = {.settings = {{"net.ipv4.tcp_retries2", "1",
                            "the server gives up after about 2 seconds instead of a quarter of an hour"}}},
    .run = pulled_cable,
};

// ---- time-wait

enum { FIRST_ISN = 2000000000, APART = 1000000 };

// Without timestamps only the numbers can tell old from new.
static void first_isn(struct rs_conn_config *config) {
    config->no_timestamps = true;
    config->iss = FIRST_ISN;
}

static void lower_isn(struct rs_conn_config *config) {
    first_isn(config);
    config->iss -= APART;
}

static void higher_isn(struct rs_conn_config *config) {
    first_isn(config);
    config->iss += APART;
}

// The server closes first, so the wait is at its end.
static void server_closes_first(struct lab *lab, struct lab_end *client) {
    lab_connect(client, LAB_SECOND_US);
    lab_server_accept(lab);
    lab_server_close(lab);
    lab_until_state(client, RS_CLOSE_WAIT, LAB_SECOND_US);
    lab_close(client);
    lab_until_server(client, RS_TIME_WAIT, LAB_SECOND_US);
}

// An ACK that goes on where both FINs of the old connection have ended.
static bool is_old_ack(const struct lab_segment *ours, const struct lab_segment *theirs,
                       const struct lab_segment *ack) {
    return ours && theirs && ack && ack->flags == RS_ACK && ack->raw_seq == theirs->raw_seq + 1 &&
           ack->raw_ack == ours->raw_seq + 1;
}

static void time_wait(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_configure(client, first_isn);
    server_closes_first(lab, client);
    const struct peer waits = lab_peer(client);
    const struct lab_segment *ours = lab_sent(client, 0, RS_FIN, 0), *theirs = lab_arrived(client, 0, RS_FIN, 0);
    const size_t mark = lab_mark(lab);
    lab_configure(client, lab_deviates(lab) ? lower_isn : higher_isn);
    lab_open(client);
    lab_until_arrived(client, RS_ACK, mark, LAB_SECOND_US);
    lab_pass(lab, 50 * LAB_MS_US);
    const struct peer then = lab_peer(client);
    const struct lab_segment *ack = lab_arrived(client, mark, 0, 0), *rst = lab_sent(client, mark, RS_RST, 0);
    const bool old = is_old_ack(ours, theirs, ack), answered = old && rst && rst->raw_seq == ack->raw_ack;
    if (answered)
        lab_say(lab, "That ACK has the old connection's numbers: it says what the end in TIME-WAIT would expect next. "
                     "To our end, which has only sent a SYN, it makes no sense. Our RST takes its number from it, and "
                     "so it fits. (No SYN of the server's has come in this connection, so the ladder has nothing to "
                     "count that ACK's seq from, and shows the number itself.)");
    const bool opened = lab_connect(client, 3 * LAB_SECOND_US);
    lab_evidence(lab, TRACE_ON_THE_WIRE, old, 0, "ACK with old numbers",
                 old ? "ACK, the old numbers" : "another answer");
    lab_evidence(lab, TRACE_ON_THE_WIRE, answered, 0, "our RST, seq = that ack", rst ? "RST" : "no RST of ours");
    lab_saw_state(lab, &then, RS_LISTEN, 0);
    lab_saw_state(lab, &waits, RS_TIME_WAIT, LAB_EITHER_WAY);
    lab_evidence(lab, TRACE_AT_OUR_END, opened, LAB_EITHER_WAY, "in the end connect() succeeds",
                 opened ? "it did" : "it did not");
    lab_send(client, "Hello server!", LAB_SECOND_US);
    lab_finish(client);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_time_wait = {
    .name = "time-wait",
    .chapter = LAB_CLOSING,
    .question = "The same four numbers again, at once: may they?",
    .situation = "The server has closed first: its end waits in TIME-WAIT. At once a SYN comes from the same port to "
                 "the same port. Its number is lower than those of the old connection, as if it had been sent before "
                 "it. No timestamps are used here, so only the numbers can tell.",
    .choices = {"SYN-ACK: the old connection is over, a new one may begin",
                "RST: these four numbers are taken until TIME-WAIT is over",
                "An ACK with the numbers of the old connection", "Nothing at all until TIME-WAIT is over"},
    .right = 2,
    .deviation = "the new SYN's number is lower than those of the old connection, not higher",
    .answer = "TIME-WAIT remembers the last numbers, so that no segment of the old connection is taken for one of a "
              "new. A SYN with a higher number (or a newer timestamp) must be new: it may be let in at once, and Linux "
              "does so; try --control. This one may be old, and is answered with an ACK. Our end, which really opens, "
              "finds that ACK senseless and sends RST; that ends TIME-WAIT, and our SYN, sent again, is let in.",
    .section = "RFC 9293, sections 3.6.1 and 3.10.7.4; RFC 6191, section 2; RFC 1337",
    .stage = {.timers = true},
    .run = time_wait,
};

// ---- late-segment

static void late_segment(struct lab *lab) {
    static const uint8_t message[] = "Hello server!";
    struct lab_end *client = lab_end(lab, 0);
    lab_greet(client);
    lab_finish(client);
    lab_until_server(client, RS_LISTEN, LAB_SECOND_US);
    const size_t mark = lab_mark(lab);
    struct forged late = lab_segment(client, RS_PSH | RS_ACK, 1, 1);
    late.packet.segment.payload[0] = (struct rs_span){message, sizeof message - 1};
    late.purpose = "A copy of our message, with the same numbers and bytes: it has gone a long way round, and comes "
                   "when all is over.";
    if (lab_deviates(lab))
        lab_forge(client, &late);
    lab_pass(lab, 100 * LAB_MS_US);
    const struct lab_segment *rst = lab_arrived(client, mark, RS_RST, RS_ACK);
    lab_evidence(lab, TRACE_ON_THE_WIRE, rst && rst->raw_seq == late.packet.segment.ack, 0, "RST, seq = the copy's ack",
                 rst ? "RST seq=%" PRIu32 : "no RST came", rst ? rst->seq : 0);
    lab_sees_counter(lab, "TcpOutRsts", 1, 0);
    const enum rs_state state = lab_session(client)->conn.state;
    lab_evidence(lab, TRACE_AT_OUR_END, state == RS_TIME_WAIT, LAB_EITHER_WAY, "TIME-WAIT goes on", "%s",
                 rs_state_name(state));
    lab_sees_state(client, RS_LISTEN, LAB_EITHER_WAY);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_late_segment = {
    .name = "late-segment",
    .chapter = LAB_CLOSING,
    .question = "Data comes when all is over: what then?",
    .situation = "Both ends have closed in good order, and the server's kernel has forgotten the connection. The "
                 "server's port still listens. Now a copy of our message comes, which had gone a long way round.",
    .choices = {"RST: it belongs to no connection", "Nothing: it is dropped without a word",
                "An ACK: the server's kernel remembers that it has had these bytes",
                "It is kept for the next program that calls accept()"},
    .right = 0,
    .deviation = "a copy of our message comes when the connection is over",
    .answer = "To the server's kernel it is a segment of no connection. Only a SYN can begin one, so it answers RST, "
              "with the number that the late segment acknowledges: thus the RST fits the sender, if he still believes "
              "in the connection. Here that is our end in TIME-WAIT: to it the number is long past, so it drops the "
              "RST. The server's program hears of nothing.",
    .section = "RFC 9293, sections 3.5.2 and 3.10.7.2",
    .run = late_segment,
};
