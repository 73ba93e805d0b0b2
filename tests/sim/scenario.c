// SPDX-License-Identifier: MIT
//
// The choices of scenario.h.
#include "scenario.h"

#include <stdio.h>

#include "hostile.h"

static struct network n;
static const char *broken;
static uint64_t hostile_seed; // 0: the last run had a network

// Mostly small ones, where every rule about windows bites; now and then large ones, which need scaling.
static size_t some_buffer(void) {
    static const size_t sizes[] = {20, 100, 536, 1000, 4096, 8192, 8192, 30000};
    return chance_one_in(&n.chance, 40) ? END_BUFFER : CHANCE_OF(&n.chance, sizes);
}

static size_t some_message(void) {
    if (chance_one_in(&n.chance, 4))
        return 0;
    return chance_below(&n.chance, chance_one_in(&n.chance, 40) ? 400000 : 5000);
}

static void choose_options(struct rs_conn_config *config) {
    config->no_window_scale = chance_one_in(&n.chance, 2);
    config->no_timestamps = chance_one_in(&n.chance, 2);
    config->no_sack = chance_one_in(&n.chance, 2);
    config->no_nagle = chance_one_in(&n.chance, 2);
    config->no_delayed_ack = chance_one_in(&n.chance, 2);
    config->ts_offset = chance_one_in(&n.chance, 2) ? 0 - chance_below(&n.chance, 20000) : chance_next(&n.chance);
}

static void choose_end(struct end *e) {
    static const uint16_t segments[] = {48, 100, 536, 1460};
    choose_options(&e->config);
    e->config.send_bytes = some_buffer();
    e->config.receive_bytes = some_buffer();
    e->config.mss = CHANCE_OF(&n.chance, segments);
    while (chance_one_in(&n.chance, 2) && e->config.receive_bytes >> e->config.window_scale >= 8)
        e->config.window_scale++; // a unit is at most a quarter of the buffer, or its window could not be told
    e->check_clock = chance_one_in(&n.chance, 8);
    e->program.to_send = some_message();
    e->program.pause_us = chance_below(&n.chance, 3) ? 20000 : 2 * SECOND;
    if (chance_one_in(&n.chance, 3))
        e->program.most = 1 + chance_below(&n.chance, 1000);
}

static void choose_weather(struct weather *w) {
    w->lost = chance_below(&n.chance, 25);
    w->doubled = chance_below(&n.chance, 20);
    w->corrupted = chance_one_in(&n.chance, 3) ? chance_below(&n.chance, 20) : 0;
    w->cut = chance_one_in(&n.chance, 4) ? chance_below(&n.chance, 10) : 0;
    w->padded = chance_one_in(&n.chance, 4) ? 50 : 0;
    w->jitter_us = chance_below(&n.chance, 3) ? 1 + chance_below(&n.chance, 50000) : 3 * SECOND;
    w->heals_at = n.now + (1 + chance_below(&n.chance, 300)) * SECOND;
    if (chance_one_in(&n.chance, 10)) // nothing gets through at all, and then everything
        w->lost = 100;
}

static void choose_mischief(struct mischief *m) {
    if (chance_one_in(&n.chance, 4))
        m->squeezed = chance_below(&n.chance, 40);
    if (chance_one_in(&n.chance, 4))
        m->strays = chance_below(&n.chance, 20);
    if (chance_one_in(&n.chance, 4))
        m->old_data = chance_below(&n.chance, 20);
    if (chance_one_in(&n.chance, 4))
        m->errors = chance_below(&n.chance, 20);
}

// After an abort whose RST was lost the other end may wait for ever, as TCP has no keepalive; so it aborts as well.
static void choose_abort(void) {
    if (!chance_one_in(&n.chance, 12))
        return;
    n.may_abort = true;
    uint64_t at = n.now + chance_below(&n.chance, 5 * SECOND);
    bool first = chance_one_in(&n.chance, 2);
    n.ends[first].program.aborts_at = at;
    n.ends[!first].program.aborts_at = at + 400 * SECOND;
}

// A large message through a tiny window, or a few bytes at a time, is the same thing a thousand times.
static void limit_message(int i) {
    struct end *e = &n.ends[i], *peer = &n.ends[!i];
    size_t piece =
        e->config.send_bytes < peer->config.receive_bytes ? e->config.send_bytes : peer->config.receive_bytes;
    piece = piece < e->program.most ? piece : e->program.most;
    piece = piece < peer->program.most ? piece : peer->program.most;
    if (e->program.to_send > piece * 200)
        e->program.to_send = piece * 200;
}

// The family, the path's MTU, and through which of the engine's doors packets go.
static void choose_path(void) {
    bool ipv6 = chance_one_in(&n.chance, 3);
    for (int i = 0; i < 2; i++) {
        n.ends[i].whole_packets = chance_one_in(&n.chance, 2);
        if (ipv6)
            end_use_ipv6(&n.ends[i]);
        end_start(&n.ends[i]);
    }
    if (chance_one_in(&n.chance, 6)) // no smaller than what an IPv6 link must take (RFC 8200, section 5)
        n.wire.weather.mtu = ipv6 ? 1280 + chance_below(&n.chance, 200) : 200 + chance_below(&n.chance, 1300);
}

static void choose(uint64_t seed) {
    struct chance c = {seed};
    uint32_t us = 0u - chance_below(&c, 6000), them = 0u - chance_below(&c, 6000);
    if (chance_one_in(&c, 4))
        us = chance_next(&c), them = chance_next(&c);
    network_init(&n, us, them, chance_next(&c));
    choose_weather(&n.wire.weather);
    choose_mischief(&n.mischief);
    choose_end(&n.ends[0]);
    choose_end(&n.ends[1]);
    choose_path();
    limit_message(0);
    limit_message(1);
    n.sleepy = chance_one_in(&n.chance, 4);
    choose_abort();
}

static void open_both(void) {
    n.ends[0].now = n.ends[1].now = n.now;
    end_open(&n.ends[0]);
    if (chance_one_in(&n.chance, 3))
        end_open(&n.ends[1]); // simultaneously, or nearly: SYNs may be lost
    else
        end_listen(&n.ends[1]);
}

const char *scenario_run(uint64_t seed, bool verbose) {
    hostile_seed = seed % 4 == 3 ? seed : 0;
    if (hostile_seed)
        return broken = hostile_run(seed, verbose);
    choose(seed);
    n.verbose = verbose;
    open_both();
    return broken = network_run(&n);
}

const struct network *scenario_watched(uint64_t seed, bool alone, const struct network_watcher *watcher) {
    hostile_seed = 0;
    choose(seed);
    if (alone)
        n.mischief = (struct mischief){0};
    n.watcher = watcher;
    open_both();
    broken = network_run(&n);
    return &n;
}

void scenario_explain(char *text, size_t room) {
    if (hostile_seed)
        hostile_explain(text, room);
    else
        snprintf(text, room, "%s; states %s and %s at %.6f s", broken ? broken : "all is well",
                 rs_state_name(n.ends[0].conn.state), rs_state_name(n.ends[1].conn.state), (double)n.now / 1e6);
}
