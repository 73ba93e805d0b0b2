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

// The window in a SYN: as many whole segments as fit into 65535 bytes, and at least something.
uint16_t habits_syn_window(uint16_t mss);

#endif
