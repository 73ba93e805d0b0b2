// SPDX-License-Identifier: MIT
//
// The state machine of RFC 9293, section 3.3.2, figure 5, as a drawing, with the way that one end of a connection went:
// the states it was in, and on each line the number of the segment that moved it. Called by the page.
#include <inttypes.h>
#include <stdio.h>

#include "view/drawing.h"
#include "view/markup.h"

enum { WIDTH = 400, HEIGHT = 296, NODE_WIDTH = 106, NODE_HEIGHT = 26, ROWS = 6 };

// CLOSED stands at the top and once more at the bottom, where it is the end.
enum { CLOSED_AGAIN = RS_STATES, PLACES };

static const struct place {
    int x, y;
} places[PLACES] = {
    [RS_CLOSED] = {200, 20},       [RS_SYN_SENT] = {57, 71},       [RS_LISTEN] = {343, 71},
    [RS_ESTABLISHED] = {200, 122}, [RS_SYN_RECEIVED] = {343, 122}, [RS_FIN_WAIT_1] = {57, 173},
    [RS_CLOSE_WAIT] = {343, 173},  [RS_FIN_WAIT_2] = {57, 224},    [RS_CLOSING] = {200, 224},
    [RS_LAST_ACK] = {343, 224},    [RS_TIME_WAIT] = {57, 276},     [CLOSED_AGAIN] = {200, 276},
};

static const struct edge {
    int from, to;
} edges[] = {
    {RS_CLOSED, RS_SYN_SENT},         {RS_CLOSED, RS_LISTEN},
    {RS_LISTEN, RS_SYN_SENT},         {RS_LISTEN, RS_SYN_RECEIVED},
    {RS_SYN_SENT, RS_SYN_RECEIVED},   {RS_SYN_SENT, RS_ESTABLISHED},
    {RS_SYN_RECEIVED, RS_FIN_WAIT_1}, {RS_SYN_RECEIVED, RS_ESTABLISHED},
    {RS_ESTABLISHED, RS_FIN_WAIT_1},  {RS_ESTABLISHED, RS_CLOSE_WAIT},
    {RS_FIN_WAIT_1, RS_FIN_WAIT_2},   {RS_FIN_WAIT_1, RS_CLOSING},
    {RS_FIN_WAIT_2, RS_TIME_WAIT},    {RS_CLOSING, RS_TIME_WAIT},
    {RS_CLOSE_WAIT, RS_LAST_ACK},     {RS_LAST_ACK, CLOSED_AGAIN},
    {RS_TIME_WAIT, CLOSED_AGAIN},
};

// The way that an end went. step: the first segment that moved it from one place to another; 0: none did.
struct way {
    uint64_t step[PLACES][PLACES];
    bool been[PLACES], certain[PLACES];
};

static double absolute(double x) { return x < 0 ? -x : x; }

// Newton's way to a square root; x is at least 1 here.
static double root(double x) {
    double guess = x;
    for (int i = 0; i < 40; i++)
        guess = (guess + x / guess) / 2;
    return guess;
}

static bool is_drawn(int from, int to) {
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        if (edges[i].from == from && edges[i].to == to)
            return true;
    return false;
}

// A line between the rims of two nodes, and the point that it bends towards. One that is not in the figure (a RST ends
// a connection from anywhere) bends out of the way of those that are.
struct line {
    double x1, y1, x2, y2, bend_x, bend_y;
};

static struct line between(int from, int to) {
    double x1 = places[from].x, y1 = places[from].y, dx = places[to].x - x1, dy = places[to].y - y1;
    double length = root(dx * dx + dy * dy), ux = dx / length, uy = dy / length, bend = is_drawn(from, to) ? 0 : 128;
    double by_x = ux != 0 ? NODE_WIDTH / 2.0 / absolute(ux) : length,
           by_y = uy != 0 ? NODE_HEIGHT / 2.0 / absolute(uy) : length, rim = by_x < by_y ? by_x : by_y;
    return (struct line){.x1 = x1 + ux * rim,
                         .y1 = y1 + uy * rim,
                         .x2 = x1 + ux * (length - rim),
                         .y2 = y1 + uy * (length - rim),
                         .bend_x = x1 + dx / 2 - uy * bend,
                         .bend_y = y1 + dy / 2 + ux * bend};
}

static void edge(struct text *text, const struct line *l, const char *end) {
    text_add(text, "<path class=\"edge %s\" d=\"M%.1f %.1fQ%.1f %.1f %.1f %.1f\"/>", end, l->x1, l->y1, l->bend_x,
             l->bend_y, l->x2, l->y2);
}

// It points where the line comes from.
static void arrow_head(struct text *text, const struct line *l, const char *end) {
    double dx = l->x2 - l->bend_x, dy = l->y2 - l->bend_y, length = root(dx * dx + dy * dy + 1);
    double ux = dx / length, uy = dy / length, x = l->x2 - ux * 9, y = l->y2 - uy * 9;
    text_add(text, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fz\"/>", end, l->x2 + ux * 2, l->y2 + uy * 2,
             x - uy * 5.5, y + ux * 5.5, x + uy * 5.5, y - ux * 5.5);
}

