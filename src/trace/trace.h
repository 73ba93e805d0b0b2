// SPDX-License-Identifier: MIT
//
// The record: everything that happens is one ordered row of events, and every view (the ladder, the fields, the bytes)
// is made from that row alone, so no two views can disagree. Sources write it: the session for a connection made by
// hand, the tracker for one that others make. Views are its sinks. A row may tell of several connections, each with a
// number of its own; what belongs to one of them begins with TRACE_BEGIN and ends with TRACE_END.
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rawshake/icmp.h"
#include "rawshake/packet.h"
#include "rawshake/reason.h"
#include "rawshake/state.h"
#include "trace/segment.h"
#include "trace/socket.h"

enum trace_kind {
    TRACE_BEGIN,     // a connection: who talks to whom, and how we come to know of it
    TRACE_CALL,      // our program makes a call: connect(...)
    TRACE_RETURN,    // and it returns
    TRACE_SENT,      // a segment of ours has left
    TRACE_RECEIVED,  // a segment of this connection has arrived and been taken in
    TRACE_SEEN,      // a segment that others exchange has passed
    TRACE_IGNORED,   // a packet arrived that is not this connection's
    TRACE_ICMP,      // an ICMP error has arrived that quotes a segment of ours
    TRACE_UNSENT,    // a segment of ours did not leave: the kernel refused, or a bend dropped it
    TRACE_UNTAKEN,   // a segment of this connection has arrived, but a bend kept or made it unfit to be taken in
    TRACE_HELD,      // a segment, either way, was put aside by a bend, and is to go on later
    TRACE_PEER,      // what the other end's kernel says of it
    TRACE_COUNTERS,  // what the last step moved among the kernel's counters, in a network of our own
    TRACE_DECISION,  // what the engine decided, and why
    TRACE_DATA,      // our program has read bytes that the server sent
    TRACE_SERVER,    // what the server's program did, where it is one of ours
    TRACE_PENDING,   // step mode: this segment is about to leave
    TRACE_WITHDRAWN, // step mode: what arrived meanwhile made the pending segment needless
    TRACE_PEER_GONE, // step mode: the server has given up a half-open connection while a person was reading
    TRACE_LOST,      // packets overran our receive queue
    TRACE_WAITING,   // nothing happens for a while, and this is why
    TRACE_NOTE,      // whoever makes the connection says something to the learner
    TRACE_SOCKET,    // the kernel has taken the connection over: how it describes its socket
    TRACE_EVIDENCE,  // an experiment's claim, and what was seen of it in this run
    TRACE_OMITTED,   // here stood events that found no room on a tape (trace/tape.h)
    TRACE_END,       // the connection is over, or nothing more is known of it
    TRACE_KINDS      // how many there are
};

// How we come to know of a connection.
enum trace_source {
    TRACE_BY_HAND,   // we make it: our end's states are the engine's own
    TRACE_BY_KERNEL, // our program calls connect(), the kernel makes it, and we watch what passes
    TRACE_WATCHED,   // others make it, and we watch
    TRACE_READ,      // it stands in a capture
    TRACE_HANDED     // a connection told before, BY_HAND, is the kernel's now, and we watch: its handshake is not here
};

// What was chosen, on the command line or by another program whose connect() it is, and so needs another explanation.
struct trace_choices {
    bool isn, source_port, mss, ttl, window;
    bool without; // an option that the kernel would have sent is left out, or a habit
};

