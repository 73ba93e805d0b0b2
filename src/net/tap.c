// SPDX-License-Identifier: MIT
//
// The tap (see tap.h): a cooked packet socket, so that each packet begins with its IP header on whatever device, and a
// ring of frames in memory that we share with the kernel. The ring is large without any privilege, tells with each
// frame whether packets were lost before it, and has a time for each from the first one on: the time that
// SO_TIMESTAMPNS gives may be missing for what passes within the first millisecond, since the kernel begins to take it
// a little later. What is larger than a frame waits in the socket's queue besides, whole (PACKET_COPY_THRESH).
#include "tap.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rawshake/ipv6.h"
#include "tapfilter.h"

enum {
    FRAME_BYTES = 2048, // room for what an Ethernet carries
    FRAMES = 8192,
    BLOCK_BYTES = 1 << 16, // how the kernel gets its memory: a page or more, on every machine
    RING_BYTES = FRAMES * FRAME_BYTES,
    QUEUE_BYTES = 16 << 20,
    ADDRESS_AT = TPACKET_ALIGN((int)sizeof(struct tpacket2_hdr)),
    EXCESS_BYTES = RS_IPV6_HEADER_BYTES + 65535 // the rest of an even larger one (BIG TCP) is cut off
};

static uint8_t *frame_at(const struct tap *tap, unsigned i) { return tap->ring + (size_t)i * FRAME_BYTES; }

// The frame's first word says whose it is.
static uint32_t *status_of(uint8_t *frame) { return (uint32_t *)(void *)frame; }

