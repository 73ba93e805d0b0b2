// SPDX-License-Identifier: MIT
//
// Drawing the ladder's lines (see ladder.h). Called by the narrator.
#include "view/ladder.h"

#include <stdio.h>

#include "view/words.h"

enum { WIDE = 100, CALL = 26, STATE = 13, STATE_IN_BRACKETS = 15, ARROW = 34, SERVER = 15, TIME = 10, ARROW_ENDS = 4 };

static bool is_wide(const struct ladder *l) { return l->text->style.columns >= WIDE && !l->no_calls; }

static unsigned state_width(const struct ladder *l) { return l->others ? STATE_IN_BRACKETS : STATE; }

static unsigned arrow_width(const struct ladder *l) {
    unsigned others = 1 + state_width(l) + 1 + SERVER + TIME + (is_wide(l) ? CALL : 0);
    unsigned room = l->text->style.columns > others ? l->text->style.columns - others : 0;
    return room < ARROW ? room : ARROW;
}

// Writes a string and fills up to width columns.
static void cell(struct text *text, const char *string, unsigned width) {
    unsigned takes = text_width(string);
    text_add(text, "%s", string);
    text_repeat(text, " ", takes < width ? width - takes : 0);
}

static void margin(const struct ladder *l, const char *call) {
    text_add(l->text, " ");
    if (is_wide(l))
        cell(l->text, call, CALL);
}

static const char *left_title(const struct ladder *l) {
    return l->we_listen ? "server (us)" : l->others ? "client" : "client (us)";
}

static const char *right_title(const struct ladder *l) {
    if (l->we_listen)
        return l->any_client ? "client" : "client's kernel";
    return l->others || l->any_server ? "server" : "server's kernel";
}

void ladder_title(struct ladder *l) {
    struct text *t = l->text;
    text_color(t, TEXT_FAINT);
    margin(l, "the program");
    cell(t, left_title(l), state_width(l));
    cell(t, "on the wire", arrow_width(l) + 1);
    text_add(t, "%-*s%*s\n", (int)SERVER, right_title(l), (int)TIME, l->others || l->any_client ? "time" : "since SYN");
    text_color(t, TEXT_PLAIN);
}

void ladder_spill(struct ladder *l) {
    if (l->call[0])
        text_add(l->text, " %s\n", l->call);
    l->call[0] = '\0';
}

void ladder_call(struct ladder *l, const char *call) {
    ladder_flush(l);
    ladder_spill(l);
    snprintf(l->call, sizeof l->call, "%s", call);
    if (is_wide(l))
        return;
    text_color(l->text, TEXT_STRONG);
    text_add(l->text, " %s\n", call);
    text_color(l->text, TEXT_PLAIN);
    l->call[0] = '\0';
}

static size_t append(char *out, size_t room, size_t used, const char *string) {
    int more = used < room ? snprintf(out + used, room - used, "%s", string) : 0;
    return used + (more > 0 ? (size_t)more : 0);
}

static size_t flag_names(uint8_t flags, char *out, size_t room) {
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = {{RS_SYN, "SYN"}, {RS_FIN, "FIN"}, {RS_RST, "RST"}, {RS_PSH, "PSH"},
                 {RS_URG, "URG"}, {RS_ECE, "ECE"}, {RS_CWR, "CWR"}, {RS_ACK, "ACK"}};
    size_t used = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(flags & names[i].flag))
            continue;
        if (used > 0)
            used = append(out, room, used, ",");
        used = append(out, room, used, names[i].name);
    }
    return used > 0 ? used : append(out, room, 0, "no flags");
}

enum { SEQ = 1, ACK = 2, LEN = 4 }; // the parts of a label behind the flags

static void label(const struct trace_segment *segment, unsigned parts, char *out, size_t room) {
    const struct rs_segment *s = &segment->packet->segment;
    // Each direction counts from its own first number; a RST that answers our SYN has a number of no direction. A SYN
    // of theirs that a bend keeps from us has the number that it would have counted from.
    uint32_t their_base = segment->irs_known ? segment->irs : s->flags & RS_SYN ? s->seq : 0;
    uint32_t seq_base = segment->ours ? segment->iss : their_base;
    uint32_t ack_base = segment->ours ? segment->irs : segment->iss;
    size_t used = flag_names(s->flags, out, room), data = trace_data_bytes(segment);
    if ((parts & SEQ) && used < room)
        used += (size_t)snprintf(out + used, room - used, " seq=%u", s->seq - seq_base);
    if ((s->flags & RS_ACK) && (parts & ACK) && used < room)
        used += (size_t)snprintf(out + used, room - used, " ack=%u", s->ack - ack_base);
    if (data > 0 && (parts & LEN) && used < room)
        snprintf(out + used, room - used, " len=%zu", data);
}

