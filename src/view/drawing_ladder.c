// SPDX-License-Identifier: MIT
//
// The ladder as a drawing (see drawing.h): the client's line on the left, the server's on the right, time
// running down; beside each line the states, outside of them what the programs do. Called by
// diagram.c and html.c.
#include "view/drawing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "view/ladder.h"
#include "view/markup.h"
#include "view/words.h"

enum {
    CALL_X = 8,
    CHIP_WIDTH = 112,
    CHIP_HEIGHT = 22,
    CLIENT_X = 286,
    SERVER_X = 546,
    TIME_X = 772,
    TOP = 104, // the first row begins here
    ROW = 54,
    SLANT = 16, // how far down a segment gets on its way
    NOTE = 17,
    NOTE_AIR = 10,
    GAP = 44,
    LABEL_MOST = 34,   // characters above an arrow,
    ADDRESS_MOST = 32, // and in an address
    MESSAGE_MOST = 13
};

// Where the drawing has got to.
struct sheet {
    struct text *text;
    const struct drawing_page *page;
    const struct tape *tape;
    unsigned y;                        // of the next row
    unsigned client_from, server_from; // since where each end has been in its state
    enum rs_state client, server;
};

static void chip(struct sheet *s, bool server, unsigned y, enum rs_state state, bool proved) {
    const char *end = server ? "server" : "client", *phase = drawing_phase(state);
    unsigned x = server ? SERVER_X + 18 : CLIENT_X - 18 - CHIP_WIDTH;
    if (state == RS_STATE_UNKNOWN)
        return;
    text_add(s->text,
             "<rect class=\"chip %s %s%s\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"11\"/>"
             "<text class=\"small %s\" text-anchor=\"middle\" x=\"%u\" y=\"%u\">%s%s%s</text>\n",
             end, phase, proved ? "" : " unproved", x, y - 11, (int)CHIP_WIDTH, (int)CHIP_HEIGHT, phase,
             x + CHIP_WIDTH / 2, y + 4, proved ? "" : "(", rs_state_name(state), proved ? "" : ")");
}

// The line of one end, as far down as y, as full as its state is open.
static void band(struct sheet *s, bool server, unsigned y) {
    unsigned *from = server ? &s->server_from : &s->client_from;
    const char *phase = drawing_phase(server ? s->server : s->client);
    int width = phase[0] == 'n' ? 4 : 10;
    if (y > *from)
        text_add(s->text, "<rect class=\"band %s %s\" x=\"%d\" y=\"%u\" width=\"%d\" height=\"%u\"/>\n",
                 server ? "server" : "client", phase, (server ? (int)SERVER_X : (int)CLIENT_X) - width / 2, *from,
                 width, y - *from);
    *from = y;
}

static void change(struct sheet *s, bool server, unsigned y, const struct step_end *end) {
    enum rs_state *state = server ? &s->server : &s->client;
    if (*state == end->after)
        return;
    band(s, server, y);
    *state = end->after;
    chip(s, server, y, end->after, end->proved);
}

// ---- the arrow

static const char *colour(const struct step *step) {
    const struct rs_segment *segment = &step->event->u.segment.packet->segment;
    return step->lost || (segment->flags & RS_RST) ? "bad" : step->ours ? "client" : "server";
}

static bool is_again(const struct step *step) {
    const struct trace_segment *segment = &step->event->u.segment;
    if (segment->bent & TRACE_BENT_FORGED) // it has no such reason
        return false;
    switch (segment->why) {
    case RS_RESENT_SYN:
    case RS_RESENT_DATA:
    case RS_RESENT_FIN:
    case RS_RESENT_FAST:
        return step->event->kind != TRACE_SEEN;
    default:
        return step->event->kind == TRACE_SEEN && (segment->marks & (TRACE_MARK_AGAIN | TRACE_MARK_PART_AGAIN));
    }
}

static void arrow(struct sheet *s, const struct step *step) {
    int from = step->ours ? CLIENT_X + 9 : SERVER_X - 9, way = step->ours ? 1 : -1, y = (int)s->y;
    int length = SERVER_X - CLIENT_X - 16, reach = step->lost ? length * 2 / 3 : length - 8,
        fall = SLANT * reach / length;
    int to = from + way * reach;
    const char *class_name = colour(step);
    size_t data = rs_segment_data_bytes(&step->event->u.segment.packet->segment);
    text_add(s->text, "<path class=\"line %s%s%s\" d=\"M%d %dL%d %d\"/>", class_name, data > 0 ? " data" : "",
             is_again(step) ? " again" : "", from, y, to, y + fall);
    if (step->lost)
        text_add(s->text, "<path class=\"line bad\" d=\"M%d %dl12 12m0 -12l-12 12\"/>", to - 6, y + fall - 6);
    else
        text_add(s->text, "<path class=\"%s\" d=\"M%d %dL%d %dL%d %dz\"/>", class_name, to + way * 10, y + fall + 1,
                 to - way * 4, y + fall - 7, to - way * 4, y + fall + 6);
}

