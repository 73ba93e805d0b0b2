// SPDX-License-Identifier: MIT
//
// Experiments with probes: single segments that ask whether a port is open, without asking for a connection. All four
// have one frame: the segment goes to the port on which the server listens, then to one on which nobody does. A control
// sends an ordinary SYN to both instead.
#include <inttypes.h>
#include <stdio.h>

#include "lab/experiments.h"

enum { PATIENCE_US = 100 * LAB_MS_US, OUR_ACK = 1000 };

struct probe {
    uint8_t flags;
    const char *purpose;
    bool open_is_silent; // otherwise both ports are expected to answer RST with the number that we acknowledged
    uint32_t closed_ack; // what the closed port's RST acknowledges: the numbers that the probe takes
};

// One probe to one port. Its answer, if there is any, is the only segment that arrives.
static void send_probe(struct lab *lab, struct lab_end *end, const struct probe *probe, uint16_t port) {
    struct rs_endpoint to = lab_server_at(lab);
    to.port = port;
    lab_towards(end, &to);
    lab_by_hand(end);
    struct forged forged = lab_segment(end, probe->flags, 0, OUR_ACK);
    forged.purpose = probe->purpose;
    lab_forge(end, &forged);
    if (!lab_until_arrived(end, 0, 0, PATIENCE_US))
        lab_say(lab, "No answer has come for %d ms.", PATIENCE_US / LAB_MS_US);
}

static void sees_silence(struct lab *lab, struct lab_end *end) {
    const struct lab_segment *answer = lab_arrived(end, 0, 0, 0);
    char seen[64];
    lab_words(answer, seen, sizeof seen);
    lab_evidence(lab, TRACE_ON_THE_WIRE, !answer, 0, "open port: silence", "%s", seen);
}

// RST, ACK: the probe has no number for it to take, so it begins with 0 and acknowledges the probe.
static void sees_refusal(struct lab *lab, struct lab_end *end, uint32_t ack, unsigned how) {
    const struct lab_segment *answer = lab_arrived(end, 0, 0, 0);
    const bool fits = answer && answer->flags == (RS_RST | RS_ACK) && answer->raw_seq == 0 && answer->ack == ack;
    char expected[64], seen[64];
    snprintf(expected, sizeof expected, "closed port: RST,ACK ack=%" PRIu32, ack);
    lab_words(answer, seen, sizeof seen);
    lab_evidence(lab, TRACE_ON_THE_WIRE, fits, how, expected, "%s", seen);
}

// RST: its number is the one that the probe acknowledged.
static void sees_disbelief(struct lab *lab, struct lab_end *end, const char *expected) {
    const struct lab_segment *answer = lab_arrived(end, 0, 0, 0), *sent = lab_sent(end, 0, 0, 0);
    const bool fits = answer && sent && answer->flags == RS_RST && answer->raw_seq == sent->raw_ack;
    char seen[64];
    lab_words(answer, seen, sizeof seen);
    lab_evidence(lab, TRACE_ON_THE_WIRE, fits, 0, expected, "%s", seen);
}

static void run(struct lab *lab, const struct probe *probe) {
    static const struct probe ordinary = {.flags = RS_SYN, .purpose = "An ordinary SYN, written by hand."};
    const struct probe *sent = lab_deviates(lab) ? probe : &ordinary;
    struct lab_end *client = lab_end(lab, 0);
    const bool silent = probe->open_is_silent;
    send_probe(lab, client, sent, LAB_PORT);
    if (silent)
        sees_silence(lab, client);
    else
        sees_disbelief(lab, client, "open port: RST");
    lab_sees_state(client, RS_LISTEN, 0);
    send_probe(lab, client, sent, LAB_CLOSED_PORT);
    if (silent)
        sees_refusal(lab, client, probe->closed_ack, probe->closed_ack == 1 ? LAB_EITHER_WAY : 0);
    else
        sees_disbelief(lab, client, "closed port: RST");
    lab_sees_counter(lab, "TcpOutRsts", silent ? 1 : 2, silent ? LAB_EITHER_WAY : 0);
}

// ---- null-probe

static void null_probe(struct lab *lab) {
    run(lab, &(struct probe){.flags = 0,
                             .purpose = "A header without any flag, written by hand: no TCP ever sends one.",
                             .open_is_silent = true,
                             .closed_ack = 0});
}

