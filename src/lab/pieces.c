// SPDX-License-Identifier: MIT
//
// Experiments in which the message comes in pieces: one by one, in the wrong order, or twice. Each is a
// script and its entry in the table (see lab.h).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lab/talking.h"

// ---- one-byte-segments

static void one_byte_segments(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    const size_t mark = lab_mark(lab), step = lab_deviates(lab) ? 1 : TALKING_BYTES;
    for (size_t i = 0; i < TALKING_BYTES; i += step) {
        char piece[TALKING_BYTES + 1] = "";
        memcpy(piece, &TALKING_MESSAGE[i], step);
        lab_queue(client, piece);
        lab_until_acked(client, LAB_SECOND_US);
    }
    const size_t acks = lab_count_arrived(client, mark, RS_ACK, 0);
    const struct peer peer = lab_peer(client);
    lab_finish(client);
    size_t segments = 0;
    while (talking_sending(lab, mark, segments))
        segments++;
    const uint64_t recvs = lab_program(lab)->recvs;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, recvs == 1 && segments == TALKING_BYTES, 0, "1 recv() for 13 segments",
                 "%" PRIu64 " recv() for %zu segment%s", recvs, segments, segments == 1 ? "" : "s");
    lab_evidence(lab, TRACE_ON_THE_WIRE, acks == TALKING_BYTES, LAB_LINUX, "an ACK for each byte", "%zu ACK%s", acks,
                 acks == 1 ? "" : "s");
    lab_kernel_evidence(lab, &peer, peer.unread_bytes == TALKING_BYTES, LAB_EITHER_WAY, "13 bytes in its queue",
                        "%" PRIu32 " bytes unread", peer.unread_bytes);
    lab_sees_read(lab, TALKING_MESSAGE, LAB_EITHER_WAY);
}

const struct experiment lab_one_byte_segments = {
    .name = "one-byte-segments",
    .chapter = LAB_TALKING,
    .question = "What does recv() return for 13 segments of a byte each?",
    .situation = "Our program calls sendall() 13 times, with one letter of the message each, and each leaves in a "
                 "segment of its own. When all have arrived, the server's program calls recv(1024).",
    .choices = {"One byte: recv() gives what one segment has brought", "All 13 bytes",
                "The last byte: each segment takes the place of the one before",
                "An error: so many small segments are taken for an attack"},
    .right = 1,
    .deviation = "the message is sent byte by byte",
    .answer = "TCP carries a stream of bytes. How it was cut into segments leaves no trace: the server's "
              "kernel puts each byte behind the one before, and recv() takes what is there. So one send() is not one "
              "recv(); a program that wants to know where a message ends must say so in the bytes themselves. The "
              "13 segments are only dearer: each letter travels with a header, and is acknowledged.",
    .section = "RFC 9293, section 3.7",
    .run = one_byte_segments,
};

// ---- what the server reports with SACK

// The ACK that arrived last, if any.
static const struct lab_segment *last_ack(const struct lab *lab, const struct lab_end *end, size_t mark) {
    const struct lab_segment *ack, *last = NULL;
    while ((ack = lab_arrived(end, mark, RS_ACK, 0)) != NULL) {
        last = ack;
        mark = (size_t)(ack - lab_recorded(lab, 0)) + 1;
    }
    return last;
}

// What an option says that the ladder does not show.
static void tell_sack(struct lab *lab, const struct lab_segment *ack, const char *what) {
    uint32_t from, to;
    if (talking_sack(ack, 0, &from, &to))
        lab_say(lab,
                "An option of this ACK, SACK %" PRIu32 "-%" PRIu32 ", says: the numbers %" PRIu32 " to %" PRIu32 " %s.",
                from, to, from, to - 1, what);
}

static void sees_sack(struct lab *lab, const struct lab_segment *ack, uint32_t left, uint32_t right, unsigned how) {
    uint32_t from, to;
    char expected[40];
    snprintf(expected, sizeof expected, "SACK %" PRIu32 "-%" PRIu32, left, right);
    if (talking_sack(ack, 0, &from, &to))
        lab_evidence(lab, TRACE_ON_THE_WIRE, from == left && to == right, how, expected, "SACK %" PRIu32 "-%" PRIu32,
                     from, to);
    else
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, how, expected, "no SACK");
}

// The server's program takes what is there.
static void sees_whole(struct lab *lab, const char *message) {
    lab_server_accept(lab);
    lab_server_recv_all(lab);
    lab_sees_read(lab, message, LAB_EITHER_WAY);
}

// ---- backwards

static void sees_same_ack(struct lab *lab, const struct lab_end *client, size_t mark) {
    size_t same = 0;
    for (size_t i = mark; i < lab_mark(lab); i++)
        same += !lab_recorded(lab, i)->ours && lab_recorded(lab, i)->ack == 1;
    const struct lab_segment *last = last_ack(lab, client, mark);
    sees_sack(lab, last, 2, 14, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, same == TALKING_BYTES - 1, 0, "12 times the same: ack=1", "%zu time%s ack=1",
                 same, same == 1 ? "" : "s");
}

