// SPDX-License-Identifier: MIT
//
// The capture file: pcapng (draft-ietf-opsawg-pcapng), each packet whole, with a comment on each that explains it.
// Wireshark shows the comments. Every block goes in whole, so the file is complete after each.
#ifndef VIEW_PCAPNG_H
#define VIEW_PCAPNG_H

#include "trace/trace.h"
#include "view/text.h"

struct pcapng_settings {
    const char *version;   // of this program
    const char *command;   // the command line
    const char *interface; // the name of the interface, or of what else the packets come from
    bool fix_checksums;    // finish those that were left to a network card, in the file, and say so in the comment
};

struct pcapng_view {
    struct text *text;
    struct pcapng_settings settings;
    struct trace_about about; // the last connection that began
};

// Prepares a view that writes into text, which must outlive it, and writes what stands at the beginning of the file:
// the section header and one interface of raw IP packets with nanoseconds.
void pcapng_init(struct pcapng_view *view, struct text *text, const struct pcapng_settings *settings);

struct trace_sink pcapng_sink(struct pcapng_view *view);

#endif
