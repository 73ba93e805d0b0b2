// SPDX-License-Identifier: MIT
//
// Many packets at once, for a session that nobody watches: they are built side by side and leave in one system call.
// Where each is narrated they go one by one, for the server's kernel is asked after each.
#ifndef LIVE_BULK_H
#define LIVE_BULK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { BULK_PACKETS = 64, BULK_BYTES = 1 << 20 };

// Packets that are built and have not left: from first to count.
struct bulk {
    size_t first, count, used;
    struct iovec packets[BULK_PACKETS];
    uint8_t bytes[BULK_BYTES];
};

#endif
