// SPDX-License-Identifier: MIT
//
// One segment of the page: a line that says what it is, which opens to everything that is known of it. What a machine
// may want to hold against other views stands in data- attributes, absolute and exact. Called by html.c.
#include <inttypes.h>

#include "view/ladder.h"
#include "view/markup.h"
#include "view/page.h"

static const char *kind_name(enum trace_kind kind) {
    switch (kind) {
    case TRACE_SENT:
        return "sent";
    case TRACE_RECEIVED:
        return "received";
    case TRACE_UNSENT:
        return "unsent";
    case TRACE_UNTAKEN:
        return "untaken";
    default:
        return "seen";
    }
}

static void exact_numbers(struct page *page, const struct step *step) {
    const struct trace_event *event = step->event;
    const struct rs_segment *s = &event->u.segment.packet->segment;
    struct text *text = page->text;
    text_add(text,
             " data-step=\"%" PRIu64 "\" data-number=\"%" PRIu64 "\" data-connection=\"%" PRIu32
             "\" data-kind=\"%s\" data-from=\"%s\"",
             step->number, event->number, event->connection, kind_name(event->kind), step->ours ? "client" : "server");
    text_add(text,
             " data-seq=\"%" PRIu32 "\" data-ack=\"%" PRIu32
             "\" data-len=\"%zu\" data-flags=\"%u\" data-window=\"%u\" data-checksum=\"%u\" data-urgent=\"%u\"",
             s->seq, s->ack, trace_data_bytes(&event->u.segment), (unsigned)s->flags, (unsigned)s->window,
             (unsigned)s->checksum, (unsigned)s->urgent);
    text_add(text,
             " data-at-us=\"%" PRIu64 "\" data-wall-ns=\"%" PRIu64 "\" data-size=\"%zu\" data-frame=\"%" PRIu64
             "\" data-client=\"%s\" data-server=\"%s\"",
             event->at_us, event->wall_ns, event->u.segment.size, event->u.segment.frame,
             rs_state_name(step->client.after), rs_state_name(step->server.after));
}

static void summary(struct page *page, const struct step *step) {
    struct text *text = page->text;
    char wire[96], time[32];
    ladder_label(&step->event->u.segment, sizeof wire, wire, sizeof wire);
    words_time(step->since_us, time, sizeof time);
    text_add(text,
             "<summary data-f=\"s%" PRIu64 "\"><span class=\"no\">%" PRIu64 "</span><span class=\"who\">%s</span><b>",
             step->number, step->number,
             step->ours ? "client <span aria-label=\"to\">&#8594;</span> server"
                        : "server <span aria-label=\"to\">&#8594;</span> client");
    markup_string(text, wire);
    text_add(text, "</b>%s<span class=\"when\">+%s</span></summary>\n",
             step->lost ? "<span class=\"lost\">lost</span>" : "", time);
}

// A TCP has a reason for what it sends; a script has not.
static bool has_reason(const struct trace_event *event) {
    return event->kind == TRACE_SENT && !(event->u.segment.bent & TRACE_BENT_FORGED);
}

static void caption(struct page *page, const struct step *step) {
    char prose[1500];
    page->caption = has_reason(step->event) ? step->event->u.segment.why : RS_REASON_COUNT;
    words_segment(step->event, &page->about, prose, sizeof prose);
    text_add(page->text, "<p class=\"caption\">");
    markup_string(page->text, prose);
    if (page->caption != RS_REASON_COUNT)
        page_reference(page->text, rs_reason_section(page->caption));
    text_add(page->text, "</p>\n");
}

static void data(struct page *page, const struct parts *parts) {
    struct text *text = page->text;
    if (parts->size <= parts->data_at)
        return;
    size_t size = parts->size - parts->data_at;
    char bytes[40];
    words_bytes(size, bytes, sizeof bytes);
    text_add(text, "<h3>The data, %s</h3>\n<pre class=\"data\" tabindex=\"0\">b\"", bytes);
    size_t shown = markup_data(text, parts->segment->bytes + parts->data_at, size, PAGE_DATA_SHOWN);
    text_add(text, "\"%s</pre>\n", shown < size ? "..." : "");
}

// A segment whose header was not kept whole can only be named.
static bool is_readable(const struct trace_segment *segment) {
    return segment->size >= rs_packet_ip_bytes(segment->packet) + RS_TCP_HEADER_MIN;
}

void page_segment(struct page *page, const struct step *step, bool open) {
    struct parts parts;
    text_add(page->text, "<details class=\"seg %s%s\"%s", step->ours ? "client" : "server", step->lost ? " gone" : "",
             open ? " open" : "");
    exact_numbers(page, step);
    text_add(page->text, ">\n");
    summary(page, step);
    text_add(page->text, "<div class=\"body\" id=\"%ss%" PRIu64 "\">\n", page->prefix, step->number);
    caption(page, step);
    page_story(page, step);
    if (is_readable(&step->event->u.segment)) {
        parts_list(&step->event->u.segment, &parts);
        data(page, &parts);
        page_header(page, &parts);
        page_bytes(page, &parts);
        page_fields(page, &parts);
        page_sum(page, &parts);
    }
    text_add(page->text, "</div></details>\n");
}
