// SPDX-License-Identifier: MIT
//
// The engine alone: two connections back to back in memory, one sends and the other reads, with no kernel in between. A
// segment counts once: it has gone out of one end and into the other. First as segments, then built to whole IP
// packets, checksum and all, and read again.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rawshake/conn.h"

enum { BUFFER = 1 << 18, CHUNK = 65536, ROUNDS = 3, PACKET_ROOM = 2048 };

static const double seconds = 0.5; // a round
static struct rs_conn ends[2];
static uint8_t buffers[4][BUFFER], chunk[CHUNK];
static uint64_t now, segments, bytes_read;

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void drain(struct rs_conn *c) {
    struct rs_event event;
    while (rs_conn_poll_event(c, &event))
        ;
}

// All that one end has to send goes into the other.
static bool pass_segments(int from) {
    struct rs_segment segment;
    bool any = false;
    while (rs_conn_poll_segment(&ends[from], now, &segment)) {
        drain(&ends[from]);
        rs_conn_input(&ends[!from], &ends[from].local, &segment, now);
        drain(&ends[!from]);
        segments++;
        any = true;
    }
    return any;
}

static bool pass_packets(int from) {
    static uint8_t packet[PACKET_ROOM];
    size_t size;
    bool any = false;
    while ((size = rs_conn_poll_packet(&ends[from], now, packet, sizeof packet)) > 0) {
        drain(&ends[from]);
        if (rs_conn_input_packet(&ends[!from], packet, size, now) != RS_WIRE_OK)
            abort();
        drain(&ends[!from]);
        segments++;
        any = true;
    }
    return any;
}

static void open_both(uint16_t mss, bool plain) {
    const struct rs_endpoint at[] = {rs_endpoint_ipv4(192, 0, 2, 1, 40000), rs_endpoint_ipv4(192, 0, 2, 2, 80)};
    for (int i = 0; i < 2; i++) {
        struct rs_conn_config config = {
            .local = at[i],
            .remote = at[!i],
            .iss = 1000,
            .mss = mss,
            .send_buffer = buffers[2 * i],
            .receive_buffer = buffers[2 * i + 1],
            .send_bytes = BUFFER,
            .receive_bytes = BUFFER,
            .no_timestamps = plain,
            .no_sack = plain,
            .no_window_scale = plain,
        };
        rs_conn_init(&ends[i], &config);
    }
    rs_conn_listen(&ends[1]);
    rs_conn_open(&ends[0], now);
}

// One round: segments a second.
static double run(uint16_t mss, bool plain, bool (*pass)(int from)) {
    static uint8_t sink[CHUNK];
    size_t taken;
    now = segments = bytes_read = 0;
    open_both(mss, plain);
    double began = clock_now(), end;
    do {
        for (int i = 0; i < 16; i++) {
            now += 50;
            for (int side = 0; side < 2; side++)
                if (rs_conn_deadline(&ends[side]) <= now)
                    rs_conn_tick(&ends[side], now);
            rs_conn_send(&ends[0], chunk, sizeof chunk, &taken);
            while (pass(0) || pass(1))
                ;
            for (size_t size; (size = rs_conn_receive(&ends[1], sink, sizeof sink)) > 0;)
                bytes_read += size;
        }
        end = clock_now();
    } while (end - began < seconds);
    if (bytes_read == 0)
        abort();
    return (double)segments / (end - began);
}

static void show(const char *what, uint16_t mss, bool plain, bool (*pass)(int from)) {
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double rate = run(mss, plain, pass);
        best = rate > best ? rate : best;
    }
    printf("  %-58s %6.2f million segments a second\n", what, best / 1e6);
}

int main(void) {
    printf("the engine alone, best of %d rounds of %.1f s (aim: 5 million)\n", ROUNDS, seconds);
    show("segments of 100 bytes, no options", 100, true, pass_segments);
    show("segments of 1460 bytes, no options", 1460, true, pass_segments);
    show("segments of 1448 bytes, all options", 1460, false, pass_segments);
    show("whole IP packets of 1500 bytes, all options, checksums", 1460, false, pass_packets);
    printf("  one connection is %zu bytes, and the two buffers that its caller gives it\n", sizeof(struct rs_conn));
    return 0;
}
