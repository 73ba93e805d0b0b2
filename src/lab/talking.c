// SPDX-License-Identifier: MIT
//
// What experiments of the chapter "Talking" share (see talking.h).
#include "lab/talking.h"

#include <inttypes.h>
#include <stdio.h>

#include "view/words.h"

size_t talking_bent(struct lab *lab, struct lab_rule *rule, uint64_t most_us) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    if (lab_deviates(lab))
        lab_bend(client, rule);
    const size_t mark = lab_mark(lab);
    lab_send(client, TALKING_MESSAGE, most_us);
    return mark;
}

void talking_piece(struct lab *lab, struct lab_end *hand, uint32_t seq, const char *bytes, size_t size,
                   const char *purpose) {
    const size_t mark = lab_mark(lab);
    struct forged piece = lab_segment(hand, RS_PSH | RS_ACK, seq, 1);
    piece.packet.segment.payload[0] = (struct rs_span){(const uint8_t *)bytes, size};
    piece.purpose = purpose;
    lab_forge(hand, &piece);
    lab_until_arrived(hand, RS_ACK, mark, LAB_SECOND_US);
}

const struct lab_segment *talking_sending(const struct lab *lab, size_t mark, size_t n) {
    for (size_t i = mark; i < lab_mark(lab); i++) {
        const struct lab_segment *s = lab_recorded(lab, i);
        if (s->ours && s->data > 0 && n-- == 0)
            return s;
    }
    return NULL;
}

bool talking_sack(const struct lab_segment *ack, size_t block, uint32_t *left, uint32_t *right) {
    if (!ack || block >= ack->options.sack_blocks)
        return false;
    const uint32_t iss = ack->raw_ack - ack->ack;
    *left = ack->options.sack[block].left - iss;
    *right = ack->options.sack[block].right - iss;
    return true;
}

void talking_sees_unread(struct lab *lab, struct lab_end *end, uint32_t bytes, unsigned how) {
    const struct peer peer = lab_peer(end);
    char expected[32] = "nothing to be read yet";
    if (bytes > 0)
        snprintf(expected, sizeof expected, "%" PRIu32 " bytes to be read", bytes);
    lab_kernel_evidence(lab, &peer, peer.unread_bytes == bytes, how, expected, "%" PRIu32 " bytes unread",
                        peer.unread_bytes);
}

void talking_sees_nothing_acked(struct lab *lab, struct lab_end *end, size_t mark, unsigned how) {
    const struct lab_segment *ack = lab_arrived(end, mark, RS_ACK, RS_SYN | RS_RST);
    if (ack && ack->ack == 1)
        lab_say(lab, "That ACK acknowledges nothing of our message, so our timer runs on.");
    if (ack)
        lab_evidence(lab, TRACE_ON_THE_WIRE, ack->ack == 1, how, "an ACK, but ack=1", "ACK, ack=%" PRIu32, ack->ack);
    else
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, how, "an ACK, but ack=1", "nothing came");
}

void talking_again(struct lab *lab, struct lab_end *end, size_t mark) {
    lab_until_acked(end, 6 * LAB_SECOND_US);
    const struct lab_segment *first = talking_sending(lab, mark, 0), *again = talking_sending(lab, mark, 1);
    char after[32] = "";
    if (first && again)
        words_time(again->at_us - first->at_us, after, sizeof after);
    lab_evidence(lab, TRACE_ON_THE_WIRE, again && again->seq == 1, 0, "the message once more",
                 again ? "again after %s" : "sent only once%s", after);
    lab_finish(end);
    lab_sees_read(lab, TALKING_MESSAGE, LAB_EITHER_WAY);
}
