// SPDX-License-Identifier: MIT
//
// The illustrated connection as a whole (see html.h): keeps a tape for each connection, and writes the page. Its pieces
// are listed in page.h. Called by cmd.
#include "view/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/archive.h"
#include "view/markup.h"
#include "view/page.h"

enum { DETAILED_HEAD = DRAWING_HEAD, DETAILED_TAIL = DRAWING_TAIL };

struct html_view {
    char *version, *command;
    struct archive archive;
};

static char *copy(const char *string) {
    size_t size = strlen(string) + 1;
    char *own = malloc(size);
    if (own)
        memcpy(own, string, size);
    return own;
}

struct html_view *html_new(const struct html_settings *settings) {
    struct html_view *view = calloc(1, sizeof *view);
    if (!view)
        return NULL;
    view->version = copy(settings->version ? settings->version : "");
    view->command = copy(settings->command ? settings->command : "");
    if (view->version && view->command)
        return view;
    html_free(view);
    return NULL;
}

void html_free(struct html_view *view) {
    if (!view)
        return;
    archive_clear(&view->archive);
    free(view->version);
    free(view->command);
    free(view);
}

// What the page does not show needs no room.
static bool is_shown(enum trace_kind kind) { return kind != TRACE_PENDING && kind != TRACE_WITHDRAWN; }

static void take(void *self, const struct trace_event *event) {
    struct html_view *view = self;
    if (is_shown(event->kind))
        archive_take(&view->archive, event);
}

struct trace_sink html_sink(struct html_view *view) {
    return (struct trace_sink){.self = view, .take = take, .wants_peer = true, .wants_counters = true};
}

// ---- writing

static const char *how_we_know(const struct trace_about *about) {
    switch (about->source) {
    case TRACE_BY_HAND:
        if (about->experiment) // there need not be a TCP at our end, nor a kernel's at the other
            return "Made by hand, as an experiment: every header of the client's was written by rawshake.";
        if (about->both_by_hand)
            return "Made by hand, both ends: every header was written by rawshake, and each end's states are those "
                   "of its own TCP. No kernel's TCP took part.";
        if (about->we_listen)
            return "Made by hand: every header of the server's was written by rawshake. The server's states are those "
                   "of its own TCP; the client's are what its kernel said after each segment.";
        if (about->process > 0)
            return "A program called connect(); it was made by hand: every header of the client's was written by "
                   "rawshake. The client's states are those of its own TCP; the server's are what its kernel said.";
        return "Made by hand: every header of the client's was written by rawshake. The client's states are those of "
               "its "
               "own TCP; the server's are what its kernel said after each segment.";
    case TRACE_BY_KERNEL:
        return "Made by the kernel: a program called connect(), and rawshake watched what passed.";
    case TRACE_HANDED:
        return "Made by hand, and then the kernel's: the handshake is told above, as a connection of its own. From "
               "then on an ordinary socket has it, and rawshake watched what passed.";
    case TRACE_WATCHED:
        return "Made by others: rawshake watched what passed.";
    case TRACE_READ:
        return "Read from a capture.";
    }
    return "";
}

static void facts(struct page *page, const struct steps *steps, uint64_t bytes, uint64_t us) {
    const struct trace_about *about = &page->about;
    char time[32], sum[40];
    words_time(us, time, sizeof time);
    words_bytes(bytes, sum, sizeof sum);
    text_add(page->text, "<p class=\"facts\"><span>%" PRIu64 " segment%s</span><span>%s of data</span><span>%s</span>",
             steps->total, steps->total == 1 ? "" : "s", sum, time);
    page_experiment(page);
    if (about->private_network)
        text_add(page->text, "<span>a private network</span>");
    if (about->where) {
        text_add(page->text, "<span>%s ", about->source == TRACE_READ ? "capture" : "interface");
        markup_string(page->text, about->where);
        text_add(page->text, "</span>");
    }
    if (about->weather) {
        text_add(page->text, "<span>weather: ");
        markup_string(page->text, about->weather);
        text_add(page->text, "</span>");
    }
    text_add(page->text, "</p>\n<p class=\"how\">%s%s%s</p>\n", how_we_know(about),
             about->source == TRACE_BY_HAND
                 ? ""
                 : " A state in brackets is the one that an end must be in once the segment has reached it; a later "
                   "segment of its own proves it.",
             about->roles_guessed ? " No SYN was seen: the end with the lower port is called the server." : "");
}

static void title(struct page *page, const struct steps *steps) {
    struct steps all;
    struct step step = {0};
    char client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES];
    uint64_t bytes = 0;
    for (size_t i = 0; i < tape_count(page->tape); i++)
        if (tape_event(page->tape, i)->kind == TRACE_OMITTED)
            bytes += tape_event(page->tape, i)->u.omitted.bytes;
    steps_begin(&all, page->tape, UINT32_MAX, 0);
    while (steps_next(&all, &step))
        bytes += step.lost ? 0 : trace_data_bytes(&step.event->u.segment);
    text_add(page->text,
             "<header><h2><span class=\"client\">%s</span> <span class=\"to\" aria-label=\"with\">&#8644;</span> <span "
             "class=\"server\">%s</span></h2>\n",
             rs_endpoint_text(&page->about.client, client, sizeof client),
             rs_endpoint_text(&page->about.server, server, sizeof server));
    facts(page, steps, bytes, step.since_us);
    text_add(page->text, "</header>\n");
}

