// SPDX-License-Identifier: MIT
//
// An endpoint is one end of a connection: an address and a port. A TCP connection is nothing but a pair of them
// (RFC 9293, section 3.3.1): the four numbers in two endpoints name it, and every segment carries all four.
//
// The address is bytes in network order, as it stands in the packet, so that one struct serves both families.
#ifndef RAWSHAKE_ENDPOINT_H
#define RAWSHAKE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rs_family { RS_IPV4 = 4, RS_IPV6 = 6 };

// addr: 4 bytes are used for IPv4, 16 for IPv6; the rest are zero. port: host order.
struct rs_endpoint {
    enum rs_family family;
    uint8_t addr[16];
    uint16_t port;
};

// Room for the longest text of rs_endpoint_text, its NUL included: "[" 39 characters "]:65535".
#define RS_ENDPOINT_TEXT_BYTES 48

// Bytes that an address of this family takes: 4 or 16.
size_t rs_address_bytes(enum rs_family family);

// The endpoint a.b.c.d:port.
struct rs_endpoint rs_endpoint_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);

// True if both name the same family, address and port.
bool rs_endpoint_equal(const struct rs_endpoint *a, const struct rs_endpoint *b);

// False for the addresses that no TCP connection can have at its other end: unspecified, multicast and limited
// broadcast (RFC 9293, section 3.9.2.3, MUST-46).
bool rs_endpoint_is_unicast(const struct rs_endpoint *e);

// Writes the address alone ("127.0.0.1"), always NUL-terminated, cut to room. Returns text.
char *rs_address_text(const struct rs_endpoint *e, char *text, size_t room);

// Writes address and port ("127.0.0.1:1712"), always NUL-terminated, cut to room. Returns text.
char *rs_endpoint_text(const struct rs_endpoint *e, char *text, size_t room);

#ifdef __cplusplus
}
#endif

#endif
