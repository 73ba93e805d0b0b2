// SPDX-License-Identifier: MIT
//
// Experiments of the opening: what a SYN may bring along, and what the third segment may. Each is a script and its
// entry in the table (see lab.h).
#include "lab/experiments.h"

static const char message[] = "Hello server!";
enum { MESSAGE_BYTES = sizeof message - 1 };

static const struct rs_span message_span = {(const uint8_t *)message, MESSAGE_BYTES};

// ---- syn-with-data

static void add_message(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.payload[0] = message_span;
}

// How many bytes of data this end has sent so far, counting those twice that it sent twice.
static size_t bytes_sent(const struct lab *lab) {
    size_t bytes = 0;
    for (size_t i = 0; i < lab_mark(lab); i++)
        bytes += lab_recorded(lab, i)->left ? lab_recorded(lab, i)->data : 0;
    return bytes;
}

static void syn_with_data(struct lab *lab) {
    struct lab_rule loaded = {
        .flags = RS_SYN,
        .count = 1,
        .bent = {.copies = 1, .purpose = "The message is put into it, before any answer has come."},
        .alter = add_message};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &loaded);
    lab_connect(client, LAB_SECOND_US);
    const struct lab_segment *answer = lab_arrived(client, 0, RS_SYN | RS_ACK, 0);
    const bool sent = bytes_sent(lab) == MESSAGE_BYTES;
    lab_evidence(lab, TRACE_ON_THE_WIRE, sent && answer && answer->ack == 1, 0, "13 sent, 0 acknowledged",
                 answer ? "%zu sent, %u acknowledged" : "%zu sent, no SYN-ACK", bytes_sent(lab),
                 answer ? answer->ack - 1 : 0);
    const struct peer peer = lab_peer(client);
    lab_kernel_evidence(lab, &peer, sent && peer.state == RS_ESTABLISHED && peer.unread_bytes == 0, LAB_LINUX,
                        "stands, 0 of 13 bytes kept", "%s, %u of %zu bytes kept", lab_state_words(peer.state),
                        peer.unread_bytes, bytes_sent(lab));
    lab_send(client, message, LAB_SECOND_US);
    lab_evidence(lab, TRACE_ON_THE_WIRE, bytes_sent(lab) == 2 * MESSAGE_BYTES, LAB_LINUX, "26 bytes sent in all",
                 "%zu bytes", bytes_sent(lab));
    lab_finish(client);
    lab_sees_read(lab, message, LAB_EITHER_WAY);
}

const struct experiment lab_syn_with_data = {
    .name = "syn-with-data",
    .chapter = LAB_OPENING,
    .question = "May a SYN bring the message along?",
    .situation = "Our SYN carries the 13 bytes of the message. No rule forbids it: the SYN has the number 0, and the "
                 "bytes have 1 to 13.",
    .choices = {"Yes: the server takes the bytes at once, and a way there and back is saved",
                "Yes, but the server takes the SYN alone: the bytes have to come again",
                "No: the server drops a SYN that has data", "No: the server answers it with RST"},
    .right = 1,
    .deviation = "the SYN carries data",
    .answer = "A SYN may be old or doubled, or its sender's address forged. So its data may not reach the program "
              "before the third segment has come. The RFC would have the kernel keep it until then. Linux does not: "
              "memory for a stranger's bytes is just what attackers want. It may, for the SYN-ACK acknowledges the SYN "
              "alone, and what is not acknowledged must be sent again. With TCP Fast Open (RFC 7413) a client that "
              "shows a cookie, given to it earlier, is believed at once.",
    .section = "RFC 9293, sections 3.4 and 3.10.7.2",
    .run = syn_with_data,
};

// ---- ack-with-data

static void ack_with_data(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_syn_by_hand(client, LAB_SECOND_US);
    if (!lab_deviates(lab))
        lab_forge_bare(client, RS_ACK, 1, 1, "The bare ACK, as connect() sends it.");
    const struct peer before = lab_peer(client);
    struct forged data = lab_segment(client, RS_PSH | RS_ACK, 1, 1);
    data.packet.segment.payload[0] = message_span;
    data.purpose = "The message. It has the ACK flag too, and acknowledges the server's SYN.";
    const size_t mark = lab_mark(lab);
    lab_forge(client, &data);
    lab_until_arrived(client, RS_ACK, mark, 300 * LAB_MS_US);
    const struct peer after = lab_peer(client);
    const size_t ours = lab_count_sent(client, 0, 0, 0);
    lab_kernel_evidence(lab, &after, ours == 2 && after.state == RS_ESTABLISHED, 0, "complete with 2 of ours",
                        "%s with %zu of ours", lab_state_words(after.state), ours);
    lab_kernel_evidence(lab, before.known ? &after : &before,
                        before.state == RS_SYN_RECEIVED && after.state == RS_ESTABLISHED, 0, "the message completes it",
                        "%s, then %s", lab_state_words(before.state), lab_state_words(after.state));
    const struct lab_segment *answer = lab_arrived(client, 0, RS_ACK, RS_SYN);
    lab_evidence(lab, TRACE_ON_THE_WIRE, answer && answer->ack == 1 + MESSAGE_BYTES, LAB_EITHER_WAY, "ACK ack=14",
                 answer ? "ACK ack=%u" : "nothing came", answer ? answer->ack : 0);
    lab_server_accept(lab);
    lab_server_recv(lab);
    lab_sees_read(lab, message, LAB_EITHER_WAY);
}