// An edge that was gone, with the number of the segment that did it.
static void gone(struct text *text, int from, int to, uint64_t step, const char *end, const struct drawing_page *page) {
    struct line l = between(from, to);
    double x = (l.x1 + l.x2) / 4 + l.bend_x / 2, y = (l.y1 + l.y2) / 4 + l.bend_y / 2;
    drawing_link(text, page, step, "way");
    text_add(text, "<title>segment %" PRIu64 "</title>", step);
    edge(text, &l, end);
    arrow_head(text, &l, end);
    drawing_badge(text, end, (int)x, (int)y, step);
    drawing_unlink(text, page);
}

// From CLOSED to LISTEN no segment leads, but a call.
static void listened(struct text *text, const char *end) {
    struct line l = between(RS_CLOSED, RS_LISTEN);
    edge(text, &l, end);
    arrow_head(text, &l, end);
}

static const char *place_name(int place) {
    return rs_state_name(place == CLOSED_AGAIN ? RS_CLOSED : (enum rs_state)place);
}

static void node(struct text *text, int at, const struct way *way, const char *end) {
    enum rs_state state = at == CLOSED_AGAIN ? RS_CLOSED : (enum rs_state)at;
    const char *phase = drawing_phase(state);
    text_add(text, "<g data-end=\"%s\" data-state=\"%s%s\">", end, rs_state_name(state),
             at == CLOSED_AGAIN ? " again" : "");
    if (way->been[at])
        text_add(text, "<rect class=\"chip %s %s%s\"", end, phase, way->certain[at] ? "" : " unproved");
    else
        text_add(text, "<rect class=\"node\"");
    text_add(text, " x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"13\"/>", places[at].x - NODE_WIDTH / 2,
             places[at].y - NODE_HEIGHT / 2, (int)NODE_WIDTH, (int)NODE_HEIGHT);
    text_add(text, "<text class=\"%s\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">%s</text></g>\n",
             way->been[at] ? phase : "away", places[at].x, places[at].y + 4, rs_state_name(state));
}

// Which of the two places CLOSED is, coming from elsewhere.
static int place_of(enum rs_state state, bool later) { return state == RS_CLOSED && later ? CLOSED_AGAIN : (int)state; }

static void walk(const struct tape *tape, bool server, struct way *way) {
    struct steps steps;
    struct step step;
    steps_begin(&steps, tape, DRAWING_HEAD, DRAWING_TAIL);
    int here = place_of(server ? steps_first_server(&steps) : steps_first_client(&steps), false);
    if (here == RS_LISTEN) { // it came from CLOSED, by listen()
        way->been[RS_CLOSED] = true;
        way->certain[RS_CLOSED] = true;
    }
    way->been[here] = true;
    way->certain[here] = true;
    while (steps_next(&steps, &step)) {
        const struct step_end *end = server ? &step.server : &step.client;
        int to = place_of(end->after, here != RS_CLOSED);
        way->certain[to] |= end->proved;
        if (to != here && to != RS_STATE_UNKNOWN && here != RS_STATE_UNKNOWN && way->step[here][to] == 0)
            way->step[here][to] = step.number;
        way->been[to] = true;
        here = to;
    }
}

// The first move that was made by a segment after this one, or 0.
static uint64_t next_move(const struct way *way, uint64_t after, int *from, int *to) {
    uint64_t next = 0;
    for (int f = 0; f < PLACES; f++)
        for (int t = 0; t < PLACES; t++)
            if (way->step[f][t] > after && (next == 0 || way->step[f][t] < next)) {
                next = way->step[f][t];
                *from = f;
                *to = t;
            }
    return next;
}

// The way in words, for who cannot see it.
static void describe(const struct way *way, char *out, size_t room) {
    size_t used = (size_t)snprintf(out, room, "The states of RFC 9293.");
    uint64_t step = 0;
    int from = 0, to = 0;
    while (used < room && (step = next_move(way, step, &from, &to)) > 0)
        used += (size_t)snprintf(out + used, room - used, " Segment %" PRIu64 ": %s to %s.", step, place_name(from),
                                 place_name(to));
}

void drawing_machine(const struct tape *tape, bool server, const struct drawing_page *page, struct text *text) {
    struct way way = {0};
    char description[600];
    const char *end = server ? "server" : "client";
    walk(tape, server, &way);
    describe(&way, description, sizeof description);
    const struct drawing_head head = {.name = "machine",
                                      .width = WIDTH,
                                      .height = HEIGHT,
                                      .title = server ? "The server's states" : "The client's states",
                                      .description = description};
    drawing_begin(text, &head, page);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        struct line l = between(edges[i].from, edges[i].to);
        edge(text, &l, "none");
    }
    text_add(text, "\n");
    if (way.been[RS_LISTEN] && way.been[RS_CLOSED])
        listened(text, end);
    for (int from = 0; from < PLACES; from++)
        for (int to = 0; to < PLACES; to++)
            if (way.step[from][to] != 0)
                gone(text, from, to, way.step[from][to], end, page);
    for (int at = 0; at < PLACES; at++)
        if (at != RS_STATE_UNKNOWN)
            node(text, at, &way, end);
    drawing_end(text);
}
