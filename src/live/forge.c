// SPDX-License-Identifier: MIT
//
// What a script writes by hand: a packet that the engine knows nothing of. It goes out by the same door as the engine's
// and is recorded like them, but no bend touches it. Called by session.c and, in step mode, by hold.c.
#include <string.h>

#include "live/internal.h"

enum { CHECKSUM_AT = 16 }; // where a TCP header has its checksum

// The segment's checksum anew (RFC 9293, section 3.1): some of its bytes were changed after it was made.
static void sum_again(const struct rs_packet *packet, uint8_t *tcp, size_t size) {
    uint64_t sum = rs_sum_pseudo_header(&packet->source, &packet->destination, size, NULL, NULL);
    uint16_t checksum = (uint16_t)~rs_sum_fold(rs_sum_segment(sum, tcp, size, NULL, NULL));
    tcp[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
    tcp[CHECKSUM_AT + 1] = (uint8_t)checksum;
}

// Options that no builder would write: first as many NOPs are built, then the bytes are put in their place.
static size_t build_with_options(struct session *s, const struct forged *f) {
    struct rs_packet packet = f->packet;
    packet.segment.options = (struct rs_options){.order_count = (uint8_t)f->options_bytes};
    memset(packet.segment.options.order, RS_OPTION_NOP, f->options_bytes);
    size_t size = rs_packet_build(&packet, s->packet, sizeof s->packet), ip = rs_packet_ip_bytes(&packet);
    memcpy(s->packet + ip + RS_TCP_HEADER_MIN, f->options, f->options_bytes);
    sum_again(&packet, s->packet + ip, size - ip);
    return size;
}

struct passage forge_build(struct session *s) {
    const struct forged *f = &s->forged;
    size_t size = f->options ? build_with_options(s, f) : rs_packet_build(&f->packet, s->packet, sizeof s->packet);
    return (struct passage){.size = size, .why = RS_SENT_ACK, .bent = TRACE_BENT_FORGED, .purpose = f->purpose};
}

bool forge_send(struct session *s) {
    if (!s->has_forged)
        return false;
    const struct passage out = forge_build(s);
    s->has_forged = false;
    s->ip_id++;
    send_put_on_wire(s, &out, session_now(s));
    return true;
}
