// SPDX-License-Identifier: MIT
//
// The server's program: a process of its own, with ordinary sockets, that makes a call when it is told to and says what
// came of it. The kernel between it and the wire is the real one, so what it gets is evidence. Used by the demo's
// server, which is the tutorial's, and by the lab.
#ifndef LIVE_PROGRAM_H
#define LIVE_PROGRAM_H

#include <sys/types.h>

#include "net/address.h"
#include "net/error.h"
#include "trace/trace.h"

enum {
    PROGRAM_CALL_BYTES = 1024, // recv(1024), as in the tutorial
    PROGRAM_KEPT_BYTES = 8192,
    PROGRAM_CONNECTIONS_MAX = 16
};

struct program_settings {
    const struct address *at;
    int backlog;        // of listen(); 0: 1, as in the tutorial
    int receive_buffer; // SO_RCVBUF of the listening socket, which every connection inherits; 0: the kernel's choice
};

// What came of a call, as the program itself got it.
struct program_result {
    enum trace_server_call call;
    int error;        // its errno; EAGAIN: it would have waited. 0: it did not fail
    uint64_t wall_ns; // when it returned; close: when it was called, since what it sends comes after that
    struct rs_endpoint from;
    size_t size; // recv: how many bytes it returned; send: how many it took
    uint8_t bytes[PROGRAM_CALL_BYTES];
};

// All zero: there is no program, and every call returns false.
struct program {
    pid_t pid;
    int order_fd;
    struct program_result last; // of the last call
    unsigned accepted, current; // connections, counted from 0 in the order of accept()
    bool open[PROGRAM_CONNECTIONS_MAX];
    struct rs_endpoint from[PROGRAM_CONNECTIONS_MAX];
    uint64_t recvs, total_bytes;      // calls of recv(1024) that returned bytes, and how many that were in all
    size_t first_bytes, read_bytes;   // what the first of them returned; how many are kept
    uint8_t read[PROGRAM_KEPT_BYTES]; // the first of these bytes, one after the other, of all connections
};

// Starts it, listening, in this process's network. It has no privilege and none of our descriptors but standard input,
// output and error, ignores the signals that a terminal sends to us both, and ends with us, whatever ends us.
bool program_start(struct program *program, const struct program_settings *settings, struct net_error *error);

// Who hears of each call that was made: a TRACE_SERVER event with the wall_ns of the result. Its bytes are good until
// told returns.
struct program_listener {
    void *self;
    void (*told)(void *self, struct trace_event event);
};

// Each lets the program make one call and returns when that is over; what came of it is in program->last, a failure as
// well. False: the program is gone, and nothing was told. They act on the current connection; where there is none, the
// kernel says EBADF. None waits for anything to come, but accept: it gives the last ACK of a handshake 200 ms to come
// through before it says EAGAIN. Of what is to be sent, PROGRAM_CALL_BYTES are taken at most.
bool program_accept(struct program *program, const struct program_listener *listener);
bool program_recv(struct program *program, const struct program_listener *listener);
bool program_recv_urgent(struct program *program, const struct program_listener *listener); // recv(1, MSG_OOB)
bool program_send(struct program *program, const struct program_listener *listener, const void *bytes, size_t size);
bool program_shutdown(struct program *program, const struct program_listener *listener); // SHUT_WR
bool program_close(struct program *program, const struct program_listener *listener);

// recv() again and again, until it returns end of file, fails, or nothing is left. That nothing is left is no call of a
// program's: it is not told, and stands in program->last only if there was nothing from the beginning.
bool program_recv_all(struct program *program, const struct program_listener *listener);

// What is accepted becomes the current connection; this makes it the n-th again. False: it is not open. Is there one?
bool program_choose(struct program *program, unsigned n);
bool program_has_connection(const struct program *program);

// Ends it and waits for that. What it left open, its kernel closes.
void program_stop(struct program *program);

#endif