static bool map_ring(struct tap *tap) {
    const int version = TPACKET_V2, excess = 1;
    const struct tpacket_req ring = {.tp_block_size = BLOCK_BYTES,
                                     .tp_block_nr = RING_BYTES / BLOCK_BYTES,
                                     .tp_frame_size = FRAME_BYTES,
                                     .tp_frame_nr = FRAMES};
    if (setsockopt(tap->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
        setsockopt(tap->fd, SOL_PACKET, PACKET_COPY_THRESH, &excess, sizeof excess) != 0 ||
        setsockopt(tap->fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
        return false;
    void *at = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, tap->fd, 0);
    tap->ring = at == MAP_FAILED ? NULL : at;
    tap->excess = malloc(EXCESS_BYTES);
    return tap->ring && tap->excess;
}

static void enlarge_queue(int fd) {
    const int queue = QUEUE_BYTES;
    // Past the system's limit where we may, up to it where we may not.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
}

// The interface's number, 0 for all. Returns false with *error filled in. bind() says nothing of one that is down.
static bool find_interface(int fd, const char *name, int *index, struct net_error *error) {
    struct ifreq request = {.ifr_name = ""};
    *index = 0;
    if (!name)
        return true;
    if (strlen(name) >= sizeof request.ifr_name)
        return net_fail(error, ENODEV, "'ip link' lists those that there are", "interface '%.40s'", name);
    memcpy(request.ifr_name, name, strlen(name) + 1);
    *index = (int)if_nametoindex(name);
    if (*index <= 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0)
        return net_fail(error, errno, "'ip link' lists those that there are", "interface '%s'", name);
    if (!(request.ifr_flags & IFF_UP)) {
        net_fail(error, ENETDOWN, "'ip link set' with its name and 'up' brings it up", "interface '%s'", name);
        error->why = "it is down, so nothing passes it";
        return false;
    }
    return true;
}

// A packet socket of protocol 0 gets nothing; so all can be prepared, and binding it to all protocols is the beginning.
static bool begin(struct tap *tap, const struct tap_config *config, int index) {
    const struct tap_filter filter = {.port = config->port, .family = config->family};
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    enlarge_queue(tap->fd);
    return tap_filter_attach(tap->fd, config->wait ? NULL : &filter) && map_ring(tap) &&
           bind(tap->fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

static bool fail_open(int number, struct net_error *error) {
    if (number == EPERM || number == EACCES)
        return net_fail(error, number,
                        "run it with sudo, or give it the capabilities once with 'make setcap', or see the kernel's "
                        "own connect() watched in a private network: rawshake demo --kernel",
                        "watching others' packets needs the capability CAP_NET_RAW");
    return net_fail(error, number, NULL, "a packet socket");
}

bool tap_open(struct tap *tap, const struct tap_config *config, struct net_error *error) {
    int index;
    *tap = (struct tap){.port = config->port, .family = config->family};
    tap->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (tap->fd < 0)
        return fail_open(errno, error);
    if (!find_interface(tap->fd, config->interface, &index, error)) {
        tap_close(tap);
        return false;
    }
    if (begin(tap, config, index))
        return true;
    int number = errno;
    tap_close(tap);
    return fail_open(number, error);
}

bool tap_narrow(struct tap *tap, const struct address *at, size_t count, struct net_error *error) {
    const struct tap_filter filter = {.port = tap->port, .family = tap->family, .at = at, .count = count};
    return tap_filter_attach(tap->fd, &filter) || net_fail(error, errno, NULL, "the packet socket's filter");
}

bool tap_aim(struct tap *tap, const struct filter_ports *ports) {
    const struct tap_filter filter = {.ports = ports};
    return tap_filter_attach(tap->fd, ports->count > 0 ? &filter : NULL);
}

static enum tap_direction direction_of(const struct sockaddr_ll *from) {
    if (from->sll_hatype == ARPHRD_LOOPBACK)
        return TAP_LOOPBACK;
    if (from->sll_pkttype == PACKET_OUTGOING)
        return TAP_OUTBOUND;
    return from->sll_pkttype == PACKET_OTHERHOST ? TAP_UNKNOWN : TAP_INBOUND;
}

// The whole of what is larger than a frame stands first in the socket's queue.
static void take_excess(const struct tap *tap, struct tap_packet *out) {
    ssize_t size = recv(tap->fd, tap->excess, EXCESS_BYTES, MSG_DONTWAIT);
    if (size < (ssize_t)out->size)
        return;
    out->bytes = tap->excess;
    out->size = (size_t)size;
}

static void release(struct tap *tap) {
    if (!tap->holds)
        return;
    tap->holds = false;
    __atomic_store_n(status_of(frame_at(tap, tap->next)), TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    tap->next = (tap->next + 1) % FRAMES;
}

bool tap_next(struct tap *tap, struct tap_packet *out) {
    struct tpacket2_hdr header;
    struct sockaddr_ll from;
    release(tap);
    uint8_t *frame = frame_at(tap, tap->next);
    uint32_t status = __atomic_load_n(status_of(frame), __ATOMIC_ACQUIRE);
    if (!(status & TP_STATUS_USER))
        return false;
    memcpy(&header, frame, sizeof header);
    memcpy(&from, frame + ADDRESS_AT, sizeof from);
    *out = (struct tap_packet){.bytes = frame + header.tp_net,
                               .size = header.tp_snaplen,
                               .wire_size = header.tp_len,
                               .wall_ns = (uint64_t)header.tp_sec * 1000000000 + header.tp_nsec,
                               .interface = (uint32_t)from.sll_ifindex,
                               .direction = direction_of(&from),
                               .unfinished = (status & TP_STATUS_CSUMNOTREADY) != 0,
                               .lost = status & TP_STATUS_LOSING ? tap_lost(tap) : 0};
    if (status & TP_STATUS_COPY)
        take_excess(tap, out);
    tap->holds = true;
    return true;
}

// Asking sets the kernel's count back to zero, and the mark on the frames goes with it.
uint64_t tap_lost(struct tap *tap) {
    struct tpacket_stats stats = {0};
    socklen_t size = sizeof stats;
    return getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0 ? stats.tp_drops : 0;
}

int tap_error(const struct tap *tap) {
    int number = 0;
    socklen_t size = sizeof number;
    return getsockopt(tap->fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
}

void tap_close(struct tap *tap) {
    if (tap->ring)
        munmap(tap->ring, RING_BYTES);
    if (tap->fd >= 0)
        close(tap->fd);
    free(tap->excess);
    *tap = (struct tap){.fd = -1};
}
