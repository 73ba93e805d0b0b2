// SPDX-License-Identifier: MIT
//
// Forging segments and ICMP errors (see forger.h).
#include "forger.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "cm.h"

enum {
    FAR_AWAY = 1 << 28, // further than any window reaches
    LONG_AGO = 1 << 30,
    NEAR = 60000,
    TRUE_TTL = 64, // what the server's kernel writes; forgeries have another, so that he does not hear himself
    PACKET_ROOM = 2048
};

int forger_socket(enum rs_family family) {
    int fd = socket(family == RS_IPV6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    assert_true(fd >= 0);
    return fd;
}

// Keeps what has the server's TTL, or hop limit.
static void hear_only_the_server(int fd, enum rs_family family) {
    struct sock_filter ttl[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, family == RS_IPV6 ? 7 : 8),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TRUE_TTL, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = {.len = COUNT(ttl), .filter = ttl};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

void forger_open(struct forger *forger, int sends, const char *device, const struct rs_endpoint *server,
                 const struct rs_endpoint *client) {
    bool ipv6 = server->family == RS_IPV6;
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP)};
    at.sll_ifindex = (int)if_nametoindex(device);
    *forger = (struct forger){.sends = sends, .seed = 1, .server = *server, .client = *client};
    forger->hears = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(forger->hears >= 0);
    hear_only_the_server(forger->hears, server->family);
    assert_int_equal(bind(forger->hears, (struct sockaddr *)&at, sizeof at), 0); // incoming only
}

void forger_close(struct forger *forger) {
    close(forger->hears);
    close(forger->sends);
}

bool forger_listen(struct forger *forger) {
    uint8_t bytes[PACKET_ROOM];
    ssize_t size;
    while ((size = recv(forger->hears, bytes, sizeof bytes, 0)) > 0) {
        struct rs_packet packet;
        const struct rs_segment *segment = &packet.segment;
        enum rs_wire_error error = rs_packet_parse(bytes, (size_t)size, &packet);
        if (error != RS_WIRE_OK || !rs_endpoint_equal(&packet.source, &forger->server) ||
            rs_segment_data_bytes(segment) == 0) // a probe has a number of another kind
            continue;
        forger->next = segment->seq + (uint32_t)rs_segment_data_bytes(segment);
        forger->unacked = segment->ack;
        forger->clock = segment->options.ts_value;
        forger->echo = segment->options.ts_echo;
    }
    return forger->clock != 0;
}

// ---- choosing

static uint32_t below(struct forger *forger, uint32_t limit) { return (next_number(&forger->seed) >> 3) % limit; }

// Odd, so never the number that the client waits for.
static uint32_t lucky(struct forger *forger) { return forger->next + 2 * below(forger, NEAR / 2) + 1; }

static uint32_t far_away(struct forger *forger) {
    return forger->next + FAR_AWAY + below(forger, UINT32_MAX / 8 * 7 - FAR_AWAY);
}

// A number near enough, and all that would make the segment credible.
static struct rs_segment credible(struct forger *forger, uint8_t flags) {
    return (struct rs_segment){
        .source_port = forger->server.port,
        .destination_port = forger->client.port,
        .seq = lucky(forger),
        .ack = forger->unacked,
        .flags = flags,
        .window = (uint16_t)next_number(&forger->seed),
        .options = {.has_timestamps = true, .ts_value = forger->clock, .ts_echo = forger->echo},
    };
}

// The one thing that is wrong with it.
static void spoil(struct forger *forger, struct rs_segment *segment) {
    switch (below(forger, 6)) {
    case 0:
        segment->seq = far_away(forger);
        break;
    case 1:
        segment->ack = forger->unacked + LONG_AGO + below(forger, LONG_AGO); // never sent
        break;
    case 2:
        segment->ack = forger->unacked - LONG_AGO - below(forger, LONG_AGO / 2);
        break;
    case 3:
        segment->options.has_timestamps = false;
        break;
    case 4:
        segment->options.ts_value = forger->clock - 10000 - below(forger, LONG_AGO);
        break;
    default: // it reaches over the number that the client waits for, with a clock of tomorrow and an impossible ACK
        segment->seq = forger->next - below(forger, 1000);
        segment->ack = forger->unacked + LONG_AGO;
        segment->options.ts_value = forger->clock + LONG_AGO;
        break;
    }
}

