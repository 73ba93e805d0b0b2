// SPDX-License-Identifier: MIT
//
// The narrator: the sink that tells a person what happens. It draws the ladder, and says a sentence where one is due;
// with -v it explains each segment field by field, with -vv to the last byte.
#ifndef VIEW_NARRATOR_H
#define VIEW_NARRATOR_H

#include "trace/trace.h"
#include "view/ladder.h"
#include "view/text.h"
#include "view/words.h"

// What narration depends on besides the trace.
struct narrator_settings {
    unsigned verbosity; // 0, 1 (-v), 2 (-vv)
    bool step;
};

// A segment, kept.
struct narrator_copy {
    struct trace_segment segment;
    struct rs_packet packet;
    uint8_t bytes[RS_IPV6_PACKET_MAX];
    char purpose[WORDS_PURPOSE];
};

// What is known of one connection.
struct narrated {
    uint32_t connection; // its number in the trace
    bool over;           // and it will not be told of again
    struct trace_about about;
    struct ladder ladder;
    struct trace_peer peer;     // the last that the server's kernel said
    struct trace_socket socket; // how the kernel describes its own, told when the handshake is over
    bool has_socket;
    bool measured, backed_off; // see struct words_known
    bool peer_asked, peer_why_told, started, acked,
        ours_stayed,       // our last segment did not leave, or not yet
        doubt_told;        // that checksums are not to be trusted
    uint64_t told_wait_us; // the wait that was told last; 0: none
    uint64_t data_events, server_events;
    uint8_t marks_told[20]; // how often each of enum trace_mark was told in full
};

enum { NARRATOR_KEPT = 64 }; // connections besides the one in hand

struct narrator {
    struct text *text;
    struct narrator_settings settings;
    struct narrated now; // the connection in hand
    uint32_t named;      // the one that the reader takes the next line to belong to
    bool window_only,
        due,          // due: `last` is to be explained when its line is out
        purpose_told, // step mode: that of `pending`
        found;        // evidence was told: its heading stands there
    enum trace_kind last_kind;
    size_t kept_count;
    bool socket_told;             // of one of several connections: the others' words would be much the same
    bool seen_told;               // how those of others are seen: of one of several
    bool noted;                   // a note has come since the last connection began
    struct narrator_copy last;    // the segment whose line was drawn last
    struct narrator_copy pending; // step mode: the segment that waits
    struct narrated kept[NARRATOR_KEPT];
};

// Prepares a narrator that writes into text, which must outlive it. Copies *settings.
void narrator_init(struct narrator *narrator, struct text *text, const struct narrator_settings *settings);

// Writes what stands above the ladder; preface.c. Called by the narrator itself, when a connection begins. another: it
// is not the first of its experiment.
void narrator_preface(struct narrator *narrator, bool another);

// The narrator as a sink of the trace.
struct trace_sink narrator_sink(struct narrator *narrator);

// Step mode, on demand: what is about to be sent, looked at closely.
void narrator_show_fields(struct narrator *narrator);
void narrator_show_bytes(struct narrator *narrator);

#endif
