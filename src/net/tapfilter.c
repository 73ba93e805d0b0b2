// SPDX-License-Identifier: MIT
//
// The tap's filter, in classic BPF (Linux: Documentation/networking/filter.rst). A cooked packet socket hands it the
// packet from the IP header on. Kept is TCP over IPv4, of fragments the first alone, for the others have no ports; and
// TCP over IPv6, behind up to EXTENSIONS_MAX of those extension headers that anything passes (hop by hop, routing,
// destination), but no fragments. Called by tap.c.
#include "tapfilter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#include "resolve.h"

enum {
    KEEP_ALL = 0x7fffffff,
    EXTENSIONS_MAX = 2,
    ORDERS_MAX =
        80 + ADDRESSES_MAX * 22, // 22: what the two ends of an IPv6 address take; more than 4 * FILTER_PORTS_MAX
    // IPv4, RFC 791, section 3.1
    IPV4_FRAGMENT = 6,
    IPV4_PROTOCOL = 9,
    IPV4_SOURCE = 12,
    IPV4_DESTINATION = 16,
    // IPv6, RFC 8200, section 3
    IPV6_NEXT = 6,
    IPV6_SOURCE = 8,
    IPV6_DESTINATION = 24,
    IPV6_HEADER = 40,
    // TCP, RFC 9293, section 3.1
    SOURCE_PORT = 0,
    DESTINATION_PORT = 2
};

struct program {
    struct sock_filter orders[ORDERS_MAX];
    unsigned short count;
};

static void add(struct program *p, uint16_t code, uint32_t k) {
    if (p->count < ORDERS_MAX)
        p->orders[p->count++] = (struct sock_filter){.code = code, .k = k};
}

// If a == k go on, otherwise skip so many orders.
static void unless_equal_skip(struct program *p, uint32_t k, uint8_t skip) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, k);
    p->orders[p->count - 1].jf = skip;
}

// If a == k skip so many orders, otherwise go on.
static void if_equal_skip(struct program *p, uint32_t k, uint8_t skip) {
    add(p, BPF_JMP | BPF_JEQ | BPF_K, k);
    p->orders[p->count - 1].jt = skip;
}

static void drop(struct program *p) { add(p, BPF_RET | BPF_K, 0); }

static void keep(struct program *p) { add(p, BPF_RET | BPF_K, KEEP_ALL); }

static void load_about(struct program *p, int what) { add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + what)); }

// A loopback shows each packet twice: when it leaves, and when it arrives. The one that leaves is taken, since whatever
// then becomes of it, it was sent; and it stands before all that it causes.
static void once_on_loopback(struct program *p) {
    load_about(p, SKF_AD_PKTTYPE);
    if_equal_skip(p, PACKET_OUTGOING, 3);
    load_about(p, SKF_AD_HATYPE);
    unless_equal_skip(p, ARPHRD_LOOPBACK, 1);
    drop(p);
}

// A VLAN's tag may still be named as the protocol, though the packet is handed over without it.
static void only_ip(struct program *p) {
    const uint16_t protocols[] = {ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD};
    enum { PROTOCOLS = sizeof protocols / sizeof *protocols };
    load_about(p, SKF_AD_PROTOCOL);
    for (unsigned i = 0; i < PROTOCOLS; i++)
        if_equal_skip(p, protocols[i], (uint8_t)(PROTOCOLS - i));
    drop(p);
}

// One end: keep, if its address (NULL: any) and its port are these. x is where TCP begins.
static void keep_if_end(struct program *p, const struct tap_filter *f, const struct address *at, uint32_t address_at,
                        uint32_t port_at) {
    const size_t words = at ? rs_address_bytes(at->endpoint.family) / 4 : 0;
    for (size_t i = 0; i < words; i++) {
        uint32_t word;
        memcpy(&word, at->endpoint.addr + 4 * i, sizeof word);
        add(p, BPF_LD | BPF_W | BPF_ABS, address_at + 4 * (uint32_t)i);
        unless_equal_skip(p, ntohl(word), (uint8_t)(2 * (words - i - 1) + 3));
    }
    add(p, BPF_LD | BPF_H | BPF_IND, port_at);
    unless_equal_skip(p, f->port, 1);
    keep(p);
}

// Either port is one of these.
static void keep_if_port(struct program *p, const struct filter_ports *ports) {
    const uint8_t ends[] = {SOURCE_PORT, DESTINATION_PORT};
    for (size_t end = 0; end < sizeof ends; end++) {
        add(p, BPF_LD | BPF_H | BPF_IND, ends[end]);
        for (size_t i = 0; i < ports->count; i++)
            if_equal_skip(p, ports->list[i], (uint8_t)(ports->count - i));
        add(p, BPF_JMP | BPF_JA, 1);
        keep(p);
    }
    drop(p);
}

