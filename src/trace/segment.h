// SPDX-License-Identifier: MIT
//
// A segment in the record: its packet, how it was met, and what is known of both ends by then. Part of trace.h.
#ifndef TRACE_SEGMENT_H
#define TRACE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rawshake/packet.h"
#include "rawshake/reason.h"
#include "rawshake/state.h"

// What an orderly next segment would say; worked out before the one that arrived was taken in. flags 0: there is no TCP
// at our end that would expect anything.
struct trace_expected {
    uint8_t flags;
    uint32_t seq, ack;
    bool any_seq; // their first number is theirs to choose
};

// What a bend did to a segment.
enum trace_bent {
    TRACE_BENT_DROPPED = 1,
    TRACE_BENT_COPY = 2,       // it is the same packet once more
    TRACE_BENT_CORRUPTED = 4,  // one bit is turned round
    TRACE_BENT_DELAYED = 8,    // it waits, or has waited
    TRACE_BENT_REORDERED = 16, // it waits, or has waited, to be overtaken
    TRACE_BENT_OVERTAKEN = 32, // and was
    TRACE_BENT_ALTERED = 64,   // something in it is other than the engine had it
    TRACE_BENT_FORGED = 128    // the engine knows nothing of it: it was written by an experiment's script
};

// What the tracker makes of a segment that it has SEEN. Each is something that the segments themselves prove. Of GAP,
// PART_AGAIN and DUPLICATE_ACK there is one at most; mark_bytes is that one's, and else MISSED's.
enum trace_mark {
    TRACE_MARK_MIDWAY = 1 << 0,     // the first one seen of a connection that had begun before
    TRACE_MARK_AGAIN = 1 << 1,      // all its bytes (or its SYN, its FIN) had passed before: it is sent again
    TRACE_MARK_PART_AGAIN = 1 << 2, // some of its bytes had; mark_bytes are new
    TRACE_MARK_LATE = 1 << 3,       // it fills a gap: bytes behind it had passed before it
    TRACE_MARK_GAP = 1 << 4,        // mark_bytes bytes before it have not passed here yet
    TRACE_MARK_MISSED = 1 << 5, // it acknowledges mark_bytes bytes (0: unknown how many) that never passed here: the
                                // capture has a hole
    TRACE_MARK_DUPLICATE_ACK = 1 << 6,    // RFC 5681, section 2; mark_bytes: the how many-th in a row
    TRACE_MARK_WINDOW_ONLY = 1 << 7,      // it says nothing but another window
    TRACE_MARK_WINDOW_ZERO = 1 << 8,      // it closes the window
    TRACE_MARK_PROBE = 1 << 9,            // a byte into a closed window, or none
    TRACE_MARK_KEEPALIVE = 1 << 10,       // one number before what was sent already, with at most one byte
    TRACE_MARK_BEYOND_WINDOW = 1 << 11,   // its data go beyond what the other end had offered
    TRACE_MARK_SIMULTANEOUS = 1 << 12,    // SYN has met SYN, or FIN has met FIN
    TRACE_MARK_REFUSES = 1 << 13,         // RST in answer to a SYN
    TRACE_MARK_RESETS = 1 << 14,          // RST that ends a connection
    TRACE_MARK_STRAY = 1 << 15,           // it fits no state that the connection can be in: after its end, or a bad ack
    TRACE_MARK_CUT = 1 << 16,             // the capture kept only the beginning of it
    TRACE_MARK_MERGED = 1 << 17,          // larger than any segment on a wire: merged, or not yet cut, by this machine
    TRACE_MARK_SPLIT_HANDSHAKE = 1 << 18, // a bare SYN of the server's in answer to the client's
    TRACE_MARK_REUSED = 1 << 19           // a new connection with the four numbers of one that has ended
};

// Which way a packet went, seen from the machine on which it was caught.
enum trace_direction { TRACE_DIRECTION_UNKNOWN, TRACE_INBOUND, TRACE_OUTBOUND };

// A segment on the wire. bytes and packet are borrowed: they are good until the sink returns.
struct trace_segment {
    const struct rs_packet *packet;
    const uint8_t *bytes; // the whole IP packet
    size_t size;
    bool ip_rebuilt;          // an IPv6 raw socket gave no IP header: bytes begin with one made of what the kernel told
                              // beside the segment. Extension headers, if there were any, are missing in it
    enum rs_wire_error error; // RECEIVED: always RS_WIRE_OK; IGNORED: why, or RS_WIRE_OK if it is merely a stranger's;
                              // SEEN: RS_WIRE_BAD_TCP_CHECKSUM if it is damaged, and then it moves no state
    enum rs_reason why;       // SENT, PENDING and UNSENT: the reason
    enum rs_state state;      // ours, afterwards
    uint32_t iss, irs;        // so that numbers can be told relative to the beginning of each direction
    bool irs_known;
    bool sender_done, receiver_done; // the FIN of that end came before this segment
    bool ours;                       // it went from us to the other end; SEEN: from the client to the server
    bool we_listen;                  // we are the server, and the other end is the client
    uint8_t window_shift;            // its window is in units of 2^this bytes (RFC 7323, section 2); 0 in a SYN
    struct trace_expected expected;  // RECEIVED
    int failure;                     // UNSENT: the errno, or 0 for a bend
    uint8_t bent;                    // all of enum trace_bent that apply
    const char *purpose;             // what an experiment did to it, as a sentence; or NULL
    uint64_t bent_us;                // HELD: how long it is to wait; SENT and RECEIVED: how long it has waited
    enum trace_direction direction;
    // SEEN alone. state is the client's and far_state the server's. The sender's is what it must have been in to send
    // this, unless that cannot be told, and then it is not proved. The receiver's is what it comes to if all that
    // passed reaches it and is taken; it is not proved until a segment of its own shows it. (Unless direction is
    // OUTBOUND, its sender may be further by now: what would show that may have been lost before it could be caught.)
    enum rs_state far_state;
    bool state_proved, far_proved;
    uint32_t marks, mark_bytes; // all of enum trace_mark that apply
    bool of_others;             // it is SEEN: whoever explains it speaks of client and server, not of us
    // The SYN of its sender, or of its receiver, was not seen: that direction's numbers count from the first one seen,
    // which is called 1.
    bool midway, far_midway;
    bool window_unknown; // both SYNs would tell in which unit its window is, and they were not both seen
    bool doubted;        // its checksum does not fit, and neither did that of the first one in this direction: more
                         // likely a network card was to write them than that all are damaged
    size_t wire_size;    // how large the packet was; bytes has only the first `size` of it, if that is less
    uint64_t frame;      // READ: the how many-th packet of the capture, as other tools count; 0: none
};

#endif
