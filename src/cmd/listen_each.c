// SPDX-License-Identifier: MIT
//
// One of listen's connections: what its session is told before it begins, and what is said when it is over. Called by
// the listener.
#include <string.h>

#include "cmd/complain.h"
#include "cmd/listen.h"
#include "cmd/passive.h"
#include "view/escape.h"

// As the kernel's own end would be on this path. A SYN from where no way leads back is not answered.
bool listen_prepare(void *self, struct session_config *config) {
    struct listen *l = self;
    struct route route;
    if (!passive_prepare(config, &route))
        return false;
    config->step = l->options.step && !l->step.ended;
    config->witness = kernel_witness_door(route.local ? &l->here : &l->away);
    config->trace = &l->show.trace;
    if (l->options.handover && !guest_begin(l, config))
        return false;
    config->connection = ++l->connections;
    return true;
}

void listen_begun(void *self, struct session *session) {
    const struct listen *l = self;
    const struct rs_conn_config *conn = &session->config.conn;
    const struct way *way = NULL;
    for (size_t i = 0; i < l->ways.count; i++)
        if (l->ways.list[i].guard.family == conn->local.family)
            way = &l->ways.list[i];
    const struct trace_about about = {.source = TRACE_BY_HAND,
                                      .we_listen = true,
                                      .backlog = (unsigned)l->options.backlog,
                                      .server = conn->local,
                                      .client = conn->remote,
                                      .server_is_local = session->config.witness.self == &l->here,
                                      .guarded = true,
                                      .filtered = way && way->guard.filtered};
    session_record(session, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &about});
    session_ask_peer(session);
}

void listen_tell_printed(struct listen *l, const struct rs_endpoint *from, const struct listen_heard *heard) {
    struct text *text = &l->show.screen.text;
    char message[4 * sizeof heard->first + 1], name[RS_ENDPOINT_TEXT_BYTES];
    if (!show_tells(&l->show) || heard->recvs == 0)
        return;
    escape_text(heard->first, heard->first_bytes, text->style.utf8, message, sizeof message);
    text_add(text, "\nOur program printed:\n  FROM: %s\n  MESSAGE: %s%s\n", rs_endpoint_text(from, name, sizeof name),
             message, heard->first_bytes < heard->first_size ? "..." : "");
    if (heard->recvs > 1)
        text_add(text, "  and %llu time%s more, for what its other calls of recv(1024) returned\n",
                 (unsigned long long)heard->recvs - 1, heard->recvs == 2 ? "" : "s");
}

static void tell_printed(struct listen *l, const struct host *host) {
    struct listen_heard heard = {
        .recvs = host->recvs, .first_size = host->first_size, .first_bytes = host->first_bytes};
    memcpy(heard.first, host->first, host->first_bytes);
    listen_tell_printed(l, &host->session->config.conn.remote, &heard);
}

// With --handover: the kernel has it, or it comes to nothing. Returns true if it goes on.
static bool goes_on(const struct listen *l, const struct host *host) {
    struct guest *guest = l->options.handover ? host->session->config.bend.self : NULL;
    if (guest && host->end == HOST_HANDED_OVER)
        guest_stands(guest);
    else if (guest)
        guest_forget(guest);
    return host->end == HOST_HANDED_OVER;
}

void listen_over(void *self, const struct host *host) {
    struct listen *l = self;
    char from[RS_ENDPOINT_TEXT_BYTES], why[96];
    rs_endpoint_text(&host->session->config.conn.remote, from, sizeof from);
    if (goes_on(l, host))
        return;
    tell_printed(l, host);
    l->over += host->accepted;
    l->failed += host->accepted && host->end != HOST_DONE;
    if (host->end == HOST_FAILED)
        complain("connection with %s: %s", from, errno_text(host->error, why, sizeof why));
    if (host->end == HOST_CANNOT_SEND)
        complain("send to %s: %s", from, errno_text(host->error, why, sizeof why));
}
