// SPDX-License-Identifier: MIT
//
// How the kernel describes the socket that has taken a connection over, beside our own TCP's numbers: a table below all
// segments of the handshake. Called by html.c.
#include "view/markup.h"
#include "view/page.h"

static void cell(struct page *page, enum trace_socket_row row, const struct trace_socket_cell *cell) {
    char value[24];
    words_socket_value(row, cell, value, sizeof value);
    text_add(page->text, "<td class=\"exact\">%s</td>", value);
}

static void row(struct page *page, const struct trace_socket *socket, enum trace_socket_row row) {
    const char *why = words_socket_why(socket, row);
    text_add(page->text, "<tr><th scope=\"row\">%s</th>", words_socket_name(row));
    for (int column = 0; column < TRACE_SOCKET_COLUMNS; column++)
        cell(page, row, &socket->cells[row][column]);
    text_add(page->text, "<td>");
    markup_string(page->text, words_socket_meaning(socket, row));
    if (why) {
        text_add(page->text, "<small>");
        markup_string(page->text, why);
        text_add(page->text, "</small>");
    }
    text_add(page->text, "</td></tr>\n");
}

static void table(struct page *page, const struct trace_socket *socket) {
    static const char *const columns[TRACE_SOCKET_COLUMNS] = {"by hand", "fresh", "handed over"};
    text_add(page->text, "<div class=\"evidence\"><h3>");
    markup_string(page->text, words_socket_title(socket));
    text_add(page->text, "</h3>\n<table><thead><tr><td></td>");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        text_add(page->text, "<th class=\"exact\" scope=\"col\">%s</th>", columns[i]);
    text_add(page->text, "<th scope=\"col\">what it means</th></tr></thead><tbody>\n");
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++)
        row(page, socket, (enum trace_socket_row)i);
    text_add(page->text, "</tbody></table></div>\n");
}

// Where we listen, the handshake may come to nothing afterwards: then there is nothing that accept() would return.
static bool is_told(const struct tape *tape, size_t at) {
    if (tape_event(tape, at)->kind != TRACE_SOCKET)
        return false;
    for (size_t i = at; i < tape_count(tape); i++)
        if (tape_event(tape, i)->kind == TRACE_END)
            return tape_event(tape, i)->u.end.handed_over;
    return true;
}

void page_socket(struct page *page) {
    for (size_t i = 0; i < tape_count(page->tape); i++)
        if (is_told(page->tape, i))
            table(page, tape_event(page->tape, i)->u.socket);
}
