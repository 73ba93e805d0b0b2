// SPDX-License-Identifier: MIT
//
// From the end of a connection to a sentence and an exit status. Called once, by handmade.c.
#include "cmd/ending.h"

#include <errno.h>
#include <stdio.h>

#include "cmd/complain.h"
#include "cmd/handmade.h"
#include "view/words.h"

// Not the server, but somebody's word about it.
static bool said_by_icmp(const struct handmade *h) {
    enum rs_end end = h->session.conn.end;
    return h->client.end == CLIENT_FAILED &&
           (end == RS_END_ICMP || (end == RS_END_TIMED_OUT && h->client.error != ETIMEDOUT));
}

static void icmp_says(const struct handmade *h, char *out, size_t room) {
    char from[RS_ENDPOINT_TEXT_BYTES];
    const struct rs_icmp *icmp = &h->session.icmp;
    snprintf(out, room, ": an ICMP error from %s says so (%s)", rs_address_text(&icmp->reporter, from, sizeof from),
             rs_icmp_name(icmp));
}

// With -q the server's kernel is not asked, so its state is not known.
static const char *refused(const struct handmade *h) {
    bool asked = h->server_is_local && !h->options.quiet;
    if (asked && h->session.peer_state == RS_LISTEN)
        return ": a firewall rule of this machine answered in the server's place ('nft list ruleset' shows them)";
    if (!asked || h->session.peer_state != RS_CLOSED)
        return ": nobody listens there, or a firewall answered";
    return h->options.port == 1712
               ? ": nobody listens there: start a server, for example with 'rawshake serve'"
               : ": nobody listens there: start a server, for example with 'rawshake serve -p PORT'";
}

static const char *way_out(const struct handmade *h, int error) {
    if (error == ECONNREFUSED)
        return refused(h);
    if (error == ETIMEDOUT && !h->client.connected)
        return ": no fitting answer came: a firewall drops our segments, or no machine has that address";
    if (error == ETIMEDOUT)
        return ": the server acknowledged nothing for too long";
    if (error == ECONNRESET && h->options.no_guard && !h->session.data_acked)
        return ": without the guard, our own kernel had sent RST to the server";
    if (error == ECONNRESET)
        return ": the server ended the connection with RST; what was not read yet may be lost";
    return "";
}

// Our own kernel refuses to send.
static const char *refused_here(int error) {
    if (error == EPERM || error == EACCES)
        return ": a firewall rule of this machine forbids it ('nft list ruleset' shows them)";
    if (error == EMSGSIZE)
        return ": the interface that it leaves by takes only smaller packets now ('ip link' shows its mtu)";
    return "";
}

// Why the attempt in hand failed, and the way out.
static void last_failure(const struct handmade *h, char *why, size_t why_room, char *way, size_t way_room) {
    const struct net_error *no_way = &h->attempts.no_way;
    if (no_way->what[0]) {
        net_error_why(no_way, why, why_room);
        snprintf(way, way_room, "%s%s", no_way->hint ? ": " : "", no_way->hint ? no_way->hint : "");
        return;
    }
    errno_text(h->client.error, why, why_room);
    if (said_by_icmp(h)) {
        icmp_says(h, way, way_room);
        return;
    }
    snprintf(way, way_room, "%s",
             h->client.end == CLIENT_CANNOT_SEND ? refused_here(h->client.error) : way_out(h, h->client.error));
}

// A host with several addresses: all that was tried, in one sentence.
static int all_failed(const struct handmade *h) {
    char why[160], way[240], all[900];
    last_failure(h, why, sizeof why, way, sizeof way);
    attempts_text(h, why, all, sizeof all);
    complain("connect to %s port %u: %s%s", connect_options_host(&h->options), (unsigned)h->options.port, all, way);
    return EXIT_CONNECTION;
}

static int failed(const struct handmade *h, const char *remote) {
    char why[160], way[240];
    last_failure(h, why, sizeof why, way, sizeof way);
    if (h->attempts.no_way.what[0])
        complain("%s: %s%s", h->attempts.no_way.what, why, way);
    else if (h->client.end == CLIENT_CANNOT_SEND)
        complain("send to %s: %s%s", remote, why, way);
    else
        complain("%s %s: %s%s", h->client.connected ? "connection with" : "connect to", remote, why, way);
    return EXIT_CONNECTION;
}

static int not_closed(const struct handmade *h, const char *remote) {
    char time[32];
    words_time(h->options.linger_us, time, sizeof time);
    complain("connection with %s: the server has not closed its side within %s: its kernel has acknowledged all that "
             "we sent; we left it in "
             "FIN-WAIT-2 (--linger SECONDS waits longer)",
             remote, time);
    return EXIT_CONNECTION;
}

static int written(const struct handmade *h) {
    char why[96];
    if (h->screen.error == 0)
        return EXIT_DONE;
    complain("standard output: %s: the connection was finished in order, but not all could be shown",
             errno_text(h->screen.error, why, sizeof why));
    return EXIT_CONNECTION;
}

// With -q, what the server sends had nowhere to go.
static int unwritable(const struct handmade *h) {
    char why[96];
    complain("standard output: %s: %s", errno_text(h->screen.error, why, sizeof why),
             h->client.reset_sent ? "the connection was ended with RST" : "not all that the server sent was written");
    return EXIT_CONNECTION;
}

int ending_report(const struct handmade *h) {
    char remote[RS_ENDPOINT_TEXT_BYTES], why[96];
    rs_endpoint_text(&h->remote, remote, sizeof remote);
    switch (h->client.end) {
    case CLIENT_DONE:
    case CLIENT_HANDED_OVER:
        return written(h);
    case CLIENT_NOT_CLOSED:
        return not_closed(h, remote);
    case CLIENT_CANNOT_READ:
        complain("file '%.200s': %s: the connection was ended with RST", h->options.file,
                 errno_text(h->client.error, why, sizeof why));
        return EXIT_CONNECTION;
    case CLIENT_SERVER_GONE:
        complain("connection with %s: the demo's server has gone away", remote);
        return EXIT_CONNECTION;
    case CLIENT_ABORTED:
        if (h->screen.error)
            return unwritable(h);
        complain("connection with %s: aborted%s", remote,
                 h->client.reset_sent ? ": RST was sent: the server's end is over at once too" : "");
        return EXIT_CONNECTION;
    default:
        return h->attempts.at > 0 && !h->client.connected ? all_failed(h) : failed(h, remote);
    }
}
