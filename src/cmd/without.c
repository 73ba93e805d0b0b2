// SPDX-License-Identifier: MIT
//
// Reading --without, and obeying it. Called by connect_options.c and prepare.c.
#include "cmd/without.h"

#include <string.h>

#include "cmd/complain.h"

static const struct {
    const char *name;
    enum without bit;
} habits[] = {
    {"mss", WITHOUT_MSS},     {"window-scale", WITHOUT_WINDOW_SCALE},
    {"sack", WITHOUT_SACK},   {"timestamps", WITHOUT_TIMESTAMPS},
    {"nagle", WITHOUT_NAGLE}, {"delayed-ack", WITHOUT_DELAYED_ACK},
};

static unsigned bit_of(const char *word, size_t size) {
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (strlen(habits[i].name) == size && strncmp(habits[i].name, word, size) == 0)
            return habits[i].bit;
    return 0;
}

bool without_parse(const char *text, unsigned *out) {
    for (const char *word = text;; word++) {
        size_t size = strcspn(word, ",");
        unsigned bit = bit_of(word, size);
        if (bit == 0) {
            complain(
                "--without '%.40s': a list of mss, window-scale, sack, timestamps, nagle and delayed-ack is wanted",
                text);
            return false;
        }
        *out |= bit;
        word += size;
        if (*word == '\0')
            return true;
    }
}

void without_apply(unsigned without, struct rs_conn_config *conn) {
    conn->no_mss |= (without & WITHOUT_MSS) != 0;
    conn->no_window_scale |= (without & WITHOUT_WINDOW_SCALE) != 0;
    conn->no_sack |= (without & WITHOUT_SACK) != 0;
    conn->no_timestamps |= (without & WITHOUT_TIMESTAMPS) != 0;
    conn->no_nagle |= (without & WITHOUT_NAGLE) != 0;
    conn->no_delayed_ack |= (without & WITHOUT_DELAYED_ACK) != 0;
}
