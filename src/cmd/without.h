// SPDX-License-Identifier: MIT
//
// The option --without: habits of TCP that our end can do without, one by one.
#ifndef CMD_WITHOUT_H
#define CMD_WITHOUT_H

#include "rawshake/conn.h"

// One bit for each; the first four are options of our SYN.
enum without {
    WITHOUT_MSS = 1,
    WITHOUT_WINDOW_SCALE = 2,
    WITHOUT_SACK = 4,
    WITHOUT_TIMESTAMPS = 8,
    WITHOUT_NAGLE = 16,
    WITHOUT_DELAYED_ACK = 32
};

// Reads "sack,timestamps" and adds the bits to *out. On nonsense prints one sentence and returns false.
bool without_parse(const char *text, unsigned *out);

// Switches off in *conn what the bits say; the rest stays as it is.
void without_apply(unsigned without, struct rs_conn_config *conn);

#endif
