// SPDX-License-Identifier: MIT
//
// A router that says no, in any words: it answers chosen segments with an ICMP or ICMPv6 error of its own making. What
// a kernel on the way can be brought to say is only a part of what there is.
#ifndef HELP_INJECTOR_H
#define HELP_INJECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rawshake/packet.h"

enum { INJECTOR_PORTS = 65536 };

// What to answer a segment with. Asked with nth 0, 1, 2 ... until it returns false: there is nothing more to say.
struct injected {
    uint8_t type, code;
};
typedef bool injector_choose(const struct rs_packet *packet, unsigned nth, struct injected *out);

struct injector {
    pid_t pid;
    int place;          // where it is
    unsigned *syns;     // by destination port: how many SYNs it has seen; memory that both processes share
    unsigned delay_ms;  // between a segment and its answer, as on a way that takes time
    const char *device; // where the segments come in
    injector_choose *choose;
};

// Starts it: place, delay_ms, device and choose are given. It is ready when this returns; its answers come from the
// device's own address. Ends with injector_end.
void injector_start(struct injector *injector);
void injector_end(struct injector *injector);

#endif
