// SPDX-License-Identifier: MIT
//
// The server's own word: its kernel's description of its end of the connection. The question names all four numbers as
// the server sees them; so the kernel finds one socket by its hash, the half-open request (SYN-RECEIVED) too. Where no
// such connection exists, it finds the listening socket instead. Called by the session, after a segment has left.
#include "witness.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "netlink.h"

enum { ANSWER_BYTES = 4096 };

// The kernel's numbers for the states (include/net/tcp_states.h; bits 1 to 12 of tcp(7)'s TCP_INFO).
enum rs_state witness_state(uint8_t number) {
    static const enum rs_state states[] = {
        RS_STATE_UNKNOWN, RS_ESTABLISHED, RS_SYN_SENT, RS_SYN_RECEIVED, RS_FIN_WAIT_1, RS_FIN_WAIT_2,  RS_TIME_WAIT,
        RS_CLOSED,        RS_CLOSE_WAIT,  RS_LAST_ACK, RS_LISTEN,       RS_CLOSING,    RS_SYN_RECEIVED};
    return number < sizeof states / sizeof *states ? states[number] : RS_STATE_UNKNOWN;
}

static struct peer unknown(const char *why) {
    return (struct peer){.known = false, .why_not = why, .state = RS_STATE_UNKNOWN};
}

struct question {
    struct nlmsghdr header;
    struct inet_diag_req_v2 body;
};

// An IPv4 connection of a server that listens for both families is found by its IPv4 numbers all the same.
static bool send_question(const struct kernel_witness *witness, const struct rs_endpoint *server,
                          const struct rs_endpoint *client) {
    const uint8_t family = (uint8_t)address_family(server->family);
    struct question q = {
        .header = {.nlmsg_len = sizeof q, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .body = {.sdiag_family = family,
                 .sdiag_protocol = IPPROTO_TCP,
                 .idiag_ext = 1 << (INET_DIAG_INFO - 1), // with struct tcp_info
                 .idiag_states = ~0u},
    };
    struct inet_diag_sockid *id = &q.body.id;
    id->idiag_sport = htons(server->port);
    id->idiag_dport = htons(client->port);
    memcpy(id->idiag_src, server->addr, rs_address_bytes(server->family));
    memcpy(id->idiag_dst, client->addr, rs_address_bytes(client->family));
    id->idiag_if = witness->zone;
    id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return send(witness->fd, &q, sizeof q, 0) == (ssize_t)sizeof q;
}

// The kernel counts in sequence numbers, and a FIN that has not been read yet is one of them, though no byte.
static uint32_t unread(enum rs_state state, uint32_t queued) {
    bool fin_came = state == RS_CLOSE_WAIT || state == RS_LAST_ACK || state == RS_CLOSING || state == RS_TIME_WAIT;
    if (state == RS_LISTEN) // there it is the number of connections that wait for accept()
        return 0;
    return fin_came && queued > 0 ? queued - 1 : queued;
}

// From the struct tcp_info among the attributes that follow the answer. A half-open request has none.
static uint32_t read_mss(const uint8_t *attributes, size_t size) {
    enum { MSS_AT = offsetof(struct tcp_info, tcpi_snd_mss) };
    uint32_t mss = 0;
    size_t info_size;
    const uint8_t *info = netlink_find(attributes, size, INET_DIAG_INFO, &info_size);
    if (info && info_size >= MSS_AT + sizeof mss)
        memcpy(&mss, info + MSS_AT, sizeof mss);
    return mss;
}

static struct peer read_answer(const uint8_t *answer, size_t size) {
    struct nlmsghdr header;
    struct inet_diag_msg body;
    struct nlmsgerr failure;
    if (size < sizeof header)
        return unknown("the kernel's answer was cut short");
    memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR && size >= NLMSG_HDRLEN + sizeof failure) {
        memcpy(&failure, answer + NLMSG_HDRLEN, sizeof failure);
        if (failure.error == -ENOENT) // neither the connection nor a listener
            return (struct peer){.known = true, .state = RS_CLOSED};
        return unknown("the kernel does not answer such questions here");
    }
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || size < NLMSG_HDRLEN + sizeof body)
        return unknown("the kernel's answer could not be read");
    memcpy(&body, answer + NLMSG_HDRLEN, sizeof body);
    enum rs_state state = witness_state(body.idiag_state);
    const size_t fixed = NLMSG_SPACE(sizeof body); // of the answer; attributes follow
    return (struct peer){
        .known = true,
        .state = state,
        .unread_bytes = unread(state, body.idiag_rqueue),
        .accepted = body.idiag_inode != 0,
        .mss = state == RS_LISTEN || size < fixed ? 0 : read_mss(answer + fixed, size - fixed),
    };
}

static struct peer ask(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    const struct kernel_witness *witness = self;
    uint8_t answer[ANSWER_BYTES];
    if (!witness->server_is_here)
        return unknown("the server is on another machine");
    if (witness->fd < 0)
        return unknown("no socket for the question could be had");
    if (!send_question(witness, server, client))
        return unknown("the kernel did not take the question");
    ssize_t size = recv(witness->fd, answer, sizeof answer, MSG_DONTWAIT); // it has answered before send() returned
    return size < 0 ? unknown("the kernel did not answer") : read_answer(answer, (size_t)size);
}

void kernel_witness_open(struct kernel_witness *witness, bool server_is_here, uint32_t zone) {
    witness->zone = zone;
    witness->server_is_here = server_is_here;
    witness->fd = server_is_here ? socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG) : -1;
}

struct witness kernel_witness_door(struct kernel_witness *witness) {
    return (struct witness){.self = witness, .ask = ask};
}

void kernel_witness_close(struct kernel_witness *witness) {
    if (witness->fd >= 0)
        close(witness->fd);
    witness->fd = -1;
}
