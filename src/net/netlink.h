// SPDX-License-Identifier: MIT
//
// One message to the kernel in the form of netlink(7): a header, a fixed body, and behind it attributes, each with its
// type and length. An attribute may hold others.
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { NETLINK_REST_BYTES = 512 };

struct netlink_message {
    struct nlmsghdr header;
    uint8_t rest[NETLINK_REST_BYTES]; // body and attributes, as far as header.nlmsg_len says
    bool too_long;                    // something did not fit: it cannot be sent
};

// Starts a message with the header and its body. NLM_F_REQUEST is set in any case.
void netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t size);

// Appends bytes as they are, aligned as netlink wants it; or an attribute with this value; or a text, NUL included.
void netlink_bytes(struct netlink_message *m, const void *bytes, size_t size);
void netlink_add(struct netlink_message *m, uint16_t type, const void *value, size_t size);
void netlink_text(struct netlink_message *m, uint16_t type, const char *text);

// An attribute that holds those which are added between the two calls; give what the first returned to the second.
size_t netlink_open(struct netlink_message *m, uint16_t type);
void netlink_shut(struct netlink_message *m, size_t opened);

// Sends it to rtnetlink(7) in the network that this process is in, and reads the one datagram that answers. Returns its
// size, or -1 with errno.
ssize_t netlink_ask(const struct netlink_message *m, uint8_t *answer, size_t room);

// For a message that wants something done (with NLM_F_ACK): true if the kernel did it, else false with errno.
bool netlink_do(const struct netlink_message *m);

// The attributes in bytes: finds the value of one of this type. NULL: there is none, or they are malformed before it.
const uint8_t *netlink_find(const uint8_t *bytes, size_t size, uint16_t type, size_t *value_size);

#endif
