// SPDX-License-Identifier: MIT
//
// Two ends of a TCP connection that talk to each other in memory: no socket, no root, and a clock that is a variable.
//
//     cc example.c $(pkg-config --cflags --libs rawshake) && ./a.out
#include <rawshake/rawshake.h>
#include <stdio.h>
#include <string.h>

enum { MSS = 1460, FLIGHT_US = 10000 }; // a packet needs 10 ms from one end to the other

struct end {
    const char *name;
    struct rs_conn conn;
    uint8_t send_buffer[4096], receive_buffer[4096];
};

static void make(struct end *e, struct rs_endpoint local, struct rs_endpoint remote, uint32_t iss) {
    struct rs_conn_config config = {
        .local = local,
        .remote = remote,
        .iss = iss, // a real program takes rs_isn: nobody may guess this number
        .mss = MSS,
        .send_buffer = e->send_buffer,
        .send_bytes = sizeof e->send_buffer,
        .receive_buffer = e->receive_buffer,
        .receive_bytes = sizeof e->receive_buffer,
    };
    rs_conn_init(&e->conn, &config);
}

static void print(uint64_t now, const struct end *from, const uint8_t *bytes, size_t size) {
    static const char *const names[] = {"FIN ", "SYN ", "RST ", "PSH ", "ACK "};
    struct rs_packet packet;
    char flags[24] = "";
    if (rs_packet_parse(bytes, size, &packet) != RS_WIRE_OK)
        return;
    const struct rs_segment *s = &packet.segment; // the TCP header as numbers, and where the data is
    for (int bit = 0; bit < 5; bit++)
        if (s->flags & 1 << bit)
            strcat(flags, names[bit]);
    printf("%10.3f s  %s sends  %-12s seq %u", (double)now / 1e6, from->name, flags, (unsigned)s->seq);
    if (s->flags & RS_ACK)
        printf(", ack %u", (unsigned)s->ack);
    printf(rs_segment_data_bytes(s) > 0 ? ", %u bytes\n" : "\n", (unsigned)rs_segment_data_bytes(s));
}

// All that one end has to send arrives at the other. The time afterwards: it has gone on if anything was sent.
static uint64_t carry(struct end *from, struct end *to, uint64_t now) {
    uint8_t packet[RS_CONN_PACKET_ROOM(MSS)];
    uint64_t arrival = now;
    for (size_t size; (size = rs_conn_poll_packet(&from->conn, now, packet, sizeof packet)) > 0;) {
        arrival = now + FLIGHT_US;
        print(now, from, packet, size);
        rs_conn_input_packet(&to->conn, packet, size, arrival);
    }
    return arrival;
}

static void client_program(struct rs_conn *c) {
    static const char message[] = "Hello server!";
    size_t taken;
    if (rs_conn_state(c) != RS_ESTABLISHED || rs_conn_send(c, (const uint8_t *)message, strlen(message), &taken))
        return; // not connected yet, or all has been said
    rs_conn_close(c);
}

static void server_program(struct rs_conn *c) {
    uint8_t bytes[100];
    size_t size = rs_conn_receive(c, bytes, sizeof bytes);
    if (size > 0)
        printf("              the server has read \"%.*s\"\n", (int)size, (const char *)bytes);
    if (rs_conn_state(c) == RS_CLOSE_WAIT) // the client has closed
        rs_conn_close(c);
}

int main(void) {
    static struct end client = {.name = "client"}, server = {.name = "server"};
    const struct rs_endpoint here = rs_endpoint_ipv4(192, 0, 2, 1, 40000), there = rs_endpoint_ipv4(192, 0, 2, 2, 80);
    make(&client, here, there, 1000);
    make(&server, there, here, 7000);
    rs_conn_listen(&server.conn);
    rs_conn_open(&client.conn, 0);
    uint64_t now = 0;
    do {
        uint64_t before = now;
        now = carry(&client, &server, now);
        server_program(&server.conn);
        now = carry(&server, &client, now);
        client_program(&client.conn);
        uint64_t c = rs_conn_deadline(&client.conn), s = rs_conn_deadline(&server.conn);
        if (now == before) // nothing is on its way: the next thing that happens is a timer's
            now = c < s ? c : s;
        rs_conn_tick(&client.conn, now);
        rs_conn_tick(&server.conn, now);
    } while (rs_conn_state(&client.conn) != RS_CLOSED || rs_conn_state(&server.conn) != RS_CLOSED);
    printf("%10.3f s  both are closed\n", (double)now / 1e6);
    return rs_conn_errno(&client.conn) || rs_conn_errno(&server.conn);
}
