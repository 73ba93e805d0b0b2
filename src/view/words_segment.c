// SPDX-License-Identifier: MIT
//
// A sentence or two for any segment, wherever it comes from: the comment on a packet of the capture file, the caption
// of a step in the page (see words.h). Of our own the reason is known; of all others only what stands in them is told.
#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

enum { CLAUSE = 420, BENT = WORDS_PURPOSE + 400 };

// "The server" for the beginning of a sentence.
static const char *begin(const struct words_end_name *end) {
    return end->is_us ? "We" : end->name[4] == 'c' ? "The client" : "The server";
}

// The number in a direction, as it is counted from its beginning; the other's, for acknowledgments.
static uint32_t relative_seq(const struct trace_segment *s) {
    return s->packet->segment.seq - (s->ours ? s->iss : s->irs);
}

static uint32_t relative_ack(const struct trace_segment *s) {
    return s->packet->segment.ack - (s->ours ? s->irs : s->iss);
}

// True if its sender has got the other end's FIN: it has shown a state that nobody reaches otherwise.
static bool has_their_fin(const struct trace_segment *s) {
    enum rs_state sender = s->ours ? s->state : s->far_state;
    if (!s->of_others || !s->receiver_done || !(s->ours ? s->state_proved : s->far_proved))
        return false;
    return sender == RS_CLOSE_WAIT || sender == RS_CLOSING || sender == RS_LAST_ACK || sender == RS_TIME_WAIT;
}

static void syn(const struct trace_segment *s, char *out, size_t room) {
    const struct words_ends ends = words_ends(s);
    size_t data = trace_data_bytes(s);
    char bytes[40], more[80] = "";
    words_bytes(data, bytes, sizeof bytes);
    if (data > 0)
        snprintf(more, sizeof more, " It brings %s of data already.", bytes);
    if (s->packet->segment.flags & RS_ACK)
        snprintf(out, room, "SYN,ACK: %s has %s SYN, and tells the number from which its own bytes count.%s",
                 ends.sender.name, ends.receiver.whose, more);
    else
        snprintf(out, room, "SYN: %s asks for a connection, and tells the number from which its bytes count.%s",
                 ends.sender.name, more);
}

static void rst(const struct trace_segment *s, char *out, size_t room) {
    if (s->of_others) // the marks say what it does
        snprintf(out, room, "RST: %s says that for it there is no such connection, or is none any more.",
                 words_ends(s).sender.name);
    else if (s->state == RS_CLOSED && s->expected.flags == 0) // without a TCP of ours there is no connection
        snprintf(out, room, "RST: for the server there is no such connection, or is none any more.");
    else if (s->state == RS_CLOSED)
        snprintf(out, room, "RST: the connection is over at once.");
    else
        snprintf(out, room, "RST, but nothing in it proves that it belongs to this connection: it changes nothing.");
}

// Data, FIN or both.
static void brings(const struct trace_segment *s, char *out, size_t room) {
    const struct words_ends ends = words_ends(s);
    size_t data = trace_data_bytes(s);
    char bytes[40];
    words_bytes(data, bytes, sizeof bytes);
    if (data == 0)
        snprintf(out, room, "FIN: %s has nothing more to send.", ends.sender.name);
    else if (s->packet->segment.flags & RS_FIN)
        snprintf(out, room, "%s sends %s of data, the first with number %" PRIu32 ", and FIN: it has nothing more.",
                 begin(&ends.sender), bytes, relative_seq(s));
    else
        snprintf(out, room, "%s sends %s of data, the first with number %" PRIu32 ".", begin(&ends.sender), bytes,
                 relative_seq(s));
}

static void acknowledges(const struct trace_segment *s, bool alone, char *out, size_t room) {
    const struct words_ends ends = words_ends(s);
    const char *who = alone ? begin(&ends.sender) : "It also";
    const bool counted = s->of_others ? !s->far_midway : true;
    if (relative_ack(s) == 1 && counted)
        snprintf(out, room, "%s acknowledges %s SYN, and nothing more yet.", who, ends.receiver.whose);
    else if (has_their_fin(s))
        snprintf(out, room, "%s acknowledges everything up to %s FIN.", who, ends.receiver.whose);
    else
        snprintf(out, room, "%s acknowledges everything before number %" PRIu32 ".", who, relative_ack(s));
}

