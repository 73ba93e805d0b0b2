// SPDX-License-Identifier: MIT
//
// Capture files put together a number at a time, in either order of bytes, and a descriptor to read them from.
#ifndef HELP_FEED_H
#define HELP_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"

enum { FEED_ROOM = 4096 };

struct feed {
    uint8_t bytes[FEED_ROOM];
    size_t size;
    bool big;
};

static inline void feed_number(struct feed *f, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        f->bytes[f->size++] = (uint8_t)(value >> 8 * (f->big ? bytes - 1 - i : i));
}

static inline void feed_16(struct feed *f, unsigned value) { feed_number(f, value, 2); }

static inline void feed_32(struct feed *f, uint32_t value) { feed_number(f, value, 4); }

static inline void feed_bytes(struct feed *f, const void *bytes, size_t size) {
    memcpy(f->bytes + f->size, bytes, size);
    f->size += size;
}

// A file that has no name, at its beginning, with these bytes.
static inline FILE *feed_file(const uint8_t *bytes, size_t size) {
    FILE *file = tmpfile();
    if (!file || fwrite(bytes, 1, size, file) != size || fflush(file) != 0)
        abort();
    rewind(file);
    return file;
}

// Reads all of it: how many packets there were, and how it ended. What was wrong goes to problem, which has 200 bytes.
static inline enum capture_status feed_read(const uint8_t *bytes, size_t size, unsigned *packets, char *problem) {
    FILE *file = feed_file(bytes, size);
    struct capture *capture = capture_open(fileno(file));
    struct capture_frame frame;
    enum capture_status status;
    uint32_t sum = 0;
    if (!capture)
        abort();
    for (*packets = 0; (status = capture_next(capture, &frame)) == CAPTURE_FRAME; (*packets)++)
        for (size_t i = 0; i < frame.size; i++) // all of it can be read
            sum += frame.bytes[i];
    if (sum > UINT32_MAX - 1 || capture_next(capture, &frame) != status)
        abort();
    snprintf(problem, 200, "%s", capture_problem(capture));
    capture_free(capture);
    fclose(file);
    return status;
}

#endif
