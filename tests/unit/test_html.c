// SPDX-License-Identifier: MIT
//
// The illustrated connection as text (view/html.h): what is in it is what was on the tape, exact and whole, whatever
// the source; strange text stays text; and however much happens, the page is bounded, and needs little memory at once.
// How it looks and behaves in a browser is tests/page's affair.
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/conversation.h"
#include "../help/experiment.h"
#include "view/html.h"

enum { ROOM = 24 << 20, AT_ONCE = 4096 };

// A page that grows as the text drains.
struct grown {
    char *bytes;
    size_t used;
};

static void drain(void *self, struct text *text) {
    struct grown *page = self;
    assert_true(page->used + text->used < ROOM);
    memcpy(page->bytes + page->used, text->bytes, text->used);
    page->used += text->used;
    page->bytes[page->used] = '\0';
    text->used = 0;
}

static struct html_view *new_view(const char *command) {
    const struct html_settings settings = {.version = "0.0", .command = command};
    struct html_view *view = html_new(&settings);
    assert_non_null(view);
    return view;
}

static char *write_page(struct html_view *view) {
    char room[AT_ONCE];
    struct grown page = {.bytes = malloc(ROOM)};
    assert_non_null(page.bytes);
    struct text text = {.bytes = room, .size = sizeof room, .drain = drain, .drain_self = &page};
    html_write(view, &text);
    drain(&page, &text);
    assert_int_equal(text.lost, 0);
    html_free(view);
    return page.bytes;
}

static char *page_of(const struct conversation *c) {
    struct html_view *view = new_view("rawshake read '<x>.pcap'");
    const struct trace_sink sink = html_sink(view);
    conversation_play(c, &sink);
    return write_page(view);
}

