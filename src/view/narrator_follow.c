// SPDX-License-Identifier: MIT
//
// Several connections at once, in one ladder: an experiment with more than one client has them, a server of ours, and a
// program whose connect() is made by hand.
// Each has states, a server's word and times of its own, so whenever the telling goes over to another one, what is
// known of the one in hand is put aside, and a line names the other. Called by narrator.c.
#include <inttypes.h>
#include <string.h>

#include "view/narrate.h"

bool narrate_is_one_of_several(const struct trace_about *about) {
    return about->experiment || about->we_listen || about->process > 0;
}

// What an experiment says and finds belongs to all of them; the kernel's counters are those of all; and its ends are
// not told.
static bool is_of_one(const struct narrator *n, enum trace_kind kind) {
    return kind != TRACE_BEGIN && kind != TRACE_NOTE && kind != TRACE_EVIDENCE && kind != TRACE_COUNTERS &&
           (kind != TRACE_END || !n->now.about.experiment);
}

static struct narrated *find(struct narrator *n, uint32_t connection) {
    for (size_t i = 0; i < n->kept_count; i++)
        if (n->kept[i].connection == connection)
            return &n->kept[i];
    return NULL;
}

// Nothing of the one in hand waits any more.
static void leave(struct narrator *n) {
    narrate_flush(n);
    ladder_spill(&n->now.ladder);
    n->last.segment.packet = NULL; // what comes next has nothing to do with it
}

void narrate_put_aside(struct narrator *n) {
    leave(n);
    if (n->now.over)
        return;
    if (n->kept_count == NARRATOR_KEPT) // the oldest goes
        memmove(n->kept, n->kept + 1, --n->kept_count * sizeof *n->kept);
    n->kept[n->kept_count++] = n->now;
}

// What is over needs no place.
static void forget(struct narrator *n, uint32_t connection) {
    struct narrated *other = find(n, connection);
    if (connection == n->now.connection)
        n->now.over = true;
    else if (other)
        *other = n->kept[--n->kept_count];
}

void narrate_follow(struct narrator *n, const struct trace_event *event) {
    const bool several = narrate_is_one_of_several(&n->now.about);
    if (n->now.about.experiment && event->kind == TRACE_END)
        forget(n, event->connection);
    if (!several || event->connection == n->now.connection || !is_of_one(n, event->kind))
        return;
    struct narrated *other = find(n, event->connection);
    if (!other)
        return;
    leave(n);
    const struct narrated before = n->now;
    n->now = *other;
    if (!before.over)
        *other = before;
    else // there is a place for another
        memmove(other, other + 1, (size_t)(n->kept + --n->kept_count - other) * sizeof *other);
}

void narrate_name(struct narrator *n) {
    if (n->named == n->now.connection)
        return;
    n->named = n->now.connection;
    text_color(n->text, TEXT_FAINT);
    text_add(n->text, " Connection %" PRIu32 " again (client port %u):\n", n->now.connection,
             (unsigned)n->now.about.client.port);
    text_color(n->text, TEXT_PLAIN);
}
