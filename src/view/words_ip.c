// SPDX-License-Identifier: MIT
//
// What each field of the IP header means, of either family (see words.h). Called by words_field.c.
#include <stdio.h>

#include "rawshake/checksum.h"
#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

// What may be done to the packet on its way: cut in pieces, or not.
static void fragment_field(enum rs_field_id id, uint32_t value, char *out, size_t room) {
    switch (id) {
    case RS_FIELD_IP_RESERVED:
        SAY("always zero");
        break;
    case RS_FIELD_IP_DF:
        SAY("%s", value ? "set: no router may cut this packet; TCP made it small enough for the path"
                        : "clear: a router may cut this packet in pieces");
        break;
    case RS_FIELD_IP_MF:
        SAY("%s", value ? "set: more pieces follow" : "clear: no piece follows");
        break;
    case RS_FIELD_IP_FRAGMENT_OFFSET:
        SAY("%s", value == 0 ? "it starts at the beginning: this is no later piece" : "where this piece belongs");
        break;
    default:
        break;
    }
}

// What both families have.
static void common_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                         const struct trace_about *about, char *out, size_t room) {
    switch (id) {
    case RS_FIELD_IP_DSCP:
    case RS_FIELD_IP6_DSCP:
        SAY("%s", value == 0 ? "no special treatment is asked for" : "asks routers for a special treatment");
        break;
    case RS_FIELD_IP_ECN:
    case RS_FIELD_IP6_ECN:
        SAY("%s", value == 0   ? "takes no part in congestion marking"
                  : value == 3 ? "marked: it says that there was congestion on the way"
                               : "routers may mark congestion here");
        break;
    case RS_FIELD_IP_TTL:
    case RS_FIELD_IP6_HOP_LIMIT:
        SAY("each router takes one off and drops the packet at zero%s",
            seg->of_others || !seg->ours ? ""
            : about->choices.ttl ? about->process > 0 ? "; the program has chosen this number" : "; chosen with --ttl"
                                 : "; 64 is the usual start");
        break;
    case RS_FIELD_IP_SOURCE:
    case RS_FIELD_IP6_SOURCE:
        SAY("%s", !seg->ours || seg->of_others ? words_ends(seg).sender.whose
                  : seg->we_listen             ? "ours, to which the client sent its SYN"
                  : about->experiment          ? "ours"
                  : about->process > 0         ? "ours, as bind() or the kernel's routing chose it"
                                               : "ours, as the kernel's routing chose it");
        break;
    default:
        SAY("%s", words_ends(seg).receiver.is_us ? "ours" : words_ends(seg).receiver.whose);
        break;
    }
}

// Together with the checksum, the words of a header add up to all ones.
static bool ip_sum_fits(const struct trace_segment *seg) {
    size_t header = rs_packet_ip_bytes(seg->packet);
    return header <= seg->size && rs_sum_fold(rs_sum(0, seg->bytes, header, NULL, NULL)) == UINT16_MAX;
}

static void ipv4_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                       const struct trace_about *about, char *out, size_t room) {
    const struct rs_packet *p = seg->packet;
    size_t data = trace_data_bytes(seg);
    switch (id) {
    case RS_FIELD_IP_VERSION:
        SAY("IPv4");
        break;
    case RS_FIELD_IP_IHL:
        SAY("%u words of 4 bytes: %u bytes%s", value, value * 4, value == 5 ? ", so there are no IP options" : "");
        break;
    case RS_FIELD_IP_TOTAL_LENGTH:
        if (value == 0)
            SAY("not written yet: a network card was still to cut this packet into smaller ones");
        else
            SAY("bytes in all: %u of IP header, %u of TCP header, %zu of data", (unsigned)p->ip.header_bytes,
                (unsigned)p->segment.header_bytes, data);
        break;
    case RS_FIELD_IP_ID:
        SAY("%s", p->ip.dont_fragment
                      ? "names the pieces of a cut packet; with DF set there are none, so any number will do"
                      : "the same in all pieces, should this packet be cut");
        break;
    case RS_FIELD_IP_RESERVED:
    case RS_FIELD_IP_DF:
    case RS_FIELD_IP_MF:
    case RS_FIELD_IP_FRAGMENT_OFFSET:
        fragment_field(id, value, out, room);
        break;
    case RS_FIELD_IP_PROTOCOL:
        SAY("TCP: what follows this header is a TCP segment");
        break;
    case RS_FIELD_IP_CHECKSUM:
        SAY("over the IP header alone; %s",
            ip_sum_fits(seg) ? "it is correct" : "it does not fit: a network card was to write it, or it is damaged");
        break;
    default:
        common_field(id, value, seg, about, out, room);
        break;
    }
}

static void payload_field(const struct trace_segment *seg, char *out, size_t room) {
    const struct rs_packet *p = seg->packet;
    char extension[60] = "";
    if (p->ip6.extension_bytes > 0)
        snprintf(extension, sizeof extension, "%u of extension headers, ", (unsigned)p->ip6.extension_bytes);
    SAY("bytes after this header: %s%u of TCP header, %zu of data%s", extension, (unsigned)p->segment.header_bytes,
        trace_data_bytes(seg), seg->ip_rebuilt ? "; extension headers, if there were any, are not counted" : "");
}

static void ipv6_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                       const struct trace_about *about, char *out, size_t room) {
    switch (id) {
    case RS_FIELD_IP6_VERSION:
        SAY("IPv6");
        break;
    case RS_FIELD_IP6_FLOW_LABEL:
        SAY("%s", value == 0 ? "none" : "routers may keep packets with the same label on the same path");
        break;
    case RS_FIELD_IP6_PAYLOAD_LENGTH:
        payload_field(seg, out, room);
        break;
    case RS_FIELD_IP6_NEXT_HEADER:
        if (seg->ip_rebuilt)
            SAY("TCP; whether extension headers stood in between is unknown to us");
        else if (seg->packet->ip6.extension_bytes > 0)
            SAY("%s: an extension header stands between this header and TCP's", rs_extension_name((uint8_t)value));
        else
            SAY("TCP: what follows this header is a TCP segment");
        break;
    default:
        common_field(id, value, seg, about, out, room);
        break;
    }
}

void words_ip_field(enum rs_field_id id, uint32_t value, const struct trace_segment *segment,
                    const struct trace_about *about, char *out, size_t room) {
    if (segment->packet->source.family == RS_IPV6)
        ipv6_field(id, value, segment, about, out, room);
    else
        ipv4_field(id, value, segment, about, out, room);
}
