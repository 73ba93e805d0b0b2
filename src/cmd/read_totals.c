// SPDX-License-Identifier: MIT
//
// What a capture holds besides connections, counted and told at the end (see read_list.h). Nothing is passed over in
// silence: what could not be shown has a line. Called by read.c.
#include <inttypes.h>
#include <stdio.h>

#include "cmd/read_list.h"

static void count_unknown(struct read_counts *c, uint32_t link) {
    size_t i = 0;
    while (i < c->unknown_count && c->unknown[i].link != link)
        i++;
    if (i == READ_LINKS_MAX) {
        c->unknown_others++;
        return;
    }
    if (i == c->unknown_count)
        c->unknown[c->unknown_count++].link = link;
    c->unknown[i].frames++;
}

void read_count(struct read_counts *c, const struct capture_frame *frame, enum link_found found) {
    c->frames++;
    c->lost += frame->lost;
    c->found[found]++;
    if (found == LINK_UNKNOWN)
        count_unknown(c, frame->link);
}

// "  17 packets WHAT", or nothing where there are none.
static void tell(struct text *text, uint64_t packets, const char *what) {
    if (packets > 0)
        text_add(text, "  %" PRIu64 " packet%s %s\n", packets, packets == 1 ? "" : "s", what);
}

static void tell_links(struct text *text, const struct read_counts *c) {
    for (size_t i = 0; i < c->unknown_count; i++) {
        char what[120];
        const char *name = link_name(c->unknown[i].link);
        snprintf(what, sizeof what, "of a link layer that is not read here: %s%snumber %u", name ? name : "",
                 name ? ", " : "", (unsigned)c->unknown[i].link);
        tell(text, c->unknown[i].frames, what);
    }
    tell(text, c->unknown_others, "of still other link layers");
}

void read_totals(struct text *text, const struct read_counts *c, const struct tracker_counts *t, bool all) {
    uint64_t not_tcp = c->found[LINK_OTHER] + t->not_tcp;
    if (all || t->connections == 0)
        text_add(text, "%" PRIu64 " packet%s, %" PRIu64 " TCP segment%s, %" PRIu64 " connection%s\n", c->frames,
                 c->frames == 1 ? "" : "s", t->segments, t->segments == 1 ? "" : "s", t->connections,
                 t->connections == 1 ? "" : "s");
    if (all)
        tell(text, not_tcp, "of other protocols");
    tell_links(text, c);
    tell(text, t->fragments, "that are fragments: what TCP there is in them is not read");
    tell(text, t->malformed, "whose headers make no sense");
    tell(text, c->found[LINK_CUT], "of which too little was kept to tell what they are");
    tell(text, t->elsewhere, "that passed twice, on two interfaces: each is told once");
    tell(text, t->bad_checksum, "with a wrong TCP checksum");
    tell(text, c->lost, "that were not caught, says the capture: connections may have holes");
    tell(text, all ? 0 : t->cut, "of which the capture kept only the beginning");
    if (all && c->guessed)
        text_add(text, "  ? between the ends: no SYN was seen; the end with the lower port is called the server\n");
    if (all && c->holes)
        text_add(text, "  ! behind the end: segments of this connection are missing in the capture\n");
    if (t->forgotten > 0)
        text_add(text, "  %" PRIu64 " connection%s forgotten before the end: too many were open at once\n",
                 t->forgotten, t->forgotten == 1 ? "" : "s");
}