// ---- sending

static void put(const struct forger *forger, const uint8_t *bytes, size_t size) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    memcpy(&in.sin_addr, forger->client.addr, sizeof in.sin_addr);
    memcpy(&in6.sin6_addr, forger->client.addr, sizeof in6.sin6_addr);
    bool ipv6 = forger->client.family == RS_IPV6;
    ssize_t sent = sendto(forger->sends, bytes, size, 0, ipv6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
                          ipv6 ? sizeof in6 : sizeof in);
    assert_int_equal(sent, size);
}

static size_t wrap(struct forger *forger, const struct rs_segment *segment, uint8_t *out) {
    // 255 passes the first of the two rules of our guard.
    uint8_t ttl = below(forger, 2) == 0 ? 255 : 63;
    const struct rs_packet packet = {
        .source = forger->server,
        .destination = forger->client,
        .ip = {.id = (uint16_t)forger->seed, .dont_fragment = true, .ttl = ttl},
        .ip6 = {.hop_limit = ttl},
        .segment = *segment,
    };
    size_t size = rs_packet_build(&packet, out, PACKET_ROOM);
    assert_true(size > 0);
    return size;
}

static size_t tcp_at(const struct forger *forger) { return forger->server.family == RS_IPV6 ? 40 : 20; }

// Options that cannot be: a length of 0, or past the header. The checksum is made to fit.
static void break_options(struct forger *forger, uint8_t *packet, size_t size) {
    size_t tcp = tcp_at(forger);
    uint8_t *segment = packet + tcp;
    segment[20] = (uint8_t)(2 + below(forger, 250));
    segment[21] = (uint8_t)(below(forger, 2) == 0 ? 0 : 41 + below(forger, 200));
    uint64_t sum = rs_sum_pseudo_header(&forger->server, &forger->client, size - tcp, NULL, NULL);
    uint16_t checksum = (uint16_t)~rs_sum_fold(rs_sum_segment(sum, segment, size - tcp, NULL, NULL));
    segment[16] = (uint8_t)(checksum >> 8);
    segment[17] = (uint8_t)checksum;
}

// Neither right nor the unfinished one of a network card.
static void break_checksum(struct forger *forger, uint8_t *packet, size_t size) {
    struct rs_packet parsed;
    do
        packet[tcp_at(forger) + 16 + below(forger, 2)] ^= (uint8_t)(1 + below(forger, 255));
    while (rs_packet_parse(packet, size, &parsed) != RS_WIRE_BAD_TCP_CHECKSUM);
}

static void send_segment(struct forger *forger, enum forgery what) {
    static const uint8_t flags[FORGERIES] = {[FORGED_RST] = RS_RST,
                                             [FORGED_SYN] = RS_SYN,
                                             [FORGED_DATA] = RS_PSH | RS_ACK,
                                             [FORGED_ACK] = RS_ACK,
                                             [FORGED_FIN] = RS_FIN | RS_ACK,
                                             [FORGED_OPTIONS] = RS_PSH | RS_ACK,
                                             [FORGED_CHECKSUM] = RS_PSH | RS_ACK};
    static uint8_t junk[1400];
    uint8_t packet[PACKET_ROOM];
    struct rs_segment segment = credible(forger, flags[what]);
    if (what == FORGED_RST || what == FORGED_SYN) {
        segment.seq = below(forger, 2) == 0 ? segment.seq : far_away(forger);
        segment.flags |= below(forger, 2) == 0 ? RS_ACK : 0;
        segment.options.has_timestamps = below(forger, 2) == 0;
    } else if (what != FORGED_CHECKSUM) {
        spoil(forger, &segment);
    } else if (below(forger, 2) == 0) { // right to the last bit, but for the sum
        segment.seq = forger->next;
        segment.flags |= below(forger, 3) == 0 ? RS_RST : 0;
    }
    memset(junk, 'J', sizeof junk);
    if (what >= FORGED_DATA && what != FORGED_ACK)
        segment.payload[0] = (struct rs_span){junk, 1 + below(forger, sizeof junk)};
    if (what == FORGED_OPTIONS)
        segment.options.has_timestamps = true; // room for what cannot be
    size_t size = wrap(forger, &segment, packet);
    if (what == FORGED_OPTIONS)
        break_options(forger, packet, size);
    if (what == FORGED_CHECKSUM)
        break_checksum(forger, packet, size);
    put(forger, packet, size);
}

