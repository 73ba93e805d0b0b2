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
    .answer = "TCP lives in the kernel, not in the program. For a segment that belongs to no connection and no "
              "listener, the kernel answers RST: \"nobody here\". It acknowledges our SYN, so we know that the RST is "
              "meant for it, and connect() returns ECONNREFUSED without any waiting.",
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
    const size_t syns = lab_count_sent(client, 0, RS_SYN, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, syns == 2, 0, "our SYN again", "%zu SYN%s left", syns, syns == 1 ? "" : "s");
    lab_sees_connect(client, 0, LAB_EITHER_WAY);
}

const struct experiment lab_syn_checksum = {
    .name = "syn-checksum",
    .chapter = LAB_OPENING,
    .question = "What answers a SYN whose checksum is wrong?",
    .situation = "The server listens. Our SYN is as it should be, but one bit of its checksum is turned round on the "
                 "way, as a bad cable would do it.",
    .choices = {"RST: the segment makes no sense", "Nothing at all", "An error that says what is wrong with it"},
    .right = 1,
    .deviation = "the first SYN's checksum is wrong",
    .answer =
        "A damaged segment is dropped without a word: its port numbers may be what is damaged, so an answer could "
        "go to the wrong place. Only a counter in the server's kernel knows of it. Our end cannot tell damage "
        "from loss; its timer sends the SYN again after a second, and that one is answered.",
    .section = "RFC 9293, section 3.1, MUST-3; RFC 6298, section 2.1",
    .stage = {.timers = true},
    .run = syn_checksum,
};

// ---- no-guard

static void no_guard(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    lab_pass(lab, 50 * LAB_MS_US);
    lab_sees_counter(lab, "TcpOutRsts", 2, 0);
    const struct lab_segment *rst = lab_arrived(client, 0, RS_RST, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, rst != NULL, 0, "RST in answer to our ACK", rst ? "RST" : "no RST came");
    lab_sees_state(client, RS_LISTEN, 0);
}

const struct experiment lab_no_guard = {
    .name = "no-guard",
    .chapter = LAB_OPENING,
    .question = "Why can a raw socket not just open a connection?",
    .situation = "We send a SYN by hand. Our own kernel knows nothing of it. The SYN-ACK comes to our machine, for a "
                 "port on which our kernel has no socket.",
    .choices = {"Our kernel leaves it to us: the handshake works", "Our kernel answers it with RST before we can",
                "Our kernel throws the SYN-ACK away, so we never see it"},
    .right = 1,
    .deviation = "the guard, which keeps our own kernel silent, is left out",
    .answer =
        "To our kernel the SYN-ACK is what closed-port showed: a segment that belongs to nothing. So it sends RST, "
        "and the server forgets the connection. A raw socket gets a copy of what arrives; it takes nothing away "
        "from the kernel. Our ACK comes too late, and is answered with a second RST.",
    .section = "RFC 9293, section 3.10.7.1",
    .stage = {.without_guard = true},
    .run = no_guard,
};

// ---- wrong-ack

static void wrong_ack(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_by_hand(client);
    struct forged syn = lab_segment(client, RS_SYN, 0, 0);
    syn.purpose = "Our SYN, written by hand: no TCP at our end is to interfere.";
    lab_forge(client, &syn);
    lab_until_arrived(client, RS_SYN | RS_ACK, 0, LAB_SECOND_US);
    struct forged ack = lab_segment(client, RS_ACK, 1, lab_deviates(lab) ? 1001 : 1);
    ack.purpose = lab_deviates(lab) ? "It acknowledges 1000 numbers more than the server has sent."
                                    : "It acknowledges the server's SYN, as it should.";
    lab_forge(client, &ack);
    lab_pass(lab, 100 * LAB_MS_US);
    const struct lab_segment *rst = lab_arrived(client, 0, RS_RST, 0);
    const bool exact = rst && rst->raw_seq == ack.packet.segment.ack;
    lab_evidence(lab, TRACE_ON_THE_WIRE, exact, 0, "RST, seq = our wrong ack", rst ? "RST seq=%u" : "no RST came",
                 rst ? rst->seq : 0);
    lab_sees_state(client, RS_SYN_RECEIVED, 0);
    lab_sees_counter(lab, "TcpOutRsts", 1, 0);
}

const struct experiment lab_wrong_ack = {
    .name = "wrong-ack",
    .chapter = LAB_OPENING,
    .question = "Can the third segment acknowledge just any number?",
    .situation = "SYN and SYN-ACK have passed. Our third segment must acknowledge the server's SYN: its first number "
                 "and one more. Ours acknowledges 1000 more.",
    .choices = {"It does not matter: the flags count", "RST, and the server waits on for the right one",
                "RST, and the server gives the connection up"},
    .right = 1,
    .deviation = "the third segment acknowledges what was never sent",
    .answer = "The number proves that we have seen the SYN-ACK; otherwise anybody could complete a handshake for an "
              "address that is not his. The RST takes its number from our wrong one, so it fits only whoever sent "
              "that. The server's half of the connection stays: the right ACK may still come.",
    .section = "RFC 9293, section 3.10.7.4",
    .run = wrong_ack,
};

// ---- no-ack

static void no_ack(struct lab *lab) {
    struct lab_rule kept = {.without = RS_SYN,
                            .bent = {.copies = 0, .purpose = "Kept back: the server is to wait for it in vain."}};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &kept);
    lab_connect(client, LAB_SECOND_US);
    lab_sees_state(client, RS_SYN_RECEIVED, 0);
    const bool gone = lab_deviates(lab) ? lab_until_server(client, RS_LISTEN, 12 * LAB_SECOND_US) : false;
    const size_t again = lab_count_arrived(client, 0, RS_SYN | RS_ACK, 0) - 1;
    lab_evidence(lab, TRACE_ON_THE_WIRE, again == 2, 0, "SYN-ACK again, twice", "%zu times again", again);
    lab_evidence(lab, TRACE_IN_THE_KERNEL, gone, 0, "in the end: no connection",
                 gone ? "no connection" : "still there");
    lab_sees_counter(lab, "TcpExtTCPSynRetrans", 2, 0);
}

const struct experiment lab_no_ack = {
    .name = "no-ack",
    .chapter = LAB_OPENING,
    .question = "How long does a server wait for the third segment?",
    .situation = "We send a SYN, the server answers, and we fall silent: our ACK never leaves.",
    .choices = {"For ever", "It sends its SYN-ACK again and again, with longer and longer pauses, and gives up",
                "It sends RST after a second"},
    .right = 1,
    .deviation = "our third segment, and all after it, never leave",
    .answer = "The connection is half open. The server's kernel keeps it in SYN-RECEIVED and sends the SYN-ACK again "
              "after 1 second, then after 2 more; 4 seconds later it forgets us, without a RST, for nobody seems to be "
              "there. The server's program never hears of it.",
    .section = "RFC 9293, section 3.8.1; RFC 6298, section 5.5",
    .stage = {.settings = {{"net.ipv4.tcp_synack_retries", "2",
                            "the server gives up after 7 seconds instead of about a minute"}}},
    .run = no_ack,
};
