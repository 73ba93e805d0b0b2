// SPDX-License-Identifier: MIT
//
// From the engine's numbers to the kernel's (see takeover.h). Called by whoever hands a connection over.
#include "live/takeover.h"

enum { US_PER_MS = 1000 };

struct handover takeover_numbers(const struct session *s, uint32_t zone) {
    const uint64_t now_us = session_now(s);
    struct rs_conn_facts f;
    rs_conn_facts(&s->conn, &f);
    return (struct handover){
        .local = f.local,
        .remote = f.remote,
        .zone = zone,
        .snd_nxt = f.snd_nxt,
        .rcv_nxt = f.rcv_nxt,
        .snd_wnd = f.snd_wnd,
        .snd_wl1 = s->conn.snd.wl1,
        .rcv_wnd = f.rcv_wnd,
        .mss = f.peer_mss,
        .announced_mss = s->config.conn.mss,
        .window_scale = f.window_scale,
        .send_scale = f.send_scale,
        .receive_scale = f.receive_scale,
        .sack = f.sack,
        .timestamps = f.timestamps,
        .ts_value = (uint32_t)(now_us / US_PER_MS) + f.ts_offset,
        .ts_since_us = s->config.clock.monotonic_us(s->config.clock.self) - now_us % US_PER_MS,
        .half_open = f.state == RS_SYN_RECEIVED,
    };
}
