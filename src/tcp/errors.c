// SPDX-License-Identifier: MIT
//
// What an ICMP error does to a connection (RFC 9293, section 3.9.2.2; RFC 5927; RFC 5461). Anybody can send one, so it
// is believed only if it quotes a segment that is on its way. Called by the session, and by packets.c.
#include <errno.h>
#include <stddef.h>

#include "internal.h"

enum meaning { SOFT, HARD, TOO_BIG, NOTED, NOTHING };

struct row {
    uint8_t type, code;
    enum meaning meaning;
    int number; // the errno that connect() gives for it on Linux
};

enum { ANY = 255 };

// RFC 792 and RFC 1122, section 3.2.2.1; hard and soft by RFC 9293, section 3.9.2.2 (MUST-56, SHLD-26). Time exceeded
// with code 1 says that pieces of a packet came to the other end: no word about the way there, so it has no errno.
static const struct row rows_4[] = {
    {RS_ICMP_UNREACHABLE, 0, SOFT, ENETUNREACH},   {RS_ICMP_UNREACHABLE, 1, SOFT, EHOSTUNREACH},
    {RS_ICMP_UNREACHABLE, 2, HARD, ENOPROTOOPT},   {RS_ICMP_UNREACHABLE, 3, HARD, ECONNREFUSED},
    {RS_ICMP_UNREACHABLE, 4, TOO_BIG, EMSGSIZE},   {RS_ICMP_UNREACHABLE, 5, SOFT, EOPNOTSUPP},
    {RS_ICMP_UNREACHABLE, 6, SOFT, ENETUNREACH},   {RS_ICMP_UNREACHABLE, 7, SOFT, EHOSTDOWN},
    {RS_ICMP_UNREACHABLE, 8, SOFT, ENONET},        {RS_ICMP_UNREACHABLE, 9, SOFT, ENETUNREACH},
    {RS_ICMP_UNREACHABLE, 10, SOFT, EHOSTUNREACH}, {RS_ICMP_UNREACHABLE, 11, SOFT, ENETUNREACH},
    {RS_ICMP_UNREACHABLE, 12, SOFT, EHOSTUNREACH}, {RS_ICMP_UNREACHABLE, 13, SOFT, EHOSTUNREACH},
    {RS_ICMP_UNREACHABLE, 14, SOFT, EHOSTUNREACH}, {RS_ICMP_UNREACHABLE, 15, SOFT, EHOSTUNREACH},
    {RS_ICMP_TIME_EXCEEDED, 1, NOTED, 0},          {RS_ICMP_TIME_EXCEEDED, ANY, SOFT, EHOSTUNREACH},
    {RS_ICMP_PARAMETER, ANY, SOFT, EPROTO},
};

// RFC 4443, section 3. A parameter problem is soft whatever its code (RFC 9293, section 3.9.2.2).
static const struct row rows_6[] = {
    {RS_ICMP6_UNREACHABLE, 0, SOFT, ENETUNREACH},  {RS_ICMP6_UNREACHABLE, 1, SOFT, EACCES},
    {RS_ICMP6_UNREACHABLE, 2, SOFT, EHOSTUNREACH}, {RS_ICMP6_UNREACHABLE, 3, SOFT, EHOSTUNREACH},
    {RS_ICMP6_UNREACHABLE, 4, HARD, ECONNREFUSED}, {RS_ICMP6_UNREACHABLE, 5, SOFT, EACCES},
    {RS_ICMP6_UNREACHABLE, 6, SOFT, EACCES},       {RS_ICMP6_UNREACHABLE, ANY, SOFT, EPROTO},
    {RS_ICMP6_TOO_BIG, ANY, TOO_BIG, EMSGSIZE},    {RS_ICMP6_TIME_EXCEEDED, ANY, SOFT, EHOSTUNREACH},
    {RS_ICMP6_PARAMETER, ANY, SOFT, EPROTO},
};

