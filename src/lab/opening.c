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
    .question = "Why can a raw socket not just open a connection?",
    .situation = "Our SYN is made by hand, so our own kernel knows nothing of it. The SYN-ACK comes to our machine, to "
                 "a port on which our kernel has no socket: this time the guard does not hold it.",
    .choices = {"It can: our kernel leaves the SYN-ACK to us", "Our kernel throws the SYN-ACK away, so we never see it",
                "Our kernel answers it with RST before we can answer"},
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

static const char by_hand[] = "Our SYN, written by hand: no TCP of ours is to put right what comes next.";

static void wrong_ack(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_by_hand(client);
    lab_forge_opening(client, by_hand);
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
    lab_forge_bare(client, RS_ACK, 1, 1, "And now the right one.");
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
    .answer = "The right number proves that its sender has seen the SYN-ACK; otherwise anybody could complete a "
              "handshake in the name of an address that is not his. The RST takes its number from our wrong one, so "
              "it means only what sent that. The server's half of the connection stays, and the right ACK completes "
              "it.",
    .section = "RFC 9293, section 3.10.7.4, fifth step",
    .run = wrong_ack,
};

// ---- no-ack

// While the server's connection is half open, at most this long; returns for how long that was, in microseconds.
static uint64_t wait_while_half_open(struct lab_end *client, struct lab *lab, uint64_t most_us) {
    enum { LOOK_US = 20000 };
    const uint64_t since = session_now(lab_session(client));
    uint64_t passed = 0;
    while (passed < most_us && lab_peer(client).state == RS_SYN_RECEIVED) {
        lab_pass(lab, LOOK_US);
        passed = session_now(lab_session(client)) - since;
    }
    return passed;
}

static void no_ack(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_by_hand(client);
    lab_forge_opening(client, by_hand);
    if (!lab_deviates(lab))
        lab_forge_bare(client, RS_ACK, 1, 1, "Our third segment.");
    lab_sees_state(client, RS_SYN_RECEIVED, 0);
    const uint64_t waited_us = wait_while_half_open(client, lab, 9 * LAB_SECOND_US);
    const struct peer peer = lab_peer(client);
    const bool gone = peer.known && peer.state == RS_LISTEN;
    lab_sees_again(client, false, RS_SYN | RS_ACK, 1, 1 * LAB_SECOND_US, 0);
    lab_sees_again(client, false, RS_SYN | RS_ACK, 2, 2 * LAB_SECOND_US, 0);
    lab_evidence(lab, TRACE_IN_THE_KERNEL, gone && waited_us > 6 * LAB_SECOND_US, LAB_LINUX, "forgotten after 7 s",
                 gone ? "forgotten after %.1f s" : "%.0f s later: still there", (double)waited_us / LAB_SECOND_US);
    lab_sees_counter(lab, "TcpExtTCPSynRetrans", 2, LAB_LINUX);
    lab_evidence(lab, TRACE_ON_THE_WIRE, lab_count_arrived(client, 0, RS_RST, 0) == 0, LAB_EITHER_WAY, "no RST to us",
                 "%zu RST", lab_count_arrived(client, 0, RS_RST, 0));
}

const struct experiment lab_no_ack = {
    .name = "no-ack",
    .chapter = LAB_OPENING,
    .question = "How long does a server wait for the third segment?",
    .situation = "We send a SYN, the server answers with its SYN-ACK, and we fall silent: our ACK never leaves. This "
                 "takes some seconds.",
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
