// SPDX-License-Identifier: MIT
//
// A chosen buffer makes a SYN of its own: window and scale come out of it as in Linux's tcp_connect_init and
// tcp_select_initial_window, measured on Linux 6.18. The rest of the choices is copied. Called by notification.c, and
// by whoever makes the connection.
#include "run/choices.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/maxseg.h"
#include "run/special.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 // Linux 5.14
#endif

enum { RECEIVE_LOCKED = 2, SCALE_MOST = 14, UNITS_LEAST = 4, US_PER_MS = 1000 };

// ---- reading

static int get(int fd, int level, int name, int otherwise) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, name, &value, &size) == 0 ? value : otherwise;
}

// What a socket has that a fresh one has not; 0: nothing.
static int chosen(int fd, int fresh, int level, int name) {
    const int value = get(fd, level, name, 0);
    return value != get(fresh, level, name, 0) ? value : 0;
}

// Before Linux 5.14 a buffer that was chosen is told from others by its size alone: one that is as large as a fresh
// socket's counts as not chosen, and its SYN has a larger scale than the kernel's would have.
static bool is_chosen_buffer(int fd, int fresh) {
    const int locks = get(fd, SOL_SOCKET, SO_BUF_LOCK, -1);
    return locks >= 0 ? locks & RECEIVE_LOCKED : chosen(fd, fresh, SOL_SOCKET, SO_RCVBUF) != 0;
}

bool choices_read(int fd, int fresh, enum rs_family family, struct notification_choices *out) {
    const bool ipv6 = family == RS_IPV6;
    const int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
    const unsigned user_timeout_ms = (unsigned)get(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);
    *out = (struct notification_choices){
        .special = special_name(fd, fresh),
        .ttl = (uint8_t)chosen(fd, fresh, level, ipv6 ? IPV6_UNICAST_HOPS : IP_TTL),
        .tos = (uint8_t)get(fd, level, ipv6 ? IPV6_TCLASS : IP_TOS, 0),
        .mss = (uint16_t)maxseg_chosen(fd),
        .receive_buffer = (uint32_t)get(fd, SOL_SOCKET, SO_RCVBUF, 0),
        .receive_buffer_chosen = is_chosen_buffer(fd, fresh),
        .window_clamp = (uint32_t)get(fd, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0),
        .syn_retries = (uint32_t)get(fd, IPPROTO_TCP, TCP_SYNCNT, 0),
        .user_timeout_us = (uint64_t)user_timeout_ms * US_PER_MS,
    };
    return !out->special;
}

// ---- applying

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint64_t round_up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

// The least shift with which this many bytes can be told in 16 bits, rounded down (ilog2(bytes) - 15).
static uint8_t scale_for(uint32_t bytes) {
    uint8_t shift = 0;
    while (shift < SCALE_MOST && bytes >> shift > UINT16_MAX)
        shift++;
    return shift;
}

// Half of a buffer is for the kernel's own bookkeeping, the other may be offered (tcp_win_from_space).
static uint32_t offered_of(const struct notification_choices *c) { return c->receive_buffer / 2; }

static uint32_t limit_of(const struct notification_choices *c) {
    const uint32_t clamp = c->window_clamp > 0 ? c->window_clamp : UINT32_MAX;
    return c->receive_buffer_chosen ? least(clamp, offered_of(c)) : clamp;
}

// The engine never offers what it has no room for, and works out a larger scale for a larger room: so the room is made
// to fit. Beyond 64 KiB a sixteenth of it is kept (conn.h), so that it is to be a fifteenth more.
static size_t room_for(uint32_t window, uint8_t scale, size_t most) {
    const uint64_t unit = UINT64_C(1) << scale, whole = round_up(window, unit);
    uint64_t room = window > UINT16_MAX ? (uint64_t)window + window / 15 : whole;
    room = room < whole ? whole : room;
    room = room < UNITS_LEAST * unit ? UNITS_LEAST * unit : room;
    room = room > unit * UINT16_MAX ? unit * UINT16_MAX : room;
    return room < most ? (size_t)room : most;
}

static void apply_window(const struct notification_choices *c, struct rs_conn_config *conn) {
    const uint32_t limit = limit_of(c);
    uint32_t window = least(offered_of(c), limit);
    if (conn->mss > 0 && window > conn->mss)
        window -= window % conn->mss; // whole segments
    const uint8_t may_grow = scale_for(window) > conn->window_scale ? scale_for(window) : conn->window_scale;
    conn->window_scale = scale_for(limit) < may_grow ? scale_for(limit) : may_grow;
    conn->syn_window = (uint16_t)least(window, UINT16_MAX);
    conn->receive_bytes = room_for(window, conn->window_scale, conn->receive_bytes);
}

uint16_t choices_peer_mss(const struct notification_choices *c, uint16_t peer_mss) {
    return c->mss > 0 && c->mss < peer_mss ? c->mss : peer_mss;
}

uint64_t choices_open_timeout_us(const struct notification_choices *c, const struct habits *habits) {
    return c->syn_retries > 0 ? habits_open_timeout_us(c->syn_retries, habits->syn_linear_timeouts, c->user_timeout_us)
                              : 0;
}

void choices_apply(const struct notification_choices *c, const struct habits *habits, struct rs_conn_config *conn) {
    const uint64_t open_timeout_us = choices_open_timeout_us(c, habits);
    if (c->ttl > 0)
        conn->ttl = c->ttl;
    conn->tos = c->tos;
    conn->syn_linear_timeouts = habits->syn_linear_timeouts;
    conn->mss = choices_peer_mss(c, conn->mss);
    conn->path_mss = choices_peer_mss(c, conn->path_mss);
    if (c->receive_buffer > 1)
        apply_window(c, conn);
    if (conn->open_timeout_us == 0 || (open_timeout_us > 0 && open_timeout_us < conn->open_timeout_us))
        conn->open_timeout_us = open_timeout_us;
}
