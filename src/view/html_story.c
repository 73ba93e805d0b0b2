// SPDX-License-Identifier: MIT
//
// What happened around a segment: the states of both ends before and after it, what was decided and by which rule, what
// the programs did, what the kernel counted. Called by html_segment.c.
#include <inttypes.h>
#include <stdio.h>

#include "view/markup.h"
#include "view/page.h"

// ---- states

static void chip(struct text *text, const char *end, enum rs_state state, bool proved) {
    text_add(text, "<span class=\"state %s %s%s\">%s%s%s</span>", end, drawing_phase(state), proved ? "" : " unproved",
             proved ? "" : "(", rs_state_name(state), proved ? "" : ")");
}

// How we know.
static const char *why_we_know(const struct page *page, const struct step *step, bool server) {
    const struct step_end *end = server ? &step->server : &step->client;
    if (page->about.source == TRACE_BY_HAND)
        return server == page->about.we_listen ? "our own end"
               : end->proved ? (page->about.both_by_hand ? "its engine says so" : "its kernel says so")
                             : "nobody could tell us";
    if (end->after == RS_STATE_UNKNOWN)
        return "the segments do not tell";
    return end->proved ? "its segments prove it" : "it must be so once this segment has arrived";
}

static void end_row(struct page *page, const struct step *step, bool server) {
    const struct step_end *end = server ? &step->server : &step->client;
    const char *name = server ? "server" : "client";
    text_add(page->text, "<div><dt>%s</dt><dd>", name);
    if (end->before != end->after) {
        chip(page->text, name, end->before, true);
        text_add(page->text, "<span class=\"to\" aria-label=\"becomes\">&#8594;</span>");
    }
    chip(page->text, name, end->after, end->proved);
    text_add(page->text, "<small>%s%s", end->before == end->after ? "as before; " : "",
             why_we_know(page, step, server));
    if (server != page->about.we_listen && step->unread_known && step->unread_bytes > 0) {
        char bytes[40];
        words_bytes(step->unread_bytes, bytes, sizeof bytes);
        text_add(page->text, "; %s unread", bytes);
    }
    text_add(page->text, "</small></dd></div>\n");
}

// ---- decisions

// What later words depend on, as the narrator has it.
static void note_decision(struct page *page, const struct trace_decision *d) {
    struct words_known *known = &page->known;
    known->guarded |= d->reason == RS_DATA_ACKED || d->reason == RS_FIN_ACKED;
    known->measured |= d->reason == RS_RTT_MEASURED;
    known->backed_off = d->reason == RS_TIMED_OUT || (known->backed_off && d->reason != RS_RTT_MEASURED);
}

// The reason for which a segment was sent is its caption already; only what the decision adds is told.
static bool is_caption(const struct page *page, const struct trace_decision *d) {
    char more[PAGE_MEANING];
    words_decision(d, &page->known, more, sizeof more);
    return d->reason == page->caption && d->before == d->after && !more[0];
}

static void decision(struct page *page, const struct trace_decision *d) {
    char more[PAGE_MEANING];
    note_decision(page, d);
    if (is_caption(page, d))
        return;
    words_decision(d, &page->known, more, sizeof more);
    text_add(page->text, "<li>");
    if (d->before != d->after)
        text_add(page->text, "<b>%s &#8594; %s.</b> ", rs_state_name(d->before), rs_state_name(d->after));
    if (d->reason != page->caption)
        markup_add(page->text, "%s ", rs_reason_sentence(d->reason));
    markup_add(page->text, "%s ", more);
    text_add(page->text, "<code class=\"reason\">%s</code>", rs_reason_name(d->reason));
    page_reference(page->text, rs_reason_section(d->reason));
    text_add(page->text, "</li>\n");
}

// ---- what else is told

static void item(struct page *page, const char *class_name, const char *prose) {
    text_add(page->text, "<li class=\"%s\">", class_name);
    markup_string(page->text, prose);
    text_add(page->text, "</li>\n");
}

