// SPDX-License-Identifier: MIT
//
// Cases of the small program (caller.h) that go around connect(2). Each returns the errno that it got, 0 for success.
#ifndef HELP_AROUND_H
#define HELP_AROUND_H

int around_io_uring(void); // two rings
int around_sendto(void);
int around_sendmsg(void);
int around_sendmmsg(void);
int around_plain_sends(void); // without the flag
int around_32_bit(void);
int around_socketcall(void);
int around_x32(void);
int around_listener(void);
int around_filter(void); // without a listener

#endif
