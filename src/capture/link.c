// SPDX-License-Identifier: MIT
//
// Finding the IP packet behind a link layer's header (see link.h). Where the header tells a protocol, it is believed;
// where it tells none, the packet's own first four bits are the version. Called for every packet of a capture.
#include "capture/link.h"

#include "capture/numbers.h"

// LINKTYPE_ numbers (www.tcpdump.org/linktypes.html). Raw IP has three: two come from systems that wrote their own.
enum {
    LINKTYPE_NULL = 0,
    LINKTYPE_ETHERNET = 1,
    LINKTYPE_RAW_12 = 12,
    LINKTYPE_RAW_14 = 14,
    LINKTYPE_RAW = 101,
    LINKTYPE_LOOP = 108,
    LINKTYPE_LINUX_SLL = 113,
    LINKTYPE_IPV4 = 228,
    LINKTYPE_IPV6 = 229,
    LINKTYPE_LINUX_SLL2 = 276
};

enum { PROTOCOL_IPV4 = 0x0800, PROTOCOL_IPV6 = 0x86dd };

// Ethernet: two addresses of six bytes, then the protocol; a VLAN's tag is a protocol, two bytes, and the real one.
enum { ETHERNET_PROTOCOL = 12, ETHERNET_BYTES = 14, VLAN_BYTES = 4 };

// LINUX_SLL has the protocol at its end, LINUX_SLL2 at its beginning. Both tell which way the packet went.
enum { SLL_KIND = 0, SLL_PROTOCOL = 14, SLL_BYTES = 16 };
enum { SLL2_PROTOCOL = 0, SLL2_INTERFACE = 4, SLL2_KIND = 10, SLL2_BYTES = 20 };
enum { SLL_TO_US = 0, SLL_FROM_US = 4 };

// A packet found at `at`; nothing, where the frame was cut before it.
static enum link_found ip_at(const struct capture_frame *frame, size_t at, struct passing *out) {
    if (frame->size <= at)
        return LINK_CUT;
    out->bytes = frame->bytes + at;
    out->size = frame->size - at;
    out->wire_size = frame->wire_size - at;
    return LINK_IP;
}

static bool is_vlan(unsigned protocol) {
    return protocol == 0x8100 || protocol == 0x88a8 || protocol == 0x9100 || protocol == 0x9200;
}

// What follows at `at` is of that protocol; tags of VLANs, of which any number may stand one in the other, are opened.
static enum link_found protocol_at(const struct capture_frame *frame, unsigned protocol, size_t at,
                                   struct passing *out) {
    while (is_vlan(protocol)) {
        if (frame->size < at + VLAN_BYTES)
            return LINK_CUT;
        protocol = number_16(frame->bytes + at + 2, true);
        at += VLAN_BYTES;
    }
    if (protocol != PROTOCOL_IPV4 && protocol != PROTOCOL_IPV6)
        return LINK_OTHER;
    return ip_at(frame, at, out);
}

static enum link_found ethernet(const struct capture_frame *frame, struct passing *out) {
    if (frame->size < ETHERNET_BYTES)
        return LINK_CUT;
    return protocol_at(frame, number_16(frame->bytes + ETHERNET_PROTOCOL, true), ETHERNET_BYTES, out);
}

static void set_way(unsigned kind, struct passing *out) {
    if (out->direction != TRACE_DIRECTION_UNKNOWN)
        return;
    if (kind == SLL_TO_US)
        out->direction = TRACE_INBOUND;
    if (kind == SLL_FROM_US)
        out->direction = TRACE_OUTBOUND;
}

static enum link_found linux_sll(const struct capture_frame *frame, struct passing *out) {
    if (frame->size < SLL_BYTES)
        return LINK_CUT;
    set_way(number_16(frame->bytes + SLL_KIND, true), out);
    return protocol_at(frame, number_16(frame->bytes + SLL_PROTOCOL, true), SLL_BYTES, out);
}

static enum link_found linux_sll2(const struct capture_frame *frame, struct passing *out) {
    if (frame->size < SLL2_BYTES)
        return LINK_CUT;
    set_way(frame->bytes[SLL2_KIND], out);
    out->interface = frame->interface << 16 ^ number_32(frame->bytes + SLL2_INTERFACE, true);
    return protocol_at(frame, number_16(frame->bytes + SLL2_PROTOCOL, true), SLL2_BYTES, out);
}

// The number of an address family, as the machine that caught the packet has it: IPv4's is 2 everywhere, IPv6's is
// not. Its order of bytes is that machine's too, or network order; the numbers are small, so both can be told apart.
static enum link_found family(const struct capture_frame *frame, struct passing *out) {
    enum { FAMILY_BYTES = 4, IPV4 = 2, IPV6_LINUX = 10, IPV6_WINDOWS = 23, IPV6_BSD = 24, IPV6_FREEBSD = 28 };
    enum { IPV6_DARWIN = 30 };
    if (frame->size < FAMILY_BYTES)
        return LINK_CUT;
    uint32_t number = number_32(frame->bytes, true);
    if (number > 0xffff)
        number = number_32(frame->bytes, false);
    switch (number) {
    case IPV4:
    case IPV6_LINUX:
    case IPV6_WINDOWS:
    case IPV6_BSD:
    case IPV6_FREEBSD:
    case IPV6_DARWIN:
        return ip_at(frame, FAMILY_BYTES, out);
    default:
        return LINK_OTHER;
    }
}

enum link_found link_open(const struct capture_frame *frame, struct passing *out) {
    *out = (struct passing){.wall_ns = frame->wall_ns,
                            .frame = frame->number,
                            .interface = frame->interface,
                            .direction = frame->direction};
    switch (frame->link) {
    case LINKTYPE_ETHERNET:
        return ethernet(frame, out);
    case LINKTYPE_LINUX_SLL:
        return linux_sll(frame, out);
    case LINKTYPE_LINUX_SLL2:
        return linux_sll2(frame, out);
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
        return family(frame, out);
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_12:
    case LINKTYPE_RAW_14:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
        return ip_at(frame, 0, out);
    default:
        return LINK_UNKNOWN;
    }
}

const char *link_name(uint32_t link) {
    static const struct {
        uint32_t link;
        const char *name;
    } names[] = {{LINKTYPE_NULL, "BSD loopback"},
                 {LINKTYPE_ETHERNET, "Ethernet"},
                 {LINKTYPE_RAW, "raw IP"},
                 {LINKTYPE_LOOP, "OpenBSD loopback"},
                 {LINKTYPE_LINUX_SLL, "Linux cooked v1"},
                 {LINKTYPE_LINUX_SLL2, "Linux cooked v2"},
                 {6, "Token Ring"},
                 {9, "PPP"},
                 {50, "PPP"},
                 {51, "PPPoE"},
                 {105, "IEEE 802.11"},
                 {127, "IEEE 802.11 with radiotap"},
                 {187, "Bluetooth"},
                 {189, "USB"},
                 {195, "IEEE 802.15.4"},
                 {201, "Bluetooth"},
                 {220, "USB"},
                 {239, "netfilter's log"},
                 {247, "InfiniBand"},
                 {249, "USB"},
                 {253, "netlink"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].link == link)
            return names[i].name;
    return NULL;
}
