// SPDX-License-Identifier: MIT
//
// The capture file: pcapng (draft-ietf-opsawg-pcapng), each packet whole, with a comment on each that explains it.
// Wireshark shows the comments. Every block goes in whole, so the file is complete after each.
//
// A packet stands in the file if it was on the wire: what was sent, received, seen or ignored, what a bend kept from us
// when it had arrived, and ICMP errors. What never left does not.
#ifndef VIEW_PCAPNG_H
#define VIEW_PCAPNG_H

#include "trace/trace.h"
#include "view/text.h"

enum {
    PCAPNG_COMMENT_MAX = 4000,
    PCAPNG_BLOCK_MAX = RS_IPV6_PACKET_MAX + PCAPNG_COMMENT_MAX + 200 // a packet, a comment, and what stands around them
};

struct pcapng_settings {
    const char *version;   // of this program
    const char *command;   // the command line
    const char *interface; // the name of the interface, or of what else the packets come from
    bool fix_checksums;    // finish those that were left to a network card, in the file, and say so in the comment
};

struct pcapng_view {
    struct text *text;
    bool fix_checksums;
    bool warned_of_header;
    bool warned; // what Wireshark makes of an unfinished checksum has been said
    bool called; // the program has made a call, and nothing has been sent since: what leaves next is what comes of it
    enum trace_call call;
    uint32_t connection; // that connection's
    uint64_t lost;       // packets that overran our queue since the last one that stands in the file
    uint8_t block[PCAPNG_BLOCK_MAX];
};

// Prepares a view that writes into text, which must outlive it, and writes what stands at the beginning of the file:
// the section header and one interface of raw IP packets with nanoseconds. Keeps nothing of *settings' strings.
// Allocates nothing.
void pcapng_init(struct pcapng_view *view, struct text *text, const struct pcapng_settings *settings);

struct trace_sink pcapng_sink(struct pcapng_view *view);

#endif
