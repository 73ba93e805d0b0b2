// SPDX-License-Identifier: MIT
//
// Experiments with more clients than the server has room for: those that wait for accept(), and those that never meant
// to finish their handshake.
#include <errno.h>

#include "lab/experiments.h"

// ---- backlog

enum { BACKLOG_CLIENTS = 4, SLOW_US = 200 * LAB_MS_US };

// Calls accept() until so many connections have been accepted in all.
static void accept_up_to(struct lab *lab, unsigned count) {
    for (unsigned i = 0; i < count && lab_program(lab)->accepted < count; i++)
        lab_server_accept(lab);
}

// A program that has time takes each connection as soon as it can.
static void have_time(struct lab *lab, unsigned count) {
    if (!lab_deviates(lab))
        accept_up_to(lab, count);
}

static unsigned count_established(struct lab *lab) {
    unsigned count = 0;
    for (unsigned i = 0; i < BACKLOG_CLIENTS; i++) {
        const struct peer peer = lab_peer(lab_end(lab, i));
        count += peer.known && peer.state == RS_ESTABLISHED;
    }
    return count;
}

static void sees_full_queue(struct lab *lab) {
    const unsigned complete = count_established(lab);
    const struct peer second = lab_peer(lab_end(lab, 1));
    const struct lab_segment *answer = lab_arrived(lab_end(lab, 3), 0, 0, 0);
    char seen[64];
    lab_kernel_evidence(lab, &second, complete == 2, LAB_LINUX, "2 of 4 handshakes done", "%u of 4 are done", complete);
    lab_kernel_evidence(lab, &second, second.state == RS_SYN_RECEIVED, LAB_LINUX,
                        "client 2, after its ACK: SYN-RECEIVED", "%s", lab_state_words(second.state));
    lab_words(answer, seen, sizeof seen);
    lab_evidence(lab, TRACE_ON_THE_WIRE, !answer, LAB_LINUX, "client 4's SYN: silence", "%s", seen);
    lab_sees_counter_at_least(lab, "TcpExtListenOverflows", 2, LAB_LINUX);
}

static void backlog(struct lab *lab) {
    struct lab_rule slow = {
        .incoming = true,
        .flags = RS_SYN | RS_ACK,
        .count = 1,
        .bent = {.copies = 1, .delay_us = SLOW_US, .purpose = "The way to client 2 is slow, so client 3 is faster."}};
    struct lab_end *first = lab_end(lab, 0), *second = lab_end(lab, 1), *third = lab_end(lab, 2),
                   *fourth = lab_end(lab, 3);
    lab_connect(first, LAB_SECOND_US);
    have_time(lab, 1);
    lab_bend(second, &slow);
    lab_open(second);
    lab_until_server(second, RS_SYN_RECEIVED, LAB_SECOND_US);
    lab_connect(third, LAB_SECOND_US);
    have_time(lab, 2);
    lab_connect(second, LAB_SECOND_US);
    have_time(lab, 3);
    lab_open(fourth);
    lab_pass(lab, 100 * LAB_MS_US);
    sees_full_queue(lab);
    lab_say(lab, "Now the server's program calls accept() for whoever waits.");
    accept_up_to(lab, 2);
    lab_until_server(second, RS_ESTABLISHED, 4 * LAB_SECOND_US);
    accept_up_to(lab, 3);
    const size_t answers = lab_count_arrived(second, 0, RS_SYN | RS_ACK, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, answers > 1, 0, "client 2's SYN-ACK again", "%zu SYN-ACK%s came", answers,
                 answers == 1 ? "" : "s");
    lab_send(second, "Hello server!", LAB_SECOND_US);
    lab_server_recv_all(lab);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
    lab_connect(fourth, 4 * LAB_SECOND_US);
    accept_up_to(lab, 4);
    lab_sees_connect(fourth, 0, LAB_EITHER_WAY);
}

const struct experiment lab_backlog = {
    .name = "backlog",
    .chapter = LAB_OPENING,
    .question = "How many can connect while nobody calls accept()?",
    .situation = "The server has called listen(1), as in the tutorial. Four clients connect, one after the other. The "
                 "way to the second is slow: its handshake takes longer than that of the third.",
    .choices = {"One, for the program said listen(1); the others are refused with RST",
                "All four: the kernel makes connections, and the program takes them when it likes",
                "Two; of the others, one believes that it is connected, one hears nothing",
                "None: without accept() there is no connection"},
    .right = 2,
    .deviation = "the server's program is busy, and does not call accept() for a while",
    .answer = "The kernel completes handshakes by itself, and keeps the connections in a queue for accept(). "
              "listen(1) sets its length; Linux lets one more in. When it is full, Linux drops what would lengthen "
              "it, as if it had been lost on the way: client 2's ACK, though its connect() has returned already, and "
              "client 4's SYN. So both sides send again: the server its SYN-ACK, client 4 its SYN, and once the "
              "program has called accept() they get in, late, but without an error. The RFC knows no such queue; that "
              "what is lost is sent again is its rule.",
    .section = "RFC 9293, section 3.8.1",
    .stage = {.ends = BACKLOG_CLIENTS},
    .run = backlog,
};