static void label(struct sheet *s, const struct step *step) {
    char wire[96];
    ladder_label(&step->event->u.segment, LABEL_MOST, wire, sizeof wire);
    text_add(s->text, "<text class=\"strong %s\" text-anchor=\"middle\" x=\"%d\" y=\"%u\">", colour(step),
             (CLIENT_X + SERVER_X) / 2, s->y - 2);
    markup_string(s->text, wire);
    text_add(s->text, "</text>");
}

static void time_since(struct sheet *s, const struct step *step) {
    char time[32];
    words_time(step->since_us, time, sizeof time);
    text_add(s->text, "<text class=\"faint small\" text-anchor=\"end\" x=\"%d\" y=\"%u\">+%s</text>\n", (int)TIME_X,
             s->y + SLANT + 4, time);
}

// ---- what the programs do

static void program(struct sheet *s, bool server, unsigned y, const char *what) {
    text_add(s->text, "<text class=\"%s\" x=\"%d\" y=\"%u\">", server ? "small server" : "client",
             server ? SERVER_X + 22 : (int)CALL_X, y + 4);
    markup_string(s->text, what);
    text_add(s->text, "</text>\n");
}

// The calls that led to this segment. The client's stand to the left, beside its line.
static void calls(struct sheet *s, const struct step *step) {
    for (size_t i = step->first; i < step->at; i++) {
        const struct trace_event *event = tape_event(s->tape, i);
        char label[48];
        if (event->kind != TRACE_CALL || event->u.call.we_listen)
            continue;
        words_call(event, MESSAGE_MOST, label, sizeof label);
        program(s, false, s->y, label);
    }
}

// What the server's program did in between takes a line each, and a little air below.
static bool is_note(const struct trace_event *event) {
    return event->kind == TRACE_SERVER || (event->kind == TRACE_CALL && event->u.call.we_listen);
}

static unsigned notes_height(const struct tape *tape, size_t first, size_t next) {
    unsigned count = 0;
    for (size_t i = first; i < next; i++)
        if (is_note(tape_event(tape, i)))
            count++;
    return count > 0 ? (unsigned)NOTE * count + (unsigned)NOTE_AIR : 0;
}

// A call in a few words: "recv() takes 13 bytes", "recv() fails: ECONNRESET".
static void server_note(const struct trace_event *event, char *out, size_t room) {
    static const struct {
        const char *call, *did;
        bool counts;
    } names[] = {
        [TRACE_SERVER_ACCEPT] = {"accept()", " returns", false},
        [TRACE_SERVER_RECV] = {"recv()", " takes ", true},
        [TRACE_SERVER_END_OF_FILE] = {"recv()", " returns b\"\"", false},
        [TRACE_SERVER_CLOSE] = {"close()", "", false},
        [TRACE_SERVER_RECV_URGENT] = {"recv(MSG_OOB)", " takes ", true},
        [TRACE_SERVER_SEND] = {"send()", " gives ", true},
        [TRACE_SERVER_SHUTDOWN] = {"shutdown(SHUT_WR)", "", false},
    };
    const enum trace_server_call call = event->u.server.call;
    const int error = event->u.server.error;
    const char *name = words_errno_name(error);
    char bytes[32] = "";
    if (names[call].counts)
        words_bytes(event->u.server.size, bytes, sizeof bytes);
    if (error == EAGAIN)
        snprintf(out, room, "%s would wait", names[call].call);
    else if (error != 0)
        snprintf(out, room, "%s fails%s%s", names[call].call, name ? ": " : "", name ? name : "");
    else
        snprintf(out, room, "%s%s%s", names[call].call, names[call].did, bytes);
}

static void server_notes(struct sheet *s, size_t first, size_t next) {
    unsigned y = s->y;
    for (size_t i = first; i < next; i++) {
        const struct trace_event *event = tape_event(s->tape, i);
        char note[64];
        if (!is_note(event))
            continue;
        if (event->kind == TRACE_CALL)
            words_call(event, MESSAGE_MOST, note, sizeof note);
        else
            server_note(event, note, sizeof note);
        program(s, true, y, note);
        y += NOTE;
    }
    s->y += notes_height(s->tape, first, next);
}

// ---- rows