const struct experiment lab_ack_with_data = {
    .name = "ack-with-data",
    .chapter = LAB_OPENING,
    .question = "Must the third segment be empty?",
    .situation = "SYN and SYN-ACK have passed. We send no bare ACK: our next segment is the message itself.",
    .choices = {"Yes: the server drops data before the connection stands", "Yes: the server answers with RST",
                "No, but the server keeps the data unread until a bare ACK has come",
                "No: it completes the handshake, and brings the message along"},
    .right = 3,
    .deviation = "the bare ACK is left out: the third segment carries the message",
    .answer =
        "After the first SYN each segment but a RST has the ACK flag, the message too: it says that the server's SYN "
        "has come, and that is all that the server waits for. A kernel sends the bare ACK since it has nothing else "
        "yet: the program can speak when connect() has returned, and nobody knows whether it will do so soon.",
    .section = "RFC 9293, section 3.10.7.4, fifth and seventh step",
    .run = ack_with_data,
};

// ---- ecn-asked

static void ask_for_ecn(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.flags |= RS_ECE | RS_CWR;
}

static void mark(struct rs_packet *packet, void *self) {
    enum { CONGESTION_EXPERIENCED = 3 };
    (void)self;
    packet->ip.tos |= CONGESTION_EXPERIENCED;
}

static void ecn_asked(struct lab *lab) {
    struct lab_rule asks = {.flags = RS_SYN,
                            .bent = {.copies = 1, .purpose = "The flags ECE and CWR are set in it: we ask for ECN."},
                            .alter = ask_for_ecn};
    struct lab_rule marked = {
        .with_data = true,
        .bent = {.copies = 1,
                 .purpose = "In its IP header stands the mark of a router that has too much to do (ECN is 3)."},
        .alter = mark};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &asks);
    lab_connect(client, LAB_SECOND_US);
    lab_sees_answer(client, 0, RS_SYN | RS_ACK | RS_ECE, 0);
    lab_bend(client, &marked);
    const size_t since = lab_mark(lab);
    lab_send(client, message, LAB_SECOND_US);
    lab_sees_answer(client, since, RS_ACK | RS_ECE, 0);
    lab_server_accept(lab);
    lab_server_recv(lab);
    lab_server_send(lab, "Hello client!");
    lab_until_arrived(client, RS_PSH, since, LAB_SECOND_US);
    lab_sees_counter(lab, "IpExtInECT0Pkts", 1, 0);
    lab_sees_read(lab, message, LAB_EITHER_WAY);
}

const struct experiment lab_ecn_asked = {
    .name = "ecn-asked",
    .chapter = LAB_OPENING,
    .question = "What changes when our SYN asks for ECN?",
    .situation = "A router that has too much to do drops packets: so TCP learns that it should slow down. It could set "
                 "a mark in the IP header instead, if both ends understood it (ECN). Our SYN asks for that, with the "
                 "flags ECE and CWR; later a segment of ours gets the mark.",
    .choices = {"The mark means nothing to the server: it is for routers",
                "The SYN-ACK has ECE, and so has the ACK of the marked segment",
                "The SYN-ACK has ECE and CWR, and the marked segment is dropped",
                "The server sends its own segments with the mark from then on"},
    .right = 1,
    .deviation = "our SYN asks for ECN",
    .answer = "With ECE and CWR the SYN asks, and with ECE alone the SYN-ACK agrees. From then on what carries data "
              "says in its IP header that it may be marked instead of dropped: the counter InECT0Pkts has seen that "
              "in the server's. Who gets a mark tells the sender, with ECE in each ACK, until CWR says that the sender "
              "has slowed down. Our end does not know ECN, and never says that. Linux agrees if it is asked; whether "
              "it asks by itself is a setting (net.ipv4.tcp_ecn).",
    .section = "RFC 3168, sections 6.1.1 to 6.1.3",
    .run = ecn_asked,
};

// ---- odd-options

