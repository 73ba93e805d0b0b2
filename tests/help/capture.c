// SPDX-License-Identifier: MIT
//
// Watching a device (see capture.h).
#include "capture.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cm.h"

enum { QUEUE_BYTES = 32 << 20 };

void capture_begin(struct capture *capture, const char *device, uint16_t server_port) {
    const int queue = QUEUE_BYTES, on = 1;
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    at.sll_ifindex = (int)if_nametoindex(device);
    assert_true(at.sll_ifindex > 0);
    capture->server_port = server_port;
    capture->loopback = strcmp(device, "lo") == 0;
    capture->count = 0;
    capture->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); // nothing yet
    assert_true(capture->fd >= 0);
    setsockopt(capture->fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue);
    setsockopt(capture->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    assert_int_equal(bind(capture->fd, (struct sockaddr *)&at, sizeof at), 0);
}

static uint64_t time_of(struct msghdr *message) {
    struct timespec t = {0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS)
            memcpy(&t, CMSG_DATA(c), sizeof t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// A loopback shows each packet twice: when it leaves and when it arrives.
static bool counts(const struct capture *capture, const struct sockaddr_ll *from) {
    return from->sll_pkttype == PACKET_OUTGOING || (from->sll_pkttype == PACKET_HOST && !capture->loopback);
}

static void keep(struct capture *capture, const uint8_t *bytes, size_t size, uint64_t at_us) {
    struct seen seen = {.at_us = at_us, .size = (uint32_t)size};
    enum rs_wire_error error = rs_packet_parse(bytes, size, &seen.packet);
    const struct rs_segment *segment = &seen.packet.segment;
    if (error != RS_WIRE_OK && error != RS_WIRE_BAD_TCP_CHECKSUM)
        return;
    if (segment->source_port != capture->server_port && segment->destination_port != capture->server_port)
        return;
    assert_true(capture->count < CAPTURE_MAX);
    seen.to_server = segment->destination_port == capture->server_port;
    seen.data_bytes = (uint32_t)rs_segment_data_bytes(segment);
    memcpy(seen.bytes, bytes, size < sizeof seen.bytes ? size : sizeof seen.bytes);
    seen.packet.segment.payload[0] = seen.packet.segment.payload[1] = (struct rs_span){NULL, 0};
    capture->seen[capture->count++] = seen;
}

void capture_read(struct capture *capture) {
    static uint8_t bytes[1 << 17];
    for (;;) {
        struct sockaddr_ll from;
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
        struct iovec part = {bytes, sizeof bytes};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t size = recvmsg(capture->fd, &message, 0);
        if (size < 0)
            return;
        if (counts(capture, &from))
            keep(capture, bytes, (size_t)size, time_of(&message));
    }
}

void capture_until_quiet(struct capture *capture, int quiet_ms) {
    struct pollfd ready = {.fd = capture->fd, .events = POLLIN};
    do
        capture_read(capture);
    while (poll(&ready, 1, quiet_ms) > 0);
}

void capture_end(struct capture *capture) {
    capture_read(capture);
    close(capture->fd);
    capture->fd = -1;
}