const struct experiment lab_null_probe = {
    .name = "null-probe",
    .chapter = LAB_OPENING,
    .question = "Who answers a segment that has no flag at all?",
    .situation = "A segment without any flag asks for nothing and says nothing. We send one to port 1712, where the "
                 "server listens, and one to port 1713, where nobody does.",
    .choices = {"Both ports, with RST", "Neither port: it means nothing", "The open port alone, with an ACK",
                "The closed port alone, with RST"},
    .right = 3,
    .deviation = "the segment has no flag, where an ordinary one would have SYN",
    .answer = "A closed port answers everything but a RST with RST. A listening socket looks for three things only: "
              "RST, which it ignores, ACK, which it answers with RST, and SYN. What has none of them is dropped. So "
              "the silence says \"open\", and the socket's program never hears of it. But silence is a weak sign: a "
              "lost segment or a packet filter is silent too.",
    .section = "RFC 9293, sections 3.10.7.1 and 3.10.7.2",
    .run = null_probe,
};

// ---- xmas-probe

static void xmas_probe(struct lab *lab) {
    run(lab, &(struct probe){.flags = RS_FIN | RS_PSH | RS_URG,
                             .purpose =
                                 "FIN, PSH and URG at once and no ACK, written by hand: lit up like a Christmas tree.",
                             .open_is_silent = true,
                             .closed_ack = 1});
}

const struct experiment lab_xmas_probe = {
    .name = "xmas-probe",
    .chapter = LAB_OPENING,
    .question = "Who answers FIN, PSH and URG, all in one segment?",
    .situation = "The opposite of a bare header: FIN, PSH and URG are set, but neither SYN nor ACK. No connection has "
                 "ever begun with that. One goes to port 1712, where the server listens, one to the closed port 1713.",
    .choices = {"The closed port alone, with RST", "The open port alone: URG is urgent",
                "Both ports, with RST: the flags contradict each other", "Neither port"},
    .right = 0,
    .deviation = "the segment has FIN, PSH and URG, where an ordinary one would have SYN",
    .answer = "More flags make no difference: for a listening socket only RST, ACK and SYN count, and for a closed "
              "port only whether it is a RST. The closed port's RST acknowledges one number more than it would "
              "for a segment without flags, for FIN takes one, as SYN does; PSH and URG take none.",
    .section = "RFC 9293, sections 3.4, 3.10.7.1 and 3.10.7.2",
    .run = xmas_probe,
};

// ---- fin-probe

static void fin_probe(struct lab *lab) {
    run(lab, &(struct probe){.flags = RS_FIN,
                             .purpose = "FIN, for a connection that never was, written by hand.",
                             .open_is_silent = true,
                             .closed_ack = 1});
}

const struct experiment lab_fin_probe = {
    .name = "fin-probe",
    .chapter = LAB_OPENING,
    .question = "Can one end a connection that has never begun?",
    .situation = "FIN says that the sender has nothing more to send. Ours comes without any connection: one to port "
                 "1712, where the server listens, one to port 1713, where nobody does.",
    .choices = {"Both ports acknowledge the FIN, as TCP must", "Only the closed port answers, with RST",
                "Only the open port answers, with FIN", "Neither port: there is nothing to end"},
    .right = 1,
    .deviation = "the segment has FIN, where an ordinary one would have SYN",
    .answer = "A FIN can only end what has begun. The listening socket drops it without a word, since only a SYN "
              "begins anything there. For the closed port it is one more segment that belongs to nothing, so RST. "
              "Tools that look for open ports have used this, because a filter that stops only SYNs lets a FIN pass. "
              "It tells open from closed only where both follow the RFC: there are systems that answer RST from "
              "both.",
    .section = "RFC 9293, sections 3.10.7.1 and 3.10.7.2",
    .run = fin_probe,
};

// ---- ack-probe

static void ack_probe(struct lab *lab) {
    run(lab, &(struct probe){.flags = RS_ACK,
                             .purpose = "ACK for something that nobody has sent, written by hand.",
                             .open_is_silent = false});
}

const struct experiment lab_ack_probe = {
    .name = "ack-probe",
    .chapter = LAB_OPENING,
    .question = "Does an ACK out of the blue tell open from closed?",
    .situation = "We send an ACK that belongs to no connection: one to port 1712, where the server listens, one to "
                 "port 1713, where nobody does.",
    .choices = {"Yes: only the closed port answers, with RST", "Yes: only the open port answers, with SYN-ACK",
                "No: both answer with RST", "No: neither answers"},
    .right = 2,
    .deviation = "the segment has ACK, where an ordinary one would have SYN",
    .answer = "Whatever acknowledges something before a connection exists is wrong, and RST is what tells its sender "
              "so: this is how the remains of old connections are cleared away. A listening socket does the same as a "
              "closed port. Both take the RST's number from the ACK, so it fits exactly where the ACK came from. "
              "The answer says nothing of the port. It says that the machine is there, and that no filter keeps "
              "such segments out.",
    .section = "RFC 9293, sections 3.5.2, 3.10.7.1 and 3.10.7.2",
    .run = ack_probe,
};
