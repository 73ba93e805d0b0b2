// SPDX-License-Identifier: MIT
//
// The connections that are followed at once: found by their four numbers, and kept in the order in which they began and
// in that of their last segments. All memory is taken at the beginning; what is not used yet costs nothing but address
// space. Used by the tracker.
#ifndef CAPTURE_TABLE_H
#define CAPTURE_TABLE_H

#include "capture/follow.h"

struct table_entry {
    struct follow follow;
    uint32_t number; // of the connection: 1, 2, 3 ...
    uint32_t hash;
    bool over;
};

struct table;

// Room for `most` connections. NULL if there is no memory.
struct table *table_new(size_t most);

// The connection between these ends, whichever is the client; NULL if there is none. *hash is for table_add.
struct table_entry *table_find(struct table *table, const struct rs_endpoint *a, const struct rs_endpoint *b,
                               uint32_t *hash);

// A new one, its follow still empty. NULL if the table is full. follow.endpoint must be set before the next call.
struct table_entry *table_add(struct table *table, uint32_t hash, uint32_t number);

// It has had a segment now. over: it is closed, and waits in a row of its own.
void table_touch(struct table *table, struct table_entry *entry, bool over);

void table_remove(struct table *table, struct table_entry *entry);

// The one that began first; that was silent longest, of those that are not over, or of those that are. NULL if none.
struct table_entry *table_oldest(const struct table *table);
struct table_entry *table_silent(const struct table *table, bool over);

size_t table_count(const struct table *table);

void table_free(struct table *table);

#endif