// What is known of a connection from the beginning: BEGIN. Strings are borrowed like everything else.
struct trace_about {
    enum trace_source source;
    struct rs_endpoint client, server; // client: who sent the first SYN
    bool roles_guessed;                // no SYN was seen: the end with the lower port is called the server
    const char *where;                 // WATCHED: the interface, or NULL for any; READ: the file's name
    bool private_network, through_user, our_server;
    const char *experiment; // its name, if the connection belongs to one; or NULL
    bool control;           // its one deviation is left out
    bool timers_matter;     // when something goes out again is what it is about
    // What the two ends are, where the usual words do not fit: a clause each, or NULL.
    const char *server_is, *client_is;
    uint32_t process;   // another program's connect() is made by hand, and the kernel's then: its number; or 0
    uint32_t continues; // HANDED: the number of the connection that was made by hand
    // BY_HAND alone:
    bool both_by_hand; // the other end too: its states are its own engine's, and no kernel's TCP takes part
    bool we_listen;    // our end is the server: then what the kernel of the other end says is said of the client
    unsigned backlog;  // and so many handshakes may be in progress at once
    bool server_is_local, guarded, filtered;
    bool stays_in_time_wait;      // --time-wait: the wait is told as it passes
    uint64_t timeout_us;          // --timeout; 0: the engine's own limits
    const char *timeout_is;       // whose limit that is, where it is not --timeout's; or NULL
    const char *weather;          // what was asked for, if the weather is bad on purpose; or NULL
    struct trace_choices choices; // what was chosen on the command line, or by that other program
};

// The calls of the tutorial's client; and, where we are the server, accept().
enum trace_call { TRACE_CONNECT, TRACE_SENDALL, TRACE_SHUTDOWN, TRACE_CLOSE, TRACE_ACCEPT };

// The calls of the server's program: the tutorial's, and those that only experiments make.
enum trace_server_call {
    TRACE_SERVER_ACCEPT,
    TRACE_SERVER_RECV,
    TRACE_SERVER_END_OF_FILE, // recv() too
    TRACE_SERVER_CLOSE,
    TRACE_SERVER_RECV_URGENT, // recv(1, MSG_OOB)
    TRACE_SERVER_SEND,
    TRACE_SERVER_SHUTDOWN // shutdown(SHUT_WR)
};

// What becomes, in the trace, of a connection that has been handed over.
enum trace_after {
    TRACE_NOT_FOLLOWED, // nobody looks
    TRACE_FOLLOWED,     // what passes from here on is told as another connection (TRACE_HANDED)
    TRACE_TOO_MANY,     // it would be, were there not so many
    TRACE_ITSELF        // its two ends are one socket: who sends what cannot be told
};

struct trace_peer {
    bool known;
    const char *why_not;
    enum rs_state state; // RS_LISTEN: only the listening socket is left; RS_CLOSED: not even that
    uint32_t unread_bytes;
    bool accepted;
    bool existed;   // this connection has been seen there before, so "only the listener" means that it is gone
    bool others;    // the server's program is known to have called accept() for other connections
    bool is_client; // we are the server: this is of the client's end
};

struct trace_decision {
    enum rs_reason reason;
    enum rs_state before, after;
    uint64_t value; // microseconds for timers, bytes for data
};

// A counter of the kernel's that moved. Both ends live in the same kernel: what our own guard and sockets moved is
// ours.
struct trace_counter {
    const char *name; // "TcpInCsumErrors", as nstat(8) writes it
    uint64_t moved;   // in all
    uint64_t ours;    // of that, by our own means
};

// Where a piece of evidence was found.
enum trace_place {
    TRACE_ON_THE_WIRE,
    TRACE_IN_THE_KERNEL,   // the state of the server's socket
    TRACE_IN_THE_COUNTERS, // of that kernel
    TRACE_IN_THE_PROGRAM,  // at the server's end
    TRACE_AT_OUR_END       // what our engine decided, or our program got
};

// How a connection was opened, as far as the segments tell.
enum trace_opening {
    TRACE_OPENING_NOT_SEEN, // it had begun before
    TRACE_OPENED,           // SYN, SYN-ACK, ACK
    TRACE_OPENED_BOTH,      // SYN and SYN at once
    TRACE_HALF_OPEN,        // the third segment is missing
    TRACE_NO_ANSWER,        // nothing but SYNs
    TRACE_OPENING_REFUSED   // RST
};

