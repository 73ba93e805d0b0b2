// SPDX-License-Identifier: MIT
//
// Experiments with a flag of the segment that carries the message: URG and PSH. Each is a script and its entry in the
// table (see lab.h).
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lab/talking.h"

// ---- urgent

static void make_urgent(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.flags |= RS_URG;
    packet->segment.urgent = TALKING_BYTES;
}

static void urgent(struct lab *lab) {
    struct lab_rule marked = {
        .with_data = true,
        .count = 1,
        .bent = {.copies = 1,
                 .purpose = "On its way the flag URG is set; the urgent pointer says: up to the 13th byte."},
        .alter = make_urgent};
    struct lab_end *client = lab_end(lab, 0);
    talking_bent(lab, &marked, LAB_SECOND_US);
    lab_server_accept(lab);
    lab_server_recv_urgent(lab);
    const bool found = lab_program(lab)->last.error == 0;
    char byte[8] = "nothing";
    if (found)
        snprintf(byte, sizeof byte, "b\"%c\"", lab_program(lab)->last.bytes[0]);
    lab_server_recv(lab);
    lab_sees_read(lab, "Hello server", LAB_LINUX);
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, found, 0, "there is urgent data", found ? "there is" : "there is none");
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, found && byte[2] == '!', LAB_LINUX, "MSG_OOB gets b\"!\"", "%s", byte);
    const struct lab_segment *ack = lab_arrived(client, 0, RS_ACK, RS_SYN);
    lab_evidence(lab, TRACE_ON_THE_WIRE, ack && ack->ack == 14, LAB_EITHER_WAY, "all 13 bytes acknowledged",
                 ack ? "ack=%" PRIu32 : "nothing came", ack ? ack->ack : 0);
    lab_finish(client);
}

const struct experiment lab_urgent = {
    .name = "urgent",
    .chapter = LAB_TALKING,
    .question = "What does recv() return if a message is urgent?",
    .situation =
        "The header has a flag, URG, and a field that says how far the urgent bytes go: in our message to its "
        "last byte, the \"!\". The server's program first asks for urgent data, with recv(1, MSG_OOB), and then "
        "calls recv(1024) as ever.",
    .choices = {"All 13 bytes, as always", "All 13 bytes, the urgent one first",
                "12 bytes: the \"!\" is not among them", "Nothing: all 13 bytes were urgent"},
    .right = 2,
    .deviation = "URG is set in the segment with the message",
    .answer =
        "The RFC means it as a remark: something ahead matters, so read on quickly. All bytes stay in their order, and "
        "the program can learn that there is urgent data. Linux, like the BSD systems before it, takes one byte out of "
        "the stream, the last urgent one, and gives it only to a program that asks with MSG_OOB. So programs on two "
        "systems may read two different messages, and the RFC asks new ones not to use it.",
    .section = "RFC 9293, section 3.8.5; RFC 6093, sections 3.1 and 5",
    .run = urgent,
};

// ---- psh-or-not

static void do_not_push(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.flags &= (uint8_t)~RS_PSH;
}

static void psh_or_not(struct lab *lab) {
    struct lab_rule unpushed = {.with_data = true,
                                .count = 1,
                                .bent = {.copies = 1, .purpose = "On its way the flag PSH is taken out."},
                                .alter = do_not_push};
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = talking_bent(lab, &unpushed, LAB_SECOND_US);
    const struct peer peer = lab_peer(client);
    lab_finish(client);
    const struct lab_segment *message = talking_sending(lab, mark, 0), *ack = lab_arrived(client, mark, RS_ACK, 0);
    const bool pushed = message && message->flags & RS_PSH;
    const char *how = pushed ? "with" : "without";
    const uint64_t read = lab_program(lab)->total_bytes;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, !pushed && read == TALKING_BYTES, LAB_LINUX, "13 bytes, without PSH",
                 "%" PRIu64 " bytes, %s PSH", read, how);
    lab_evidence(lab, TRACE_ON_THE_WIRE, !pushed && ack && ack->ack == 14, 0, "its ACK, without PSH",
                 "ack=%" PRIu32 ", %s PSH", ack ? ack->ack : 0, how);
    lab_kernel_evidence(lab, &peer, peer.unread_bytes == TALKING_BYTES, LAB_EITHER_WAY, "13 bytes in its queue",
                        "%" PRIu32 " bytes unread", peer.unread_bytes);
    lab_sees_read(lab, TALKING_MESSAGE, LAB_EITHER_WAY);
}

const struct experiment lab_psh_or_not = {
    .name = "psh-or-not",
    .chapter = LAB_TALKING,
    .question = "Does the server need PSH to hand over the message?",
    .situation = "The segment with our message carries the flag PSH, \"push\", as every last segment of a send() does. "
                 "This time it is taken out.",
    .choices = {"No: the program gets the bytes as always",
                "Yes: the kernel keeps the bytes until a segment with PSH comes",
                "Yes: the kernel waits until its buffer is full", "It drops them: data without PSH is not allowed"},
    .right = 0,
    .deviation = "PSH is taken out of the segment with the message",
    .answer = "PSH says that the sender has nothing more in hand, so there is nothing to wait for. A receiver may use "
              "that as a hint. Linux hands over what has come in order at once, with PSH or without: recv() returns as "
              "soon as there is a single byte. PSH does not mark where a message ends either: TCP carries bytes, and "
              "knows of no messages.",
    .section = "RFC 9293, sections 3.9.1.2 and 3.9.1.3",
    .run = psh_or_not,
};
