// SPDX-License-Identifier: MIT
//
// The settings behind the kernel's own SYN (tcp(7)). Called by the commands that make one by hand.
#include "habits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCALE_MOST = 14, UNSCALED_BITS = 16, RETRIES_MOST = 255 };

static const uint64_t second_us = 1000000, wait_most_us = 120000000;

enum file { WINDOW_SCALING, TIMESTAMPS, SACK, RECEIVE_BUFFERS, RECEIVE_BUFFER_MOST, SYN_LINEAR_TIMEOUTS };

static const struct {
    const char *path;
    uint64_t otherwise;
} settings[HABITS_FILES] = {
    [WINDOW_SCALING] = {"/proc/sys/net/ipv4/tcp_window_scaling", 1},
    [TIMESTAMPS] = {"/proc/sys/net/ipv4/tcp_timestamps", 1},
    [SACK] = {"/proc/sys/net/ipv4/tcp_sack", 1},
    [RECEIVE_BUFFERS] = {"/proc/sys/net/ipv4/tcp_rmem", 6 << 20},
    [RECEIVE_BUFFER_MOST] = {"/proc/sys/net/core/rmem_max", 212992}, // may be kept from a namespace of our own
    [SYN_LINEAR_TIMEOUTS] = {"/proc/sys/net/ipv4/tcp_syn_linear_timeouts", 0},
};

void habits_open(struct habits_files *files) {
    for (size_t i = 0; i < HABITS_FILES; i++)
        files->fds[i] = open(settings[i].path, O_RDONLY | O_CLOEXEC);
}

void habits_close(struct habits_files *files) {
    for (size_t i = 0; i < HABITS_FILES; i++) {
        if (files->fds[i] >= 0)
            close(files->fds[i]);
        files->fds[i] = -1;
    }
}

// The last number in a file: tcp_rmem has three, and its last is the largest buffer. Read from its beginning, a file of
// /proc/sys is made anew.
static uint64_t last_number(const struct habits_files *files, enum file file) {
    const uint64_t otherwise = settings[file].otherwise;
    char text[64];
    ssize_t size = files->fds[file] >= 0 ? pread(files->fds[file], text, sizeof text - 1, 0) : -1;
    if (size <= 0)
        return otherwise;
    text[size] = '\0';
    char *at = text, *end;
    for (uint64_t last = otherwise;; at = end) {
        uint64_t number = strtoull(at, &end, 10);
        if (end == at)
            return last;
        last = number;
    }
}

// The shift with which the largest receive buffer that a socket may ever get can be offered (tcp_select_initial_window
// in Linux).
static uint8_t window_scale(const struct habits_files *files) {
    uint64_t tcp = last_number(files, RECEIVE_BUFFERS), most = last_number(files, RECEIVE_BUFFER_MOST);
    uint8_t shift = 0;
    for (uint64_t space = tcp > most ? tcp : most; shift < SCALE_MOST && space >> UNSCALED_BITS != 0; space >>= 1)
        shift++;
    return shift;
}

struct habits habits_of(const struct habits_files *files) {
    return (struct habits){
        .window_scaling = last_number(files, WINDOW_SCALING) != 0,
        .timestamps = last_number(files, TIMESTAMPS) != 0,
        .sack = last_number(files, SACK) != 0,
        .window_scale = window_scale(files),
        .syn_linear_timeouts = (uint8_t)last_number(files, SYN_LINEAR_TIMEOUTS),
    };
}

struct habits habits_read(void) {
    struct habits_files files;
    habits_open(&files);
    const struct habits habits = habits_of(&files);
    habits_close(&files);
    return habits;
}

static uint64_t shorter(uint64_t a, uint64_t b) { return a < b ? a : b; }

// How long so many resends would take without linear ones (tcp_model_timeout): then it is enough, however often a SYN
// has been sent by then.
static uint64_t doubling_us(uint32_t retries) {
    uint64_t wait = second_us, all = second_us;
    for (uint32_t i = 0; i < retries; i++) {
        wait = shorter(wait * 2, wait_most_us);
        all += wait;
    }
    return all;
}

// Linux looks only when a timer has expired (tcp_write_timeout), and never gives up at the first.
uint64_t habits_open_timeout_us(uint32_t retries, uint32_t linear, uint64_t user_timeout_us) {
    retries = retries < RETRIES_MOST ? retries : RETRIES_MOST;
    linear = linear < RETRIES_MOST ? linear : RETRIES_MOST;
    const uint64_t enough = user_timeout_us > 0 ? UINT64_MAX : doubling_us(retries);
    uint64_t wait = second_us, now = wait;
    for (uint32_t resends = 1; resends <= retries + linear && (resends == 1 || now < enough); resends++) {
        if (resends > linear)
            wait = shorter(wait * 2, wait_most_us);
        now += wait;
    }
    if (user_timeout_us > 0 && user_timeout_us < now)
        return user_timeout_us > second_us ? user_timeout_us : second_us;
    return now;
}

uint16_t habits_syn_window(uint16_t mss) {
    uint32_t most = UINT16_MAX;
    return (uint16_t)(mss > 0 ? most / mss * mss : most);
}