static void counters(struct page *page, const struct trace_event *event) {
    const struct trace_counter *list = event->u.counters.list;
    const char *who = words_counters_who(&page->about);
    size_t count = event->u.counters.count;
    char prose[PAGE_MEANING];
    if (words_counters_traffic(list, count, who, prose, sizeof prose))
        item(page, "counted", prose);
    for (size_t i = 0; i < count; i++)
        if (words_counter(&list[i], who, prose, sizeof prose))
            item(page, "counted", prose);
    if (words_counters_ours(list, count, prose, sizeof prose))
        item(page, "counted", prose);
}

// False if our last segment before this event did not leave, or not yet.
static bool has_left(const struct page *page, const struct trace_event *until) {
    bool left = true;
    for (size_t i = 0; i < tape_count(page->tape) && tape_event(page->tape, i) != until; i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        if ((steps_is_segment(event->kind) || event->kind == TRACE_HELD) && event->u.segment.ours)
            left = event->kind != TRACE_UNSENT && event->kind != TRACE_HELD;
    }
    return left;
}

// The sentence for an event, or "".
static void sentence(const struct page *page, const struct trace_event *event, char *out, size_t room) {
    char call[80];
    out[0] = '\0';
    switch (event->kind) {
    case TRACE_CALL:
        words_call(event, 40, call, sizeof call);
        snprintf(out, room, "The %s's program calls %s.", event->u.call.we_listen ? "server" : "client", call);
        break;
    case TRACE_RETURN:
        if (page->about.process > 0)
            words_return_to_program(event->u.call.error, out, room);
        else if (event->u.call.error == 0)
            words_return(event->u.call.call, event->u.call.message_bytes, has_left(page, event), NULL, out, room);
        break;
    case TRACE_END:
        words_end(event, &page->about, out, room);
        break;
    case TRACE_HELD:
        words_bent(&event->u.segment, event->kind, out, room);
        break;
    case TRACE_OMITTED:  // it is told between the segments
    case TRACE_EVIDENCE: // and this below them all
        break;
    case TRACE_PEER:
        if (!event->u.peer.known && page->known.server != RS_STATE_UNKNOWN)
            words_peer_unknown(event->u.peer.why_not, out, room);
        if (event->u.peer.is_client)
            words_exchange_roles(out);
        break;
    default:
        words_event(event, &page->about, out, room);
        break;
    }
}

static const char *class_of(enum trace_kind kind) {
    return kind == TRACE_SERVER ? "theirs" : kind == TRACE_NOTE ? "said" : "told";
}

static void tell(struct page *page, const struct trace_event *event) {
    char prose[PAGE_MEANING];
    if (event->kind == TRACE_PEER && event->u.peer.known)
        page->known.server = event->u.peer.state;
    if (event->kind == TRACE_DECISION) {
        decision(page, &event->u.decision);
    } else if (event->kind == TRACE_COUNTERS) {
        counters(page, event);
    } else {
        sentence(page, event, prose, sizeof prose);
        if (prose[0])
            item(page, class_of(event->kind), prose);
    }
}

static void list(struct page *page, const char *title, size_t first, size_t next) {
    struct text *text = page->text;
    text_add(text, "<h3>%s</h3>\n<ul class=\"story\">\n", title);
    for (size_t i = first; i < next; i++)
        tell(page, tape_event(page->tape, i));
    text_add(text, "</ul>\n");
}

// True if anything of it has words.
static bool has_words(const struct page *page, size_t first, size_t next) {
    for (size_t i = first; i < next; i++) {
        const struct trace_event *event = tape_event(page->tape, i);
        char prose[PAGE_MEANING];
        if (event->kind == TRACE_COUNTERS || (event->kind == TRACE_DECISION && !is_caption(page, &event->u.decision)))
            return true;
        sentence(page, event, prose, sizeof prose);
        if (prose[0])
            return true;
    }
    return false;
}

void page_story(struct page *page, const struct step *step) {
    if (has_words(page, step->first, step->at))
        list(page, "What led to it", step->first, step->at);
    text_add(page->text, "<h3>Both ends</h3>\n<dl class=\"ends\">\n");
    end_row(page, step, false);
    end_row(page, step, true);
    text_add(page->text, "</dl>\n");
    if (has_words(page, step->at + 1, step->next))
        list(page, page->caption != RS_REASON_COUNT ? "Why, and what followed" : "What followed from it", step->at + 1,
             step->next);
}
