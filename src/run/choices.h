// SPDX-License-Identifier: MIT
//
// What a program has chosen for its socket (setsockopt), as far as a SYN shows it: ours is to have it too. What ours
// cannot have is found as well; then the kernel makes the connection.
#ifndef RUN_CHOICES_H
#define RUN_CHOICES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/habits.h"
#include "rawshake/conn.h"

struct notification_choices {
    const char *special;        // what the kernel alone can do (special.h); NULL: nothing
    uint8_t ttl;                // IP_TTL, IPV6_UNICAST_HOPS; 0: not chosen
    uint8_t tos;                // IP_TOS, IPV6_TCLASS
    uint16_t mss;               // TCP_MAXSEG; 0: not chosen, or the kernel does not tell (before 5.11, and of 536)
    uint32_t receive_buffer;    // SO_RCVBUF as it reads: twice what was chosen
    bool receive_buffer_chosen; // otherwise it may grow
    uint32_t window_clamp;      // TCP_WINDOW_CLAMP; 0: not chosen
    uint32_t syn_retries;       // TCP_SYNCNT; the kernel's setting where it was not chosen; 0: not known
    uint64_t user_timeout_us;   // TCP_USER_TIMEOUT; 0: none
};

// Reads the choices of a TCP socket whose packets are of this family. fresh: another TCP socket of the same domain and
// network, for which nothing has been chosen. False: something special has been chosen.
bool choices_read(int fd, int fresh, enum rs_family family, struct notification_choices *out);

// When the kernel would give up, in microseconds from its first SYN on; 0: not known.
uint64_t choices_open_timeout_us(const struct notification_choices *choices, const struct habits *habits);

// Gives the choices to a configuration that is otherwise as usual (live/usual.h), and whose buffers are there: of the
// receive buffer a part may be used. How long and how often it is tried comes of the settings, too. A time limit that
// is there already stays if it is shorter.
void choices_apply(const struct notification_choices *choices, const struct habits *habits,
                   struct rs_conn_config *conn);

// The most that a segment to somebody with this MSS may carry: what was chosen counts for both directions (tcp(7)).
uint16_t choices_peer_mss(const struct notification_choices *choices, uint16_t peer_mss);

#endif
