// SPDX-License-Identifier: MIT
#ifndef NET_WITNESS_H
#define NET_WITNESS_H

#include "doors.h"

// The witness door over NETLINK_SOCK_DIAG (sock_diag(7)): asks this machine's kernel about the *server's* socket.
struct kernel_witness {
    int fd;              // -1: it could not be opened
    bool server_is_here; // only then does our kernel know the server's socket
    uint32_t zone;       // of a link-local server, otherwise 0 (see address.h)
};

// Needs no privilege. Never fails: what cannot be asked is answered with known = false and why.
void kernel_witness_open(struct kernel_witness *witness, bool server_is_here, uint32_t zone);
struct witness kernel_witness_door(struct kernel_witness *witness);

// The state that the kernel means by this number, as tcp_info has it too.
enum rs_state witness_state(uint8_t number);

void kernel_witness_close(struct kernel_witness *witness);

#endif
