// SPDX-License-Identifier: MIT
#ifndef NET_MAXSEG_H
#define NET_MAXSEG_H

// The MSS that somebody has chosen for a socket without a connection (TCP_MAXSEG, tcp(7)); 0: nobody has, or the kernel
// does not tell (before Linux 5.11, and of exactly 536). The socket is as it was afterwards.
int maxseg_chosen(int fd);

#endif
