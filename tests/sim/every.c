// SPDX-License-Identifier: MIT
//
// The choices of every.h, counted like a number of base three whose first digit is the first packet.
#include "every.h"

#include <stdio.h>
#include <string.h>

static struct network n;

// 0: as plain as can be; 1: with all that can be on; 2: both open at once; 3: a window smaller than the message.
static void begin(int variant) {
    network_init(&n, 0xfffffff8, 0x7ffffff8, 1); // the numbers wrap within the data
    n.verbose = false;
    n.wire.scripted = true;
    for (int i = 0; i < 2; i++) {
        struct rs_conn_config *config = &n.ends[i].config;
        bool plain = variant == 0;
        config->no_window_scale = config->no_timestamps = config->no_sack = plain;
        config->no_nagle = config->no_delayed_ack = plain;
        config->mss = 20 + 40;
        if (variant == 3)
            config->receive_bytes = 25;
        n.ends[i].program.to_send = i == 0 ? 100 : 30;
        n.ends[i].program.pause_us = 1;
        n.ends[i].check_clock = false;
        end_start(&n.ends[i]);
    }
    end_open(&n.ends[0]);
    if (variant == 2)
        end_open(&n.ends[1]);
    else
        end_listen(&n.ends[1]);
}

static uint64_t power_of_3(size_t exponent) {
    uint64_t product = 1;
    while (exponent-- > 0)
        product *= 3;
    return product;
}

// The next choices that differ among the first used ones; false if there are none.
static bool next_choices(uint8_t *script, size_t used) {
    memset(script + used, WIRE_DELIVER, WIRE_SCRIPT - used);
    while (used > 0) {
        if (++script[used - 1] < WIRE_CHOICES)
            return true;
        script[--used] = WIRE_DELIVER;
    }
    return false;
}

static void name_choices(const uint8_t *script, size_t depth, int variant, char *text, size_t room) {
    char letters[WIRE_SCRIPT + 1];
    for (size_t i = 0; i < depth; i++)
        letters[i] = "DLT"[script[i]];
    letters[depth] = '\0';
    snprintf(text, room, "variant %d, choices %s (D deliver, L lose, T twice)", variant, letters);
}

const char *every_run(struct every *every, char *text, size_t room) {
    uint8_t script[WIRE_SCRIPT] = {0};
    every->runs = every->choices = 0;
    for (;;) {
        unsigned mine = (script[0] * 9u + script[1] * 3u + script[2]) % every->parts;
        size_t used = 3;
        if (mine == every->part) {
            begin(every->variant);
            memcpy(n.wire.script, script, sizeof script);
            const char *broken = network_run(&n);
            if (broken) {
                name_choices(script, every->depth, every->variant, text, room);
                return broken;
            }
            used = n.wire.script_used < every->depth ? n.wire.script_used : every->depth;
            every->runs++;
            every->choices += power_of_3(every->depth - used);
        }
        if (!next_choices(script, used))
            return NULL;
    }
}

const char *every_replay(int variant, const char *choices) {
    begin(variant);
    for (size_t i = 0; i < WIRE_SCRIPT && choices[i]; i++)
        n.wire.script[i] = choices[i] == 'L' ? WIRE_DROP : choices[i] == 'T' ? WIRE_DOUBLE : WIRE_DELIVER;
    n.verbose = true;
    return network_run(&n);
}
