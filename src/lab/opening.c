// SPDX-License-Identifier: MIT
//
// Experiments of the opening: what a SYN meets, and what becomes of a handshake that goes wrong. Each is a script and
// its entry in the table (see lab.h); course.c has their order.
#include <errno.h>

#include "lab/experiments.h"

// ---- closed-port

static void closed_port(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    struct rs_endpoint to = lab_server_at(lab);
    if (lab_deviates(lab))
        to.port = LAB_CLOSED_PORT;
    lab_towards(client, &to);
    lab_connect(client, LAB_SECOND_US);
    lab_sees_answer(client, 0, RS_RST | RS_ACK, 0);
    lab_sees_connect(client, ECONNREFUSED, 0);
    lab_sees_counter(lab, "TcpOutRsts", 1, 0);
    lab_sees_state(client, RS_CLOSED, 0);
}

const struct experiment lab_closed_port = {
    .name = "closed-port",
    .chapter = LAB_OPENING,
    .question = "What answers a SYN to a port on which nobody listens?",
    .situation = "The server listens on port 1712, and on no other. We send our SYN to port 1713 of the same machine.",
    .choices = {"Nothing: without a program there is nobody who could answer",
                "The kernel, with RST: connect() fails at once",
                "The kernel, with SYN-ACK: only sendall() will fail later"},
    .right = 1,
    .deviation = "the SYN goes to a port that is closed",
    .answer = "TCP lives in the kernel, not in the program. To a segment that belongs to no connection and to no "
              "listening socket, the kernel answers RST: \"nobody here\". This RST acknowledges our SYN, so we know "
              "that it is meant for that, and connect() fails with ECONNREFUSED at once. Where connect() waits long "
              "instead, there came no answer at all: something threw the SYN away, or the answer.",
    .section = "RFC 9293, section 3.10.7.1",
    .run = closed_port,
};

// ---- syn-checksum

static void syn_checksum(struct lab *lab) {
    struct lab_rule damaged = {
        .flags = RS_SYN,
        .count = 1,
        .bent = {
            .copies = 1, .flip = true, .purpose = "One bit of its checksum is turned round, so the sum does not fit."}};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &damaged);
    lab_open(client);
    lab_pass(lab, 300 * LAB_MS_US);
    lab_sees_silence(client, 0, 0);
    lab_sees_state(client, RS_LISTEN, 0);
    lab_sees_counter(lab, "TcpInCsumErrors", 1, 0);
    lab_connect(client, 3 * LAB_SECOND_US);
    lab_sees_again(client, true, RS_SYN, 1, LAB_SECOND_US, 0);
    lab_sees_connect(client, 0, LAB_EITHER_WAY);
}

const struct experiment lab_syn_checksum = {
    .name = "syn-checksum",
    .chapter = LAB_OPENING,
    .question = "What answers a SYN whose checksum is wrong?",
    .situation = "The server listens. Our SYN is as it should be, but one bit of its checksum is turned round on the "
                 "way, as a bad cable could do it.",
    .choices = {"Nothing at all", "RST: the segment makes no sense", "SYN-ACK: the flags and numbers can still be read",
                "An error that says what is wrong with it"},
    .right = 0,
    .deviation = "the first SYN's checksum is wrong",
    .answer =
        "A damaged segment is dropped without a word: its port numbers may be what is damaged, so an answer could "
        "go to the wrong place. Only a counter in the server's kernel knows of it. Our end cannot tell damage "
        "from loss; its timer sends the SYN again after a second, and that one is answered.",
    .section = "RFC 9293, section 3.1, MUST-3; RFC 6298, section 2",
    .stage = {.timers = true},
    .run = syn_checksum,
};

// ---- no-guard

static void no_guard(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    lab_pass(lab, 50 * LAB_MS_US);
    lab_sees_state(client, RS_LISTEN, 0);
    lab_sees_counter(lab, "TcpExtEmbryonicRsts", 1, 0);
    const size_t rsts = lab_count_arrived(client, 0, RS_RST, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, rsts == 1, 0, "RST in answer to our ACK", rsts > 0 ? "RST" : "no RST came");
    lab_sees_counter(lab, "TcpOutRsts", 2, 0);
}

