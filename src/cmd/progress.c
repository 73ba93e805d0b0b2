// SPDX-License-Identifier: MIT
//
// The line that tells how far it has come (see progress.h). Called by handmade.c, once around the loop.
#include "cmd/progress.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { EVERY_US = 200000, FIRST_AFTER_US = 500000 }; // what is over within half a second needs no line

void progress_open(struct progress *p, const struct client *client) {
    int input = client->config.input_fd;
    *p = (struct progress){.on = isatty(STDERR_FILENO) && (input < 0 || !isatty(input)),
                           .gives_way = isatty(STDOUT_FILENO)};
    p->last_us = session_now(client->session);
    p->next_us = p->last_us + FIRST_AFTER_US;
}

void progress_bytes(uint64_t count, char *out, size_t room) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    uint64_t tenths = count;
    if (count < 1000) {
        snprintf(out, room, "%u B", (unsigned)count);
        return;
    }
    for (tenths = count / 100, unit = 1; tenths >= 10000; unit++)
        tenths /= 1000;
    snprintf(out, room, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10), units[unit]);
}

// A terminal that has been stopped (Ctrl-S) takes nothing: then the line is left out.
static void put(const char *line, size_t size) {
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) && write(STDERR_FILENO, line, size) < 0)
        return; // it is only a hint: nothing depends on it
}

uint64_t progress_show(struct progress *p, const struct client *client) {
    char line[120], sent[24], received[24], rate[24];
    uint64_t now = session_now(client->session);
    if (!p->on)
        return UINT64_MAX;
    if (now < p->next_us)
        return p->next_us - now;
    uint64_t waiting = client->session->conn.send_ring.used, acked = client->queued - waiting;
    uint64_t bytes = acked + client->received, passed = now > p->last_us ? now - p->last_us : 1;
    progress_bytes(acked, sent, sizeof sent);
    progress_bytes(client->received, received, sizeof received);
    progress_bytes((bytes - p->last_bytes) * 1000000 / passed, rate, sizeof rate);
    int size = snprintf(line, sizeof line, "\rsent %s, received %s, %s/s\033[K", sent, received, rate);
    put(line, (size_t)size);
    p->shown = true;
    p->last_us = now;
    p->last_bytes = bytes;
    p->next_us = now + EVERY_US;
    return EVERY_US;
}

void progress_close(struct progress *p) {
    static const char erase[] = "\r\033[K";
    if (p->shown)
        put(erase, sizeof erase - 1);
    p->shown = false;
}

void progress_give_way(struct progress *p, const struct client *client) {
    if (!p->gives_way || client->received == 0)
        return;
    progress_close(p);
    p->on = false;
}
