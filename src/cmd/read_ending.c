// SPDX-License-Identifier: MIT
//
// How reading a capture ended: one sentence where something is wrong, and the exit status (see reading.h). Called by
// read.c when everything has been shown that could be.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/complain.h"
#include "cmd/reading.h"

static int foreign(const struct reading *r) {
    const char *problem = capture_problem(r->capture), *command = capture_decompressor(r->capture);
    bool standard = strcmp(r->options.file, "-") == 0;
    if (command)
        complain("%s: %s: decompress it: %s %s| rawshake read -", r->name, problem, command, standard ? "" : "FILE ");
    else
        complain("%s: %s", r->name, problem);
    return EXIT_CONNECTION;
}

static int damaged(const struct reading *r) {
    complain("%s: damaged: %s%s", r->name, capture_problem(r->capture),
             r->counts.frames > 0 ? ": what came before it was read" : "");
    return EXIT_CONNECTION;
}

static int unreadable(const struct reading *r) {
    char why[96];
    complain("%s: %s", r->name, errno_text(capture_errno(r->capture), why, sizeof why));
    return EXIT_CONNECTION;
}

// The file is in order; what was asked of it may still not be there.
static int in_order(const struct reading *r) {
    uint64_t connections = tracker_counts(r->tracker).connections;
    const struct read_counts *c = &r->counts;
    if (c->frames > 0 && c->found[LINK_UNKNOWN] == c->frames) {
        complain("%s: none of its packets can be read: their link layer is none of Ethernet, Linux cooked, raw IP and "
                 "loopback",
                 r->name);
        return EXIT_CONNECTION;
    }
    if (r->options.stream == 0 || r->over || r->signal != 0)
        return EXIT_DONE;
    complain("--stream %" PRIu32 ": %s has %" PRIu64 " connection%s: rawshake read --list shows %s", r->options.stream,
             r->name, connections, connections == 1 ? "" : "s", connections == 1 ? "it" : "them");
    return EXIT_CONNECTION;
}

int read_ending(const struct reading *r, enum capture_status status) {
    switch (status) {
    case CAPTURE_FOREIGN:
        return foreign(r);
    case CAPTURE_DAMAGED:
        return damaged(r);
    case CAPTURE_UNREADABLE:
        return unreadable(r);
    default:
        return in_order(r);
    }
}
