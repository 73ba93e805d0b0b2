// SPDX-License-Identifier: MIT
//
// What stands above the ladder: who talks to whom, and what keeps our own kernel silent or where others were seen.
// Called by the narrator.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/escape.h"
#include "view/narrator.h"

static void preface_line(struct narrator *n, const char *who, const char *where, const char *what) {
    text_color(n->text, TEXT_STRONG);
    text_add(n->text, "%-8s", who);
    text_color(n->text, TEXT_PLAIN);
    if (where)
        text_add(n->text, "%-18s", where);
    bool crowded = where && text_width(where) >= 18; // an address of IPv6 may need the line for itself
    if (crowded)
        text_add(n->text, "\n");
    text_wrap(n->text, where ? 26 : 8, !crowded, where ? 26 : 8, what);
}

static void guard_rules(const struct trace_about *s, char *out, size_t room) {
    const bool ipv6 = s->client.family == RS_IPV6;
    snprintf(out, room, "%s: it takes no segment with a %s below 255 (%s)%s",
             s->filtered ? "Two rules make it deaf" : "One rule makes it deaf", ipv6 ? "hop limit" : "TTL",
             ipv6 ? "IPV6_MINHOPCOUNT" : "IP_MINTTL",
             s->filtered ? ", and a packet filter on it keeps nothing."
                         : ". A packet filter as a second one was not permitted.");
}

static void network_line(struct narrator *n) {
    const struct trace_about *s = &n->now.about;
    if (s->private_network)
        text_wrap(n->text, 0, false, 0,
                  s->through_user
                      ? "A private network of our own (user namespace): no root needed, nothing outside it is touched."
                      : "A private network of our own (network namespace): nothing outside it is touched.");
}

static const char by_hand[] = "by hand: our own IP and TCP headers, over a raw socket";

static const char *server_is(const struct trace_about *s) {
    if (s->server_is)
        return s->server_is;
    if (s->we_listen)
        return by_hand;
    if (s->both_by_hand)
        return "by hand too: another engine of ours, over a raw socket of its own";
    if (s->our_server)
        return "ordinary sockets, listen(1)";
    if (s->source == TRACE_BY_HAND)
        return "whoever listens there";
    return s->roles_guessed ? "a guess: no SYN was seen, and its port is not the higher one"
                            : "the end that was asked for a connection";
}

static const char *client_is(const struct trace_about *s) {
    if (s->client_is)
        return s->client_is;
    if (s->we_listen)
        return "whoever connects from there";
    if (s->source == TRACE_BY_HAND)
        return by_hand;
    if (s->source == TRACE_BY_KERNEL)
        return "a program of ours; its kernel makes the connection";
    return s->roles_guessed ? "the other end" : "the end that asked";
}

static void both_ends(struct narrator *n) {
    const struct trace_about *s = &n->now.about;
    char endpoint[RS_ENDPOINT_TEXT_BYTES];
    preface_line(n, "server", rs_endpoint_text(&s->server, endpoint, sizeof endpoint), server_is(s));
    preface_line(n, "client", rs_endpoint_text(&s->client, endpoint, sizeof endpoint), client_is(s));
}

static void control_line(struct narrator *n) {
    if (n->now.about.control)
        preface_line(n, "control", NULL, "the experiment's one deviation is left out");
}

// Where it was seen, and how its states are known.
static void seen_lines(struct narrator *n) {
    const struct trace_about *s = &n->now.about;
    char where[120], seen[160];
    snprintf(where, sizeof where, "any interface of %s", s->private_network ? "that network" : "this machine");
    if (s->where)
        escape_text((const uint8_t *)s->where, strlen(s->where), n->text->style.utf8, where, sizeof where);
    snprintf(seen, sizeof seen, "%s %s", s->source == TRACE_READ ? "in" : "on", where);
    preface_line(n, "seen", NULL, seen);
    preface_line(
        n, "states", NULL,
        "what each end's own segments show; in brackets what follows if all that has passed arrives and is taken");
}

