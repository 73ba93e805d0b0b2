// SPDX-License-Identifier: MIT
//
// A crowd (see lab.h): many clients, each with an address of its own on the loopback of the private network, which send
// a SYN and are never heard of again. They share one end's port, which its guard holds at all addresses, and its raw
// link; no session knows of them, and the trace is not told of each. Called by experiments.
#include <inttypes.h>
#include <poll.h>
#include <sys/random.h>

#include "lab/internal.h"

enum {
    LOOPBACK = 127,
    SUBNET = 254,
    SUBNETS = 200,
    LATE_MS = 200,
    PACKET_ROOM = 256,
    STRANGER_MSS = 1460,
    STRANGERS_MOST = 512
};

struct rs_endpoint lab_stranger(const struct lab_end *end, unsigned n) {
    const uint8_t subnet = (uint8_t)(1 + n / SUBNET % SUBNETS);
    return rs_endpoint_ipv4(LOOPBACK, 0, subnet, (uint8_t)(1 + n % SUBNET), end->local.port);
}

static bool send_syn(const struct lab_end *end, const struct link *link, unsigned n) {
    uint8_t bytes[PACKET_ROOM];
    struct rs_packet packet = {
        .source = lab_stranger(end, n),
        .destination = end->lab->server,
        .ip = {.ttl = 64, .dont_fragment = true},
        .segment = {.source_port = end->local.port,
                    .destination_port = end->lab->server.port,
                    .flags = RS_SYN,
                    .window = UINT16_MAX,
                    .options = {.has_mss = true, .mss = STRANGER_MSS}},
    };
    (void)!getrandom(&packet.segment.seq, sizeof packet.segment.seq, GRND_NONBLOCK); // anything will do
    const size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    return link->send(link->self, &packet.destination, bytes, size) == 0;
}

// How many strangers have been answered by now who had not been before. Where 300 SYNs take longer than a second, the
// server begins to send its SYN-ACKs again.
static unsigned take_answers(const struct lab_end *end, const struct link *link, bool heard[static STRANGERS_MOST]) {
    uint8_t bytes[PACKET_ROOM];
    struct rs_packet packet;
    unsigned count = 0;
    for (ssize_t size; (size = link->receive(link->self, bytes, sizeof bytes)) > 0;) {
        if (rs_packet_parse(bytes, (size_t)size, &packet) != RS_WIRE_OK ||
            (packet.segment.flags & (RS_SYN | RS_ACK)) != (RS_SYN | RS_ACK))
            continue;
        for (unsigned i = 0; i < STRANGERS_MOST; i++) {
            const struct rs_endpoint stranger = lab_stranger(end, i);
            if (!heard[i] && rs_endpoint_equal(&packet.destination, &stranger))
                count += heard[i] = true;
        }
    }
    return count;
}

// The lab is in a private network, or it had not been opened; its loopback leads nowhere else.
static bool may_be_crowded(const struct lab *lab) {
    return !lab->stopped && namespace_is_private(lab->config.proof) && lab->server.addr[0] == LOOPBACK;
}

struct lab_strangers lab_strangers(struct lab_end *end, unsigned first, unsigned count) {
    struct lab_strangers crowd = {0, 0};
    bool heard[STRANGERS_MOST] = {false};
    if (!may_be_crowded(end->lab))
        return crowd;
    for (unsigned i = 0; i < first && i < STRANGERS_MOST; i++)
        heard[i] = true; // who has sent before is none of this crowd
    const struct link link = raw_link_door(&end->raw);
    struct pollfd more = {.fd = link.fd, .events = POLLIN};
    for (unsigned i = first; i < first + count && i < STRANGERS_MOST; i++) {
        crowd.sent += send_syn(end, &link, i);
        crowd.answered += take_answers(end, &link, heard);
    }
    while (crowd.answered < crowd.sent && poll(&more, 1, LATE_MS) > 0)
        crowd.answered += take_answers(end, &link, heard);
    return crowd;
}

unsigned lab_strangers_kept(struct lab_end *end, unsigned count) {
    const struct witness witness = kernel_witness_door(&end->lab->witness);
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct rs_endpoint stranger = lab_stranger(end, i);
        const struct peer peer = witness.ask(witness.self, &end->lab->server, &stranger);
        kept += peer.known && peer.state == RS_SYN_RECEIVED;
    }
    return kept;
}
