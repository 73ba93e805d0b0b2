// SPDX-License-Identifier: MIT
//
// What each header field means, in the segment at hand (see words.h). Called by the -v view.
#include <stdio.h>

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

static void ip_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                     const struct words_choices *choices, char *out, size_t room) {
    const struct rs_packet *p = seg->packet;
    size_t data = rs_segment_data_bytes(&p->segment);
    switch (id) {
    case RS_FIELD_IP_VERSION:
        SAY("IPv4");
        break;
    case RS_FIELD_IP_IHL:
        SAY("%u words of 4 bytes: %u bytes%s", value, value * 4, value == 5 ? ", so there are no IP options" : "");
        break;
    case RS_FIELD_IP_DSCP:
        SAY("%s", value == 0 ? "no special treatment is asked for" : "asks routers for a special treatment");
        break;
    case RS_FIELD_IP_ECN:
        SAY("%s", value == 0 ? "takes no part in congestion marking" : "routers may mark congestion here");
        break;
    case RS_FIELD_IP_TOTAL_LENGTH:
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
    case RS_FIELD_IP_TTL:
        SAY("each router takes one off and drops the packet at zero%s",
            seg->ours ? choices->ttl ? "; chosen with --ttl" : "; 64 is the usual start" : "");
        break;
    case RS_FIELD_IP_PROTOCOL:
        SAY("TCP: what follows this header is a TCP segment");
        break;
    case RS_FIELD_IP_CHECKSUM:
        SAY("over the IP header alone; it is correct");
        break;
    case RS_FIELD_IP_SOURCE:
        SAY("%s", seg->ours ? "ours, as the kernel's routing chose it" : "the server's");
        break;
    default:
        SAY("%s", seg->ours ? "the server's" : "ours");
        break;
    }
}

static void seq_field(const struct trace_segment *seg, const struct words_choices *choices, char *out, size_t room) {
    const struct rs_segment *s = &seg->packet->segment;
    bool known = seg->ours || seg->irs_known;
    uint32_t relative = s->seq - (seg->ours ? seg->iss : seg->irs);
    size_t data = rs_segment_data_bytes(s);
    if (s->flags & RS_SYN)
        SAY("relative 0: %s. The SYN takes this number, so the first byte of data has the next: the SYN can be "
            "acknowledged and sent again like a byte",
            !seg->ours     ? "the server's own first number, chosen by its kernel"
            : choices->isn ? "our first number (ISN), chosen with --isn"
                           : "our first number (ISN), random, so that a stranger who cannot see our packets cannot "
                             "guess it and slip one in");
    else if (!known)
        SAY("nothing is known yet that it could be counted from");
    else if (data > 0)
        SAY("relative %u: the number of the first byte of data here", relative);
    else if (seg->sender_done)
        SAY("relative %u: the number after the FIN; nothing more is to come", relative);
    else if (s->flags & RS_FIN)
        SAY("relative %u: the number of the FIN. It takes one, so that it can be acknowledged like a byte", relative);
    else
        SAY("relative %u: the number that the next byte will have; this segment takes none", relative);
}

static void ack_field(const struct trace_segment *seg, char *out, size_t room) {
    const struct rs_segment *s = &seg->packet->segment;
    if (!(s->flags & RS_ACK))
        SAY("means nothing: the ACK bit is clear%s",
            seg->ours && (s->flags & RS_SYN) ? ". We know no number of the server's yet" : "");
    else
        SAY("relative %u: the next number expected; everything before it has arrived",
            s->ack - (seg->ours ? seg->irs : seg->iss));
}

static const char *flag_words(enum rs_field_id id, bool set, const struct trace_segment *seg) {
    const struct rs_segment *s = &seg->packet->segment;
    switch (id) {
    case RS_FIELD_TCP_CWR:
        return set ? "set: the sender has slowed down" : "clear: no congestion to report";
    case RS_FIELD_TCP_ECE:
        return set ? "set: congestion was marked, or ECN is offered" : "clear: no congestion was marked";
    case RS_FIELD_TCP_URG:
        return set ? "set: the urgent pointer counts" : "clear: the urgent pointer means nothing";
    case RS_FIELD_TCP_ACK_BIT:
        if (set)
            return "set: the acknowledgment number counts";
        return s->flags & RS_SYN ? "clear: there is nothing to acknowledge yet. Only a first SYN looks so"
                                 : "clear: the acknowledgment number means nothing";
    case RS_FIELD_TCP_PSH:
        if (set && !seg->ours)
            return "set: hand this to the program now";
        return set ? "set: hand this to the program now; nothing more was queued behind it"
                   : "clear: there is no data here that the program waits for";
    case RS_FIELD_TCP_RST:
        return set ? "set: this ends the connection at once" : "clear: the connection goes on";
    case RS_FIELD_TCP_SYN:
        return set ? "set: synchronize, the sequence number here is where I begin"
                   : "clear: the numbers are agreed already";
    default:
        if (!set && seg->sender_done)
            return "clear: this end's FIN has been sent before";
        return set ? "set: finished, no more data will follow from this end" : "clear: more may follow from this end";
    }
}

