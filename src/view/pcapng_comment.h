// SPDX-License-Identifier: MIT
//
// What a capture file says of a packet, in one or two sentences.
#ifndef VIEW_PCAPNG_COMMENT_H
#define VIEW_PCAPNG_COMMENT_H

#include "trace/trace.h"

struct pcapng_told {
    const char *call;      // "connect()", if this packet is what came of it; or NULL
    bool fixed;            // its checksum was finished in the file
    bool warned;           // what Wireshark makes of an unfinished one was said before;
    bool warned_of_header; // so was what a raw socket of IPv6 does not get
    uint16_t checksum;     // what the field had held then
};

// event is one that stands in a capture file.
void pcapng_comment(const struct trace_event *event, const struct pcapng_told *told, char *out, size_t room);

#endif