// ---- ICMP

static void sum_icmp(const struct forger *forger, uint8_t *icmp, size_t size) {
    uint64_t sum = 0;
    if (forger->server.family ==
        RS_IPV6) { // over its pseudo-header (RFC 4443, section 2.3); TCP's has another protocol
        sum = rs_sum_pseudo_header(&forger->server, &forger->client, size, NULL, NULL);
        sum += RS_PROTOCOL_ICMP6 - RS_PROTOCOL_TCP;
    }
    uint16_t checksum = (uint16_t)~rs_sum_fold(rs_sum(sum, icmp, size, NULL, NULL));
    icmp[2] = (uint8_t)(checksum >> 8);
    icmp[3] = (uint8_t)checksum;
}

// The packet of the client's that it is said to be about: its IP header and first eight bytes at least.
static size_t quote(struct forger *forger, uint8_t *out) {
    uint8_t packet[PACKET_ROOM];
    const struct rs_packet quoted = {
        .source = forger->client,
        .destination = forger->server,
        .ip = {.dont_fragment = true, .ttl = 1},
        .ip6 = {.hop_limit = 1},
        .segment = {.source_port = forger->client.port,
                    .destination_port = forger->server.port,
                    .seq = forger->unacked +
                           (below(forger, 2) == 0 ? below(forger, NEAR) : FAR_AWAY + below(forger, LONG_AGO)),
                    .flags = RS_ACK},
    };
    size_t size = rs_packet_build(&quoted, packet, sizeof packet);
    size -= below(forger, 2) == 0 ? 0 : 12;
    memcpy(out, packet, size);
    return size;
}

// Errors of every kind. Where a next hop's MTU is named it is 1000 to 1400, which lowers the size of segments for good:
// that is what a liar on the path can do (RFC 5927, section 7), and no more.
static void send_icmp(struct forger *forger) {
    static const uint8_t types_4[] = {3, 3, 3, 4, 11, 12}, types_6[] = {1, 1, 2, 3, 4};
    bool ipv6 = forger->server.family == RS_IPV6;
    uint8_t packet[PACKET_ROOM] = {0}, *icmp = packet + tcp_at(forger);
    icmp[0] = ipv6 ? types_6[below(forger, sizeof types_6)] : types_4[below(forger, sizeof types_4)];
    icmp[1] = (uint8_t)below(forger, ipv6 ? 8 : 16);
    uint32_t mtu = (ipv6 ? 1280 : 1000) + below(forger, 100);
    icmp[6] = (uint8_t)(mtu >> 8);
    icmp[7] = (uint8_t)mtu;
    size_t size = 8 + quote(forger, icmp + 8);
    sum_icmp(forger, icmp, size);
    struct rs_ipv4 ip = {.total_bytes = (uint16_t)(20 + size), .ttl = 63, .protocol = RS_PROTOCOL_ICMP};
    struct rs_ipv6 ip6 = {.payload_bytes = (uint16_t)size, .hop_limit = 63, .next_header = RS_PROTOCOL_ICMP6};
    memcpy(ip.source, forger->server.addr, 4);
    memcpy(ip.destination, forger->client.addr, 4);
    memcpy(ip6.source, forger->server.addr, 16);
    memcpy(ip6.destination, forger->client.addr, 16);
    if (ipv6)
        rs_ipv6_build(&ip6, packet);
    else
        rs_ipv4_build(&ip, packet);
    put(forger, packet, tcp_at(forger) + size);
}

void forger_send(struct forger *forger, enum forgery what) {
    forger->sent[what]++;
    if (what == FORGED_ICMP)
        send_icmp(forger);
    else
        send_segment(forger, what);
}
