// SPDX-License-Identifier: MIT
//
// What belongs to an experiment alone: which one it is, the calls that were made in it in place of the tutorial's
// lines, and what it found, below all segments. Called by html.c.
#include "view/markup.h"
#include "view/page.h"

enum { CALLS_MOST = 60 };

void page_experiment(struct page *page) {
    if (!page->about.experiment)
        return;
    text_add(page->text, "<span>experiment: ");
    markup_string(page->text, page->about.experiment);
    text_add(page->text, "</span>%s", page->about.control ? "<span>its one deviation is left out</span>" : "");
}

static bool has_calls(const struct page *page, enum trace_kind kind) {
    for (size_t i = 0; i < tape_count(page->tape); i++)
        if (tape_event(page->tape, i)->kind == kind)
            return true;
    return false;
}

// The calls of one end's program.
static void calls(struct page *page, enum trace_kind kind) {
    unsigned count = 0;
    text_add(page->text, "<ol>\n");
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        char call[PAGE_MEANING];
        if (event->kind != kind || ++count > CALLS_MOST)
            continue;
        if (kind == TRACE_CALL)
            words_call(event, 40, call, sizeof call);
        else
            words_program(event, true, call, sizeof call);
        text_add(page->text, "<li><code>");
        markup_string(page->text, call);
        text_add(page->text, "</code></li>\n");
    }
    if (count > CALLS_MOST)
        text_add(page->text, "<li><code>and %u calls more</code></li>\n", count - CALLS_MOST);
    text_add(page->text, "</ol>");
}

// Nothing, if nothing is known of it.
static void end(struct page *page, const char *name, const char *is, enum trace_kind kind) {
    if (!is && !has_calls(page, kind))
        return;
    text_add(page->text, "<div class=\"code\"><h3 class=\"%s\">The %s</h3>\n", name, name);
    if (is) {
        text_add(page->text, "<p class=\"printed\">");
        markup_string(page->text, is);
        text_add(page->text, "</p>\n");
    }
    calls(page, kind);
    text_add(page->text, "</div>\n");
}

void page_calls(struct page *page) {
    text_add(page->text, "<aside class=\"program\" aria-label=\"Both ends\">\n");
    const bool we_listen = page->about.we_listen;
    end(page, "client", page->about.client_is, we_listen ? TRACE_SERVER : TRACE_CALL);
    end(page, "server", page->about.server_is, we_listen ? TRACE_CALL : TRACE_SERVER);
    text_add(page->text, "</aside>\n");
}

static void claim(struct page *page, const struct trace_event *event) {
    struct text *text = page->text;
    const bool holds = event->u.evidence.holds;
    text_add(text, "<tr><th scope=\"row\">%s</th><td>", words_place(event->u.evidence.place));
    markup_string(text, event->u.evidence.expected);
    text_add(text, "%s%s</td><td>",
             event->u.evidence.of_linux ? " <small>no RFC demands it: it is Linux's own way</small>" : "",
             event->u.evidence.either_way ? " <small>so it is to be without the deviation too</small>" : "");
    markup_string(text, event->u.evidence.seen);
    text_add(text, "</td><td class=\"%s\">%s</td></tr>\n", holds ? "holds" : "fails", holds ? "yes" : "NO");
}

static void notes_alone(struct page *page) {
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        if (event->kind != TRACE_NOTE)
            continue;
        text_add(page->text, "<p class=\"caption\">");
        markup_string(page->text, event->u.note.text);
        text_add(page->text, "</p>\n");
    }
}

void page_evidence(struct page *page, bool notes) {
    bool any = false;
    if (notes)
        notes_alone(page);
    for (size_t i = 0; i < tape_count(page->tape); i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        if (event->kind != TRACE_EVIDENCE)
            continue;
        if (!any)
            text_add(page->text,
                     "<div class=\"evidence\"><h3>Evidence, from this run%s</h3>\n<table><thead><tr><td></td>"
                     "<th scope=\"col\">expected</th><th scope=\"col\">seen</th><td></td></tr></thead><tbody>\n",
                     page->about.control ? ", in which the deviation is left out" : "");
        any = true;
        claim(page, event);
    }
    if (any)
        text_add(page->text, "</tbody></table></div>\n");
}
