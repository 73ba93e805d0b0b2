// SPDX-License-Identifier: MIT
//
// See liveline.h. Called through the trace.
#include "view/liveline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/ladder.h"
#include "view/words.h"

enum { TIME = 10, NUMBER = 6, PORTS = 15, LABEL = 27, BEFORE = TIME + 1 + NUMBER };

void liveline_init(struct liveline *v, struct text *text) {
    memset(v, 0, sizeof *v);
    v->text = text;
}

// "    +38 us #1    ", as every line begins.
static void begin_line(struct liveline *v, const struct trace_event *event) {
    char time[24] = "+", number[16];
    if (!v->began)
        v->began_us = event->at_us;
    v->began = true;
    words_time(event->at_us > v->began_us ? event->at_us - v->began_us : 0, time + 1, sizeof time - 1);
    snprintf(number, sizeof number, "#%" PRIu32, event->connection);
    text_add(v->text, "%*s %-*s", (int)TIME, time, (int)NUMBER, number);
}

// Where it does not fit beside the beginning, the rest goes below it.
static void end_line(struct liveline *v, unsigned column, const char *prose) {
    if (prose[0])
        text_wrap(v->text, column, true, column, prose);
    else
        text_add(v->text, "\n");
}

static void tell_begin(struct liveline *v, const struct trace_event *event) {
    char ends[2][RS_ENDPOINT_TEXT_BYTES], prose[200];
    const struct trace_about *about = event->u.about;
    snprintf(prose, sizeof prose, "begins: client %s, server %s%s",
             rs_endpoint_text(&about->client, ends[0], sizeof ends[0]),
             rs_endpoint_text(&about->server, ends[1], sizeof ends[1]),
             about->roles_guessed ? " (which is which is a guess)" : "");
    begin_line(v, event);
    end_line(v, BEFORE, prose);
}

// The states, if they are others than this connection had.
static void states(struct liveline *v, const struct trace_event *event, char *out, size_t room) {
    const struct trace_segment *s = &event->u.segment;
    struct liveline_known *known = &v->known[event->connection % LIVELINE_KNOWN];
    char now[2][20];
    ladder_state(s->state, s->state_proved, now[0], sizeof now[0]);
    ladder_state(s->far_state, s->far_proved, now[1], sizeof now[1]);
    bool same[2];
    for (int i = 0; i < 2; i++) {
        same[i] = known->connection == event->connection && strcmp(known->states[i], now[i]) == 0;
        memcpy(known->states[i], now[i], sizeof now[i]);
    }
    known->connection = event->connection;
    snprintf(out, room, "%s%s%s%s%s", same[0] ? "" : "client ", same[0] ? "" : now[0], same[0] || same[1] ? "" : ", ",
             same[1] ? "" : "server ", same[1] ? "" : now[1]);
}

static void tell_segment(struct liveline *v, const struct trace_event *event) {
    const struct trace_segment *s = &event->u.segment;
    const struct rs_segment *seg = &s->packet->segment;
    const bool utf8 = v->text->style.utf8;
    unsigned client = s->ours ? seg->source_port : seg->destination_port,
             server = s->ours ? seg->destination_port : seg->source_port;
    char ports[40], label[96], state[80], marks[160], prose[400];
    snprintf(ports, sizeof ports, "%u %s %u", client, s->ours ? utf8 ? "▶" : ">" : utf8 ? "◀" : "<", server);
    ladder_label(s, LABEL - 1, label, sizeof label);
    states(v, event, state, sizeof state);
    words_marks_in_short(s, ~UINT32_C(0), marks, sizeof marks);
    snprintf(prose, sizeof prose, "%s%s%s%s%s", state, state[0] && marks[0] ? "; " : "", marks,
             (state[0] || marks[0]) && s->error != RS_WIRE_OK ? "; " : "", s->error != RS_WIRE_OK ? "damaged" : "");
    begin_line(v, event);
    bool bad = (seg->flags & RS_RST) || s->error != RS_WIRE_OK;
    text_color(v->text, bad ? TEXT_BAD : s->ours ? TEXT_OURS : TEXT_THEIRS);
    unsigned ports_width = text_width(ports), label_width = text_width(label);
    text_add(v->text, "%s", ports);
    text_repeat(v->text, " ", ports_width < PORTS ? PORTS - ports_width : 1);
    text_add(v->text, "%s", label);
    text_color(v->text, TEXT_PLAIN);
    if (prose[0])
        text_repeat(v->text, " ", label_width < LABEL ? LABEL - label_width : 1);
    end_line(v, BEFORE + PORTS + LABEL, prose);
}

static void tell_end(struct liveline *v, const struct trace_event *event) {
    struct liveline_known *known = &v->known[event->connection % LIVELINE_KNOWN];
    char prose[400];
    words_end(event, NULL, prose, sizeof prose);
    begin_line(v, event);
    end_line(v, BEFORE, prose);
    if (known->connection == event->connection)
        known->connection = 0;
}

static void tell_sentence(struct liveline *v, const struct trace_event *event) {
    char prose[500];
    words_event(event, NULL, prose, sizeof prose);
    if (!prose[0])
        return;
    begin_line(v, event);
    end_line(v, BEFORE, prose);
}

static void take(void *self, const struct trace_event *event) {
    struct liveline *v = self;
    switch (event->kind) {
    case TRACE_BEGIN:
        tell_begin(v, event);
        break;
    case TRACE_SEEN:
        tell_segment(v, event);
        break;
    case TRACE_END:
        tell_end(v, event);
        break;
    case TRACE_LOST:
        tell_sentence(v, event);
        break;
    default: // what our own program does is no segment of others
        break;
    }
}

struct trace_sink liveline_sink(struct liveline *v) {
    return (struct trace_sink){.self = v, .take = take};
}