// How it ended.
enum trace_ending {
    TRACE_STILL_OPEN,  // nothing more is known: the source ended before it did
    TRACE_CLOSED,      // both directions, in order
    TRACE_HALF_CLOSED, // one of them only
    TRACE_RESET,
    TRACE_REFUSED,
    TRACE_FORGOTTEN // the tracker had no room for so many connections at once
};

struct trace_event {
    uint64_t number;     // 1, 2, 3 ...
    uint32_t connection; // which one, where there are several
    uint64_t at_us;      // the engine's time: it stands still while a person reads in step mode; SEEN: of the capture
    uint64_t wall_ns;    // since 1970; a segment's: when it left or was seen
    enum trace_kind kind;
    union {
        const struct trace_about *about;   // BEGIN
        const struct trace_socket *socket; // SOCKET
        struct {
            enum trace_call call;
            const uint8_t *message; // SENDALL: the first bytes of it; RETURN: NULL
            size_t message_bytes;   // how many stand there; RETURN: how many were taken in all
            bool more;              // the message goes on
            int error;              // RETURN: 0 or the errno
            struct rs_endpoint remote;
            bool we_listen; // our program is the server's
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
            int error; // the errno of a call that failed; EAGAIN: it would have waited. 0: it did not fail
        } server;
        struct {
            struct rs_icmp icmp;
            uint32_t seq;              // of the quoted segment, relative to our first
            bool we_listen;            // we are the server, and "server" below is the client
            bool from_us, from_server; // who reports it: this end's address, the other's; otherwise somebody between
            const uint8_t *bytes;      // the whole IP packet, borrowed
            size_t size;               // 0: it is not there
            bool ip_rebuilt;           // as a segment's
        } icmp;
        struct {
            uint64_t packets;
            bool of_others; // nobody waited for them: they were only to be seen
        } lost;
        struct {
            uint64_t for_us; // how long we are ready to wait; UINT64_MAX: for ever
        } waiting;
        struct {
            enum rs_state state;    // where our end stands when we leave
            bool in_order;          // both directions were closed
            bool handed_over;       // or rather, the kernel has the connection now
            enum trace_after after; // and then what?
            uint64_t ignored;       // packets that were not this connection's
            bool we_listen;         // our end is the server's
            // Of a connection of others alone: 0 from the client, 1 from the server.
            enum rs_state far_state;
            enum trace_opening opening;
            enum trace_ending ending;
            uint64_t segments[2], bytes[2];
            bool handshake_timed;
            uint64_t handshake_ns; // from the first SYN to the ACK of the SYN-ACK
            uint64_t handshake_us; // the same between their two at_us, as the ladder shows it
        } end;
        struct {
            const struct trace_counter *list;
            size_t count;
        } counters;
        struct {
            const char *text; // a sentence or a few, ASCII
        } note;
        struct {
            enum trace_place place;
            const char *expected, *seen; // a few words each: "RST,ACK", "TcpOutRsts +1"
            bool holds;                  // what was seen is what was expected
            bool of_linux;               // no RFC demands it: so does the kernel as we know it
            bool either_way;             // it is so without the deviation too
        } evidence;
        struct {
            uint64_t events, segments, bytes; // data bytes in those segments
        } omitted;
    } u;
};

// Something that looks at the trace. A sink keeps what it needs by copying it.
struct trace_sink {
    void *self;
    void (*take)(void *self, const struct trace_event *event);
    bool wants_peer;     // the server's kernel is asked only if somebody wants to know
    bool wants_counters; // so are its counters
    bool only_data;      // it looks at TRACE_DATA and nothing else: segments need not be told for its sake
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

// True if any sink wants to know which of the kernel's counters move.
bool trace_wants_counters(const struct trace *trace);

// True if any sink looks at more than the data that the server sends.
bool trace_wants_all(const struct trace *trace);

// Bytes of data in a segment, also if a capture kept only the beginning of it.
size_t trace_data_bytes(const struct trace_segment *segment);

// Numbers the event and hands it to each sink.
void trace_emit(struct trace *trace, struct trace_event *event);

#endif