const struct experiment lab_no_guard = {
    .name = "no-guard",
    .chapter = LAB_OPENING,
    .question = "Can a raw socket open a connection without a guard?",
    .situation = "Our SYN is made by hand, so our own kernel knows nothing of it. The SYN-ACK comes to our machine, to "
                 "a port on which our kernel has no socket: this time the guard does not hold it.",
    .choices = {"Yes: our kernel leaves the SYN-ACK to us",
                "No: our kernel throws the SYN-ACK away, so we never see it",
                "No: our kernel answers the SYN-ACK with RST before we can answer"},
    .right = 2,
    .deviation = "the guard, which keeps our own kernel silent, is left out",
    .answer =
        "To our kernel the SYN-ACK is what the SYN was in closed-port: a segment that belongs to nothing. So it sends "
        "RST, and the server gives up the half-open connection: the counter EmbryonicRsts says so. A raw socket gets "
        "a copy of what arrives; it takes nothing away from the kernel. Our ACK comes too late, and is answered with "
        "a second RST. Client and server are one machine here, so its counter OutRsts has both.",
    .section = "RFC 9293, section 3.10.7.1",
    .stage = {.without_guard = true},
    .run = no_guard,
};

// ---- wrong-ack

static void wrong_ack(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_syn_by_hand(client, LAB_SECOND_US);
    struct forged ack = lab_segment(client, RS_ACK, 1, lab_deviates(lab) ? 1001 : 1);
    ack.purpose = "Our third segment. The server's SYN had the number 0, so this should say ack=1.";
    lab_forge(client, &ack);
    lab_pass(lab, 100 * LAB_MS_US);
    const struct lab_segment *rst = lab_arrived(client, 0, RS_RST, 0);
    const bool exact = rst && rst->raw_seq == ack.packet.segment.ack;
    lab_evidence(lab, TRACE_ON_THE_WIRE, exact, 0, "RST, seq = our wrong ack", rst ? "RST seq=%u" : "no RST came",
                 rst ? rst->seq : 0);
    lab_sees_state(client, RS_SYN_RECEIVED, 0);
    lab_sees_counter(lab, "TcpOutRsts", 1, 0);
    lab_forge_bare(client, RS_ACK, 1, 1, "The right one: ack=1.");
    lab_sees_state(client, RS_ESTABLISHED, LAB_EITHER_WAY);
}

const struct experiment lab_wrong_ack = {
    .name = "wrong-ack",
    .chapter = LAB_OPENING,
    .question = "Can the third segment acknowledge just any number?",
    .situation = "SYN and SYN-ACK have passed. Our third segment must acknowledge the server's SYN: its first number "
                 "and one more. Ours acknowledges 1000 more than that.",
    .choices = {"Yes: only its ACK flag counts", "No: RST, and the server waits on for the right one",
                "No: RST, and the server gives the connection up", "No: it is dropped without a word"},
    .right = 1,
    .deviation = "the third segment acknowledges what was never sent",
    .answer =
        "The right number proves that its sender has seen the SYN-ACK; otherwise anybody could complete a "
        "handshake in the name of an address that is not his. The RST takes its number from our wrong one, so "
        "it fits only where that came from. The server's half of the connection stays, and the right ACK completes "
        "it.",
    .section = "RFC 9293, section 3.10.7.4, fifth step",
    .run = wrong_ack,
};

// ---- no-ack

