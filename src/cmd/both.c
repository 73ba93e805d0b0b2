// SPDX-License-Identifier: MIT
//
// The server of demo --both (see both.h). Called by demo.c, and by handmade.c through struct handmade_other.
#include "cmd/both.h"

#include <errno.h>

#include "cmd/passive.h"
#include "net/clock.h"
#include "view/escape.h"

enum { ROUNDS_MAX = 64 };

// As the kernel's own end would be.
static bool prepare(void *self, struct session_config *config) {
    struct both *both = self;
    struct route route;
    if (!passive_prepare(config, &route))
        return false;
    config->trace = &both->unheard;
    config->connection = 1;
    return true;
}

static void over(void *self, const struct host *host) {
    struct both *both = self;
    if (!both->came) {
        both->first = *host;
        both->first_remote = host->session->config.conn.remote;
    }
    both->came = true;
}

static bool advance(void *self) {
    struct both *both = self;
    return listener_advance(&both->listener);
}

static uint64_t wait_us(void *self) {
    const struct both *both = self;
    return listener_wait_us(&both->listener);
}

static void nothing(void *self) { (void)self; } // being woken is enough

static void watch(void *self, struct loop *loop) {
    struct both *both = self;
    const struct link *link = &both->listener.config.link;
    loop_watch(loop, link->fd, POLLIN, nothing, both);
    loop_watch(loop, link->icmp_fd, POLLIN, nothing, both);
}

// Its engine's word. What has been sent is there by now: first it is taken in, and answered.
static struct peer ask(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    struct both *both = self;
    struct rs_conn_facts facts;
    (void)server;
    for (int i = 0; i < ROUNDS_MAX && advance(both); i++) {
    }
    const struct host *host = listener_host_of(&both->listener, client);
    if (!host)
        return (struct peer){.known = true, .state = RS_LISTEN};
    rs_conn_facts(&host->session->conn, &facts);
    return (struct peer){
        .known = true, .state = facts.state, .unread_bytes = (uint32_t)facts.unread_bytes, .accepted = host->accepted};
}

bool both_open(struct both *both, const struct address *at, struct net_error *error) {
    *both = (struct both){.other = {.self = both, .advance = advance, .wait_us = wait_us, .watch = watch}};
    both->other.witness = (struct witness){.self = both, .ask = ask};
    if (!ways_open(&both->ways, at->endpoint.family, at->endpoint.port, true, error) ||
        !guard_verify(&both->ways.list[0].guard, error))
        return false;
    const struct listener_config config = {.link = raw_link_door(&both->ways.list[0].raw),
                                           .clock = clock_real(),
                                           .local = at->endpoint,
                                           .backlog = 1,
                                           .places = 2,
                                           .send_bytes = LESSON_RECEIVE_BYTES,
                                           .receive_bytes = LESSON_RECEIVE_BYTES,
                                           .host = {.read_bytes = 1024},
                                           .self = both,
                                           .prepare = prepare,
                                           .over = over};
    return listener_open(&both->listener, &config) || net_fail(error, ENOMEM, NULL, "the server made by hand");
}

void both_printed(const struct both *both, bool utf8, FILE *out) {
    const struct host *host = &both->first;
    char text[4 * sizeof host->first + 1], from[RS_ENDPOINT_TEXT_BYTES];
    if (!both->came || host->recvs == 0)
        return;
    escape_text(host->first, host->first_bytes, utf8, text, sizeof text);
    fprintf(out, "\nThe server's program printed:\n  FROM: %s\n  MESSAGE: %s%s\n",
            rs_endpoint_text(&both->first_remote, from, sizeof from), text,
            host->first_bytes < host->first_size ? "..." : "");
    fflush(out);
}

void both_close(struct both *both) {
    listener_abort(&both->listener);
    if (both->ways.count > 0)
        both->ways.list[0].seen += both->listener.sorter.arrived;
    listener_close(&both->listener);
    ways_close(&both->ways);
}
