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

enum { KEEP_ALL = 0x40000, DESTINATION_PORT = 2, ICMP_HEADER = 8, QUOTED_PORT = ICMP_HEADER + 40, LOAD_MOST = 8 };

// The instructions that put the port that counts into a, a comparison for each of ours, and the two ways out.
struct filter {
    struct sock_filter code[LOAD_MOST + FILTER_PORTS_MAX + 2];
    size_t count;
};

static void add(struct filter *f, struct sock_filter instruction) { f->code[f->count++] = instruction; }

static bool attach(int fd, struct filter *f, const struct filter_ports *ports) {
    for (size_t i = 0; i < ports->count; i++) {
        const uint8_t to_keep = (uint8_t)(ports->count - i); // over the comparisons that are left, and the way out
        add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports->list[i], to_keep, 0));
    }
    add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
    add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, KEEP_ALL));
    const struct sock_fprog program = {.len = (unsigned short)f->count, .filter = f->code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

bool filter_segments(int fd, enum rs_family family, const struct filter_ports *ports) {
    struct filter ipv4 = {.code = {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),                // x = length of the IP header
                                   BPF_STMT(BPF_LD | BPF_H | BPF_IND, DESTINATION_PORT)}, // a = TCP destination port
                          .count = 2};
    struct filter ipv6 = {.code = {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, DESTINATION_PORT)}, .count = 1};
    return attach(fd, family == RS_IPV6 ? &ipv6 : &ipv4, ports);
}

// Only errors; the kernel has a filter by type of its own.
bool filter_all_errors(int fd, enum rs_family family) {
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

bool filter_errors(int fd, enum rs_family family, const struct filter_ports *ports) {
    struct filter ipv4 = {
        .code = {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
                 BPF_STMT(BPF_LD | BPF_B | BPF_IND, ICMP_HEADER), // the quoted packet's first byte: version and length
                 BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 15), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
                 BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
                 BPF_STMT(BPF_MISC | BPF_TAX, 0),                  // x = length of both IP headers
                 BPF_STMT(BPF_LD | BPF_H | BPF_IND, ICMP_HEADER)}, // a = the quoted segment's source port
        .count = 7};
    struct filter ipv6 = {.code = {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, QUOTED_PORT)}, // what we sent has no extensions
                          .count = 1};
    return filter_all_errors(fd, family) && attach(fd, family == RS_IPV6 ? &ipv6 : &ipv4, ports);
}