// Source quench (MUST-55, RFC 6633) and what nobody knows have no row.
static struct row look_up(const struct rs_icmp *icmp) {
    const struct row *rows = icmp->family == RS_IPV6 ? rows_6 : rows_4;
    size_t count = icmp->family == RS_IPV6 ? sizeof rows_6 / sizeof *rows_6 : sizeof rows_4 / sizeof *rows_4;
    for (size_t i = 0; i < count; i++)
        if (rows[i].type == icmp->type && (rows[i].code == icmp->code || rows[i].code == ANY))
            return rows[i];
    return (struct row){.meaning = NOTHING};
}

// It must quote this connection, and a number that we have sent and that is not acknowledged (RFC 5927, section 4.1).
static bool quotes_us(const struct rs_conn *c, const struct rs_icmp *icmp) {
    bool on_its_way = rs_seq_leq(c->snd.una, icmp->seq) && rs_seq_lt(icmp->seq, c->snd.nxt);
    return c->state != RS_CLOSED && c->state != RS_LISTEN && on_its_way &&
           rs_endpoint_equal(&icmp->source, &c->local) && rs_endpoint_equal(&icmp->destination, &c->remote);
}

// The size of segments that fits, by what the error says; UINT32_MAX: it is not believed.
static uint32_t told_mss(const struct rs_icmp *icmp) {
    if (icmp->family == RS_IPV6) // no link of IPv6 takes less: "must discard it" (RFC 8201, section 4)
        return icmp->mtu < MTU_LEAST_IPV6 ? UINT32_MAX : icmp->mtu - RS_IPV6_HEADER_BYTES - RS_TCP_HEADER_MIN;
    uint32_t headers = RS_IPV4_HEADER_MIN + RS_TCP_HEADER_MIN;
    uint32_t mtu = icmp->mtu > 0 ? icmp->mtu : MTU_LEAST_KNOWN; // an old router does not say (RFC 1191, section 5)
    return mtu > headers + MSS_LEAST ? mtu - headers : MSS_LEAST;
}

// Path MTU discovery (RFC 1191, section 6.4; RFC 8201, section 4): smaller segments from now on, and what was too large
// goes out again at once. It is no sign of congestion, and never ends a connection.
static void take_too_big(struct rs_conn *c, const struct rs_icmp *icmp) {
    uint32_t mss = told_mss(icmp);
    if (mss >= c->config.path_mss || mss >= c->snd.mss) { // known already: one flight brings an error for each segment
        conn_event(c, RS_ICMP_IGNORED, c->state, 0);
        return;
    }
    c->config.path_mss = c->snd.mss = (uint16_t)mss;
    c->snd.resend = c->snd.una;
    c->rtt.timing = false;
    recovery_abandon(c);
    conn_event(c, RS_PATH_MTU_LOWERED, c->state, mss);
}

static bool is_opening_actively(const struct rs_conn *c) {
    return c->active && (c->state == RS_SYN_SENT || c->state == RS_SYN_RECEIVED);
}

static void take_unreachable(struct rs_conn *c, struct row row) {
    bool opening = is_opening_actively(c);
    bool soft_ends = c->config.icmp_ends_opening && row.meaning == SOFT; // as in Linux (RFC 5461, section 4.2)
    // Hard errors abort an opening connection; later they are as soft as the others (SHLD-26; RFC 5461, section 4.1).
    if (opening && (row.meaning == HARD || soft_ends)) {
        c->icmp.hard_errno = row.number;
        conn_end(c, RS_END_ICMP, row.meaning == HARD ? RS_ICMP_REFUSED : RS_ICMP_GAVE_UP);
        return;
    }
    if (row.meaning != NOTED)
        c->icmp.soft_errno = row.number;
    conn_event(c, RS_ICMP_NOTED, c->state, (uint64_t)row.number);
}

void rs_conn_icmp(struct rs_conn *c, const struct rs_icmp *icmp, uint64_t now) {
    struct row row = look_up(icmp);
    (void)now;
    if (!quotes_us(c, icmp) || row.meaning == NOTHING)
        conn_event(c, RS_ICMP_IGNORED, c->state, 0);
    else if (row.meaning == TOO_BIG)
        take_too_big(c, icmp);
    else
        take_unreachable(c, row);
}
