// SPDX-License-Identifier: MIT
//
// The tutorial's lines of Python, the client's and the server's, each tied to the segments that it caused or that made
// it return. Where nobody knows which programs talk, the lines are those that a program might have. Called by html.c.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/markup.h"
#include "view/page.h"

enum { MESSAGE_SHOWN = 40, TOKENS = 1100, LINKS = 6 };

enum line { CONNECT, SENDALL, CLOSE, ACCEPT, RECV, SERVER_CLOSE, LINES };

// Which segments belong to each line.
struct ties {
    uint64_t steps[LINES][DRAWING_HEAD + DRAWING_TAIL];
    unsigned count[LINES];
    bool client_known, server_known; // by what the programs told; otherwise it is a guess by the segments
};

static void tie(struct ties *ties, enum line line, uint64_t step) {
    unsigned count = ties->count[line];
    if (count == DRAWING_HEAD + DRAWING_TAIL || (count > 0 && ties->steps[line][count - 1] == step))
        return;
    ties->steps[line][count] = step;
    ties->count[line]++;
}

// The client's line that a segment belongs to, as its program told, or as the segments let guess.
static enum line client_line(const struct page *page, const struct ties *ties, const struct step *step) {
    const struct rs_segment *s = &step->event->u.segment.packet->segment;
    const struct trace_event *call = steps_call_before(page->tape, step->at);
    if (ties->client_known && call)
        return call->u.call.call == TRACE_CONNECT ? CONNECT : call->u.call.call == TRACE_SENDALL ? SENDALL : CLOSE;
    if (ties->count[CLOSE] > 0 || (step->ours && (s->flags & RS_FIN)))
        return CLOSE;
    return ties->count[SENDALL] > 0 || rs_segment_data_bytes(s) > 0 ? SENDALL : CONNECT;
}

// Where nobody could tell the server's state, it is taken for open.
static bool may_be_open(enum rs_state server) {
    return server != RS_CLOSED && server != RS_LISTEN && server != RS_SYN_RECEIVED;
}

static void tie_step(const struct page *page, struct ties *ties, const struct step *step) {
    const struct rs_segment *s = &step->event->u.segment.packet->segment;
    if (!step->ours && (s->flags & RS_FIN))
        tie(ties, SERVER_CLOSE, step->number);
    else
        tie(ties, client_line(page, ties, step), step->number);
    if (!step->ours || step->lost)
        return;
    if (ties->count[ACCEPT] == 0 && !(s->flags & RS_SYN) && (s->flags & RS_ACK) && may_be_open(step->server.after))
        tie(ties, ACCEPT, step->number); // with this one the connection is there to be accepted
    if (rs_segment_data_bytes(s) > 0 || (s->flags & RS_FIN))
        tie(ties, RECV, step->number);
}

static void find_ties(const struct page *page, struct ties *ties) {
    struct steps steps;
    struct step step;
    memset(ties, 0, sizeof *ties);
    ties->server_known = page->about.our_server;
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        ties->client_known |= tape_event(page->tape, i)->kind == TRACE_CALL;
        ties->server_known |= tape_event(page->tape, i)->kind == TRACE_SERVER;
    }
    steps_begin(&steps, page->tape, DRAWING_HEAD, DRAWING_TAIL);
    while (steps_next(&steps, &step))
        tie_step(page, ties, &step);
}

// ---- lines

// One line of a program; `line` is LINES if it puts nothing on the wire. code is made safe.
static void code_line(struct page *page, const struct ties *ties, enum line line, const char *code) {
    struct text *text = page->text;
    unsigned count = line < LINES ? ties->count[line] : 0;
    text_add(text, "<li%s", count > 0 ? " data-f=\"" : "");
    for (unsigned i = 0; i < count; i++)
        text_add(text, "%ss%" PRIu64, i > 0 ? " " : "", ties->steps[line][i]);
    text_add(text, "%s><code>", count > 0 ? "\"" : "");
    markup_string(text, code);
    text_add(text, "</code>%s", count > 0 ? "<span class=\"ties\">" : "");
    for (unsigned i = 0; i < count && i < LINKS; i++)
        text_add(text, "<a class=\"no\" href=\"#%ss%" PRIu64 "\" aria-label=\"segment %" PRIu64 "\">%" PRIu64 "</a>",
                 page->prefix, ties->steps[line][i], ties->steps[line][i], ties->steps[line][i]);
    text_add(text, "%s%s</li>\n", count > LINKS ? "&#8230;" : "", count > 0 ? "</span>" : "");
}

