// SPDX-License-Identifier: MIT
//
// The table of read --list (see read_list.h). The figures have columns of a fixed width, and the two ends stand last:
// their width differs most, and nobody knows the widest before the file is over. Called by read.c.
#include "cmd/read_list.h"

#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

enum { FIGURE = 6, COLUMNS_MOST = 100 };

// At most four columns: 9999, 10k, 999M.
static char *scaled(uint64_t value, char out[FIGURE]) {
    static const char units[] = " kMGTPE";
    size_t unit = 0;
    while (value > (unit == 0 ? 9999u : 999u)) {
        value /= 1000;
        unit++;
    }
    snprintf(out, FIGURE, unit == 0 ? "%u" : "%u%c", (unsigned)value, units[unit]);
    return out;
}

static const char *opening(const struct tracker_summary *s, char *out, size_t room) {
    static const char *const names[] = {
        [TRACE_OPENING_NOT_SEEN] = "not seen", [TRACE_OPENED] = "seen",         [TRACE_OPENED_BOTH] = "both ends",
        [TRACE_HALF_OPEN] = "half open",       [TRACE_NO_ANSWER] = "no answer", [TRACE_OPENING_REFUSED] = "refused"};
    if (s->opening != TRACE_OPENED || !s->handshake_timed)
        return names[s->opening];
    words_time(s->handshake_us, out, room);
    return out;
}

static const char *ending(enum trace_ending ending) {
    static const char *const names[] = {
        [TRACE_STILL_OPEN] = "not seen", [TRACE_CLOSED] = "closed",   [TRACE_HALF_CLOSED] = "half",
        [TRACE_RESET] = "reset",         [TRACE_REFUSED] = "refused", [TRACE_FORGOTTEN] = "forgotten"};
    return names[ending];
}

void read_list_head(struct text *text) {
    text_color(text, TEXT_STRONG);
    text_add(text, "           segments      bytes\n"
                   "      #    >    <     >    <  opened     end        > from client to server\n");
    text_color(text, TEXT_PLAIN);
}

void read_list_line(struct text *text, struct read_counts *counts, const struct tracker_summary *s) {
    char figures[4][FIGURE], time[32], client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES], line[100];
    rs_endpoint_text(&s->client, client, sizeof client);
    rs_endpoint_text(&s->server, server, sizeof server);
    int begin = snprintf(line, sizeof line, "%7" PRIu32 " %4s %4s  %4s %4s  %-9s  %-9s%c ", s->number,
                         scaled(s->segments[0], figures[0]), scaled(s->segments[1], figures[1]),
                         scaled(s->bytes[0], figures[2]), scaled(s->bytes[1], figures[3]),
                         opening(s, time, sizeof time), ending(s->ending), s->has_holes ? '!' : ' ');
    counts->guessed = counts->guessed || s->roles_guessed;
    counts->holes = counts->holes || s->has_holes;
    const char *arrow = s->roles_guessed ? "?" : ">";
    size_t width = (size_t)begin + text_width(client) + 3 + text_width(server);
    if (width > COLUMNS_MOST) // two long addresses of IPv6: one below the other
        text_add(text, "%s%s\n%*s%s %s\n", line, client, begin - 2, "", arrow, server);
    else
        text_add(text, "%s%s %s %s\n", line, client, arrow, server);
}
