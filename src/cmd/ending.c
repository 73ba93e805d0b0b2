// SPDX-License-Identifier: MIT
//
// From the end of a connection to a sentence and an exit status. Called once, by handmade.c.
#include "cmd/ending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/complain.h"
#include "cmd/handmade.h"
#include "view/words.h"

static const char *way_out(const struct handmade *h, int error) {
    if (error == ECONNREFUSED)
        return h->server_is_local ? ": nobody listens there: start a server, for example with 'rawshake serve'"
                                  : ": nobody listens there, or a firewall answered";
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

static int failed(const struct handmade *h, const char *remote) {
    char why[96];
    int error = h->client.error;
    complain("%s %s: %s%s", h->client.connected ? "connection with" : "connect to", remote,
             errno_text(error, why, sizeof why), way_out(h, error));
    return error == EACCES || error == EPERM ? EXIT_PERMISSION : EXIT_CONNECTION;
}

static int cannot_send(const struct handmade *h, const char *remote) {
    char why[96];
    bool firewall = h->client.error == EPERM || h->client.error == EACCES;
    complain("send to %s: %s%s", remote, errno_text(h->client.error, why, sizeof why),
             firewall ? ": a firewall rule of this machine forbids it ('nft list ruleset' shows them)" : "");
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
        return written(h);
    case CLIENT_NOT_CLOSED:
        return not_closed(h, remote);
    case CLIENT_CANNOT_SEND:
        return cannot_send(h, remote);
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
        return failed(h, remote);
    }
}