// A connection that we do not make by hand.
static void others_preface(struct narrator *n) {
    network_line(n);
    both_ends(n);
    seen_lines(n);
    control_line(n);
    text_add(n->text, "\n");
    ladder_title(&n->now.ladder);
}

// What keeps our own kernel silent, or that nothing does.
static void guard_line(struct narrator *n) {
    const struct trace_about *s = &n->now.about;
    char guard[160], rules[240];
    const unsigned port = s->we_listen ? s->server.port : s->client.port;
    if (s->both_by_hand)
        snprintf(guard, sizeof guard,
                 "silent listeners hold ports %u and %u: no kernel's TCP takes part in this conversation",
                 (unsigned)s->client.port, (unsigned)s->server.port);
    else if (s->guarded)
        snprintf(guard, sizeof guard,
                 "a silent listener holds port %u, so that our own kernel does not answer with RST", port);
    else
        snprintf(guard, sizeof guard,
                 "left out%s: our own kernel, which knows of no connection on port %u, %s answer with RST",
                 s->experiment ? "" : " (--no-guard)", port, s->experiment ? "may" : "will");
    preface_line(n, "guard", NULL, guard);
    if (s->guarded && n->settings.verbosity >= 1) {
        guard_rules(s, rules, sizeof rules);
        text_wrap(n->text, 8, false, 8, rules);
    }
}

static void hand_preface(struct narrator *n) {
    network_line(n);
    both_ends(n);
    guard_line(n);
    control_line(n);
    if (n->now.about.weather)
        preface_line(n, "weather", NULL, n->now.about.weather);
    text_add(n->text, "\n");
    ladder_title(&n->now.ladder);
}

// The next one of an experiment, or of our server's: all but its ends is known.
static void another_preface(struct narrator *n) {
    char client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES], line[2 * RS_ENDPOINT_TEXT_BYTES + 160];
    const char *is = n->now.about.process > 0 && n->now.about.client_is ? n->now.about.client_is : NULL;
    const char *end = is ? strrchr(is, ':') : NULL; // which process; what is behind it, the first one's line has said
    snprintf(line, sizeof line, "Connection %" PRIu32 ": client %s%s%.*s%s, server %s", n->now.connection,
             rs_endpoint_text(&n->now.about.client, client, sizeof client), is ? " (" : "",
             is ? (int)(end ? (size_t)(end - is) : strlen(is)) : 0, is ? is : "", is ? ")" : "",
             rs_endpoint_text(&n->now.about.server, server, sizeof server));
    text_add(n->text, "\n");
    text_wrap(n->text, 0, false, 0, line);
    ladder_title(&n->now.ladder);
}

// The next part of a connection whose handshake was told: its ends are known.
static void handed_preface(struct narrator *n) {
    char client[RS_ENDPOINT_TEXT_BYTES], server[RS_ENDPOINT_TEXT_BYTES], line[2 * RS_ENDPOINT_TEXT_BYTES + 96];
    char which[80] = "The same connection, the kernel's now";
    if (n->now.about.process > 0) // there may be several
        snprintf(which, sizeof which, "Connection %" PRIu32 " goes on as connection %" PRIu32 ", the kernel's now",
                 n->now.about.continues, n->now.connection);
    snprintf(line, sizeof line, "%s: client %s, server %s", which,
             rs_endpoint_text(&n->now.about.client, client, sizeof client),
             rs_endpoint_text(&n->now.about.server, server, sizeof server));
    text_add(n->text, "\n");
    text_wrap(n->text, 0, false, 0, line);
    if (!n->seen_told) {
        seen_lines(n);
        text_add(n->text, "\n");
    }
    n->seen_told = true;
    ladder_title(&n->now.ladder);
}

void narrator_preface(struct narrator *n, bool another) {
    if (n->now.about.source == TRACE_HANDED)
        handed_preface(n);
    else if (another)
        another_preface(n);
    else if (n->now.about.source == TRACE_BY_HAND)
        hand_preface(n);
    else
        others_preface(n);
}
