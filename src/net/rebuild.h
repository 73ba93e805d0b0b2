// SPDX-License-Identifier: MIT
//
// An IPv6 raw socket hands over what stands behind the IP header, and tells that header's fields beside it. Here they
// become a header again, so that the rest of the program sees whole packets of either family.
#ifndef NET_REBUILD_H
#define NET_REBUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// Room for all that the kernel tells beside a packet, and for SO_RXQ_OVFL.
enum { REBUILD_CONTROL_BYTES = 256 };

// Asks for the fields on this socket. Returns false with errno set.
bool rebuild_ask(int fd);

// Writes the 40 bytes of the header that a packet had whose payload_bytes recvmsg() has just given, with message as
// that call left it: addresses, traffic class, flow label and hop limit are the packet's own. Extension headers, which
// the kernel has taken off, are left out, and the length is that of what is left.
void rebuild_ipv6(struct msghdr *message, size_t payload_bytes, uint8_t protocol, uint8_t header[static 40]);

#endif
