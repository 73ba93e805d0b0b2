// SPDX-License-Identifier: MIT
//
// From control messages (RFC 3542, section 6) to an IPv6 header (see rebuild.h). Called by raw.c for what arrives.
#include "rebuild.h"

#include <netinet/in.h>
#include <string.h>

#include "rawshake/ipv6.h"

enum { FLOW_INFO = 11 }; // IPV6_FLOWINFO of linux/in6.h, which cannot be included beside netinet/in.h

bool rebuild_ask(int fd) {
    static const int wanted[] = {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, FLOW_INFO};
    const int on = 1;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (setsockopt(fd, IPPROTO_IPV6, wanted[i], &on, sizeof on) != 0)
            return false;
    return true;
}

static uint8_t as_byte(const struct cmsghdr *c) {
    int value;
    memcpy(&value, CMSG_DATA(c), sizeof value);
    return (uint8_t)value;
}

static void read_field(const struct cmsghdr *c, struct rs_ipv6 *ip) {
    uint32_t flow;
    struct in6_pktinfo info;
    switch (c->cmsg_type) {
    case IPV6_HOPLIMIT:
        ip->hop_limit = as_byte(c);
        break;
    case IPV6_TCLASS:
        ip->traffic_class = as_byte(c);
        break;
    case FLOW_INFO: // the header's first word without the version; not told if it is all zero
        memcpy(&flow, CMSG_DATA(c), sizeof flow);
        ip->flow_label = ntohl(flow) & 0xfffff;
        break;
    case IPV6_PKTINFO:
        memcpy(&info, CMSG_DATA(c), sizeof info);
        memcpy(ip->destination, &info.ipi6_addr, sizeof ip->destination);
        break;
    default:
        break;
    }
}

void rebuild_ipv6(struct msghdr *message, size_t payload_bytes, uint8_t protocol, uint8_t header[static 40]) {
    struct sockaddr_in6 from = {0};
    struct rs_ipv6 ip = {.next_header = protocol, .payload_bytes = (uint16_t)payload_bytes};
    memcpy(&from, message->msg_name, message->msg_namelen < sizeof from ? message->msg_namelen : sizeof from);
    memcpy(ip.source, &from.sin6_addr, sizeof ip.source);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == IPPROTO_IPV6)
            read_field(c, &ip);
    rs_ipv6_build(&ip, header);
}
