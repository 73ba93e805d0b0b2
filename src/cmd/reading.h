// SPDX-License-Identifier: MIT
//
// One run of read: what is open, and what has been counted. read.c opens and reads; read_ending.c says how it ended.
#ifndef CMD_READING_H
#define CMD_READING_H

#include "cmd/read_json.h"
#include "cmd/read_list.h"
#include "cmd/read_options.h"
#include "cmd/show.h"

struct reading {
    struct read_options options;
    struct view_options shown; // what of the options' views is made of segments
    const char *name;          // of the file, for people
    int fd, signal_fd, signal; // signal: which one ended us, or 0
    struct show show;
    struct loop loop;        // nobody waits on it: reading does not wait for those who look on
    struct json_lines *json; // --list --json, or NULL
    struct trace_about about;
    struct capture *capture;
    struct tracker *tracker;
    struct read_counts counts;
    bool over; // the one that was wanted has ended, and was shown
};

// Says how it ended; status is what the last capture_next returned. Returns the exit status.
int read_ending(const struct reading *reading, enum capture_status status);

#endif
