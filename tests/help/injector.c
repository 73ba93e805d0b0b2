// SPDX-License-Identifier: MIT
//
// Answering with ICMP errors (see injector.h). The kernel writes the IP header, and the checksum of ICMPv6.
#include "injector.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cm.h"
#include "paths.h"
#include "rawshake/checksum.h"

enum { ICMP_HEADER = 8, CHECKSUM_AT = 2, QUOTE_MAX = 100, PATIENCE_S = 60 };

struct sockets {
    int watch, icmp, icmp6;
};

static struct sockets open_sockets(const char *device) {
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct sockets s = {
        .watch = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
        .icmp = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP),
        .icmp6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6),
    };
    at.sll_ifindex = (int)if_nametoindex(device);
    assert_true(s.watch >= 0 && s.icmp >= 0 && s.icmp6 >= 0 && at.sll_ifindex > 0);
    assert_int_equal(bind(s.watch, (struct sockaddr *)&at, sizeof at), 0);
    return s;
}

static void send_to(const struct sockets *s, const struct rs_endpoint *e, const uint8_t *bytes, size_t size) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    memcpy(&in.sin_addr, e->addr, sizeof in.sin_addr);
    memcpy(&in6.sin6_addr, e->addr, sizeof in6.sin6_addr);
    ssize_t sent = e->family == RS_IPV6 ? sendto(s->icmp6, bytes, size, 0, (struct sockaddr *)&in6, sizeof in6)
                                        : sendto(s->icmp, bytes, size, 0, (struct sockaddr *)&in, sizeof in);
    if (sent != (ssize_t)size)
        _exit(1);
}

static void answer(const struct sockets *s, const struct rs_packet *packet, const struct injected *what,
                   const uint8_t *quote, size_t size) {
    uint8_t message[ICMP_HEADER + QUOTE_MAX] = {what->type, what->code};
    size_t quoted = size < QUOTE_MAX ? size : QUOTE_MAX;
    memcpy(message + ICMP_HEADER, quote, quoted);
    if (packet->source.family == RS_IPV4) {
        uint16_t sum = (uint16_t)~rs_sum_fold(rs_sum(0, message, ICMP_HEADER + quoted, NULL, NULL));
        message[CHECKSUM_AT] = (uint8_t)(sum >> 8);
        message[CHECKSUM_AT + 1] = (uint8_t)sum;
    }
    send_to(s, &packet->source, message, ICMP_HEADER + quoted);
}

static void serve(const struct injector *injector, const struct sockets *s) {
    uint8_t bytes[2048];
    for (;;) {
        struct rs_packet packet;
        struct injected what;
        struct sockaddr_ll from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(s->watch, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &from_size);
        if (size <= 0 || from.sll_pkttype != PACKET_HOST)
            continue;
        enum rs_wire_error error = rs_packet_parse(bytes, (size_t)size, &packet);
        if (error != RS_WIRE_OK && error != RS_WIRE_BAD_TCP_CHECKSUM)
            continue;
        if (packet.segment.flags & RS_SYN)
            __atomic_add_fetch(&injector->syns[packet.segment.destination_port], 1, __ATOMIC_SEQ_CST);
        for (unsigned nth = 0; injector->choose(&packet, nth, &what); nth++) {
            usleep(injector->delay_ms * 1000);
            answer(s, &packet, &what, bytes, (size_t)size);
        }
    }
}

void injector_start(struct injector *injector) {
    size_t size = INJECTOR_PORTS * sizeof *injector->syns;
    injector->syns = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(injector->syns != MAP_FAILED);
    int here = place_here();
    place_enter(injector->place);
    struct sockets s = open_sockets(injector->device);
    place_enter(here);
    close(here);
    injector->pid = fork();
    assert_true(injector->pid >= 0);
    if (injector->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PATIENCE_S);
        serve(injector, &s);
    }
    close(s.watch);
    close(s.icmp);
    close(s.icmp6);
}

void injector_end(struct injector *injector) {
    kill(injector->pid, SIGKILL);
    waitpid(injector->pid, NULL, 0);
    munmap(injector->syns, INJECTOR_PORTS * sizeof *injector->syns);
}
