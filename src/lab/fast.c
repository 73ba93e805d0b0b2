// SPDX-License-Identifier: MIT
//
// The experiment fast-retransmit: what the ACKs behind a gap bring about. A script and its entry in the table (see
// lab.h).
#include <inttypes.h>
#include <string.h>

#include "lab/talking.h"
#include "view/words.h"

static void without_nagle(struct rs_conn_config *config) { config->no_nagle = true; }

// What there was before the first piece left again. The first ACK behind the gap repeats that of the SYN-ACK.
struct fast {
    const struct lab_segment *lost, *again, *last; // last: the last ACK before that
    size_t duplicates;
};

// A duplicate is an ACK that says nothing new, not even another window (RFC 5681, section 2).
static struct fast look(const struct lab *lab, const struct lab_end *end, size_t mark) {
    struct fast fast = {.lost = talking_sending(lab, mark, 0), .last = lab_arrived(end, 0, RS_SYN | RS_ACK, 0)};
    for (size_t i = mark; i < lab_mark(lab); i++) {
        const struct lab_segment *s = lab_recorded(lab, i);
        if (s->ours && s->left && s->data > 0 && s->seq == 1) {
            fast.again = fast.lost && !fast.lost->left ? s : NULL;
            break;
        }
        if (s->ours)
            continue;
        fast.duplicates += fast.last && s->ack == fast.last->ack && s->window == fast.last->window;
        fast.last = s;
    }
    return fast;
}

static void sees_fast(struct lab *lab, const struct fast *fast) {
    const char *expected = "again after 3 duplicates", *sooner = "the timer (1 s) unused",
               *not_again = "not sent again";
    uint32_t left, right;
    if (!fast->again) {
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, 0, expected, "%s", not_again);
        lab_evidence(lab, TRACE_AT_OUR_END, false, 0, sooner, "%s", not_again);
    } else {
        char after[32];
        words_time(fast->again->at_us - fast->lost->at_us, after, sizeof after);
        lab_evidence(lab, TRACE_ON_THE_WIRE, fast->duplicates >= 3, 0, expected, "again after %zu", fast->duplicates);
        lab_evidence(lab, TRACE_AT_OUR_END, lab_decided(lab, RS_TIMED_OUT) == 0, 0, sooner, "again after %s", after);
    }
    if (talking_sack(fast->last, 0, &left, &right))
        lab_evidence(lab, TRACE_ON_THE_WIRE, left == 3, 0, "SACK: 3 and more is here", "SACK %" PRIu32 "-%" PRIu32,
                     left, right);
    else
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, 0, "SACK: 3 and more is here", "no SACK");
}

static void fast_retransmit(struct lab *lab) {
    static const char *const pieces[] = {"He", "ll", "o ", "se", "rv", "er", "!"};
    struct lab_rule lost = {.with_data = true,
                            .count = 1,
                            .bent = {.copies = 0, .purpose = "Lost on purpose: it never reaches the server."}};
    struct lab_end *client = lab_end(lab, 0);
    lab_configure(client, without_nagle);
    lab_connect(client, LAB_SECOND_US);
    if (lab_deviates(lab))
        lab_bend(client, &lost);
    const size_t mark = lab_mark(lab);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        lab_queue(client, pieces[i]);
        lab_until_acked(client, 0);
    }
    lab_until_acked(client, 3 * LAB_SECOND_US);
    const struct fast fast = look(lab, client, mark);
    if (fast.again && fast.again->data > strlen(pieces[0]))
        lab_say(lab, "Our TCP remembers bytes, not segments: so in all %zu bytes went out again, in one segment.",
                fast.again->data);
    sees_fast(lab, &fast);
    lab_sees_counter_at_least(lab, "TcpExtTCPOFOQueue", 3, 0);
    lab_finish(client);
    lab_sees_read(lab, TALKING_MESSAGE, LAB_EITHER_WAY);
}

const struct experiment lab_fast_retransmit = {
    .name = "fast-retransmit",
    .chapter = LAB_TALKING,
    .question = "Must a lost segment wait for the timer?",
    .situation = "Our program sends the message in seven pieces, one behind the other, without waiting for ACKs. The "
                 "network loses the first; those behind it arrive. Our timer is set to a second.",
    .choices = {"Yes: only the timer can tell that something is lost",
                "No: the server asks for the missing piece by name", "No: the network says that it has lost it",
                "No: the same ACK, repeated three times, is sign enough"},
    .right = 3,
    .deviation = "the first of seven pieces is lost",
    .answer = "Each piece that comes early is answered by the same ACK: \"I still wait for number 1\". One or two "
              "repetitions may mean that a segment was only overtaken. Three mean that it is lost, and that the "
              "network still carries others. So it goes out again at once, without the timer. If a segment is alone on "
              "its way, as in lost-data, nothing brings such ACKs about, and only the timer is left.",
    .section = "RFC 5681, section 3.2; RFC 2018, section 4",
    .stage = {.timers = true},
    .run = fast_retransmit,
};
