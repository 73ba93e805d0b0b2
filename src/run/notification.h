// SPDX-License-Identifier: MIT
//
// One call of connect(), or one that goes around it, as the filter announced it: who calls, what for, and the answer.
// The caller sleeps meanwhile, until it is answered, a signal comes for it, or it dies.
#ifndef RUN_NOTIFICATION_H
#define RUN_NOTIFICATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/address.h"
#include "net/error.h"
#include "run/choices.h"

// All but the first two are the kernel's to go on with, which then says what is wrong, if anything is.
enum notification_kind {
    NOTIFICATION_TCP,           // a SYN is to leave
    NOTIFICATION_GONE,          // nobody waits for an answer (any more)
    NOTIFICATION_OTHER,         // no TCP socket: UDP, UNIX, MPTCP ..., or no socket at all (ENOTSOCK)
    NOTIFICATION_NO_FILE,       // there is no such descriptor (EBADF), or none that can be reached
    NOTIFICATION_NOT_NEW,       // connected (EISCONN), connecting (EALREADY), listening, or once connected
    NOTIFICATION_DISCONNECT,    // AF_UNSPEC: its connection, if it has one, is to end
    NOTIFICATION_UNREADABLE,    // the address lies where the program has no memory (EFAULT)
    NOTIFICATION_NO_ADDRESS,    // too short or long (EINVAL), of another family, or where no SYN can go
    NOTIFICATION_FAST_OPEN,     // connect() is to send nothing: the SYN goes with the first data (TCP_FASTOPEN_CONNECT)
    NOTIFICATION_OTHER_NETWORK, // the socket belongs to another network than ours
    NOTIFICATION_SPECIAL,   // its socket has what only the kernel can do: a device, a mark, IP options ... (special.h)
    NOTIFICATION_FORBIDDEN, // the program's memory or socket is kept from us: a program that is not dumpable, Yama
    NOTIFICATION_NO_ROOM,   // we have no descriptor left to look at its socket with
    // These go around connect(2): a connection may be made of which no more is seen.
    NOTIFICATION_AROUND_IO_URING,       // io_uring_setup(): whether the ring will be used to connect, nobody can know
    NOTIFICATION_AROUND_FAST_OPEN_SEND, // a send with MSG_FASTOPEN: on TCP it connects, and sends its data in one
    NOTIFICATION_AROUND_OTHER_ABI,      // connect() of a 32-bit program (or x32) on a 64-bit kernel, of any socket
    NOTIFICATION_AROUND_OWN_LISTENER,   // seccomp() that wants a listener of its own: the kernel says EBUSY, as we have
                                        // one; what it is refused for, it may then do in another way
    NOTIFICATION_KINDS
};

enum { NOTIFICATION_PROGRAM_BYTES = 16 };

struct notification {
    uint64_t id;                              // names the call
    pid_t thread;                             // that calls
    pid_t process;                            // that it belongs to; 0: not visible from here
    char program[NOTIFICATION_PROGRAM_BYTES]; // what that is called: any bytes, ended by a zero; empty: not known
    enum notification_kind kind;
    uint64_t cookie;   // the kernel's own name for a TCP socket, whichever descriptor it is called by (SO_COOKIE); or 0
    int domain;        // AF_INET, AF_INET6 (it may carry IPv4 all the same), AF_UNIX ...: of the socket; -1: not known
    int type;          // SOCK_STREAM ...; -1: not known
    bool to_known;     // of NOTIFICATION_TCP, and of others on IPv4 and IPv6, where it can be told
    struct address to; // of the family that the packets have
    // The rest is of NOTIFICATION_TCP only.
    int fd;               // the program's own socket; notification_close closes our copy of it
    struct address bound; // address and port that the program has chosen; zero is not chosen
    bool nonblocking;
    bool shut_before;         // its reading side, by shutdown()
    uint64_t send_timeout_us; // SO_SNDTIMEO: how long connect() may take; 0: as long as it takes
    struct notification_choices choices;
};

enum { NOTIFICATION_KERNEL = -1 };

// Takes one from the listener. Waits if there is none. False if the listener is of no use any more.
bool notification_take(int listener, struct notification *n, struct net_error *error);

// Whether its caller still waits.
bool notification_waits(int listener, const struct notification *n);

// Lets connect() return 0 or -1 with this errno, or go on in the kernel (NOTIFICATION_KERNEL). False: nobody waits.
bool notification_answer(int listener, const struct notification *n, int number);

// Closes our copy of the socket. Do it before the answer: a socket sends its FIN when its last copy is closed, and
// after the answer the program may close its own at any time. Safe to call twice.
void notification_close(struct notification *n);

#endif
