// SPDX-License-Identifier: MIT
//
// How this machine's own kernel opens connections: what its settings make of a SYN. Ours has the same habits, so that
// the two can be compared, and so that no router on the way sees anything that it does not know.
#ifndef NET_HABITS_H
#define NET_HABITS_H

#include <stdbool.h>
#include <stdint.h>

enum { HABITS_FILES = 6 };

struct habits {
    bool window_scaling, timestamps, sack; // options of a SYN
    uint8_t window_scale;                  // its shift
    uint8_t syn_linear_timeouts;           // how often a SYN is sent again after the same second, before the waits
                                           // begin to double (since Linux 6.5; 0 before; 127 at most)
};

// Reads the settings of the network namespace that we are in. What cannot be read is taken to be as Linux comes.
struct habits habits_read(void);

// For whoever reads them often: the files, open. Read again they tell what is so now, and that takes a fifth of the
// time.
struct habits_files {
    int fds[HABITS_FILES];
};

void habits_open(struct habits_files *files);
struct habits habits_of(const struct habits_files *files);
void habits_close(struct habits_files *files); // safe to call twice

// When connect() gives up, in microseconds from its first SYN on, if nothing answers: after this many resends (tcp(7):
// TCP_SYNCNT, tcp_syn_retries), or after the time that TCP_USER_TIMEOUT has set (0: none).
uint64_t habits_open_timeout_us(uint32_t retries, uint32_t linear, uint64_t user_timeout_us);

// The window in a SYN: as many whole segments as fit into 65535 bytes, and at least something.
uint16_t habits_syn_window(uint16_t mss);

#endif
