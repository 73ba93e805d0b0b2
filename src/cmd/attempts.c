// SPDX-License-Identifier: MIT
//
// Address after address (see attempts.h). Called by handmade.c.
#include "cmd/attempts.h"

#include <errno.h>
#include <stdio.h>

#include "cmd/complain.h"
#include "cmd/handmade.h"
#include "net/route.h"

// A refusal comes at once. For an address that is silent nobody should look at an empty screen.
enum { HOLD_BACK_US = 300000 };

bool attempts_resolve(struct handmade *h) {
    struct net_error error;
    const struct connect_options *o = &h->options;
    if (resolve_host(connect_options_host(o), o->port, o->family, &h->attempts.addresses, &error))
        return true;
    complain_net(&error);
    return false;
}

static bool refuse(struct handmade *h, const char *why) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    net_fail(&h->attempts.no_way, 0, NULL, "connect to %s", rs_endpoint_text(&h->remote, text, sizeof text));
    h->attempts.no_way.why = why;
    return false;
}

static bool ask_route(struct handmade *h, const struct address *to) {
    struct route route;
    if (!route_find(to, &route, &h->attempts.no_way))
        return false;
    h->local = route.source;
    h->mtu = route.mtu;
    h->announced_mss = route.announced_mss;
    h->ttl = route.ttl;
    h->server_is_local = route.local;
    return true;
}

static bool find_way(struct handmade *h, const struct address *to) {
    if (!rs_endpoint_is_unicast(&h->remote))
        return refuse(h, "not the address of one machine (RFC 9293, 3.9.2.3): name the server's own address");
    if (!ask_route(h, to))
        return false;
    h->way = ways_find(&h->ways, h->remote.family);
    if (!h->way) // not even the family: route_find has told most such cases already
        return net_fail(&h->attempts.no_way, EAFNOSUPPORT, NULL, "a raw socket of this family");
    h->local.port = h->way->guard.port;
    if (rs_endpoint_equal(&h->local, &h->remote))
        return refuse(h, "that is our own end: choose another --source-port");
    h->way->raw.zone = to->zone;
    return guard_verify(&h->way->guard, &h->attempts.no_way);
}

bool attempts_find_way(struct handmade *h) {
    const struct address *to = &h->attempts.addresses.list[h->attempts.at];
    h->attempts.no_way = (struct net_error){0};
    h->attempts.shown = false;
    h->attempts.began = h->screen.text.used;
    h->remote = to->endpoint;
    return find_way(h, to);
}

static bool is_last(const struct attempts *a) { return a->at + 1 >= a->addresses.count; }

static bool has_failed(const struct handmade *h) {
    bool failed = h->client.end == CLIENT_FAILED || h->client.end == CLIENT_CANNOT_SEND;
    return h->attempts.no_way.what[0] || (failed && !h->client.connected);
}

static bool may_become_a_line(const struct handmade *h) {
    return !h->options.quiet && h->options.view.verbosity == 0 && !is_last(&h->attempts) && !h->attempts.shown;
}

uint64_t attempts_hold_back_us(const struct handmade *h) {
    if (!may_become_a_line(h) || h->client.connected)
        return 0;
    uint64_t waited = session_now(&h->session) - h->began_us;
    return waited < HOLD_BACK_US ? HOLD_BACK_US - waited : 0;
}

// Instead of the narration, if none of it has been seen; behind it otherwise.
static void tell(struct handmade *h, const char *why) {
    char prose[400];
    struct text *text = &h->screen.text;
    if (h->options.quiet)
        return;
    if (may_become_a_line(h))
        text->used = h->attempts.began;
    words_next_address(&h->remote, why, prose, sizeof prose);
    text_wrap(text, 0, false, 0, prose);
    text_add(text, "\n");
}

bool attempts_go_on(struct handmade *h) {
    struct attempts *a = &h->attempts;
    char *why = a->why[a->at];
    if (is_last(a) || !has_failed(h) || h->signal != 0)
        return false;
    if (a->no_way.what[0])
        net_error_why(&a->no_way, why, sizeof a->why[0]);
    else
        errno_text(h->client.error, why, sizeof a->why[0]);
    tell(h, why);
    a->at++;
    return true;
}

void attempts_text(const struct handmade *h, const char *last_why, char *out, size_t room) {
    const struct attempts *a = &h->attempts;
    char text[RS_ENDPOINT_TEXT_BYTES];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i <= a->at && used < room; i++) {
        rs_address_text(&a->addresses.list[i].endpoint, text, sizeof text);
        int more =
            snprintf(out + used, room - used, "%s%s: %s", i > 0 ? "; " : "", text, i < a->at ? a->why[i] : last_why);
        used += more > 0 ? (size_t)more : 0;
    }
}
