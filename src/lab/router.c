// SPDX-License-Identifier: MIT
//
// Experiments with a router between us and the server: each of the three is in a private network of its own.
#include <errno.h>
#include <string.h>

#include "lab/experiments.h"
#include "net/router.h"

// ---- ttl-1

static void live_for_one_hop(struct rs_packet *packet, void *self) {
    (void)self;
    packet->ip.ttl = 1;
}

// Who reports what, as far as an ICMP error tells.
static void sees_report(struct lab *lab, const struct lab_end *client) {
    const struct rs_icmp *icmp = lab_icmp(lab);
    char reporter[RS_ENDPOINT_TEXT_BYTES] = "nobody";
    const struct lab_segment *syn = lab_sent(client, 0, RS_SYN, 0);
    const bool expired = icmp && icmp->type == RS_ICMP_TIME_EXCEEDED && icmp->code == 0;
    const bool quotes = expired && syn && icmp->seq == syn->raw_seq;
    lab_evidence(lab, TRACE_ON_THE_WIRE, quotes, 0, "ICMP: time exceeded", "%s",
                 icmp ? rs_icmp_name(icmp) : "no ICMP error");
    if (icmp)
        rs_address_text(&icmp->reporter, reporter, sizeof reporter);
    lab_evidence(lab, TRACE_ON_THE_WIRE, strcmp(reporter, ROUTER_NET_NEAR) == 0, 0, "from the router, " ROUTER_NET_NEAR,
                 "%s", reporter);
}

static void ttl_1(struct lab *lab) {
    struct lab_rule short_lived = {
        .flags = RS_SYN,
        .alter = live_for_one_hop,
        .bent = {.copies = 1, .purpose = "Its time to live is 1: the first router takes that away."}};
    struct lab_end *client = lab_end(lab, 0);
    if (lab_deviates(lab))
        lab_bend(client, &short_lived);
    lab_connect(client, 5 * LAB_SECOND_US);
    sees_report(lab, client);
    lab_sees_state(client, RS_LISTEN, 0);
    lab_sees_router_counter(lab, "IpInHdrErrors", 1, 0);
    lab_sees_connect(client, EHOSTUNREACH, LAB_LINUX);
}

const struct experiment lab_ttl_1 = {
    .name = "ttl-1",
    .chapter = LAB_OPENING,
    .question = "Who tells us that our SYN did not live long enough?",
    .situation = "Between us and the server there is a router now; all three are in this private network. Each router "
                 "takes one from a packet's TTL, its time to live, and throws it away when nothing is left. Our SYN "
                 "leaves with a TTL of 1.",
    .choices = {"Nobody: lost is lost, and our timer will notice", "The server, with RST",
                "Our own kernel: it does not let such a packet leave",
                "The router, with ICMP; it gives its own address"},
    .right = 3,
    .deviation = "the SYN's time to live is 1",
    .answer = "The TTL keeps a packet from going round for ever. The router that takes the last of it reports so with "
              "ICMP \"time exceeded\", and quotes the beginning of what it threw away: that is how our end knows "
              "which connection is meant. traceroute does just this on purpose, with 1, 2, 3 and so on, and so "
              "learns the routers' addresses. To TCP it is a soft error: the way may get better, so an established "
              "connection goes on. Linux gives up one that is only being opened, with EHOSTUNREACH, and so do we.",
    .differs =
        "Linux ends a connection that is only being opened when it hears of this; RFC 9293 says that it should go "
        "on trying.",
    .section = "RFC 791, section 3.2; RFC 1812, section 5.3.1; RFC 9293, section 3.9.2.2",
    .stage = {.behind_router = true},
    .run = ttl_1,
};
