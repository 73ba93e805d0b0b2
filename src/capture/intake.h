// SPDX-License-Identifier: MIT
//
// Bytes from a descriptor, whatever it is: a file, a pipe, a terminal. They are read in large pieces into one buffer
// of a fixed size, and looked at where they lie.
#ifndef CAPTURE_INTAKE_H
#define CAPTURE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// So much can be asked for at once.
enum { INTAKE_MOST = 2 << 20 };

struct intake {
    int fd;
    uint8_t *buffer;
    size_t begin, end; // what of the buffer has been read and not been taken yet
    uint64_t offset;   // of begin, in bytes from where the descriptor stood
    bool ended;
    int error;                   // the errno of a read that failed, or 0
    bool (*before_wait)(void *); // NULL, or called before each read, which may have to wait; false: no more is read
    void *before_wait_self;
};

// Begins where the descriptor stands; it stays the caller's. Returns false if there is no memory.
bool intake_open(struct intake *intake, int fd);

void intake_close(struct intake *intake);

// What intake_need does where the bytes are not in the buffer yet.
const uint8_t *intake_fill(struct intake *intake, size_t size);

// The next size <= INTAKE_MOST bytes, which are not taken yet; good until bytes are asked for again. NULL if there are
// not so many.
static inline const uint8_t *intake_need(struct intake *intake, size_t size) {
    if (intake->end - intake->begin >= size)
        return intake->buffer + intake->begin;
    return intake_fill(intake, size);
}

// Takes size bytes that intake_need has shown.
static inline void intake_take(struct intake *intake, size_t size) {
    intake->begin += size;
    intake->offset += size;
}

// Takes any number of bytes unseen. Returns false if there are not so many.
bool intake_skip(struct intake *intake, uint64_t size);

#endif
