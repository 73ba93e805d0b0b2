// SPDX-License-Identifier: MIT
//
// What each field of the TCP header means, in the segment at hand (see words.h). Called by the -v view.
#include <stdio.h>

#include "view/words.h"

#define SAY(...) snprintf(out, room, __VA_ARGS__)

// Why our first number is the one that it is.
static const char *why_this_isn(const struct trace_about *about) {
    if (about->choices.isn)
        return "our first number (ISN), chosen with --isn";
    if (about->experiment) // which may have chosen it
        return "our first number (ISN)";
    return "our first number (ISN): a clock, plus a secret mixed from both addresses and ports, so that a stranger who "
           "cannot see our packets cannot guess it and slip one in";
}

static void seq_field(const struct trace_segment *seg, const struct trace_about *about, char *out, size_t room) {
    const struct rs_segment *s = &seg->packet->segment;
    bool known = seg->ours || seg->irs_known || seg->of_others;
    uint32_t relative = s->seq - (seg->ours ? seg->iss : seg->irs);
    size_t data = trace_data_bytes(seg);
    if ((s->flags & RS_SYN) && words_is_made_up(seg))
        SAY("relative %u: the first number that the sender says it has. The SYN takes this number, so the first byte "
            "of data has the next",
            relative);
    else if (s->flags & RS_SYN)
        SAY("relative 0: %s. The SYN takes this number, so the first byte of data has the next: the SYN can be "
            "acknowledged and sent again like a byte",
            seg->of_others ? "the sender's own first number (ISN), which it has chosen"
            : !seg->ours   ? about->both_by_hand ? "the server's own first number, chosen as ours is"
                                                 : "the server's own first number, chosen by its kernel"
                           : why_this_isn(about));
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
            seg->of_others || !seg->ours || !(s->flags & RS_SYN) ? "" : ". We know no number of the server's yet");
    else if (words_is_made_up(seg))
        SAY("relative %u: it says that everything before this number has arrived",
            s->ack - (seg->ours ? seg->irs : seg->iss));
    else
        SAY("relative %u: the next number expected; everything before it has arrived",
            s->ack - (seg->ours ? seg->irs : seg->iss));
}

// What a flag says, whether or not it is so; NULL: it says no more than in any other segment.
static const char *made_up_flag(enum rs_field_id id, bool set) {
    switch (id) {
    case RS_FIELD_TCP_PSH:
        return set ? "set: hand this to the program now" : "clear: it does not ask for that";
    case RS_FIELD_TCP_RST:
        return set ? "set: this is to end a connection at once" : "clear: nothing is to end at once";
    case RS_FIELD_TCP_SYN:
        return set ? NULL : "clear: no first number is told here";
    case RS_FIELD_TCP_ACK_BIT:
        return set ? NULL : "clear: the acknowledgment number means nothing";
    default:
        return NULL;
    }
}

static const char *flag_words(enum rs_field_id id, bool set, const struct trace_segment *seg) {
    const struct rs_segment *s = &seg->packet->segment;
    const char *made_up = words_is_made_up(seg) ? made_up_flag(id, set) : NULL;
    if (made_up)
        return made_up;
    switch (id) {
    case RS_FIELD_TCP_CWR:
        if (set && (s->flags & RS_SYN))
            return "set: in a SYN it offers ECN, together with ECE";
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
        if (set && (seg->of_others || !seg->ours))
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
    if (seg->marks & TRACE_MARK_CUT)
        SAY("over addresses, header and data; it cannot be verified, because only a part of the packet was kept");
    else if (seg->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED && seg->of_others)
        SAY("unfinished: it holds the sum of the pseudo-header only. The rest was left to a network card, or lost its "
            "use when packets were merged. It is not an error");
    else if (seg->packet->tcp_checksum == RS_CHECKSUM_UNFINISHED)
        SAY("unfinished: it holds the sum of the pseudo-header only. The rest was left to a network card that this "
            "packet "
            "never met (loopback), or was merged on arrival. It is not an error");
    else if (seg->packet->tcp_checksum == RS_CHECKSUM_GOOD)
        SAY("over addresses, header and data; %s",
            seg->ours && !seg->of_others ? "computed by us" : "verified: it is correct");
    else if (seg->doubted)
        SAY("it does not fit: a network card was to write it, or the segment is damaged");
    else if (seg->of_others)
        SAY("wrong: the segment is damaged");
    else if (words_is_made_up(seg))
        SAY("wrong on purpose");
    else
        SAY(seg->ours ? "wrong on purpose: a bit was turned round after it was computed"
                      : "wrong: the segment was damaged on its way");
}

static void window_field(uint32_t value, const struct trace_segment *seg, const struct trace_about *about, char *out,
                         size_t room) {
    const char *who = words_ends(seg).receiver.name,
               *chosen = !seg->ours || seg->of_others || !about->choices.window ? ""
                         : about->process > 0 ? "; the program has chosen its buffer or its window"
                                              : "; chosen with --window";
    if (seg->window_unknown)
        SAY("how much %s may send before the next ACK; in which unit was told in the SYNs, which were not both seen",
            who);
    else if (seg->window_shift > 0)
        SAY("times %u, as the window scale has it: %s may send %u bytes more before the next ACK%s",
            1u << seg->window_shift, who, value << seg->window_shift, chosen);
    else
        SAY("%s may send this many bytes more before the next ACK%s", who, chosen);
}

static const char *sender_end(const struct trace_segment *seg) {
    return seg->ours ? "the client's end" : "the server's end";
}

static void tcp_field(enum rs_field_id id, uint32_t value, const struct trace_segment *seg,
                      const struct trace_about *about, char *out, size_t room) {
    const struct rs_segment *s = &seg->packet->segment;
    switch (id) {
    case RS_FIELD_TCP_SOURCE_PORT:
        SAY("%s", seg->of_others               ? sender_end(seg)
                  : !seg->ours                 ? "the server's end"
                  : seg->we_listen             ? "our end: the port that we listen on"
                  : about->choices.source_port ? about->process > 0 ? "our end: the port that the program has bound"
                                                                    : "our end, chosen with --source-port"
                  : about->experiment          ? "our end"
                                               : "our end: a free port that the kernel gave us");
        break;
    case RS_FIELD_TCP_DESTINATION_PORT:
        SAY("%s", seg->of_others ? "which program there it is for"
                  : seg->ours    ? "the server's end: which program it is for"
                                 : "our end");
        break;
    case RS_FIELD_TCP_SEQ:
        seq_field(seg, about, out, room);
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
            SAY("means little now: %s %s sent FIN, so no data will use it", words_ends(seg).receiver.name,
                words_ends(seg).receiver.is_us ? "have" : "has");
        else
            window_field(value, seg, about, out, room);
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
                 const struct trace_about *about, char *out, size_t room) {
    if (id < RS_FIELD_TCP_SOURCE_PORT)
        words_ip_field(id, value, segment, about, out, room);
    else
        tcp_field(id, value, segment, about, out, room);
    if (segment->we_listen)
        words_exchange_roles(out);
}
