// SPDX-License-Identifier: MIT
//
// The library from C++: a connection that opens, answered by a segment that this program makes. Prints "ESTABLISHED".
#include <rawshake/rawshake.h>

#include <cstdio>

int main() {
    static uint8_t send_buffer[64], receive_buffer[64];
    rs_conn_config config = rs_conn_config();
    config.local = rs_endpoint_ipv4(192, 0, 2, 1, 40000);
    config.remote = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    config.send_buffer = send_buffer;
    config.send_bytes = sizeof send_buffer;
    config.receive_buffer = receive_buffer;
    config.receive_bytes = sizeof receive_buffer;

    const uint8_t secret[RS_SECRET_BYTES] = {};
    config.iss = rs_isn(secret, &config.local, &config.remote, 0);
    static rs_conn conn;
    rs_conn_init(&conn, &config);
    rs_segment segment;
    if (rs_conn_open(&conn, 0) != RS_CALL_OK || !rs_conn_poll_segment(&conn, 0, &segment) || segment.flags != RS_SYN)
        return 1;

    rs_segment answer = rs_segment();
    answer.flags = RS_SYN | RS_ACK;
    answer.seq = 5000;
    answer.ack = segment.seq + 1;
    answer.window = 1000;
    rs_conn_input(&conn, &config.remote, &answer, 10);
    struct rs_conn_facts facts; // there is a function of this name, too
    rs_conn_facts(&conn, &facts);
    std::puts(rs_state_name(facts.state));
    return rs_seq_lt(facts.irs, facts.rcv_nxt) && facts.rcv_nxt == 5001 ? 0 : 1;
}