static void backwards(struct lab *lab) {
    enum { LAST = TALKING_BYTES - 1 };
    struct lab_end *client = lab_end(lab, 0);
    const bool last_first = lab_deviates(lab);
    lab_shake_by_hand(client, LAB_SECOND_US);
    const size_t mark = lab_mark(lab);
    for (uint32_t i = 0; i <= LAST; i++) {
        const uint32_t at = last_first ? LAST - i : i;
        if (i == LAST) {
            tell_sack(lab, last_ack(lab, client, mark), "are here already");
            sees_same_ack(lab, client, mark);
            talking_sees_unread(lab, client, 0, 0);
        }
        talking_piece(lab, client, 1 + at, &TALKING_MESSAGE[at], 1, i == 0 ? "Each segment carries one byte." : "");
    }
    lab_sees_counter(lab, "TcpExtTCPOFOQueue", LAST, 0);
    sees_whole(lab, TALKING_MESSAGE);
}

const struct experiment lab_backwards = {
    .name = "backwards",
    .chapter = LAB_TALKING,
    .question = "What does the server read if the last byte comes first?",
    .situation = "We write 13 segments by hand, with one byte of the message each, and send them in the wrong order: "
                 "\"!\" first, \"H\" last. Each has the number that its byte has in the message.",
    .choices = {"\"!revres olleH\": the bytes in the order in which they came",
                "\"H\": what came before its turn is thrown away", "\"Hello server!\": the numbers tell the order",
                "Nothing: numbers that run backwards break the connection"},
    .right = 2,
    .deviation = "the bytes of the message leave last to first",
    .answer = "What comes early is kept aside, and the program cannot read it before the gap is filled. Each early "
              "byte is answered at once by the same ACK: \"I still wait for number 1\". The option SACK in it says "
              "what is there already, so that only what is missing need come again. When \"H\" has come everything is "
              "in order, and one ACK covers it all.",
    .section = "RFC 9293, section 3.10.7.4, SHLD-31; RFC 5681, section 4.2; RFC 2018, section 4",
    .run = backwards,
};

// ---- overlap

static size_t data_sent(const struct lab *lab) {
    const struct lab_segment *s;
    size_t sum = 0;
    for (size_t i = 0; (s = talking_sending(lab, 0, i)) != NULL; i++)
        sum += s->left ? s->data : 0;
    return sum;
}

static void overlap(struct lab *lab) {
    static const char capitals[] = " SERVER!"; // its first three letters have been there already, in small letters
    enum { TWICE = 3, WHOLE = sizeof capitals - 1 };
    struct lab_end *client = lab_end(lab, 0);
    lab_shake_by_hand(client, LAB_SECOND_US);
    const size_t begin = lab_deviates(lab) ? 0 : TWICE;
    talking_piece(lab, client, 1, "Hello se", 8, "The first 8 bytes: \"Hello se\". They have the numbers 1 to 8.");
    const size_t mark = lab_mark(lab);
    talking_piece(lab, client, 6 + (uint32_t)begin, capitals + begin, WHOLE - begin,
                  "The rest, up to number 13, in capital letters.");
    tell_sack(lab, last_ack(lab, client, mark), "have come a second time");
    lab_server_accept(lab);
    lab_server_recv_all(lab);
    const struct program *program = lab_program(lab);
    const bool first = program->read_bytes >= 8 && memcmp(program->read + 5, " se", TWICE) == 0;
    const size_t sent = data_sent(lab);
    const bool twice = sent == program->total_bytes + TWICE;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, twice && first, 0, "16 sent: first copy read", "%zu sent: %s", sent,
                 !twice  ? "none twice"
                 : first ? "first copy read"
                         : "second copy read");
    sees_sack(lab, last_ack(lab, client, mark), 6, 9, LAB_LINUX);
    lab_sees_counter(lab, "TcpExtTCPDSACKOldSent", 1, LAB_LINUX);
    lab_sees_read(lab, "Hello seRVER!", LAB_EITHER_WAY);
}

const struct experiment lab_overlap = {
    .name = "overlap",
    .chapter = LAB_TALKING,
    .question = "Two segments bring the same bytes. Which copy is read?",
    .situation = "We write two segments by hand. The first brings \"Hello se\", the numbers 1 to 8. The second brings "
                 "\" SERVER!\" and begins with number 6: so three bytes come twice, and not alike.",
    .choices = {"The first copy: \"Hello seRVER!\"", "The second copy: \"Hello SERVER!\"",
                "Both, one behind the other: \"Hello se SERVER!\"", "Neither: the server ends the connection"},
    .right = 0,
    .deviation = "the second segment begins three bytes too early, with other letters",
    .answer = "What is acknowledged is settled: the program may have read it already. So of a segment that begins too "
              "early only the new bytes count. Linux also tells us which bytes it has got twice, with SACK (this is "
              "called D-SACK, and no RFC demands it). A true TCP never sends other bytes under the same numbers; but "
              "whoever watches a network for attacks must know which copy will be read.",
    .section = "RFC 9293, section 3.10.7.4; RFC 2883, section 4",
    .run = overlap,
};