void ladder_label(const struct trace_segment *segment, unsigned most, char *out, size_t room) {
    const struct rs_segment *s = &segment->packet->segment;
    bool names_bytes = trace_data_bytes(segment) > 0 || !(s->flags & RS_ACK);
    const unsigned shorter[] = {SEQ | ACK | LEN, names_bytes ? SEQ | LEN : ACK, names_bytes ? SEQ : ACK, 0};
    for (size_t i = 0; i < sizeof shorter / sizeof *shorter; i++) {
        label(segment, shorter[i], out, room);
        if (text_width(out) <= most)
            return;
    }
}

void ladder_begin(struct ladder *l, uint64_t at_us) {
    if (!l->began)
        l->began_us = at_us;
    l->began = true;
}

void ladder_state(enum rs_state state, bool proved, char *out, size_t room) {
    snprintf(out, room, proved || state == RS_STATE_UNKNOWN ? "%s" : "(%s)", rs_state_name(state));
}

void ladder_segment(struct ladder *l, const struct trace_event *event) {
    const struct trace_segment *segment = &event->u.segment;
    ladder_flush(l);
    ladder_label(segment, arrow_width(l) - ARROW_ENDS, l->wire, sizeof l->wire);
    l->waiting = true;
    l->ours = segment->ours;
    l->lost = event->kind == TRACE_UNSENT || event->kind == TRACE_UNTAKEN;
    l->bad = (segment->packet->segment.flags & RS_RST) || l->lost || (segment->bent & TRACE_BENT_CORRUPTED) ||
             segment->error != RS_WIRE_OK;
    ladder_state(segment->state, !l->others || segment->state_proved, l->state, sizeof l->state);
    l->at_us = event->at_us;
    ladder_begin(l, event->at_us);
    snprintf(l->server_text, sizeof l->server_text, " ");
    if (l->others)
        ladder_state(segment->far_state, segment->far_proved, l->server_text, sizeof l->server_text);
}

void ladder_peer(struct ladder *l, const struct trace_peer *peer) {
    words_peer(peer, l->server, l->server_text, sizeof l->server_text);
    l->server = peer->state;
    if (l->waiting)
        ladder_flush(l);
}

void ladder_draw_arrow(struct text *t, const struct ladder_arrow *a) {
    const char *dash = t->style.utf8 ? "─" : "-";
    const char *head = a->lost         ? t->style.utf8 ? "✗" : "x"
                       : a->ours       ? t->style.utf8 ? "▶" : ">"
                       : t->style.utf8 ? "◀"
                                       : "<";
    unsigned label = text_width(a->label) + 2, ends = a->width > label ? a->width - label : 1;
    unsigned lead = ends >= 6 ? 4 : ends >= 4 ? 2 : ends >= 2 || !a->ours ? 1 : 0, tail = ends - lead;
    text_color(t, a->bad ? TEXT_BAD : a->ours ? TEXT_OURS : TEXT_THEIRS);
    if (!a->ours)
        text_add(t, "%s", head);
    text_repeat(t, dash, a->ours ? lead : lead - 1);
    text_add(t, " %s ", a->label);
    text_repeat(t, dash, a->ours ? tail - 1 : tail);
    if (a->ours)
        text_add(t, "%s", head);
    text_color(t, TEXT_PLAIN);
}

static void arrow(const struct ladder *l) {
    const struct ladder_arrow arrow = {l->wire, arrow_width(l), l->ours, l->bad, l->lost};
    ladder_draw_arrow(l->text, &arrow);
}

void ladder_flush(struct ladder *l) {
    struct text *t = l->text;
    if (!l->waiting)
        return;
    char time[24] = "+";
    words_time(l->at_us > l->began_us ? l->at_us - l->began_us : 0, time + 1, sizeof time - 1);
    margin(l, l->call);
    cell(t, l->state, state_width(l));
    arrow(l);
    text_add(t, " ");
    cell(t, l->server_text, SERVER);
    text_add(t, "%*s\n", (int)TIME, time);
    l->waiting = false;
    l->call[0] = '\0';
}

void ladder_start(struct ladder *l, const char *call, enum rs_state state, const struct trace_peer *peer) {
    char server[24];
    words_peer(peer, RS_STATES, server, sizeof server);
    l->server = peer->state;
    margin(l, call);
    cell(l->text, rs_state_name(state), STATE + arrow_width(l) + 1);
    text_add(l->text, "%s\n", server);
}
