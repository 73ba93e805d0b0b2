// SPDX-License-Identifier: MIT
//
// The record: everything that happens is one ordered row of events, and every view (the ladder, the fields, the bytes)
// is made from that row alone, so no two views can disagree. The session writes it; views are its sinks.
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rawshake/icmp.h"
#include "rawshake/packet.h"
#include "rawshake/reason.h"
#include "rawshake/state.h"

enum trace_kind {
    TRACE_CALL,      // our program makes a call: connect(...)
    TRACE_RETURN,    // and it returns
    TRACE_SENT,      // a segment of ours has left
    TRACE_RECEIVED,  // a segment of this connection has arrived and been taken in
    TRACE_IGNORED,   // a packet arrived that is not this connection's
    TRACE_ICMP,      // an ICMP error has arrived that quotes a segment of ours
    TRACE_UNSENT,    // a segment of ours did not leave: the kernel refused, or a bend dropped it
    TRACE_UNTAKEN,   // a segment of this connection has arrived, but a bend kept or made it unfit to be taken in
    TRACE_HELD,      // a segment, either way, was put aside by a bend, and is to go on later
    TRACE_PEER,      // what the server's kernel says of its end
    TRACE_DECISION,  // what the engine decided, and why
    TRACE_DATA,      // our program has read bytes that the server sent
    TRACE_SERVER,    // what the server's program did, where it is one of ours
    TRACE_PENDING,   // step mode: this segment is about to leave
    TRACE_WITHDRAWN, // step mode: what arrived meanwhile made the pending segment needless
    TRACE_PEER_GONE, // step mode: the server has given up a half-open connection while a person was reading
    TRACE_LOST,      // packets overran our receive queue
    TRACE_WAITING,   // nothing happens for a while, and this is why
    TRACE_END        // the connection is over
};

// The calls of the tutorial's client.
enum trace_call { TRACE_CONNECT, TRACE_SENDALL, TRACE_SHUTDOWN, TRACE_CLOSE };

// The calls of the tutorial's server.
enum trace_server_call { TRACE_SERVER_ACCEPT, TRACE_SERVER_RECV, TRACE_SERVER_END_OF_FILE, TRACE_SERVER_CLOSE };

// What an orderly next segment would say; worked out before the one that arrived was taken in.
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
    TRACE_BENT_OVERTAKEN = 32  // and was
};

// A segment on the wire. bytes and packet are borrowed: they are good until the sink returns.
struct trace_segment {
    const struct rs_packet *packet;
    const uint8_t *bytes; // the whole IP packet
    size_t size;
    bool ip_rebuilt;          // an IPv6 raw socket gave no IP header: bytes begin with one made of what the kernel told
                              // beside the segment. Extension headers, if there were any, are missing in it
    enum rs_wire_error error; // RECEIVED: always RS_WIRE_OK; IGNORED: why, or RS_WIRE_OK if it is merely a stranger's
    enum rs_reason why;       // SENT, PENDING and UNSENT: the reason
    enum rs_state state;      // ours, afterwards
    uint32_t iss, irs;        // so that numbers can be told relative to the beginning of each direction
    bool irs_known;
    bool sender_done, receiver_done; // the FIN of that end came before this segment
    bool ours;                       // it went from us to the server
    uint8_t window_shift;            // its window is in units of 2^this bytes (RFC 7323, section 2); 0 in a SYN
    struct trace_expected expected;  // RECEIVED
    int failure;                     // UNSENT: the errno, or 0 for a bend
    uint8_t bent;                    // all of enum trace_bent that apply
    uint64_t bent_us;                // HELD: how long it is to wait; SENT and RECEIVED: how long it has waited
};

struct trace_peer {
    bool known;
    const char *why_not;
    enum rs_state state; // RS_LISTEN: only the listening socket is left; RS_CLOSED: not even that
    uint32_t unread_bytes;
    bool accepted;
    bool existed; // this connection has been seen there before, so "only the listener" means that it is gone
};

struct trace_decision {
    enum rs_reason reason;
    enum rs_state before, after;
    uint64_t value; // microseconds for timers, bytes for data
};

struct trace_event {
    uint64_t number;     // 1, 2, 3 ...
    uint32_t connection; // which one, where there are several
    uint64_t at_us;      // the engine's time: it stands still while a person reads in step mode
    uint64_t wall_ns;    // since 1970
    enum trace_kind kind;
    union {
        struct {
            enum trace_call call;
            const uint8_t *message; // SENDALL: the first bytes of it
            size_t message_bytes;   // how many stand there
            bool more;              // the message goes on
            int error;              // RETURN: 0 or the errno
            struct rs_endpoint remote;
        } call;
        struct trace_segment segment;
        struct trace_peer peer;
        struct trace_decision decision;
        struct {
            const uint8_t *bytes;
            size_t size;
        } data; // DATA; also SERVER after recv
        struct {
            enum trace_server_call call;
            const uint8_t *bytes;
            size_t size;
            struct rs_endpoint from;
        } server;
        struct {
            struct rs_icmp icmp;
            uint32_t seq;              // of the quoted segment, relative to our first
            bool from_us, from_server; // who reports it: this end's address, the other's; otherwise somebody between
        } icmp;
        struct {
            uint64_t packets;
        } lost;
        struct {
            uint64_t for_us; // how long we are ready to wait; UINT64_MAX: for ever
        } waiting;
        struct {
            enum rs_state state; // where our end stands when we leave
            bool in_order;       // both directions were closed
            uint64_t ignored;    // packets that were not this connection's
        } end;
    } u;
};

// Something that looks at the trace. A sink keeps what it needs by copying it.
struct trace_sink {
    void *self;
    void (*take)(void *self, const struct trace_event *event);
    bool wants_peer; // the server's kernel is asked only if somebody wants to know
    bool only_data;  // it looks at TRACE_DATA and nothing else: segments need not be told for its sake
};

enum { TRACE_SINKS_MAX = 8 };

struct trace {
    struct trace_sink sinks[TRACE_SINKS_MAX];
    size_t sinks_count;
    uint64_t events;
};

// Adds a sink; sinks see each event in the order in which they were added. At most TRACE_SINKS_MAX.
void trace_add(struct trace *trace, struct trace_sink sink);

// True if any sink wants to know what the server's kernel says.
bool trace_wants_peer(const struct trace *trace);

// True if any sink looks at more than the data that the server sends.
bool trace_wants_all(const struct trace *trace);

// Numbers the event and hands it to each sink.
void trace_emit(struct trace *trace, struct trace_event *event);

#endif