struct odd {
    const char *purpose, *expected;
    uint32_t mss; // what the server is to make of it
    unsigned how;
    size_t size;
    uint8_t options[RS_TCP_OPTIONS_MAX];
};

enum { NOP = RS_OPTION_NOP, END = RS_OPTION_END, MSS = RS_OPTION_MSS, UNKNOWN = 253 };

static const struct odd odd_ones[] = {
    {.purpose = "Its options: kind 253, which nobody knows, of 4 bytes; then an MSS of 1000.",
     .expected = "unknown: MSS 1000 read",
     .mss = 1000,
     .size = 8,
     .options = {UNKNOWN, 4, 'h', 'i', MSS, 4, 0x03, 0xe8}},
    {.purpose = "Three NOPs, an MSS of 1000 at an odd place, the end of the list, and behind it an MSS of 500.",
     .expected = "padded: MSS 1000 read",
     .mss = 1000,
     .size = 12,
     .options = {NOP, NOP, NOP, MSS, 4, 0x03, 0xe8, END, MSS, 4, 0x01, 0xf4}},
    {.purpose = "An MSS of 1000; then kind 253, which claims 30 bytes where 4 are left.",
     .expected = "overlong: MSS 1000 read",
     .mss = 1000,
     .size = 8,
     .options = {MSS, 4, 0x03, 0xe8, UNKNOWN, 30, 'h', 'i'}},
    {.purpose = "An MSS of 0.",
     .expected = "MSS 0: it takes 536",
     .mss = 536,
     .how = LAB_LINUX,
     .size = 4,
     .options = {MSS, 4, 0, 0}},
    {.purpose = "An MSS of 1.",
     .expected = "MSS 1: it takes 48",
     .mss = 48,
     .how = LAB_LINUX,
     .size = 4,
     .options = {MSS, 4, 0, 1}},
};

enum { ODD_ONES = sizeof odd_ones / sizeof *odd_ones };

_Static_assert((int)ODD_ONES <= (int)LAB_ENDS_MAX, "each has an end of its own");

// A connection whose SYN has these options, or, in a control, the usual ones.
static void open_with(struct lab *lab, struct lab_end *client, const struct odd *odd) {
    lab_by_hand(client);
    struct forged syn = lab_segment(client, RS_SYN, 0, 0);
    if (lab_deviates(lab)) {
        syn.options = odd->options;
        syn.options_bytes = odd->size;
        syn.purpose = odd->purpose;
    }
    lab_forge(client, &syn);
    lab_until_arrived(client, RS_SYN | RS_ACK, 0, LAB_SECOND_US);
    struct forged ack = lab_segment(client, RS_ACK, 1, 1);
    ack.packet.segment.window = UINT16_MAX; // Linux sends no more at a time than half of it
    ack.purpose = "";
    lab_forge(client, &ack);
    const struct peer peer = lab_peer(client);
    const bool holds = peer.state == RS_ESTABLISHED && peer.mss == odd->mss;
    lab_kernel_evidence(lab, &peer, holds, odd->how, odd->expected, "%s, MSS %u", lab_state_words(peer.state),
                        peer.mss);
}

static void odd_options(struct lab *lab) {
    for (unsigned i = 0; i < ODD_ONES; i++)
        open_with(lab, lab_end(lab, i), &odd_ones[i]);
}

const struct experiment lab_odd_options = {
    .name = "odd-options",
    .chapter = LAB_OPENING,
    .question = "What does a server make of options that are odd?",
    .situation = "Five connections, one after the other, each opened by a SYN whose options are strange: an unknown "
                 "one; an MSS between padding; a length that goes beyond the header; an MSS of 0; an MSS of 1. The MSS "
                 "is the most data that we take in one segment.",
    .choices = {"All five open: what can be read counts, and the rest is passed over",
                "All open but the one whose length is wrong: that SYN is dropped",
                "None opens but the first two: the others are answered with RST",
                "All open, but the server believes an MSS of 0, and can never send a byte"},
    .right = 0,
    .deviation = "the options of our SYNs are odd",
    .answer = "Each option but two says its own length, so one that nobody knows can be passed over: that is how new "
              "ones can be invented. What is behind the end of the list is not read, nor what is behind a length that "
              "cannot be; the SYN counts all the same. An MSS of 0 is for Linux as if none had come, and then the RFC "
              "has 536. An MSS of 1 would make it send 40 bytes of header for each byte of data: it takes 48 at least "
              "(net.ipv4.tcp_min_snd_mss).",
    .section = "RFC 9293, sections 3.1, 3.2 and 3.7.1, MUST-5 to 7, MUST-15, MUST-64",
    .stage = {.ends = ODD_ONES, .backlog = ODD_ONES},
    .run = odd_options,
};