static void no_ack(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_syn_by_hand(client, LAB_SECOND_US);
    if (!lab_deviates(lab))
        lab_forge_bare(client, RS_ACK, 1, 1, "Our third segment.");
    const struct peer half = lab_peer(client);
    lab_saw_state(lab, &half, RS_SYN_RECEIVED, 0);
    const uint64_t since = session_now(lab_session(client));
    const bool gone = half.state != RS_ESTABLISHED && lab_until_server(client, RS_LISTEN, 9 * LAB_SECOND_US);
    const uint64_t waited_us = session_now(lab_session(client)) - since;
    lab_sees_again(client, false, RS_SYN | RS_ACK, 1, 1 * LAB_SECOND_US, 0);
    lab_sees_again(client, false, RS_SYN | RS_ACK, 2, 2 * LAB_SECOND_US, 0);
    lab_kernel_evidence(lab, &half, gone && waited_us > 6 * LAB_SECOND_US, LAB_LINUX, "forgotten after 7 s",
                        gone ? "forgotten after %.1f s" : "%.0f s later: still there",
                        (double)waited_us / LAB_SECOND_US);
    lab_sees_counter(lab, "TcpExtTCPSynRetrans", 2, LAB_LINUX);
    lab_evidence(lab, TRACE_ON_THE_WIRE, lab_count_arrived(client, 0, RS_RST, 0) == 0, LAB_EITHER_WAY, "no RST to us",
                 "%zu RST", lab_count_arrived(client, 0, RS_RST, 0));
}

const struct experiment lab_no_ack = {
    .name = "no-ack",
    .chapter = LAB_OPENING,
    .question = "How long does a server wait for the third segment?",
    .situation = "We send a SYN, the server answers with its SYN-ACK, and we fall silent: our ACK never leaves.",
    .choices = {"For ever: TCP itself has no clock", "A second; then it sends RST",
                "It does not wait: for the server the connection stands after two segments",
                "A while; it sends its SYN-ACK again and again, at longer intervals, and gives up"},
    .right = 3,
    .deviation = "our third segment never leaves",
    .answer = "The connection is half open. The server's kernel keeps it in SYN-RECEIVED, and since its SYN-ACK takes "
              "a number, it is sent again like a byte: after 1 second, then after 2 more. The wait doubles each time, "
              "for who does not answer may be overloaded. 4 seconds later it forgets us, without a RST, for "
              "nobody seems to be there. The server's program never hears of it. How often it is tried is Linux's "
              "choice.",
    .section = "RFC 9293, section 3.8.3; RFC 6298, sections 2 and 5.5",
    .stage = {.timers = true,
              .settings = {{"net.ipv4.tcp_synack_retries", "2", "what would take about a minute takes 7 seconds"}}},
    .run = no_ack,
};

// ---- stale-syn