static void gap(struct sheet *s, uint64_t left_out) {
    if (left_out == 0)
        return;
    text_add(s->text,
             "<path class=\"line again\" d=\"M%d %uH%d\"/><text class=\"faint\" text-anchor=\"middle\" x=\"%d\" "
             "y=\"%u\">%" PRIu64 " segment%s not shown</text>\n",
             (int)CLIENT_X, s->y, (int)SERVER_X, (CLIENT_X + SERVER_X) / 2, s->y - 5, left_out,
             left_out == 1 ? " is" : "s are");
    s->y += GAP;
}

static unsigned row_height(const struct step *step, const struct tape *tape) {
    return (unsigned)ROW + (step->left_out > 0 ? (unsigned)GAP : 0) + notes_height(tape, step->first, step->at) +
           notes_height(tape, step->at + 1, step->next);
}

static void row(struct sheet *s, const struct step *step) {
    unsigned arrives;
    gap(s, step->left_out);
    server_notes(s, step->first, step->at);
    calls(s, step);
    arrives = s->y + SLANT;
    change(s, !step->ours, s->y, step->ours ? &step->client : &step->server);
    change(s, step->ours, arrives, step->ours ? &step->server : &step->client);
    band(s, false, arrives);
    band(s, true, arrives);
    drawing_link(s->text, s->page, step->number, "step");
    arrow(s, step);
    label(s, step);
    drawing_badge(s->text, colour(step), step->ours ? CLIENT_X : SERVER_X, (int)s->y, step->number);
    drawing_unlink(s->text, s->page);
    time_since(s, step);
    s->y += ROW;
    server_notes(s, step->at + 1, step->next);
}

// An end's name above its line. The longest addresses of IPv6 are drawn narrower than they would be.
static void end_head(struct sheet *s, bool server, const struct rs_endpoint *endpoint) {
    char address[RS_ENDPOINT_TEXT_BYTES];
    const char *end = server ? "server" : "client", *anchor = server ? "start" : "end";
    int x = server ? SERVER_X - 5 : CLIENT_X + 5;
    rs_endpoint_text(endpoint, address, sizeof address);
    text_add(s->text,
             "<text class=\"strong %s\" text-anchor=\"%s\" x=\"%d\" y=\"24\">%s</text>"
             "<text class=\"faint\" text-anchor=\"%s\" x=\"%d\" y=\"42\"%s>%s</text>\n",
             end, anchor, x, end, anchor, x,
             text_width(address) > ADDRESS_MOST ? " textLength=\"232\" lengthAdjust=\"spacingAndGlyphs\"" : "",
             address);
    chip(s, server, 70, server ? s->server : s->client, true);
}

unsigned drawing_ladder_height(const struct tape *tape) {
    struct steps steps;
    struct step step;
    unsigned height = TOP + 8;
    steps_begin(&steps, tape, DRAWING_HEAD, DRAWING_TAIL);
    while (steps_next(&steps, &step))
        height += row_height(&step, tape);
    return height + (steps_left_at_end(&steps) > 0 ? GAP : 0);
}

static unsigned count_shown(const struct tape *tape) {
    struct steps steps;
    struct step step;
    unsigned shown = 0;
    steps_begin(&steps, tape, DRAWING_HEAD, DRAWING_TAIL);
    while (steps_next(&steps, &step))
        shown++;
    return shown;
}

void drawing_ladder(const struct tape *tape, const struct drawing_page *page, struct text *text) {
    struct steps steps;
    struct step step;
    const unsigned shown = count_shown(tape);
    char title[140], description[200], ends[2][RS_ENDPOINT_TEXT_BYTES];
    steps_begin(&steps, tape, DRAWING_HEAD, DRAWING_TAIL);
    snprintf(title, sizeof title, "A TCP connection of %s with %s",
             rs_endpoint_text(&steps.about.client, ends[0], sizeof *ends),
             rs_endpoint_text(&steps.about.server, ends[1], sizeof *ends));
    snprintf(description, sizeof description,
             "A ladder: the client on the left, the server on the right, time running down; %u segment%s shown.", shown,
             shown == 1 ? " is" : "s are");
    const struct drawing_head top = {"ladder", DRAWING_WIDTH, drawing_ladder_height(tape), title, description};
    drawing_begin(text, &top, page);
    struct sheet sheet = {text, page, tape, TOP, 56, 56, steps_first_client(&steps), steps_first_server(&steps)};
    end_head(&sheet, false, &steps.about.client);
    end_head(&sheet, true, &steps.about.server);
    while (steps_next(&steps, &step))
        row(&sheet, &step);
    gap(&sheet, steps_left_at_end(&steps));
    band(&sheet, false, sheet.y);
    band(&sheet, true, sheet.y);
    drawing_end(text);
}
