// SPDX-License-Identifier: MIT
//
// Experiments with the window: how much the server has room for. Each is a script and its entry in the table (see
// lab.h).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lab/talking.h"

// ---- zero-window

// The buffer's size is a multiple of the pieces', so no room is left that is too small to be worth a segment.
enum { BUFFER = 2048, PIECE = 512, PIECES = 6, ALL = PIECE * PIECES };

// Six pieces, each of one letter; `reads`: the server's program takes each one at once.
static void send_pieces(struct lab *lab, struct lab_end *client, bool reads) {
    for (int i = 0; i < PIECES; i++) {
        char letters[PIECE + 1] = "";
        memset(letters, 'a' + i, PIECE);
        lab_queue(client, letters);
        lab_until_acked(client, 200 * LAB_MS_US);
        if (reads)
            lab_server_recv(lab);
    }
}

// What arrived and what we sent while the window was closed: from the ACK that closed it to the one that opened it.
struct closed {
    const struct lab_segment *by, *opened;
    size_t probes, answers;
};

static struct closed look(const struct lab *lab, size_t mark) {
    struct closed closed = {.by = NULL};
    for (size_t i = mark; i < lab_mark(lab) && !closed.opened; i++) {
        const struct lab_segment *s = lab_recorded(lab, i);
        if (closed.by && s->ours && s->data == 1)
            closed.probes++;
        else if (!s->ours && s->window > 0)
            closed.opened = closed.by ? s : NULL;
        else if (!s->ours && closed.by)
            closed.answers++;
        else if (!s->ours)
            closed.by = s;
    }
    return closed;
}

static void sees_closed(struct lab *lab, const struct closed *closed) {
    if (closed->by)
        lab_evidence(lab, TRACE_ON_THE_WIRE, true, 0, "an ACK with window=0", "window=0, ack=%" PRIu32,
                     closed->by->ack);
    else
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, 0, "an ACK with window=0", "the window stays open");
    lab_evidence(lab, TRACE_ON_THE_WIRE, closed->probes > 0 && closed->answers >= closed->probes, 0,
                 "probes, each answered", "%zu, %zu answered", closed->probes, closed->answers);
    if (closed->opened)
        lab_evidence(lab, TRACE_ON_THE_WIRE, true, 0, "then a window above 0", "window=%" PRIu32,
                     closed->opened->window);
    else
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, 0, "then a window above 0", "no such change");
}

static void sees_all_read(struct lab *lab) {
    const struct program *program = lab_program(lab);
    bool in_order = program->total_bytes == ALL && program->read_bytes == ALL;
    for (size_t i = 0; i < ALL && in_order; i++)
        in_order = program->read[i] == 'a' + i / PIECE;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, in_order, LAB_EITHER_WAY, "reads all 3072 bytes", "%" PRIu64 " bytes%s",
                 program->total_bytes, in_order ? ", in order" : "");
}

static void zero_window(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    lab_server_accept(lab);
    const size_t mark = lab_mark(lab);
    send_pieces(lab, client, !lab_deviates(lab));
    lab_until_acked(client, 3500 * LAB_MS_US);
    const struct peer full = lab_peer(client);
    lab_server_recv_all(lab);
    lab_until_acked(client, 2 * LAB_SECOND_US);
    const struct closed closed = look(lab, mark);
    sees_closed(lab, &closed);
    lab_kernel_evidence(lab, &full, full.unread_bytes > PIECE, 0, "its buffer is full", "%" PRIu32 " bytes unread",
                        full.unread_bytes);
    lab_sees_counter_at_least(lab, "TcpExtTCPToZeroWindowAdv", 1, 0);
    lab_finish(client);
    sees_all_read(lab);
}

const struct experiment lab_zero_window = {
    .name = "zero-window",
    .chapter = LAB_TALKING,
    .question = "What if the server's program does not read?",
    .situation =
        "The server's program has a small buffer, 2048 bytes. It accepts our connection, and then is busy with "
        "something else. We send 3072 bytes, in six pieces. After some seconds the program reads after all.",
    .choices = {"What does not fit is thrown away, and we send it again until it fits",
                "The server ends the connection: it has no memory for it",
                "What fits is taken; then we wait in silence until the server asks for more",
                "What fits is taken; then our end asks now and then whether there is room again"},
    .right = 3,
    .deviation = "the server's program does not read what comes",
    .answer =
        "Each ACK says how much room is left. When it says 0 the rest stays at our end; so a slow reader slows down "
        "a fast writer. When there is room again the server says so; but that ACK could be lost, and then each "
        "would wait for the other, for ever. So now and then our end sends a single byte as a probe, with longer "
        "and longer pauses. Its answer says how much room there is.",
    .section = "RFC 9293, sections 3.8.6 and 3.8.6.1",
    .stage = {.receive_buffer = BUFFER},
    .run = zero_window,
};
