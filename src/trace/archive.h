// SPDX-License-Identifier: MIT
//
// An archive: every connection of a run on a tape of its own, kept until the end. Views that are written when all is
// over (the page, the diagram) look into one.
#ifndef TRACE_ARCHIVE_H
#define TRACE_ARCHIVE_H

#include "trace/tape.h"

// Of very many connections the first are kept.
enum { ARCHIVE_CONNECTIONS = 40 };

struct archive {
    struct {
        uint32_t connection;
        struct tape *tape;
    } kept[ARCHIVE_CONNECTIONS];
    size_t count;
    uint64_t others; // connections that found no room
};

// Keeps what belongs to a connection that has begun. The first few may be long; all together keep to about as much as
// four such.
void archive_take(struct archive *archive, const struct trace_event *event);

// Frees the tapes; the archive is empty again.
void archive_clear(struct archive *archive);

#endif
