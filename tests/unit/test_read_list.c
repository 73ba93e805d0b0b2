// SPDX-License-Identifier: MIT
//
// The lines of read --list: what stands in them, that they fit their columns whatever the numbers are, and that what
// could not be shown is told.
#include "../help/bytes.h"
#include "../help/cm.h"
#include "cmd/read_list.h"

static char room[4096];

static struct text fresh(void) { return (struct text){.bytes = room, .size = sizeof room}; }

static const char *written(struct text *text) {
    text->bytes[text->used] = '\0';
    return text->bytes;
}

static const struct tracker_summary plain = {.number = 1,
                                             .client = {RS_IPV4, {127, 0, 0, 1}, 40000},
                                             .server = {RS_IPV4, {127, 0, 0, 1}, 1712},
                                             .segments = {6, 4},
                                             .bytes = {13, 0},
                                             .opening = TRACE_OPENED,
                                             .ending = TRACE_CLOSED,
                                             .handshake_timed = true,
                                             .handshake_ns = 38000,
                                             .handshake_us = 38};

static const char *line(const struct tracker_summary *summary) {
    struct text text = fresh();
    struct read_counts counts = {0};
    read_list_line(&text, &counts, summary);
    return written(&text);
}

static void test_a_line(void **state) {
    struct text text = fresh();
    (void)state;
    read_list_head(&text);
    assert_string_equal(written(&text),
                        "           segments      bytes\n"
                        "      #    >    <     >    <  opened     end        > from client to server\n");
    assert_string_equal(line(&plain),
                        "      1    6    4    13    0  38 us      closed     127.0.0.1:40000 > 127.0.0.1:1712\n");
}

static void test_how_it_opened_and_ended(void **state) {
    static const char *const openings[] = {"not seen", "seen", "both ends", "half open", "no answer", "refused"};
    static const char *const endings[] = {"not seen", "closed", "half", "reset", "refused", "forgotten"};
    (void)state;
    for (int i = TRACE_OPENING_NOT_SEEN; i <= TRACE_OPENING_REFUSED; i++) {
        struct tracker_summary s = plain;
        s.opening = (enum trace_opening)i;
        s.handshake_timed = false;
        assert_memory_equal(line(&s) + 30, openings[i], strlen(openings[i]));
    }
    for (int i = TRACE_STILL_OPEN; i <= TRACE_FORGOTTEN; i++) {
        struct tracker_summary s = plain;
        s.ending = (enum trace_ending)i;
        assert_memory_equal(line(&s) + 41, endings[i], strlen(endings[i]));
    }
}

static void test_signs(void **state) {
    struct text text = fresh();
    struct read_counts counts = {0};
    struct tracker_counts tracked = {.connections = 1};
    struct tracker_summary s = plain;
    (void)state;
    s.roles_guessed = s.has_holes = true;
    read_list_line(&text, &counts, &s);
    assert_string_equal(written(&text),
                        "      1    6    4    13    0  38 us      closed   ! 127.0.0.1:40000 ? 127.0.0.1:1712\n");
    text.used = 0;
    read_totals(&text, &counts, &tracked, true);
    assert_non_null(strstr(written(&text), "  ? between the ends: no SYN was seen"));
    assert_non_null(strstr(written(&text), "  ! behind the end: segments of this connection are missing"));
}

static void test_figures_are_scaled(void **state) {
    static const struct {
        uint64_t value;
        const char *figure;
    } figures[] = {{0, "   0"},
                   {9999, "9999"},
                   {10000, " 10k"},
                   {999999, "999k"},
                   {1000000, "  1M"},
                   {12345678, " 12M"},
                   {UINT64_C(5000000000), "  5G"},
                   {UINT64_MAX, " 18E"}};
    (void)state;
    for (size_t i = 0; i < COUNT(figures); i++) {
        struct tracker_summary s = plain;
        s.bytes[0] = figures[i].value;
        assert_memory_equal(line(&s) + 19, figures[i].figure, 4);
    }
}

static size_t longest_line(const char *text) {
    size_t most = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        most = length > most ? length : most;
        text += length + 1;
    }
    return most;
}

static void test_no_line_is_too_long(void **state) {
    struct tracker_summary s = plain;
    (void)state;
    s.number = 9999999;
    s.segments[0] = s.segments[1] = s.bytes[0] = s.bytes[1] = UINT64_MAX;
    s.handshake_us = UINT64_C(86399999) * 1000;
    s.ending = TRACE_FORGOTTEN;
    s.has_holes = true;
    memset(s.client.addr, 255, 4);
    s.server.addr[0] = 255;
    s.client.port = s.server.port = 65535;
    assert_true(longest_line(line(&s)) <= 100);
    assert_null(strchr(line(&s) + strlen(line(&s)) - strlen("\n"), '!'));
    s.client.family = s.server.family = RS_IPV6;
    memset(s.client.addr, 255, 16);
    memset(s.server.addr, 238, 16);
    const char *two = line(&s);
    assert_true(longest_line(two) <= 100);
    const char *first = strstr(two, "[ffff"), *second = strstr(two, "[eeee");
    assert_ptr_equal(strchr(two, '\n') + 1 + (first - two), second); // one below the other
}

static void test_what_could_not_be_shown_is_told(void **state) {
    struct read_counts counts = {0};
    struct tracker_counts tracked = {.segments = 7, .connections = 2, .fragments = 3, .malformed = 1, .not_tcp = 2};
    struct text text = fresh();
    (void)state;
    read_count(&counts, &(struct capture_frame){.link = 1, .lost = 5}, LINK_OTHER);
    read_count(&counts, &(struct capture_frame){.link = 1}, LINK_CUT);
    read_count(&counts, &(struct capture_frame){.link = 105}, LINK_UNKNOWN);
    read_count(&counts, &(struct capture_frame){.link = 105}, LINK_UNKNOWN);
    for (uint32_t i = 0; i < READ_LINKS_MAX + 3; i++)
        read_count(&counts, &(struct capture_frame){.link = 9000 + i}, LINK_UNKNOWN);
    read_totals(&text, &counts, &tracked, true);
    const char *told = written(&text);
    static const char first[] = "15 packets, 7 TCP segments, 2 connections\n  3 packets of other protocols\n";
    assert_memory_equal(told, first, strlen(first));
    assert_non_null(strstr(told, "\n  2 packets of a link layer that is not read here: IEEE 802.11, number 105\n"));
    assert_non_null(strstr(told, "\n  1 packet of a link layer that is not read here: number 9000\n"));
    assert_non_null(strstr(told, "\n  4 packets of still other link layers\n"));
    assert_non_null(strstr(told, "\n  3 packets that are fragments"));
    assert_non_null(strstr(told, "\n  1 packet whose headers make no sense\n"));
    assert_non_null(strstr(told, "\n  1 packet of which too little was kept"));
    assert_non_null(strstr(told, "\n  5 packets that were not caught"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line),
        cmocka_unit_test(test_how_it_opened_and_ended),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_figures_are_scaled),
        cmocka_unit_test(test_no_line_is_too_long),
        cmocka_unit_test(test_what_could_not_be_shown_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
