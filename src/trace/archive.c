// SPDX-License-Identifier: MIT
//
// Keeping all connections of a run (see archive.h). Called by the views that are written at the end.
#include "trace/archive.h"

#include <string.h>

enum { LONG_ONES = 4, ALL_BYTES = LONG_ONES * TAPE_HEAD_BYTES };

// The last one with this number: a number may come again when its connection is over.
static struct tape *find(const struct archive *archive, uint32_t connection) {
    for (size_t i = archive->count; i-- > 0;)
        if (archive->kept[i].connection == connection)
            return archive->kept[i].tape;
    return NULL;
}

static struct tape *begin(struct archive *archive, uint32_t connection) {
    size_t bytes = archive->count < LONG_ONES ? TAPE_HEAD_BYTES : ALL_BYTES / ARCHIVE_CONNECTIONS;
    struct tape *tape = archive->count < ARCHIVE_CONNECTIONS ? tape_new(bytes) : NULL;
    if (!tape) {
        archive->others++;
        return NULL;
    }
    archive->kept[archive->count].connection = connection;
    archive->kept[archive->count++].tape = tape;
    return tape;
}

void archive_take(struct archive *archive, const struct trace_event *event) {
    struct tape *tape =
        event->kind == TRACE_BEGIN ? begin(archive, event->connection) : find(archive, event->connection);
    if (tape)
        tape_add(tape, event);
}

void archive_clear(struct archive *archive) {
    for (size_t i = 0; i < archive->count; i++)
        tape_free(archive->kept[i].tape);
    memset(archive, 0, sizeof *archive);
}