static size_t count(const char *page, const char *what) {
    size_t n = 0;
    for (const char *at = page; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

static void expect(const char *page, const char *what) {
    if (!strstr(page, what))
        print_error("not in the page: %s\n", what);
    assert_non_null(strstr(page, what));
}

static void test_each_source_has_its_page(void **state) {
    (void)state;
    static const char *const how[] = {
        "Made by hand:", "Made by the kernel:", "Made by others:", "Read from a capture."};
    for (int source = TRACE_BY_HAND; source <= TRACE_READ; source++)
        for (int ipv6 = 0; ipv6 < 2; ipv6++) {
            char *page = page_of(&(struct conversation){.source = (enum trace_source)source, .ipv6 = ipv6});
            assert_int_equal(count(page, "<details class=\"seg "), 9);
            assert_int_equal(count(page, "<svg "), 3);
            assert_int_equal(count(page, "<script>"), 1);
            expect(page, how[source]);
            expect(page, source <= TRACE_BY_KERNEL ? "The client's program" : "A client might say");
            assert_int_equal(count(page, "A state in brackets") > 0, source != TRACE_BY_HAND);
            free(page);
        }
}

static void test_numbers_are_exact(void **state) {
    (void)state;
    char *page = page_of(&(struct conversation){.source = TRACE_READ});
    expect(page, "data-step=\"1\" data-number=\"2\" data-connection=\"1\" data-kind=\"seen\" data-from=\"client\" "
                 "data-seq=\"1000000000\" data-ack=\"0\" data-len=\"0\" data-flags=\"2\"");
    expect(page,
           "data-from=\"server\" data-seq=\"2000000000\" data-ack=\"1000000001\" data-len=\"0\" data-flags=\"18\"");
    expect(page,
           "data-seq=\"1000000001\" data-ack=\"2000000001\" data-len=\"13\" data-flags=\"24\" data-window=\"65495\"");
    expect(page, "data-at-us=\"1000013\" data-wall-ns=\"1000013000\"");
    expect(page, "data-client=\"SYN-SENT\" data-server=\"SYN-RECEIVED\"");
    free(page);
}

static void test_strange_text_stays_text(void **state) {
    (void)state;
    char *page = page_of(&(struct conversation){
        .source = TRACE_BY_KERNEL, .message = "</pre><script>alert(1)</script>\"'&", .where = "<img src=x>"});
    assert_int_equal(count(page, "<script>"), 1); // its own
    assert_int_equal(count(page, "<img"), 0);
    expect(page, "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\&quot;&#39;&amp;");
    expect(page, "rawshake read &#39;&lt;x&gt;.pcap&#39;");
    expect(page, "&lt;img src=x&gt;");
    free(page);
}

static void test_a_long_connection_shows_both_its_ends(void **state) {
    (void)state;
    char *page = page_of(&(struct conversation){.source = TRACE_WATCHED, .rounds = 3000});
    assert_int_equal(count(page, "<details class=\"seg "), 120 + 24);
    expect(page, "5863 segments are not shown here."); // of 6007
    expect(page, "data-step=\"6007\"");
    assert_true(strlen(page) < 6 << 20);
    free(page);
}

// A conversation with a number of its own.
static void take_as(void *self, const struct trace_event *event) {
    struct trace_event other = *event;
    const struct trace_sink *sink = ((void **)self)[0];
    other.connection = *(uint32_t *)((void **)self)[1];
    sink->take(sink->self, &other);
}

static void test_many_connections_are_bounded(void **state) {
    (void)state;
    struct html_view *view = new_view("rawshake watch 80");
    struct trace_sink sink = html_sink(view);
    for (uint32_t number = 1; number <= 60; number++) {
        void *self[] = {&sink, &number};
        const struct trace_sink as = {.self = self, .take = take_as};
        conversation_play(&(struct conversation){.source = TRACE_WATCHED}, &as);
    }
    char *page = write_page(view);
    assert_int_equal(count(page, "<section class=\"connection\""), 40);
    expect(page, "20 connections are not shown here.");
    expect(page, "id=\"c40-s9\"");
    free(page);
}

static char *page_of_experiment(bool control) {
    static struct events events;
    struct html_view *view = new_view("rawshake lab made-up");
    const struct trace_sink sink = html_sink(view);
    experiment_events(&events, control, true);
    experiment_play(&events, &sink);
    return write_page(view);
}

// Its name, what its ends are and did, what it says at its place, what it did to segments, and what it found.
static void test_an_experiment_tells_what_it_found(void **state) {
    (void)state;
    char *page = page_of_experiment(false);
    assert_int_equal(count(page, "<span>experiment: made-up</span>"), 2);
    assert_int_equal(count(page, "Made by hand, as an experiment:"), 2);
    expect(page, "<p class=\"printed\">our own TCP, but its first segment is altered on its way out</p>");
    expect(page, "<p class=\"printed\">ordinary sockets, listen(64)</p>");
    expect(page, "<li><code>connect(...)</code></li>");
    expect(page, "<li><code>recv(1024) fails: ECONNRESET, Connection reset by peer.</code></li>");
    expect(page, "<li class=\"said\">Now a segment of a connection that nobody has opened.</li>");
    expect(page, "that our bytes will be counted from. Its checksum is one too high.");
    expect(page, "<p class=\"caption\">An ACK that acknowledges what was never sent.</p>");
    expect(page, "held back for 50 ms. It is to come late.");
    assert_int_equal(count(page, "<div class=\"evidence\">"), 1);
    expect(page, "<h3>Evidence, from this run</h3>");
    expect(page, "<th scope=\"row\">its counters</th>");
    expect(page, "<small>no RFC demands it: it is Linux's own way</small>");
    expect(page, "<small>so it is to be without the deviation too</small>");
    expect(page, "recv(): b&quot;&lt;Hello&gt; &amp; so on&quot;");
    assert_int_equal(count(page, "<td class=\"holds\">yes</td>"), 5);
    assert_int_equal(count(page, " (--"), 0);             // no option is named
    assert_int_equal(count(page, "server.listen(1)"), 0); // the tutorial's lines are not what was run
    free(page);
    page = page_of_experiment(true);
    assert_int_equal(count(page, "<span>its one deviation is left out</span>"), 2);
    expect(page, "Evidence, from this run, in which the deviation is left out");
    assert_int_equal(count(page, "<td class=\"fails\">NO</td>"), 2);
    free(page);
}

// Where nothing passed, what was said and found stands there all the same.
static void test_an_experiment_without_a_segment(void **state) {
    (void)state;
    static struct events events;
    struct html_view *view = new_view("rawshake lab made-up");
    const struct trace_sink sink = html_sink(view);
    const struct trace_about about = {
        .experiment = "made-up", .client = {.family = RS_IPV4}, .server = {.family = RS_IPV4}};
    events.count = 0;
    events_add(&events, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &about});
    events_add(&events, (struct trace_event){.kind = TRACE_NOTE, .u.note.text = "1 < 2"});
    events_add(&events, (struct trace_event){.kind = TRACE_EVIDENCE, .u.evidence = {.expected = "a", .seen = "<b>"}});
    experiment_play(&events, &sink);
    char *page = write_page(view);
    expect(page, "<p class=\"caption\">1 &lt; 2</p>");
    expect(page, "<td>a</td><td>&lt;b&gt;</td><td class=\"fails\">NO</td>");
    free(page);
}

static void test_nothing_happened(void **state) {
    (void)state;
    char *page = write_page(new_view("rawshake watch 80"));
    expect(page, "No connection was seen.");
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_source_has_its_page),
        cmocka_unit_test(test_numbers_are_exact),
        cmocka_unit_test(test_strange_text_stays_text),
        cmocka_unit_test(test_a_long_connection_shows_both_its_ends),
        cmocka_unit_test(test_many_connections_are_bounded),
        cmocka_unit_test(test_an_experiment_tells_what_it_found),
        cmocka_unit_test(test_an_experiment_without_a_segment),
        cmocka_unit_test(test_nothing_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
