// SPDX-License-Identifier: MIT
//
// How far a long transfer has come: one line on standard error, written over again and again, and only where a person
// looks at it. Used where nothing is narrated.
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "live/client.h"

struct progress {
    bool on, shown;
    bool gives_way;            // what the server sends stands on a terminal too
    uint64_t next_us, last_us; // on the session's clock
    uint64_t last_bytes;       // both directions together
};

// Decides whether there is one: standard error is a terminal, and what is sent is not what a person types there.
void progress_open(struct progress *progress, const struct client *client);

// Writes the line, if it is time. Never blocks. Returns how many microseconds until it wants to be called again;
// UINT64_MAX: never.
uint64_t progress_show(struct progress *progress, const struct client *client);

// Ends it for good as soon as the server has sent something that is to stand on a terminal, so that the two do not mix.
// To be called before that is written.
void progress_give_way(struct progress *progress, const struct client *client);

// Takes the line away.
void progress_close(struct progress *progress);

// "12.3 MB": three figures or so, of 1000 and its powers.
void progress_bytes(uint64_t count, char *out, size_t room);

#endif