// What stands in the segment.
static void contents(const struct trace_segment *s, char *out, size_t room) {
    const struct rs_segment *seg = &s->packet->segment;
    char what[CLAUSE] = "", ack[CLAUSE] = "";
    bool brings_something = trace_data_bytes(s) > 0 || (seg->flags & RS_FIN);
    if (seg->flags & RS_RST)
        rst(s, what, sizeof what);
    else if (seg->flags & RS_SYN)
        syn(s, what, sizeof what);
    else if (brings_something)
        brings(s, what, sizeof what);
    if ((seg->flags & RS_ACK) && !(seg->flags & (RS_SYN | RS_RST)) && (!brings_something || relative_ack(s) != 1))
        acknowledges(s, !brings_something, ack, sizeof ack);
    snprintf(out, room, "%s%s%s", what, what[0] && ack[0] ? " " : "", ack);
    if (!out[0])
        snprintf(out, room, "It has neither ACK nor SYN nor RST: no TCP sends such a segment, and none takes it.");
}

void words_damage(const struct trace_segment *s, char *out, size_t room) {
    out[0] = '\0';
    if (s->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED)
        snprintf(out, room,
                 "Its checksum was left unfinished, which is no error: a network card was to finish it, or packets "
                 "were merged.");
    else if (s->packet->tcp_checksum == RS_CHECKSUM_BAD && s->doubted)
        snprintf(out, room,
                 "Its checksum does not fit, nor did that of the first one seen this way: a network card was to "
                 "write it, or it is damaged.");
    else if (s->packet->tcp_checksum == RS_CHECKSUM_BAD && s->of_others)
        snprintf(out, room, "Its checksum does not fit: it is damaged, and whoever gets it drops it.");
}

// An unfinished checksum is no matter of this segment: what was caught here is so, one and all.
static void damage(const struct trace_segment *s, char *out, size_t room) {
    out[0] = '\0';
    if (s->packet->tcp_checksum != RS_CHECKSUM_UNFINISHED)
        words_damage(s, out, room);
}

static void seen(const struct trace_segment *s, char *out, size_t room) {
    char what[2 * CLAUSE], marks[3 * CLAUSE], sum[240];
    contents(s, what, sizeof what);
    words_marks(s, ~UINT32_C(0), marks, sizeof marks);
    damage(s, sum, sizeof sum);
    snprintf(out, room, "%s%s%s%s%s", what, marks[0] ? " " : "", marks, sum[0] ? " " : "", sum);
}

// All that was done to it: whoever sees it alone has not seen it put aside.
static void bends(const struct trace_segment *s, enum trace_kind kind, char *out, size_t room) {
    char bent[BENT] = "";
    if (s->bent != 0 || s->purpose)
        words_bent(s, kind, bent, sizeof bent);
    bool more = s->purpose && words_has_waited(s, kind);
    snprintf(out, room, "%s%s%s", bent, more ? " " : "", more ? s->purpose : "");
}

// A TCP has a reason for what it sends; a script has a purpose.
static void of_ours(const struct trace_event *event, char *out, size_t room) {
    const struct trace_segment *s = &event->u.segment;
    const char *why = s->bent & TRACE_BENT_FORGED ? "" : rs_reason_sentence(s->why);
    char bent[2 * BENT] = "";
    if (event->kind == TRACE_SENT || s->purpose || !why[0])
        bends(s, event->kind, bent, sizeof bent);
    snprintf(out, room, "%s%s%s%s", event->kind == TRACE_PENDING ? "About to be sent. " : "", why,
             why[0] && bent[0] ? " " : "", bent);
}

static void received(const struct trace_segment *s, char *out, size_t room) {
    char what[2 * CLAUSE], bent[2 * BENT], sum[240];
    contents(s, what, sizeof what);
    bends(s, TRACE_RECEIVED, bent, sizeof bent);
    damage(s, sum, sizeof sum);
    snprintf(out, room, "%s%s%s%s%s", what, bent[0] ? " " : "", bent, sum[0] ? " " : "", sum);
}

static void segment(const struct trace_event *event, const struct trace_about *about, char *out, size_t room) {
    char held[BENT];
    out[0] = '\0';
    switch (event->kind) {
    case TRACE_SENT:
    case TRACE_PENDING:
        of_ours(event, out, room);
        break;
    case TRACE_RECEIVED:
        received(&event->u.segment, out, room);
        break;
    case TRACE_SEEN:
        seen(&event->u.segment, out, room);
        break;
    case TRACE_HELD:
        words_bent(&event->u.segment, TRACE_HELD, held, sizeof held);
        snprintf(out, room, "Put aside on its way: %s", held);
        break;
    default: // UNSENT, UNTAKEN, IGNORED
        words_event(event, about, out, room);
        break;
    }
}

void words_segment(const struct trace_event *event, const struct trace_about *about, char *out, size_t room) {
    segment(event, about, out, room);
    if (event->u.segment.we_listen)
        words_exchange_roles(out);
}
