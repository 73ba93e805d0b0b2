// SPDX-License-Identifier: MIT
//
// The experiment of two ends that open at the same time: both are made by hand (see lab.h).
#include "lab/experiments.h"

static void point_at(struct lab_end *from, const struct lab_end *to) {
    const struct rs_endpoint there = lab_end_at(to);
    lab_towards(from, &there);
}

// What passed between the two, as one of them saw it: SYNs without ACK, and SYN-ACKs.
struct crossing {
    size_t syns_out, syns_in, answers_out, answers_in;
};

static struct crossing count_crossing(const struct lab_end *us) {
    const uint8_t both = RS_SYN | RS_ACK;
    return (struct crossing){lab_count_sent(us, 0, RS_SYN, RS_ACK), lab_count_arrived(us, 0, RS_SYN, RS_ACK),
                             lab_count_sent(us, 0, both, 0), lab_count_arrived(us, 0, both, 0)};
}

static void see_crossing(struct lab *lab, const struct lab_end *us) {
    const struct crossing c = count_crossing(us);
    lab_evidence(lab, TRACE_ON_THE_WIRE, c.syns_out == 1 && c.syns_in == 1, 0, "a SYN each way", "%zu out, %zu in",
                 c.syns_out, c.syns_in);
    lab_evidence(lab, TRACE_ON_THE_WIRE, c.answers_out == 1 && c.answers_in == 1, 0, "a SYN-ACK each way",
                 "%zu out, %zu in", c.answers_out, c.answers_in);
}

static void simultaneous_open(struct lab *lab) {
    struct lab_rule to_us = {
        .incoming = true,
        .flags = RS_SYN,
        .bent = {.copies = 1, .delay_us = 100 * LAB_MS_US, .purpose = "It is on its way for so long."}};
    struct lab_rule to_other = to_us;
    struct lab_end *us = lab_end(lab, 0), *other = lab_end(lab, 1);
    point_at(us, other);
    point_at(other, us);
    lab_silent(other);
    lab_bend(us, &to_us);
    lab_bend(other, &to_other);
    if (lab_deviates(lab))
        lab_open(other);
    else
        lab_listen(other);
    lab_connect(us, 2 * LAB_SECOND_US);
    const bool stands = lab_until_state(other, RS_ESTABLISHED, LAB_SECOND_US);
    see_crossing(lab, us);
    lab_evidence(lab, TRACE_AT_OUR_END, lab_decided(lab, RS_SIMULTANEOUS_OPEN) == 1, 0, "by way of SYN-RECEIVED",
                 lab_decided(lab, RS_SIMULTANEOUS_OPEN) > 0 ? "SYN-SENT, then SYN-RECEIVED" : "not SYN-RECEIVED");
    lab_sees_connect(us, 0, LAB_EITHER_WAY);
    lab_evidence(lab, TRACE_AT_OUR_END, stands, LAB_EITHER_WAY, "the other end: it stands",
                 stands ? "ESTABLISHED" : "not ESTABLISHED");
    const bool acked = lab_send(us, "Hello server!", LAB_SECOND_US);
    lab_evidence(lab, TRACE_ON_THE_WIRE, acked, LAB_EITHER_WAY, "the message: acknowledged",
                 acked ? "it is" : "it is not");
}

const struct experiment lab_simultaneous_open = {
    .name = "simultaneous-open",
    .chapter = LAB_OPENING,
    .question = "Two ends call connect() at once. Must one of them listen?",
    .situation = "Two ends, both made by hand. Each sends a SYN to the other's port, and the two SYNs cross on their "
                 "way. Nobody has called listen().",
    .choices = {"Yes: each SYN meets no listener, and is answered with RST",
                "No: one connection opens, and both ends have opened it", "No: two connections open, one for each SYN",
                "Yes: both wait for a SYN-ACK until they give up"},
    .right = 1,
    .deviation = "the other end calls connect() instead of listen()",
    .answer = "An end that has sent a SYN and gets a SYN knows what the other wants. It goes to SYN-RECEIVED and says "
              "so with a SYN-ACK; when the other's comes, its own SYN is acknowledged, and the connection stands. Two "
              "addresses and two ports name one connection, whoever began. So it takes four segments instead of "
              "three. Neither end was the server: TCP knows no such thing, only ends that open actively or passively.",
    .section = "RFC 9293, section 3.5, figure 7, MUST-10",
    .stage = {.ends = 2},
    .run = simultaneous_open,
};
