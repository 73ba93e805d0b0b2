// SPDX-License-Identifier: MIT
//
// The rules of look.h, one function each.
#include "look.h"

#include "rawshake/seq.h"

static void look_at_bytes(struct end *e, const struct rs_segment *seg) {
    size_t at = seg->seq - e->conn.snd.iss - 1 + ((seg->flags & RS_SYN) ? 1 : 0);
    if (rs_segment_data_bytes(seg) > e->program.sent || at > e->program.sent - rs_segment_data_bytes(seg)) {
        end_broken(e, "bytes were sent that the program never gave");
        return;
    }
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < seg->payload[i].size; k++, at++)
            if (seg->payload[i].bytes[k] != end_pattern(e->side, at))
                end_broken(e, "another byte was sent than the program gave");
}

static void look_at_fin(struct end *e, const struct rs_segment *seg) {
    uint32_t fin = seg->seq + rs_segment_length(seg) - 1;
    if (e->known.fin && e->known.fin_seq != fin)
        end_broken(e, "FIN has two numbers");
    if (fin != e->conn.snd.iss + 1 + (uint32_t)e->program.sent)
        end_broken(e, "FIN does not stand behind the last byte");
    e->known.fin = true;
    e->known.fin_seq = fin;
}

// The edge is told in units of the scale, but never in a SYN. As the peer reads it, it may not go back, but for the
// part of a unit that cannot be told (RFC 7323, section 2.4).
static void look_at_edge(struct end *e, const struct end *peer, const struct rs_segment *seg) {
    bool scaled = !(seg->flags & RS_SYN) && e->offers_scale && (!peer || peer->offers_scale);
    if (!(seg->flags & RS_ACK) || (seg->flags & RS_RST))
        return;
    uint32_t edge = seg->ack + ((uint32_t)seg->window << (scaled ? e->scale : 0));
    uint32_t slack = scaled ? (UINT32_C(1) << e->scale) - 1 : 0;
    if (peer && e->known.edge && !(seg->flags & RS_SYN) && rs_seq_lt(edge + slack, e->known.edge_seq))
        end_broken(e, "the window's right edge went back");
    if (!e->known.edge || rs_seq_gt(edge, e->known.edge_seq))
        e->known.edge_seq = edge;
    e->known.edge = true;
}

static void look_at_syn(struct end *e, const struct rs_segment *seg) {
    e->known.syn = true;
    e->offers_scale = seg->options.has_window_scale;
    e->scale = seg->options.window_scale;
    e->offers_timestamps = seg->options.has_timestamps;
    e->offers_sack = seg->options.sack_permitted;
    if (!seg->options.has_mss && e->config.syn_options[0] == 0)
        end_broken(e, "a SYN without MSS");
    if (e->scale > 14)
        end_broken(e, "a window scale above 14");
}

// What the peer's SYN said counts only if it is the SYN that this end has taken: a stray may have come first.
static bool took_syn_of(const struct end *e, const struct end *peer) {
    return peer && e->conn.rcv.irs == peer->conn.snd.iss;
}

// Blocks tell of bytes that have arrived behind RCV.NXT, and only to an end that permits it (RFC 2018).
static void look_at_sack(struct end *e, const struct end *peer, const struct rs_segment *seg,
                         const struct rs_conn_facts *facts) {
    if (seg->options.sack_blocks > 0 &&
        (!facts->sack || !e->offers_sack || (took_syn_of(e, peer) && !peer->offers_sack)))
        end_broken(e, "SACK blocks for an end that has not permitted them");
    for (int i = 0; i < seg->options.sack_blocks; i++) {
        const struct rs_sack_block *block = &seg->options.sack[i];
        if (!rs_seq_gt(block->left, seg->ack) || !rs_seq_gt(block->right, block->left))
            end_broken(e, "a SACK block that is empty or not behind the ACK");
        if (took_syn_of(e, peer) && rs_seq_gt(block->right, peer->conn.snd.nxt))
            end_broken(e, "a SACK block of what was never sent");
    }
}

// Once agreed on, timestamps are in every segment but RST; otherwise in none (RFC 7323, section 3.2).
static void look_at_timestamps(struct end *e, const struct end *peer, const struct rs_segment *seg,
                               const struct rs_conn_facts *facts) {
    if ((seg->flags & (RS_SYN | RS_RST)) || !e->known.syn) // before it, what answers a stray may leave
        return;
    if (facts->timestamps && (!e->offers_timestamps || (took_syn_of(e, peer) && !peer->offers_timestamps)))
        end_broken(e, "timestamps are agreed on, though one end did not offer them");
    if (seg->options.has_timestamps != facts->timestamps)
        end_broken(e, "timestamps in only some of the segments");
}

void look_at_sent(struct end *e, const struct end *peer, const struct rs_segment *seg) {
    uint32_t end = seg->seq + rs_segment_length(seg);
    if (seg->reserved != 0 || seg->source_port != e->conn.local.port)
        end_broken(e, "reserved bits or a wrong port were sent");
    if (!(seg->flags & RS_ACK) && seg->ack != 0)
        end_broken(e, "an acknowledgment number without ACK");
    if (seg->flags & RS_SYN)
        look_at_syn(e, seg);
    else if (seg->options.has_mss || seg->options.has_window_scale || seg->options.sack_permitted)
        end_broken(e, "an option that belongs in a SYN only");
    struct rs_conn_facts facts;
    rs_conn_facts(&e->conn, &facts);
    look_at_sack(e, peer, seg, &facts);
    look_at_timestamps(e, peer, seg, &facts);
    if (rs_segment_data_bytes(seg) > 0)
        look_at_bytes(e, seg);
    if (seg->flags & RS_FIN)
        look_at_fin(e, seg);
    look_at_edge(e, peer, seg);
    bool text = !(seg->flags & (RS_SYN | RS_RST)) && rs_segment_length(seg) > 0;
    if (peer && text && peer->known.edge && rs_seq_gt(end, peer->known.edge_seq + 1))
        end_broken(e, "sent beyond the window");
    size_t carried = seg->header_bytes > 0 ? rs_segment_data_bytes(seg) + seg->header_bytes - RS_TCP_HEADER_MIN : 0;
    if (text && carried > e->conn.config.mss) // options take the place of data (MUST-16)
        end_broken(e, "a segment larger than the path takes");
}
