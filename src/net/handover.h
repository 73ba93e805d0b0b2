// SPDX-License-Identifier: MIT
//
// The handover: a connection whose handshake was made by hand becomes the kernel's. TCP_REPAIR (tcp(7), since Linux
// 3.5) lets a process with CAP_NET_ADMIN write into a socket what a handshake would have left there; the socket is then
// like any other. It is to happen when nothing can arrive while nobody owns the connection. Where we connect, that is
// after the SYN-ACK has come and before our ACK leaves: until that ACK the server says nothing. Where we listen, it is
// before our SYN-ACK leaves: behind the ACK that answers it the client's data may come at once.
#ifndef NET_HANDOVER_H
#define NET_HANDOVER_H

#include <sys/types.h>

#include "error.h"
#include "rawshake/endpoint.h"

// What was negotiated, and where both directions stand. Sequence numbers are absolute, windows are in bytes.
struct handover {
    struct rs_endpoint local, remote;
    uint32_t zone;             // of a link-local remote; 0 otherwise
    uint32_t snd_nxt, rcv_nxt; // the next number that we send, and that we expect
    uint32_t snd_wnd, snd_wl1; // what the server offers, and the number of the segment that said so
    uint32_t rcv_wnd;          // what we have offered, from rcv_nxt on
    uint16_t mss;              // the server's, from its SYN: the most that a segment of ours may carry
    uint16_t announced_mss;    // ours, from our SYN; 0: as the kernel has it
    bool window_scale;         // agreed on; the shifts of the windows that they, and we, write
    uint8_t send_scale, receive_scale;
    bool sack, timestamps; // agreed on
    uint32_t ts_value;     // what a segment of ours carries as timestamp, in milliseconds (RFC 7323),
    uint64_t ts_since_us;  // since this moment (CLOCK_MONOTONIC): until the kernel has it, that clock goes on
    // Our SYN-ACK has yet to leave, so there is no connection yet: until handover_opened the socket is deaf to all but
    // what acknowledges it, and so answers nothing that an end in SYN-RECEIVED would answer otherwise.
    bool half_open;
};

// What the kernel then says of that socket, where it says so in repair mode alone.
struct handover_told {
    bool known;
    uint32_t snd_nxt, rcv_nxt;
};

// Whether this kernel lets this process do it: better known before the SYN leaves than after.
bool handover_possible(struct net_error *error);

// Makes the TCP socket fd that connection's, in this process, which needs CAP_NET_ADMIN over the socket's network.
// Sends nothing. The socket must be neither connected nor listening; it may be bound to the local endpoint already. On
// failure the socket is as it was, but for its port, which may be bound: error->number is the errno, and names the
// step.
bool handover_take(int fd, const struct handover *handover, struct net_error *error);

// The same, and asks.
bool handover_take_and_ask(int fd, const struct handover *handover, struct handover_told *told,
                           struct net_error *error);

// The third segment of a half-open one has come: from now on the socket hears everything. Needs no privilege.
bool handover_opened(int fd, struct net_error *error);

// It came to nothing: the socket forgets its connection, and its close() will put nothing on the wire. Needs
// CAP_NET_ADMIN, as taking it did.
bool handover_undo(int fd, struct net_error *error);

// A process that keeps CAP_NET_ADMIN and nothing else, so that whoever reads bytes from the network can do without: it
// gets a socket and these numbers, and answers how it went. It sees no packet, and ends with us, also if it is stopped.
struct handover_helper {
    pid_t pid;
    int fd;
    struct handover_told told; // after handover_helper_take: of the socket that it took last
};

// How the helper gives up all but its capability (privileges.h): privileges_keep where we call privileges_drop then,
// privileges_keep_to_caller where we call privileges_drop_to_caller. It must be the user that we are: a signal does not
// cross users, not even that of a parent's death.
typedef bool handover_keep(unsigned capability, struct net_error *error);

// Call it while privileged, before that.
bool handover_helper_start(struct handover_helper *helper, handover_keep *keep, struct net_error *error);

// handover_take, done there.
bool handover_helper_take(struct handover_helper *helper, int fd, const struct handover *handover,
                          struct net_error *error);

// handover_undo, done there.
bool handover_helper_undo(struct handover_helper *helper, int fd, struct net_error *error);

// Safe to call twice.
void handover_helper_stop(struct handover_helper *helper);

#endif
