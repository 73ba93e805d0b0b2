// SPDX-License-Identifier: MIT
//
// The table of a handover (see takeover.h): each number where it comes from. Called by whoever hands a connection over.
#include "live/takeover.h"
#include "net/description.h"

static void say(struct trace_socket *socket, enum trace_socket_row row, enum trace_socket_column column,
                uint64_t value) {
    socket->cells[row][column] = (struct trace_socket_cell){true, value};
}

static void say_if(bool known, struct trace_socket *socket, enum trace_socket_row row, enum trace_socket_column column,
                   uint64_t value) {
    if (known)
        say(socket, row, column, value);
}

// What our own TCP has. Its segment size counts options and data; the kernel's counts the data.
void takeover_tell_ours(const struct session *s, uint64_t sent, struct trace_socket *to) {
    enum { TIMESTAMPS_TAKE = 12 };
    const enum trace_socket_column us = TRACE_SOCKET_OURS;
    struct rs_conn_facts f;
    rs_conn_facts(&s->conn, &f);
    const uint32_t headers =
        f.local.family == RS_IPV6 ? RS_IPV6_HEADER_BYTES + RS_TCP_HEADER_MIN : RS_IPV4_HEADER_MIN + RS_TCP_HEADER_MIN;
    const uint32_t data = f.send_mss - (f.timestamps ? TIMESTAMPS_TAKE : 0u); // more than 0: send_mss has a least value
    to->we_listen = s->config.we_listen;
    say(to, TRACE_SOCKET_STATE, us, f.state);
    say(to, TRACE_SOCKET_LOCAL_PORT, us, f.local.port);
    say(to, TRACE_SOCKET_REMOTE_PORT, us, f.remote.port);
    say(to, TRACE_SOCKET_SND_NXT, us, f.snd_nxt);
    say(to, TRACE_SOCKET_RCV_NXT, us, f.rcv_nxt);
    say(to, TRACE_SOCKET_SND_WND, us, f.snd_wnd);
    say(to, TRACE_SOCKET_RCV_WND, us, f.rcv_wnd);
    say(to, TRACE_SOCKET_SND_WSCALE, us, f.send_scale);
    say(to, TRACE_SOCKET_RCV_WSCALE, us, f.receive_scale);
    say(to, TRACE_SOCKET_SND_MSS, us, data);
    say(to, TRACE_SOCKET_ADVMSS, us, f.announced_mss);
    say(to, TRACE_SOCKET_PMTU, us, s->config.conn.path_mss + headers);
    say(to, TRACE_SOCKET_TIMESTAMPS, us, f.timestamps);
    say(to, TRACE_SOCKET_SACK, us, f.sack);
    say(to, TRACE_SOCKET_SND_CWND, us, (f.cwnd + data - 1) / data);
    say_if(f.srtt_us > 0, to, TRACE_SOCKET_RTT, us, f.srtt_us);
    say(to, TRACE_SOCKET_RTO, us, f.rto_us);
    say(to, TRACE_SOCKET_SEGS_OUT, us, sent);
}

void takeover_tell_kernels(int fd, enum trace_socket_column who, struct trace_socket *to) {
    struct description k;
    if (!description_of(fd, &k))
        return;
    say(to, TRACE_SOCKET_STATE, who, k.state);
    say_if(k.local_port > 0, to, TRACE_SOCKET_LOCAL_PORT, who, k.local_port);
    say_if(k.remote_port > 0, to, TRACE_SOCKET_REMOTE_PORT, who, k.remote_port);
    say_if(k.snd_wnd_known, to, TRACE_SOCKET_SND_WND, who, k.snd_wnd);
    say_if(k.rcv_wnd_known, to, TRACE_SOCKET_RCV_WND, who, k.rcv_wnd);
    say(to, TRACE_SOCKET_SND_WSCALE, who, k.send_scale);
    say(to, TRACE_SOCKET_RCV_WSCALE, who, k.receive_scale);
    say(to, TRACE_SOCKET_SND_MSS, who, k.snd_mss);
    say(to, TRACE_SOCKET_ADVMSS, who, k.advmss);
    say(to, TRACE_SOCKET_PMTU, who, k.pmtu);
    say(to, TRACE_SOCKET_TIMESTAMPS, who, k.timestamps);
    say(to, TRACE_SOCKET_SACK, who, k.sack);
    say(to, TRACE_SOCKET_SND_CWND, who, k.cwnd);
    say_if(k.rtt_measured, to, TRACE_SOCKET_RTT, who, k.rtt_us);
    say(to, TRACE_SOCKET_RTO, who, k.rto_us);
    say(to, TRACE_SOCKET_SEGS_OUT, who, k.segments_out);
}

void takeover_tell_numbers(const struct handover_told *told, struct trace_socket *to) {
    say_if(told->known, to, TRACE_SOCKET_SND_NXT, TRACE_SOCKET_AFTER, told->snd_nxt);
    say_if(told->known, to, TRACE_SOCKET_RCV_NXT, TRACE_SOCKET_AFTER, told->rcv_nxt);
}
