// SPDX-License-Identifier: MIT
//
// Watching a device (see capture.h).
#include "capture.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cm.h"

// Frames of memory shared with the kernel: a queue of packets would be short where we are not root.
enum {
    FRAME_BYTES = 2048,
    RING_BYTES = CAPTURE_MAX * FRAME_BYTES,
    ADDRESS_AT = TPACKET_ALIGN((int)sizeof(struct tpacket2_hdr))
};

static void map_ring(struct capture *capture) {
    const int version = TPACKET_V2;
    const struct tpacket_req ring = {
        .tp_block_size = RING_BYTES / 64, .tp_block_nr = 64, .tp_frame_size = FRAME_BYTES, .tp_frame_nr = CAPTURE_MAX};
    assert_int_equal(setsockopt(capture->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version), 0);
    assert_int_equal(setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring), 0);
    capture->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd, 0);
    assert_true(capture->ring != MAP_FAILED);
}

void capture_begin(struct capture *capture, const char *device, uint16_t server_port) {
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    at.sll_ifindex = (int)if_nametoindex(device);
    assert_true(at.sll_ifindex > 0);
    capture->server_port = server_port;
    capture->loopback = strcmp(device, "lo") == 0;
    capture->count = capture->next_frame = 0;
    capture->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0); // nothing yet
    assert_true(capture->fd >= 0);
    map_ring(capture);
    assert_int_equal(bind(capture->fd, (struct sockaddr *)&at, sizeof at), 0);
}

// A loopback shows each packet twice: when it leaves and when it arrives.
static bool counts(const struct capture *capture, const struct sockaddr_ll *from) {
    return from->sll_pkttype == PACKET_OUTGOING || (from->sll_pkttype == PACKET_HOST && !capture->loopback);
}

static void keep(struct capture *capture, const uint8_t *bytes, size_t size) {
    struct seen seen = {.size = (uint32_t)size};
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
    for (;;) {
        uint8_t *frame = capture->ring + (size_t)capture->next_frame * FRAME_BYTES;
        struct tpacket2_hdr *header = (struct tpacket2_hdr *)(void *)frame;
        struct sockaddr_ll from;
        if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
            return;
        memcpy(&from, frame + ADDRESS_AT, sizeof from);
        assert_int_equal(header->tp_snaplen, header->tp_len); // nothing was cut off
        assert_false(header->tp_status & TP_STATUS_LOSING);
        if (counts(capture, &from))
            keep(capture, frame + header->tp_net, header->tp_len);
        __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        capture->next_frame = (capture->next_frame + 1) % CAPTURE_MAX;
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
    munmap(capture->ring, RING_BYTES);
    close(capture->fd);
    capture->fd = -1;
}