static void stale_syn(struct lab *lab) {
    struct lab_rule late = {
        .flags = RS_SYN,
        .without = RS_ACK,
        .count = 1,
        .bent = {.copies = 1, .delay_us = 300 * LAB_MS_US, .purpose = "So an older one can arrive before it."}};
    struct lab_end *client = lab_end(lab, 0);
    lab_bend(client, &late);
    lab_open(client);
    lab_pass(lab, 50 * LAB_MS_US);
    struct forged old = lab_segment(client, RS_SYN, 100000, 0);
    old.purpose =
        "An old SYN of ours, sent long ago and held up on its way. Its number has nothing to do with the new one.";
    if (lab_deviates(lab))
        lab_forge(client, &old);
    lab_pass(lab, 50 * LAB_MS_US);
    const struct lab_segment *answer = lab_arrived(client, 0, RS_SYN | RS_ACK, 0);
    const bool to_old = answer && answer->raw_ack == old.packet.segment.seq + 1;
    const struct lab_segment *rst = lab_sent(client, 0, RS_RST, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, to_old, 0, "SYN-ACK to the old SYN",
                 to_old   ? "its ack - 1 = the old seq"
                 : answer ? "SYN-ACK to another"
                          : "no SYN-ACK yet");
    lab_evidence(lab, TRACE_AT_OUR_END, to_old && rst && rst->raw_seq == answer->raw_ack, 0, "RST, seq = that ack",
                 rst ? "RST" : "no RST left");
    lab_sees_counter(lab, "TcpExtEmbryonicRsts", 1, 0);
    lab_connect(client, 2 * LAB_SECOND_US);
    lab_sees_connect(client, 0, LAB_EITHER_WAY);
    lab_send(client, "Hello server!", LAB_SECOND_US);
    lab_finish(client);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_stale_syn = {
    .name = "stale-syn",
    .chapter = LAB_OPENING,
    .question = "What if a SYN of long ago arrives before the new one?",
    .situation = "Our program calls connect(). Before the new SYN gets to the server, an old one arrives there: it was "
                 "held up on its way, and has the same four addresses and ports, but another number.",
    .choices = {"The server sees that its number is old, and drops it",
                "The server answers it, and a connection opens that nobody wants",
                "The server answers it; our end sees that the answer is wrong, and sends RST"},
    .right = 2,
    .deviation = "an old SYN gets to the server before the new one",
    .answer = "The server cannot know that the SYN is old: any number may begin a connection. So it answers, and that "
              "answer names the old number. Our end knows what it has sent: an ACK of anything else is answered with "
              "RST, which takes its number from that ACK, and the server gives the half-open connection up. Then the "
              "new SYN finds nothing in its way. This is why it takes three segments: after two the server would "
              "believe in a connection that nobody opened.",
    .section = "RFC 9293, section 3.5, figure 8; section 3.10.7.3, first step",
    .run = stale_syn,
};

// ---- syn-twice

// How many SYN-ACKs have the numbers of the first.
static size_t count_alike(const struct lab *lab, const struct lab_segment *first) {
    size_t alike = 0;
    for (size_t i = 0; first && i < lab_mark(lab); i++) {
        const struct lab_segment *s = lab_recorded(lab, i);
        alike += !s->ours && s->flags == first->flags && s->raw_seq == first->raw_seq && s->raw_ack == first->raw_ack;
    }
    return alike;
}

static void syn_twice(struct lab *lab) {
    struct lab_rule doubled = {
        .flags = RS_SYN, .count = 1, .bent = {.copies = 2, .purpose = "The network has doubled it: it arrives twice."}};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &doubled);
    lab_connect(client, LAB_SECOND_US);
    lab_pass(lab, 50 * LAB_MS_US);
    const size_t acks = lab_count_arrived(client, 0, RS_ACK, RS_RST);
    lab_evidence(lab, TRACE_ON_THE_WIRE, acks == 2, 0, "each SYN is answered", "%zu answer%s", acks,
                 acks == 1 ? "" : "s");
    const size_t answers = lab_count_arrived(client, 0, RS_SYN | RS_ACK, 0);
    const size_t alike = count_alike(lab, lab_arrived(client, 0, RS_SYN | RS_ACK, 0));
    lab_evidence(lab, TRACE_ON_THE_WIRE, answers == 2 && alike == 2, LAB_LINUX, "2 SYN-ACKs, same numbers",
                 "%zu SYN-ACK%s", answers,
                 answers == 1       ? ""
                 : alike == answers ? "s, same numbers"
                                    : "s, not the same");
    lab_sees_counter(lab, "TcpExtTCPSynRetrans", 1, LAB_LINUX);
    lab_sees_counter(lab, "TcpPassiveOpens", 1, LAB_EITHER_WAY);
    lab_sees_state(client, RS_ESTABLISHED, LAB_EITHER_WAY);
    lab_send(client, "Hello server!", LAB_SECOND_US);
    lab_finish(client);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_syn_twice = {
    .name = "syn-twice",
    .chapter = LAB_OPENING,
    .question = "The same SYN arrives twice. What does the server do?",
    .situation = "Networks may double a packet. Our SYN arrives, and before our ACK the very same SYN arrives again.",
    .choices = {"It says the same again: there is one connection", "It opens two connections",
                "It drops the second without a word", "It sends RST: one of the two must be forged"},
    .right = 0,
    .deviation = "our SYN arrives twice",
    .answer = "A connection is its four numbers, two addresses and two ports, so a second SYN with the same ones means "
              "the same connection. Its sequence number lies before what the server expects by now, and whatever lies "
              "outside the window is answered with an ACK, for perhaps the first answer was lost. Linux sends the "
              "whole SYN-ACK once more, numbers and all, and counts it as sent again. Our end has it twice "
              "then, and that changes nothing.",
    .section = "RFC 9293, section 3.10.7.4, first step",
    .run = syn_twice,
};