static void checksum_field(const struct trace_segment *seg, char *out, size_t room) {
    if (seg->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED)
        SAY("unfinished: it holds the sum of the pseudo-header only. The rest was left to a network card that this "
            "packet "
            "never met (loopback), or was merged on arrival. It is not an error");
    else if (seg->packet->tcp_checksum == RS_CHECKSUM_GOOD)
        SAY("over addresses, header and data; %s", seg->ours ? "computed by us" : "verified: it is correct");
    else
        SAY("wrong: the segment was damaged on its way");
}

static void tcp_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                      const struct words_choices *choices, char *out, size_t room) {
    const struct rs_segment *s = &seg->packet->segment;
    switch (id) {
    case RS_FIELD_TCP_SOURCE_PORT:
        SAY("%s", !seg->ours             ? "the server's end"
                  : choices->source_port ? "our end, chosen with --source-port"
                                         : "our end: a free port that the kernel gave us");
        break;
    case RS_FIELD_TCP_DESTINATION_PORT:
        SAY("%s", seg->ours ? "the server's end: which program it is for" : "our end");
        break;
    case RS_FIELD_TCP_SEQ:
        seq_field(seg, choices, out, room);
        break;
    case RS_FIELD_TCP_ACK:
        ack_field(seg, out, room);
        break;
    case RS_FIELD_TCP_DATA_OFFSET:
        SAY("%u words of 4 bytes: 20 bytes of header and %u of options; the data begins there", value, value * 4 - 20);
        break;
    case RS_FIELD_TCP_RESERVED:
        SAY("%s", value == 0 ? "kept for the future: zero" : "should be zero; it is ignored");
        break;
    case RS_FIELD_TCP_WINDOW:
        if (s->flags & RS_RST)
            SAY("means nothing: after a RST nothing more is sent");
        else if (seg->receiver_done)
            SAY("means little now: %s sent FIN, so no data will use it", seg->ours ? "the server has" : "we have");
        else
            SAY("%s may send this many bytes more before the next ACK%s", seg->ours ? "the server" : "we",
                seg->ours && choices->window ? "; chosen with --window" : "");
        break;
    case RS_FIELD_TCP_CHECKSUM:
        checksum_field(seg, out, room);
        break;
    case RS_FIELD_TCP_URGENT:
        SAY("%s", s->flags & RS_URG ? "how far the urgent data reaches" : "means nothing: URG is clear");
        break;
    default:
        SAY("%s", flag_words(id, value != 0, seg));
        break;
    }
}

void words_field(enum rs_field_id id, uint32_t value, const struct trace_segment *segment,
                 const struct words_choices *choices, char *out, size_t room) {
    if (id < RS_FIELD_TCP_SOURCE_PORT)
        ip_field(id, value, segment, choices, out, room);
    else
        tcp_field(id, value, segment, choices, out, room);
}

const char *words_option_name(enum rs_option_kind kind) {
    switch (kind) {
    case RS_OPTION_END:
        return "End of options";
    case RS_OPTION_NOP:
        return "No-Operation";
    case RS_OPTION_MSS:
        return "Maximum Segment Size";
    case RS_OPTION_WINDOW_SCALE:
        return "Window Scale";
    case RS_OPTION_SACK_PERMITTED:
        return "SACK permitted";
    case RS_OPTION_SACK:
        return "SACK";
    case RS_OPTION_TIMESTAMPS:
        return "Timestamps";
    default:
        return "unknown option";
    }
}

void words_option(const struct rs_option *option, const uint8_t *bytes, const struct trace_segment *segment, char *out,
                  size_t room) {
    const struct rs_options *o = &segment->packet->segment.options;
    switch (option->kind) {
    case RS_OPTION_MSS:
        SAY("%s takes no more than this many bytes of data in one segment",
            segment->ours ? "our end" : "the server's end");
        break;
    case RS_OPTION_WINDOW_SCALE:
        SAY("windows after the SYN are to be multiplied by 2 to the power of %u", (unsigned)o->window_scale);
        break;
    case RS_OPTION_SACK_PERMITTED:
        SAY("selective acknowledgments are welcome");
        break;
    case RS_OPTION_SACK:
        SAY("%u block%s that arrived out of order", (unsigned)o->sack_blocks, o->sack_blocks == 1 ? "" : "s");
        break;
    case RS_OPTION_TIMESTAMPS:
        SAY("value %u, echo %u", o->ts_value, o->ts_echo);
        break;
    case RS_OPTION_NOP:
        SAY("fills a gap, so that what follows stands well");
        break;
    case RS_OPTION_END:
        SAY("nothing after this is an option");
        break;
    default:
        SAY("kind %u: not known to us, so it is stepped over", (unsigned)bytes[0]);
        break;
    }
}
