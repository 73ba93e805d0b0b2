// SPDX-License-Identifier: MIT
//
// Options of a socket that change where its SYN goes, what is in it, or how the SYN-ACK is answered, and that an engine
// beside the kernel cannot follow. A socket has one if it reads otherwise than a fresh one. Called by choices.c.
#include "run/special.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 // Linux 6.3
#endif
#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37 // Linux 5.3
#endif
#ifndef TCP_AO_INFO
#define TCP_AO_INFO 40 // Linux 6.7
#endif
#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif
#define IPV6_FLOWINFO_SEND 33 // <linux/in6.h>, which does not go with <netinet/in.h>

enum { ROOM = 256, NAME_ROOM = 16 };

struct option {
    int level, name;
    const char *word; // as a sentence would have it: "a socket with ..."
};

static const struct option numbers[] = {
    {SOL_SOCKET, SO_BINDTOIFINDEX, "SO_BINDTODEVICE"},
    {SOL_SOCKET, SO_MARK, "SO_MARK"}, // another route
    {SOL_SOCKET, SO_DONTROUTE, "SO_DONTROUTE"},
    {IPPROTO_IP, IP_TRANSPARENT, "IP_TRANSPARENT"}, // an address that is somebody else's
    {IPPROTO_IPV6, IPV6_TRANSPARENT, "IPV6_TRANSPARENT"},
    {IPPROTO_IP, IP_MINTTL, "IP_MINTTL"}, // a SYN-ACK from afar is not heard
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, "IPV6_MINHOPCOUNT"},
    {IPPROTO_IP, IP_LOCAL_PORT_RANGE, "IP_LOCAL_PORT_RANGE"},
    {IPPROTO_IPV6, IPV6_FLOWINFO_SEND, "IPV6_FLOWINFO_SEND"}, // a flow label of the program's choice
    {IPPROTO_TCP, TCP_REPAIR, "TCP_REPAIR"},                  // connect() sends nothing
    {IPPROTO_TCP, TCP_QUICKACK, "TCP_QUICKACK switched off"}, // the handshake's ACK waits for data
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"},      // so does it here
    {IPPROTO_TCP, TCP_TX_DELAY, "TCP_TX_DELAY"},              // the SYN waits
};

// Options and extension headers of all its packets.
static const struct option bytes[] = {
    {IPPROTO_IP, IP_OPTIONS, "IP options"},
    {IPPROTO_IPV6, IPV6_HOPOPTS, "IPv6 hop-by-hop options"},
    {IPPROTO_IPV6, IPV6_DSTOPTS, "IPv6 destination options"},
    {IPPROTO_IPV6, IPV6_RTHDR, "an IPv6 routing header"},
    {IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, "IPv6 destination options"},
};

static int get(int fd, const struct option *o) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, o->level, o->name, &value, &size) == 0 ? value : 0;
}

static bool has_bytes(int fd, const struct option *o) {
    uint8_t room[ROOM] = {0};
    socklen_t size = sizeof room;
    return getsockopt(fd, o->level, o->name, room, &size) == 0 && size > 0;
}

// Without "don't fragment" IPv4 packets need numbers of their own, and a path's MTU is none of theirs.
static bool has_other_fragments(int fd, int fresh) {
    static const struct option both[] = {{IPPROTO_IP, IP_MTU_DISCOVER, NULL}, {IPPROTO_IPV6, IPV6_MTU_DISCOVER, NULL}};
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        const int chosen = get(fd, &both[i]);
        if (chosen != get(fresh, &both[i]) && chosen != IP_PMTUDISC_WANT && chosen != IP_PMTUDISC_DO)
            return true;
    }
    return false;
}

// DCTCP's SYN asks for ECN (RFC 8257, section 3.1); the others' does if a setting says so.
static bool asks_for_ecn(int fd) {
    char name[NAME_ROOM] = "";
    socklen_t size = sizeof name;
    return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size) == 0 && strncmp(name, "dctcp", sizeof name) == 0;
}

// TCP-AO (RFC 5925): the kernel says ENOENT where there is no key.
static bool signs(int fd) {
    uint8_t room[ROOM] = {0};
    socklen_t size = sizeof room;
    return getsockopt(fd, IPPROTO_TCP, TCP_AO_INFO, room, &size) == 0;
}

const char *special_name(int fd, int fresh) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (get(fd, &numbers[i]) != get(fresh, &numbers[i]))
            return numbers[i].word;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        if (has_bytes(fd, &bytes[i]))
            return bytes[i].word;
    if (has_other_fragments(fd, fresh))
        return "a choice of its own for path MTU discovery";
    if (asks_for_ecn(fd))
        return "DCTCP, whose SYN asks for ECN";
    return signs(fd) ? "keys for TCP-AO" : NULL;
}
