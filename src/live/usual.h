// SPDX-License-Identifier: MIT
//
// The usual configuration of a connection made by hand: what its SYN has is what the kernel's own would have, so that
// connect() is what is seen. Used by connect and its kin, and by the lab.
#ifndef LIVE_USUAL_H
#define LIVE_USUAL_H

#include "net/doors.h"
#include "net/habits.h"
#include "rawshake/conn.h"

// Fills in options and the window of the SYN as this machine's kernel has them, and takes ICMP errors as it does.
// conn->mss must be there already.
void usual_habits(struct rs_conn_config *conn);

// The same, of habits that have been read.
void usual_habits_of(struct rs_conn_config *conn, const struct habits *habits);

// What a segment may carry: what the MTU leaves when both headers are taken off (RFC 6691; IPv6: RFC 8200, section
// 8.3). A loopback's MTU may be more than a packet's length can tell.
uint16_t usual_path_mss(enum rs_family family, uint32_t mtu);

// What the way to the other end makes of a connection, as the kernel's route tells it: how much a segment carries, what
// our SYN announces (announced_mss: what somebody has written beside the route, which is taken as it is, as connect()
// takes it; 0: nothing), and the time to live.
void usual_path(struct rs_conn_config *conn, uint32_t mtu, uint32_t announced_mss, uint8_t ttl);

// Random bytes, of which initial sequence numbers are made.
void usual_secret(uint8_t out[static RS_SECRET_BYTES], const struct clock *clock);

// What strangers must not guess, and numbers of which any will do. iss_is_chosen: conn->iss is used as it is; both ends
// must be there already.
void usual_numbers(struct rs_conn_config *conn, const struct clock *clock, bool iss_is_chosen);

#endif