static void left_out(struct page *page, uint64_t count) {
    if (count > 0)
        text_add(page->text, "<p class=\"gap\">%" PRIu64 " segment%s not shown here.</p>\n", count,
                 count == 1 ? " is" : "s are");
}

static void segments(struct page *page, bool open_first) {
    struct steps steps;
    struct step step;
    steps_begin(&steps, page->tape, DETAILED_HEAD, DETAILED_TAIL);
    text_add(page->text, "<div class=\"segments\">\n");
    while (steps_next(&steps, &step)) {
        left_out(page, step.left_out);
        page_segment(page, &step, open_first && step.number == 1);
    }
    left_out(page, steps_left_at_end(&steps));
    text_add(page->text, "</div>\n");
}

static void machines(struct page *page) {
    const struct drawing_page links = {.prefix = page->prefix};
    text_add(page->text, "<aside class=\"machines\" aria-label=\"The states of both ends\">\n<figure><figcaption "
                         "class=\"client\">The client's states</figcaption>\n");
    drawing_machine(page->tape, false, &links, page->text);
    text_add(page->text, "</figure>\n<figure><figcaption class=\"server\">The server's states</figcaption>\n");
    drawing_machine(page->tape, true, &links, page->text);
    text_add(page->text, "</figure>\n</aside>\n");
}

static void connection(struct text *text, const struct tape *tape, size_t number) {
    struct page page = {.text = text, .tape = tape};
    struct steps steps;
    steps_begin(&steps, tape, DETAILED_HEAD, DETAILED_TAIL);
    page.about = steps.about;
    page.known =
        (struct words_known){.local = page.about.server_is_local,
                             .guarded = page.about.guarded,
                             .server = page.about.we_listen ? steps_first_client(&steps) : steps_first_server(&steps),
                             .we_listen = page.about.we_listen,
                             .timeout_us = page.about.timeout_us,
                             .limit_is = page.about.timeout_is,
                             .experiment = page.about.experiment != NULL};
    snprintf(page.prefix, sizeof page.prefix, "c%zu-", number);
    const struct drawing_page links = {.prefix = page.prefix};
    text_add(text, "<section class=\"connection\" id=\"c%zu\">\n", number);
    title(&page, &steps);
    text_add(text, "<div class=\"stage\">\n");
    if (page.about.experiment || page.about.we_listen || page.about.process > 0)
        page_calls(&page);
    else
        page_program(&page);
    text_add(text, "<div class=\"middle\">\n<figure class=\"scroll\" tabindex=\"0\" aria-label=\"The ladder\">\n");
    drawing_ladder(tape, &links, text);
    text_add(text, "</figure>\n");
    segments(&page, number == 1);
    page_evidence(&page, steps.total == 0);
    page_socket(&page);
    text_add(text, "</div>\n");
    machines(&page);
    text_add(text, "</div>\n</section>\n");
}

// In the browser's list of what is open, one connection is told from another by its ends.
static void head(const struct html_view *view, struct text *text) {
    char client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES],
        title[2 * RS_ENDPOINT_TEXT_BYTES + 40] = "The illustrated connection";
    struct steps steps;
    if (view->archive.count == 1) {
        steps_begin(&steps, view->archive.kept[0].tape, 1, 0);
        snprintf(title, sizeof title, "%s with %s, illustrated",
                 rs_endpoint_text(&steps.about.client, client, sizeof client),
                 rs_endpoint_text(&steps.about.server, server, sizeof server));
    }
    page_begin(text, title);
}

void html_write(const struct html_view *view, struct text *text) {
    head(view, text);
    text_add(text,
             "<header class=\"top\"><h1>The illustrated connection</h1>\n<p>Every byte of a TCP connection, and what "
             "it is there for. A segment opens when you choose it; a byte and its field show each other. "
             "<span class=\"js\">Keys: <kbd>n</kbd> and <kbd>p</kbd> go to the next and the previous segment, the "
             "arrow keys from byte to byte.</span></p>\n<p class=\"js\"><button type=\"button\" "
             "data-do=\"open\">Open all</button> <button type=\"button\" data-do=\"close\">Close "
             "all</button></p></header>\n<main>\n");
    const struct archive *archive = &view->archive;
    for (size_t i = 0; i < archive->count; i++)
        connection(text, archive->kept[i].tape, i + 1);
    if (archive->count == 0)
        text_add(text, "<p>No connection was seen.</p>\n");
    if (archive->others > 0)
        text_add(text, "<p class=\"gap\">%" PRIu64 " connection%s not shown here.</p>\n", archive->others,
                 archive->others == 1 ? " is" : "s are");
    text_add(text, "</main>\n<footer><p>Made by rawshake ");
    markup_string(text, view->version);
    text_add(text, ": <code>");
    markup_string(text, view->command);
    text_add(text, "</code></p></footer>\n");
    page_end(text);
}
