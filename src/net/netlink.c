// SPDX-License-Identifier: MIT
//
// Building and sending one message of rtnetlink(7). Called by metrics.c, which asks, and links.c, which has things
// done.
#include "netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 4096 };

void netlink_bytes(struct netlink_message *m, const void *bytes, size_t size) {
    const size_t at = NLMSG_ALIGN(m->header.nlmsg_len) - NLMSG_HDRLEN;
    if (m->too_long || size > sizeof m->rest - at) {
        m->too_long = true;
        return;
    }
    memcpy(m->rest + at, bytes, size);
    m->header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(at + size)); // a multiple of 4, as is the room
}

void netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t size) {
    *m = (struct netlink_message){
        .header = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)}};
    netlink_bytes(m, body, size);
}

void netlink_add(struct netlink_message *m, uint16_t type, const void *value, size_t size) {
    const struct nlattr attribute = {.nla_type = type, .nla_len = (uint16_t)(sizeof attribute + size)};
    if (size > sizeof m->rest) { // a length that nla_len might not hold either
        m->too_long = true;
        return;
    }
    netlink_bytes(m, &attribute, sizeof attribute);
    netlink_bytes(m, value, size);
}

void netlink_text(struct netlink_message *m, uint16_t type, const char *text) {
    netlink_add(m, type, text, strlen(text) + 1);
}

size_t netlink_open(struct netlink_message *m, uint16_t type) {
    const size_t opened = m->header.nlmsg_len - NLMSG_HDRLEN;
    netlink_add(m, type, "", 0);
    return opened;
}

void netlink_shut(struct netlink_message *m, size_t opened) {
    const uint16_t size = (uint16_t)(m->header.nlmsg_len - NLMSG_HDRLEN - opened);
    if (!m->too_long)
        memcpy(m->rest + opened + offsetof(struct nlattr, nla_len), &size, sizeof size);
}

ssize_t netlink_ask(const struct netlink_message *m, uint8_t *answer, size_t room) {
    if (m->too_long) {
        errno = EMSGSIZE;
        return -1;
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -1;
    ssize_t size = send(fd, m, m->header.nlmsg_len, 0);
    if (size >= 0)
        size = recv(fd, answer, room, MSG_DONTWAIT); // it has answered before send() returned
    int number = errno;
    close(fd);
    errno = number;
    return size;
}

bool netlink_do(const struct netlink_message *m) {
    uint8_t answer[ANSWER_BYTES];
    struct nlmsghdr header;
    struct nlmsgerr result;
    ssize_t size = netlink_ask(m, answer, sizeof answer);
    if (size < 0)
        return false;
    errno = EPROTO;
    if ((size_t)size < NLMSG_HDRLEN + sizeof result)
        return false;
    memcpy(&header, answer, sizeof header);
    memcpy(&result, answer + NLMSG_HDRLEN, sizeof result);
    if (header.nlmsg_type != NLMSG_ERROR)
        return false;
    errno = -result.error; // 0: done, which comes as an error that is none
    return result.error == 0;
}

const uint8_t *netlink_find(const uint8_t *bytes, size_t size, uint16_t type, size_t *value_size) {
    struct nlattr attribute;
    for (size_t at = 0; at + sizeof attribute <= size; at += (size_t)NLA_ALIGN(attribute.nla_len)) {
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || attribute.nla_len > size - at)
            return NULL;
        *value_size = attribute.nla_len - sizeof attribute;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type)
            return bytes + at + sizeof attribute;
    }
    return NULL;
}
