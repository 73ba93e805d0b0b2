// SPDX-License-Identifier: MIT
//
// The usual configuration (see usual.h). Called by prepare.c, and by the lab for each of its ends.
#include "live/usual.h"

#include <string.h>
#include <sys/random.h>

uint16_t usual_path_mss(enum rs_family family, uint32_t mtu) {
    const bool ipv6 = family == RS_IPV6;
    const uint32_t most = ipv6 ? RS_IPV6_PACKET_MAX : RS_PACKET_MAX, packet = mtu < most ? mtu : most;
    return (uint16_t)(packet - RS_TCP_HEADER_MIN - (ipv6 ? RS_IPV6_HEADER_BYTES : RS_IPV4_HEADER_MIN));
}

void usual_path(struct rs_conn_config *conn, uint32_t mtu, uint32_t announced_mss, uint8_t ttl) {
    conn->path_mss = conn->mss = usual_path_mss(conn->remote.family, mtu);
    if (announced_mss > 0)
        conn->mss = (uint16_t)(announced_mss < UINT16_MAX ? announced_mss : UINT16_MAX);
    conn->ttl = ttl;
}

void usual_habits_of(struct rs_conn_config *conn, const struct habits *habits) {
    conn->no_window_scale = !habits->window_scaling;
    conn->no_timestamps = !habits->timestamps;
    conn->no_sack = !habits->sack;
    conn->window_scale = habits->window_scale;
    conn->syn_window = habits_syn_window(conn->mss);
    conn->icmp_ends_opening = true;
}

void usual_habits(struct rs_conn_config *conn) {
    const struct habits habits = habits_read();
    usual_habits_of(conn, &habits);
}

void usual_secret(uint8_t out[static RS_SECRET_BYTES], const struct clock *clock) {
    uint64_t wall_ns = clock->wall_ns(clock->self);
    if (getrandom(out, RS_SECRET_BYTES, 0) != RS_SECRET_BYTES) // only where a filter forbids it
        memcpy(out, &wall_ns, sizeof wall_ns);
}

// What strangers must not guess (RFC 9293, section 3.4.1): the engine makes it of both ends, the time, and a secret of
// this connection alone. With a chosen number only the clock of the timestamps needs one.
static void choose_secret(struct rs_conn_config *conn, const struct clock *clock, bool iss_is_chosen) {
    usual_secret(conn->secret, clock);
    conn->has_secret = !iss_is_chosen;
    if (iss_is_chosen)
        conn->ts_offset = rs_ts_offset(conn->secret, &conn->local, &conn->remote);
}

// Packets that are never cut need no id (RFC 6864), and a flow label has only to stay the same for the whole connection
// (RFC 6437, section 2).
static void choose_ip_numbers(struct rs_conn_config *conn) {
    if (getrandom(&conn->ip_id, sizeof conn->ip_id, GRND_NONBLOCK) != sizeof conn->ip_id)
        conn->ip_id = 1;
    if (getrandom(&conn->flow_label, sizeof conn->flow_label, GRND_NONBLOCK) < 0)
        conn->flow_label = 0;
    conn->flow_label &= 0xfffff;
}

void usual_numbers(struct rs_conn_config *conn, const struct clock *clock, bool iss_is_chosen) {
    choose_secret(conn, clock, iss_is_chosen);
    choose_ip_numbers(conn);
}
