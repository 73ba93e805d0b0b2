// SPDX-License-Identifier: MIT
//
// The kernel's own description of a TCP socket: what tcp_info (tcp(7), TCP_INFO) and the socket's two names say. Asked
// of a socket before and after it gets a connection.
#ifndef NET_DESCRIPTION_H
#define NET_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "rawshake/state.h"

struct description {
    enum rs_state state;
    uint16_t local_port, remote_port; // 0: none yet
    bool timestamps, sack, window_scale;
    uint8_t send_scale, receive_scale;
    uint32_t snd_mss, advmss, pmtu;
    uint32_t snd_wnd, rcv_wnd;
    bool snd_wnd_known, rcv_wnd_known; // since Linux 5.4, and 6.2
    uint32_t cwnd, ssthresh;           // in segments
    bool ssthresh_set;                 // otherwise it has no limit
    uint32_t rtt_us, rto_us;
    bool rtt_measured;
    uint32_t segments_out; // that this socket has sent
};

// Returns false if that is not to be had: no TCP socket.
bool description_of(int fd, struct description *out);

#endif