static const struct trace_event *find_call(const struct page *page, enum trace_call call) {
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        if (event->kind == TRACE_CALL && event->u.call.call == call)
            return event;
    }
    return NULL;
}

static const char *new_socket(const struct page *page) {
    return page->about.server.family == RS_IPV6 ? "socket.socket(socket.AF_INET6)" : "socket.socket()";
}

static void client_code(struct page *page, const struct ties *ties) {
    const struct trace_event *sends = find_call(page, TRACE_SENDALL);
    char address[RS_ENDPOINT_TEXT_BYTES], code[160], call[100] = "sendall(b'...')";
    rs_address_text(&page->about.server, address, sizeof address);
    snprintf(code, sizeof code, "client = %s", new_socket(page));
    code_line(page, ties, LINES, code);
    snprintf(code, sizeof code, "client.connect(('%s', %u))", address, (unsigned)page->about.server.port);
    code_line(page, ties, CONNECT, code);
    if (sends)
        words_call(sends, MESSAGE_SHOWN, call, sizeof call);
    snprintf(code, sizeof code, "client.%s", call);
    if (sends || !ties->client_known)
        code_line(page, ties, SENDALL, code);
    code_line(page, ties, CLOSE,
              find_call(page, TRACE_SHUTDOWN) ? "client.shutdown(socket.SHUT_WR)" : "client.close()");
}

static void server_code(struct page *page, const struct ties *ties) {
    char address[RS_ENDPOINT_TEXT_BYTES], code[160];
    rs_address_text(&page->about.server, address, sizeof address);
    snprintf(code, sizeof code, "server = %s", new_socket(page));
    code_line(page, ties, LINES, code);
    snprintf(code, sizeof code, "server.bind(('%s', %u))", address, (unsigned)page->about.server.port);
    code_line(page, ties, LINES, code);
    code_line(page, ties, LINES, "server.listen(1)");
    code_line(page, ties, ACCEPT, "connection, address = server.accept()");
    code_line(page, ties, RECV, "while data := connection.recv(1024):");
    code_line(page, ties, LINES, "    print('FROM:', address)");
    code_line(page, ties, LINES, "    print('MESSAGE:', data.decode())");
    code_line(page, ties, SERVER_CLOSE, "connection.close()");
}

// What the server's program printed first, where it told what it got.
static void printed(struct page *page) {
    char from[RS_ENDPOINT_TEXT_BYTES];
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        if (event->kind != TRACE_SERVER || event->u.server.call != TRACE_SERVER_RECV || event->u.server.error != 0)
            continue;
        text_add(page->text, "<p class=\"printed\"><span>It printed</span><samp>FROM: %s</samp><samp>MESSAGE: ",
                 rs_endpoint_text(&page->about.client, from, sizeof from));
        size_t shown = markup_data(page->text, event->u.server.bytes, event->u.server.size, 60);
        text_add(page->text, "%s</samp></p>\n", shown < event->u.server.size ? "..." : "");
        return;
    }
}

void page_program(struct page *page) {
    struct ties ties;
    find_ties(page, &ties);
    text_add(page->text,
             "<aside class=\"program\" aria-label=\"The programs\">\n<div class=\"code\"><h3 "
             "class=\"client\">%s</h3>\n<ol>\n",
             ties.client_known ? "The client's program" : "A client might say");
    client_code(page, &ties);
    text_add(page->text, "</ol></div>\n<div class=\"code\"><h3 class=\"server\">%s</h3>\n<ol>\n",
             ties.server_known ? "The server's program" : "A server might say");
    server_code(page, &ties);
    text_add(page->text, "</ol>");
    printed(page);
    text_add(page->text, "</div>\n");
    if (!ties.client_known || !ties.server_known)
        text_add(page->text,
                 "<p class=\"note\">Segments do not tell which calls a program made%s. These lines would put "
                 "the same on the wire.</p>\n",
                 ties.client_known ? ", and we do not know the server's" : "");
    text_add(page->text, "</aside>\n");
}