// ---- syn-flood-in-a-jar

enum { CROWD = 300, ROOM = 64 };

// The first of them is drawn, for all are alike.
static struct lab_strangers flood(struct lab *lab, struct lab_end *crowd) {
    struct forged syn = lab_segment(crowd, RS_SYN, 0, 0);
    syn.purpose = "The first of the crowd: it will not answer the SYN-ACK, and neither will the others.";
    lab_forge(crowd, &syn);
    lab_until_arrived(crowd, RS_SYN | RS_ACK, 0, LAB_SECOND_US);
    struct lab_strangers all = lab_strangers(crowd, 1, CROWD - 1);
    const struct rs_endpoint last = lab_stranger(crowd, CROWD - 1);
    lab_say(lab,
            "%u more SYNs have left, from 127.0.1.2 and so on up to %u.%u.%u.%u, and %u SYN-ACKs have come back for "
            "them. They are not drawn. The kernel may warn of a SYN flood in its log: this is the one.",
            all.sent, last.addr[0], last.addr[1], last.addr[2], last.addr[3], all.answered);
    all.sent++;
    all.answered += lab_count_arrived(crowd, 0, RS_SYN | RS_ACK, 0) > 0;
    return all;
}

static void syn_flood(struct lab *lab) {
    struct lab_end *honest = lab_end(lab, 0), *crowd = lab_end(lab, 1);
    const struct rs_endpoint first = lab_stranger(crowd, 0);
    struct lab_strangers all = {0, 0};
    lab_from(crowd, &first);
    lab_by_hand(crowd);
    if (lab_deviates(lab))
        all = flood(lab, crowd);
    const unsigned kept = lab_strangers_kept(crowd, CROWD);
    const struct peer last = lab_peer(crowd); // whether it can be asked at all
    lab_kernel_evidence(lab, &last, kept == ROOM || kept == ROOM + 1, LAB_LINUX, "64 or 65 half open", "%u half open",
                        kept);
    lab_evidence(lab, TRACE_ON_THE_WIRE, all.answered == CROWD, 0, "300 SYN-ACKs", "%u SYN-ACKs", all.answered);
    lab_sees_counter_at_least(lab, "TcpExtSyncookiesSent", CROWD - ROOM - 1, LAB_LINUX);
    lab_connect(honest, 3 * LAB_SECOND_US);
    lab_sees_counter(lab, "TcpExtSyncookiesRecv", 1, LAB_LINUX);
    lab_sees_connect(honest, 0, LAB_EITHER_WAY);
    lab_send(honest, "Hello server!", LAB_SECOND_US);
    lab_finish(honest);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_syn_flood_in_a_jar = {
    .name = "syn-flood-in-a-jar",
    .chapter = LAB_OPENING,
    .question = "Who still gets in behind 300 SYNs that nobody means?",
    .situation = "The server has called listen(64). A crowd of strangers, with addresses inside this private network, "
                 "sends one SYN each and falls silent. Then an honest client comes.",
    .choices = {"The honest client gets in: from some point on the server answers without remembering",
                "The honest client waits until the strangers' half-open connections have been given up",
                "The honest client is refused with RST", "Nobody: the server's kernel stops answering SYNs"},
    .right = 0,
    .deviation = "300 SYNs come before the honest client, and nobody answers their SYN-ACKs",
    .answer = "A half-open connection takes memory, and whoever sends SYNs with borrowed addresses pays nothing for "
              "it. Linux keeps about as many as listen() was told. From then on it keeps nothing, and makes the "
              "number in its SYN-ACK a cookie: a sum over both ends' addresses and ports, the time and a secret. An "
              "ACK that gives the cookie back proves that there was a SYN, and that its address was not borrowed: only "
              "then the "
              "connection is made. The honest client noticed nothing.",
    .section = "RFC 4987, sections 2 and 3.6",
    .stage = {.ends = 2, .backlog = ROOM},
    .run = syn_flood,
};
