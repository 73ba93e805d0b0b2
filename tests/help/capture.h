// SPDX-License-Identifier: MIT
//
// What passes a device, as a packet socket sees it (packet(7)): for tests that compare what two programs put on the
// wire. It sees what leaves too, which a raw socket does not.
#ifndef HELP_CAPTURE_H
#define HELP_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "rawshake/packet.h"

enum { CAPTURE_MAX = 4096, CAPTURE_KEPT_BYTES = 120 };

// One TCP packet: its headers as they were, and as numbers. packet.segment.payload is not there any more, only its
// size in data_bytes.
struct seen {
    bool to_server;
    uint8_t bytes[CAPTURE_KEPT_BYTES]; // the packet's first bytes, from its IP header on
    uint32_t size, data_bytes;
    struct rs_packet packet;
};

struct capture {
    int fd;
    uint16_t server_port;
    bool loopback;
    uint8_t *ring;
    unsigned count, next_frame;
    struct seen seen[CAPTURE_MAX];
};

// Begins to watch a device of the place that this process is in, for TCP to and from this port. Each packet counts
// once, in the order in which they were put on the wire; one of more than about 1900 bytes is an error of the test.
// Ends with capture_end, which closes the socket.
void capture_begin(struct capture *capture, const char *device, uint16_t server_port);

// Takes in what has passed since; more than fits is an error of the test.
void capture_read(struct capture *capture);

// The same, until nothing has passed for quiet_ms.
void capture_until_quiet(struct capture *capture, int quiet_ms);

void capture_end(struct capture *capture);

#endif
