// SPDX-License-Identifier: MIT
//
// The filters, in classic BPF (Linux: Documentation/networking/filter.rst). An IPv4 raw socket's packets begin with the
// IP header, whose length is in its first byte; an IPv6 one's begin behind all IP headers, so their offsets are fixed.
// A packet too short to have what a filter looks at is not kept. Called by raw.c.
#include "filter.h"

#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define IS_PORT_THEN_KEEP(port)                                                                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (port), 0, 1), BPF_STMT(BPF_RET | BPF_K, KEEP_ALL), BPF_STMT(BPF_RET | BPF_K, 0)
#define ATTACH(fd, filter) attach((fd), (filter), sizeof(filter) / sizeof *(filter))

enum { KEEP_ALL = 0x40000, DESTINATION_PORT = 2, ICMP_HEADER = 8, QUOTED_PORT = ICMP_HEADER + 40 };

static bool attach(int fd, struct sock_filter *filter, size_t count) {
    const struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

bool filter_segments(int fd, enum rs_family family, uint16_t port) {
    struct sock_filter ipv4[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),               // x = length of the IP header
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, DESTINATION_PORT), // a = TCP destination port
        IS_PORT_THEN_KEEP(port),
    };
    struct sock_filter ipv6[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, DESTINATION_PORT),
        IS_PORT_THEN_KEEP(port),
    };
    return family == RS_IPV6 ? ATTACH(fd, ipv6) : ATTACH(fd, ipv4);
}

// Only errors; the kernel has a filter by type of its own.
static bool only_errors(int fd, enum rs_family family) {
    struct icmp_filter ipv4 = {~(1u << ICMP_DEST_UNREACH | 1u << ICMP_SOURCE_QUENCH | 1u << ICMP_TIME_EXCEEDED |
                                 1u << ICMP_PARAMETERPROB)}; // a bit that is set keeps a type out
    struct icmp6_filter ipv6;
    if (family == RS_IPV4)
        return setsockopt(fd, SOL_RAW, ICMP_FILTER, &ipv4, sizeof ipv4) == 0;
    ICMP6_FILTER_SETBLOCKALL(&ipv6);
    for (int type = ICMP6_DST_UNREACH; type <= ICMP6_PARAM_PROB; type++)
        ICMP6_FILTER_SETPASS(type, &ipv6);
    return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &ipv6, sizeof ipv6) == 0;
}

bool filter_errors(int fd, enum rs_family family, uint16_t port) {
    struct sock_filter ipv4[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, ICMP_HEADER), // the quoted packet's first byte: its version and its length
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 15),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),                 // x = length of both IP headers
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, ICMP_HEADER), // a = the quoted segment's source port
        IS_PORT_THEN_KEEP(port),
    };
    struct sock_filter ipv6[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, QUOTED_PORT), // what we sent has no extension headers
        IS_PORT_THEN_KEEP(port),
    };
    return only_errors(fd, family) && (family == RS_IPV6 ? ATTACH(fd, ipv6) : ATTACH(fd, ipv4));
}