static void keep_if_watched(struct program *p, const struct tap_filter *f, enum rs_family family) {
    const uint32_t source = family == RS_IPV6 ? IPV6_SOURCE : IPV4_SOURCE;
    const uint32_t destination = family == RS_IPV6 ? IPV6_DESTINATION : IPV4_DESTINATION;
    bool wanted = f->family == 0 || f->family == family;
    for (size_t i = 0; wanted && i < (f->count > 0 ? f->count : 1); i++) {
        const struct address *at = f->count > 0 ? &f->at[i] : NULL;
        if (at && at->endpoint.family != family)
            continue;
        keep_if_end(p, f, at, source, SOURCE_PORT);
        keep_if_end(p, f, at, destination, DESTINATION_PORT);
    }
    drop(p);
}

static void keep_if_wanted(struct program *p, const struct tap_filter *f, enum rs_family family) {
    if (f->ports)
        keep_if_port(p, f->ports);
    else
        keep_if_watched(p, f, family);
}

static void ipv4(struct program *p, const struct tap_filter *f) {
    add(p, BPF_LD | BPF_B | BPF_ABS, IPV4_PROTOCOL);
    if_equal_skip(p, IPPROTO_TCP, 1);
    drop(p);
    add(p, BPF_LD | BPF_H | BPF_ABS, IPV4_FRAGMENT);
    add(p, BPF_ALU | BPF_AND | BPF_K, 0x1fff); // the fragment's place in the whole
    if_equal_skip(p, 0, 1);
    drop(p);
    add(p, BPF_LDX | BPF_B | BPF_MSH, 0); // x = length of the IP header
    keep_if_wanted(p, f, RS_IPV4);
}

// a: which header comes next. If an extension header, x moves behind it, and a says what follows; otherwise nothing
// changes. An extension header's second byte is its length in units of 8 bytes, the first 8 not counted.
static void pass_extension(struct program *p) {
    const uint8_t extensions[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS};
    enum { EXTENSIONS = sizeof extensions / sizeof *extensions, ORDERS = 8 };
    for (unsigned i = 0; i < EXTENSIONS; i++)
        if_equal_skip(p, extensions[i], (uint8_t)(EXTENSIONS - i));
    add(p, BPF_JMP | BPF_JA, ORDERS);
    add(p, BPF_LD | BPF_B | BPF_IND, 0);
    add(p, BPF_ST, 0); // what follows
    add(p, BPF_LD | BPF_B | BPF_IND, 1);
    add(p, BPF_ALU | BPF_ADD | BPF_K, 1);
    add(p, BPF_ALU | BPF_LSH | BPF_K, 3);
    add(p, BPF_ALU | BPF_ADD | BPF_X, 0);
    add(p, BPF_MISC | BPF_TAX, 0);
    add(p, BPF_LD | BPF_MEM, 0);
}

static void ipv6(struct program *p, const struct tap_filter *f) {
    add(p, BPF_LDX | BPF_IMM, IPV6_HEADER);
    add(p, BPF_LD | BPF_B | BPF_ABS, IPV6_NEXT);
    for (int i = 0; i < EXTENSIONS_MAX; i++)
        pass_extension(p);
    if_equal_skip(p, IPPROTO_TCP, 1);
    drop(p);
    keep_if_wanted(p, f, RS_IPV6);
}

static void write_program(struct program *p, const struct tap_filter *f) {
    once_on_loopback(p);
    only_ip(p);
    add(p, BPF_LD | BPF_B | BPF_ABS, 0);
    add(p, BPF_ALU | BPF_RSH | BPF_K, 4); // a = the IP version
    if_equal_skip(p, 4, 1);
    const unsigned short over = p->count; // over IPv4's part: how far is known when that is written
    add(p, BPF_JMP | BPF_JA, 0);
    ipv4(p, f);
    p->orders[over].k = (uint32_t)(p->count - over - 1);
    if_equal_skip(p, 6, 1);
    drop(p);
    ipv6(p, f);
}

bool tap_filter_attach(int fd, const struct tap_filter *filter) {
    struct program p = {.count = 0};
    if (filter && filter->count > ADDRESSES_MAX) {
        errno = E2BIG;
        return false;
    }
    if (filter)
        write_program(&p, filter);
    else
        drop(&p);
    const struct sock_fprog program = {.len = p.count, .filter = p.orders};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}
