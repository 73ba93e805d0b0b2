// SPDX-License-Identifier: MIT
//
// A packet as JSON: who sent it, its numbers both ways, its headers, and what is made of it. Called by json.c.
#include "view/json_names.h"
#include "view/json_parts.h"
#include "view/words.h"

enum { SHIFT_MOST = 14 }; // RFC 7323, section 2.3

// A number, and the same counted from the beginning of its direction, where that is known.
static void numbers(struct json *j, const char *key, const char *relative, uint32_t number, bool known, uint32_t base) {
    json_number(j, key, number);
    json_number_or_null(j, relative, known, (uint32_t)(number - base));
}

static void seq_and_ack(struct json *j, const struct trace_segment *s, bool stranger) {
    const struct rs_segment *seg = &s->packet->segment;
    bool syn = seg->flags & RS_SYN;
    // A SYN of theirs that a bend keeps from us has the number that would have counted as 0.
    uint32_t base = s->ours ? s->iss : s->irs_known ? s->irs : seg->seq;
    numbers(j, "seq", "seq_relative", seg->seq, !stranger && (s->ours || s->irs_known || syn), base);
    if (seg->flags & RS_ACK) {
        numbers(j, "ack", "ack_relative", seg->ack, !stranger && (!s->ours || s->irs_known), s->ours ? s->irs : s->iss);
    } else {
        json_null(j, "ack");
        json_null(j, "ack_relative");
    }
}

static void window(struct json *j, const struct trace_segment *s) {
    unsigned shift = s->window_shift < SHIFT_MOST ? s->window_shift : SHIFT_MOST;
    json_number_or_null(j, "window_shift", !s->window_unknown, shift);
    json_number_or_null(j, "window_bytes", !s->window_unknown, (uint64_t)s->packet->segment.window << shift);
}

static bool is_cut(const struct trace_segment *s) { return s->wire_size > s->size || (s->marks & TRACE_MARK_CUT); }

// What the packet says: present where it could be read as IP and TCP.
static void contents(struct json *j, const struct trace_segment *s, bool stranger) {
    const struct rs_segment *seg = &s->packet->segment;
    json_flags(j, "flags", seg->flags);
    seq_and_ack(j, s, stranger);
    window(j, s);
    json_string(j, "checksum", is_cut(s) ? "unknown" : json_checksum_name(s->packet->tcp_checksum));
    json_bool(j, "checksum_doubted", s->doubted);
    json_headers(j, s);
    json_data(j, "data", seg->payload[0].bytes, seg->payload[0].size, trace_data_bytes(s));
}

static void bits(struct json *j, const char *key, uint32_t set, const char *(*name_of)(unsigned)) {
    const char *name;
    json_array(j, key);
    for (unsigned i = 0; (name = name_of(i)) != NULL; i++)
        if (set >> i & 1)
            json_string(j, NULL, name);
    json_array_end(j);
}

// Both ends' states. Of a connection made by hand a segment tells only our own.
static void states(struct json *j, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    bool seen = event->kind == TRACE_SEEN;
    const enum rs_state far = seen ? s->far_state : RS_STATE_UNKNOWN;
    const bool near_proved = !seen || s->state_proved, far_proved = seen && s->far_proved;
    json_state(j, "client_state", s->we_listen ? far : s->state);
    json_bool(j, "client_state_proved", s->we_listen ? far_proved : near_proved);
    json_state(j, "server_state", s->we_listen ? s->state : far);
    json_bool(j, "server_state_proved", s->we_listen ? near_proved : far_proved);
}

static void expected(struct json *j, const struct trace_segment *s) {
    const struct trace_expected *e = &s->expected;
    json_object(j, "expected");
    json_flags(j, "flags", e->flags);
    json_number_or_null(j, "seq", !e->any_seq, e->seq);
    json_number(j, "ack", e->ack);
    json_object_end(j);
}

static void why(struct json *j, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    bool said = event->kind == TRACE_SENT || event->kind == TRACE_PENDING || event->kind == TRACE_UNSENT ||
                event->kind == TRACE_HELD;
    if (said && s->ours && !(s->bent & TRACE_BENT_FORGED))
        json_reason(j, "reason", s->why);
    else
        json_null(j, "reason");
    if (event->kind == TRACE_RECEIVED && s->expected.flags != 0)
        expected(j, s);
    else
        json_null(j, "expected");
}

static void wire_error(struct json *j, enum rs_wire_error number) {
    if (number == RS_WIRE_OK) {
        json_null(j, "wire_error");
        return;
    }
    json_object(j, "wire_error");
    json_string(j, "name", json_error_name(number));
    json_string(j, "text", rs_wire_error_text(number));
    json_object_end(j);
}

static void sizes(struct json *j, const struct trace_segment *s) {
    json_number(j, "wire_bytes", s->wire_size > s->size ? s->wire_size : s->size);
    json_number(j, "captured_bytes", s->size);
    json_number_or_null(j, "frame", s->frame > 0, s->frame);
}

static void sentence(struct json *j, const struct trace_event *event) {
    char text[JSON_SENTENCE_BYTES];
    words_segment(event, NULL, text, sizeof text);
    json_sentence(j, text);
}

void json_segment(struct json *j, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    bool stranger = event->kind == TRACE_IGNORED;
    bool readable = s->error == RS_WIRE_OK || s->error == RS_WIRE_BAD_TCP_CHECKSUM;
    json_string(j, "from", stranger ? "other" : s->ours != s->we_listen ? "client" : "server");
    json_string(j, "direction", json_direction_name(s->direction));
    json_endpoint(j, "source", &s->packet->source);
    json_endpoint(j, "destination", &s->packet->destination);
    sizes(j, s);
    wire_error(j, s->error);
    if (readable)
        contents(j, s, stranger);
    else
        json_hex(j, "hex", s->bytes, s->size);
    states(j, event);
    why(j, event);
    bits(j, "marks", s->marks, json_mark_name);
    json_number(j, "mark_bytes", s->mark_bytes);
    json_bool(j, "midway", s->midway);
    json_bool(j, "far_midway", s->far_midway);
    bits(j, "bent", s->bent, json_bent_name);
    json_number(j, "bent_us", s->bent_us);
    json_string(j, "purpose", s->purpose);
    json_errno(j, "error", s->failure);
    sentence(j, event);
}
