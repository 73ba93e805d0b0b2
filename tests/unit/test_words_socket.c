// SPDX-License-Identifier: MIT
//
// The table of what the kernel says of a socket that has taken a connection over, beside our own numbers: it fits its
// columns whatever stands in it, and what differs is explained, once for all rows with the same reason.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../help/cm.h"
#include "view/narrator.h"

enum { NAME = 11, VALUE = 11, MEANING = 28, BYTES = 65536, COLUMNS = 80 };

static void test_rows_fit(void **state) {
    (void)state;
    const struct trace_socket connected = {.we_listen = false}, accepted = {.we_listen = true};
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++) {
        const enum trace_socket_row row = (enum trace_socket_row)i;
        assert_true(strlen(words_socket_name(row)) <= NAME);
        assert_true(strlen(words_socket_meaning(&connected, row)) <= MEANING);
        assert_true(strlen(words_socket_meaning(&accepted, row)) <= MEANING);
        for (uint64_t value = 0; value < UINT32_MAX; value = value * 3 + 1) {
            const struct trace_socket_cell cell = {true, row == TRACE_SOCKET_STATE ? value % RS_STATES : value};
            char text[64];
            words_socket_value(row, &cell, text, sizeof text);
            assert_true(strlen(text) <= VALUE);
        }
    }
}

static struct trace_socket alike(void) {
    struct trace_socket socket = {0};
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++)
        socket.cells[i][TRACE_SOCKET_OURS] = socket.cells[i][TRACE_SOCKET_AFTER] = (struct trace_socket_cell){true, 4};
    return socket;
}

static void test_what_differs_is_explained(void **state) {
    (void)state;
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++) {
        const enum trace_socket_row row = (enum trace_socket_row)i;
        struct trace_socket socket = alike();
        assert_null(words_socket_why(&socket, row));
        socket.cells[row][TRACE_SOCKET_AFTER].value = 5;
        assert_non_null(words_socket_why(&socket, row));
        socket.cells[row][TRACE_SOCKET_AFTER] = (struct trace_socket_cell){false, 0};
        const char *why = words_socket_why(&socket, row);
        assert_int_equal(strcmp(why, "This kernel does not tell.") == 0, row != TRACE_SOCKET_RTT);
        socket.cells[row][TRACE_SOCKET_OURS] = (struct trace_socket_cell){false, 0};
        assert_null(words_socket_why(&socket, row)); // neither has it
    }
}

// What the narrator writes for this table.
static const char *narrated(const struct trace_socket *socket) {
    static char bytes[BYTES];
    static struct narrator narrator;
    struct text text = {.bytes = bytes, .size = sizeof bytes - 1, .style = {.columns = COLUMNS}};
    const struct narrator_settings settings = {.verbosity = 0};
    const struct trace_about about = {.source = TRACE_BY_HAND, .guarded = true, .we_listen = socket->we_listen};
    struct trace_event events[] = {{.kind = TRACE_BEGIN, .u.about = &about},
                                   {.kind = TRACE_SOCKET, .u.socket = socket},
                                   {.kind = TRACE_END, .u.end = {.state = RS_ESTABLISHED, .handed_over = true}}};
    narrator_init(&narrator, &text, &settings);
    const struct trace_sink sink = narrator_sink(&narrator);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        sink.take(sink.self, &events[i]);
    bytes[text.used] = '\0';
    return bytes;
}

static unsigned count(const char *text, const char *part) {
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        found++;
    return found;
}

static void test_the_table(void **state) {
    (void)state;
    struct trace_socket socket = alike();
    const char *text = narrated(&socket);
    assert_non_null(strstr(text, " state       ESTABLISHED           - ESTABLISHED  of RFC 9293's machine\n"));
    assert_int_equal(count(text, "* "), 0);
    socket.cells[TRACE_SOCKET_RTT][TRACE_SOCKET_AFTER].known = false;
    socket.cells[TRACE_SOCKET_RTO][TRACE_SOCKET_AFTER].value = 3000000;
    text = narrated(&socket);
    assert_non_null(strstr(text, " rto                4 us           -         3 s* wait before sending again\n"));
    assert_non_null(strstr(text, "\n * rtt, rto: What was measured cannot be handed over."));
    assert_int_equal(count(text, "\n * "), 1);
    assert_non_null(strstr(text, "From here on the connection is the kernel's"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= COLUMNS);
}

// Where we listen, it is told of the client; and not at all if nothing has come of the handshake.
static void test_where_we_listen(void **state) {
    (void)state;
    struct trace_socket socket = alike();
    socket.we_listen = true;
    const char *text = narrated(&socket);
    assert_non_null(strstr(text, "What accept() returns"));
    assert_non_null(strstr(text, " the client's\n"));
    assert_non_null(strstr(text, " bytes that the client takes\n"));
    assert_null(strstr(text, "he server"));
    socket.cells[TRACE_SOCKET_STATE][TRACE_SOCKET_OURS].value = RS_SYN_RECEIVED;
    socket.cells[TRACE_SOCKET_RTO][TRACE_SOCKET_AFTER].value = 3000000;
    text = narrated(&socket);
    assert_non_null(strstr(text, "\n * state: TCP_REPAIR knows no SYN-RECEIVED."));
    assert_non_null(strstr(text, "\n * rto: Nothing has been measured yet."));
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++) {
        socket.cells[i][TRACE_SOCKET_AFTER].value = 99;
        assert_null(strstr(words_socket_why(&socket, (enum trace_socket_row)i), "server"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_fit),
        cmocka_unit_test(test_what_differs_is_explained),
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_where_we_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
