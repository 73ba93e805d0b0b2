// SPDX-License-Identifier: MIT
//
// What others of a program do with a socket while one of its threads waits in connect() for us. To the kernel the
// socket is connecting then, and shutdown() ends that; under us it is one that has no connection, so shutdown() fails
// (ENOTCONN), but leaves a trace; and what the kernel would refuse a connecting socket it lets happen.
#ifndef RUN_MEANWHILE_H
#define RUN_MEANWHILE_H

#include "run/notification.h"

enum { MEANWHILE_NOTHING = 0 };

// What connect() is to say now, as in the kernel: ECONNRESET after a shutdown(); NOTIFICATION_KERNEL where the socket
// is no longer one to connect, which the kernel has an errno for. SHUT_WR alone leaves nothing to be seen.
int meanwhile(const struct notification *call);

// The SYN is about to leave: an error of before is forgotten.
void meanwhile_begin(const struct notification *call);

// The socket has a connection: wakes whoever waits for that in poll(2) or epoll(7), as the kernel's connect() does.
void meanwhile_wake(const struct notification *call);

// It has come to nothing: the socket is made fit for another connect(), and forgets a shutdown().
void meanwhile_renew(const struct notification *call);

#endif
