// SPDX-License-Identifier: MIT
//
// Asking the kernel about a socket of ours (see description.h). The structure that it fills in grows with its versions:
// an older kernel fills in less of it, and an older header of the C library's does not name all of it. Called by
// connect --handover, and by tests.
#include "description.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "witness.h"

enum {
    ROOM = 512,
    RCV_WND_AT = 232,          // tcpi_rcv_wnd, which headers before Linux 6.2 do not have
    SSTHRESH_MOST = 0x7fffffff // the kernel's "no limit"
};

// The port of the socket's own name, or of its peer's; 0 if it has none.
static uint16_t port_of(int fd, bool peer) {
    struct kernel_address name = {.size = sizeof name.bytes};
    int failed = peer ? getpeername(fd, (struct sockaddr *)&name.bytes, &name.size)
                      : getsockname(fd, (struct sockaddr *)&name.bytes, &name.size);
    return failed ? 0 : address_from_kernel(&name).endpoint.port;
}

static void take_info(const struct tcp_info *info, struct description *out) {
    *out = (struct description){
        .state = witness_state(info->tcpi_state),
        .timestamps = info->tcpi_options & TCPI_OPT_TIMESTAMPS,
        .sack = info->tcpi_options & TCPI_OPT_SACK,
        .window_scale = info->tcpi_options & TCPI_OPT_WSCALE,
        .send_scale = info->tcpi_snd_wscale,
        .receive_scale = info->tcpi_rcv_wscale,
        .snd_mss = info->tcpi_snd_mss,
        .advmss = info->tcpi_advmss,
        .pmtu = info->tcpi_pmtu,
        .cwnd = info->tcpi_snd_cwnd,
        .ssthresh = info->tcpi_snd_ssthresh,
        .ssthresh_set =
            info->tcpi_snd_ssthresh<SSTHRESH_MOST, .rtt_us = info->tcpi_rtt, .rtt_measured = info->tcpi_rtt> 0,
        .rto_us = info->tcpi_rto,
        .segments_out = info->tcpi_segs_out,
    };
}

// A field that the kernel has filled in.
static bool word_at(const uint8_t *bytes, size_t size, size_t at, uint32_t *out) {
    if (size < at + sizeof *out)
        return false;
    memcpy(out, bytes + at, sizeof *out);
    return true;
}

bool description_of(int fd, struct description *out) {
    uint8_t bytes[ROOM] = {0};
    struct tcp_info info;
    socklen_t size = sizeof bytes;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, &size) != 0)
        return false;
    memcpy(&info, bytes, sizeof info);
    take_info(&info, out);
    out->snd_wnd_known = word_at(bytes, size, offsetof(struct tcp_info, tcpi_snd_wnd), &out->snd_wnd);
    out->rcv_wnd_known = word_at(bytes, size, RCV_WND_AT, &out->rcv_wnd);
    out->local_port = port_of(fd, false);
    out->remote_port = port_of(fd, true);
    return true;
}
