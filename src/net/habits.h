// SPDX-License-Identifier: MIT
//
// How this machine's own kernel opens connections: what its settings make of a SYN. Ours has the same habits, so that
// the two can be compared, and so that no router on the way sees anything that it does not know.
#ifndef NET_HABITS_H
#define NET_HABITS_H

#include <stdbool.h>
#include <stdint.h>

struct habits {
    bool window_scaling, timestamps, sack; // options of a SYN
    uint8_t window_scale;                  // its shift
};

// Reads the settings of the network namespace that we are in. What cannot be read is taken to be as Linux comes.
struct habits habits_read(void);

// How often a SYN is sent again after the same second, before the waits begin to double (since Linux 6.5; 0 before).
uint32_t habits_syn_linear_timeouts(void);

// When connect() gives up, in microseconds from its first SYN on, if nothing answers: after this many resends (tcp(7):
// TCP_SYNCNT, tcp_syn_retries), or after the time that TCP_USER_TIMEOUT has set (0: none).
uint64_t habits_open_timeout_us(uint32_t retries, uint32_t linear, uint64_t user_timeout_us);

// The window in a SYN: as many whole segments as fit into 65535 bytes, and at least something.
uint16_t habits_syn_window(uint16_t mss);

#endif
