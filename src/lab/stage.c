// SPDX-License-Identifier: MIT
//
// The stage of an experiment (see run.h): everything is opened here while there are privileges, which then go; and
// closed again, the guards last. Nothing is opened outside a private network. Called by the command lab.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/internal.h"
#include "net/clock.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "net/route.h"

enum { TUTORIAL_BACKLOG = 1 };

static bool refuse_outside(const struct lab_config *config, struct net_error *error) {
    if (config->proof && namespace_is_private(config->proof))
        return true;
    net_fail(error, 0, NULL, "the lab");
    error->why = "this network is not a private one, and experiments must not leave one: nothing was opened";
    return false;
}

static bool find_server(struct lab *lab, struct address *at, struct net_error *error) {
    struct addresses list;
    const char *host = lab->has_routed ? ROUTER_NET_SERVER : "127.0.0.1";
    if (!resolve_host(host, LAB_PORT, 0, &list, error)) // a number
        return false;
    *at = list.list[0];
    lab->server = at->endpoint;
    return true;
}

// Settings of the network that the server is in.
static bool change_settings(const struct lab_stage *stage, struct net_error *error) {
    for (size_t i = 0; i < LAB_SETTINGS_MAX && stage->settings[i].name; i++)
        if (!namespace_set(stage->settings[i].name, stage->settings[i].value, error))
            return false;
    return true;
}

// In the server's network: whoever asks the kernel there must be opened there.
static bool open_server(struct lab *lab, const struct address *at, struct net_error *error) {
    const struct lab_stage *stage = &lab->config.experiment->stage;
    const struct program_settings program = {
        .at = at,
        .backlog = stage->backlog > 0 ? stage->backlog : TUTORIAL_BACKLOG,
        .receive_buffer = stage->receive_buffer,
    };
    if (!change_settings(stage, error) || !program_start(&lab->program, &program, error))
        return false;
    kernel_witness_open(&lab->witness, true, 0);
    kernel_counters_open(&lab->counters, !stage->without_guard || lab->config.control);
    return true;
}

// In the router's network, likewise. What it has forwarded while it was built is past.
static bool open_router(struct lab *lab, struct net_error *error) {
    if (!lab->has_routed)
        return true;
    if (!namespace_go(lab->routed.router, error))
        return false;
    kernel_counters_open(&lab->router_counters, false);
    return namespace_go(lab->routed.server, error);
}

static bool open_end(struct lab *lab, const struct address *server, struct net_error *error) {
    const struct lab_stage *stage = &lab->config.experiment->stage;
    struct lab_end *end = calloc(1, sizeof *end);
    struct route route;
    if (!end)
        return net_fail(error, ENOMEM, NULL, "an end of ours");
    end->lab = lab;
    end->guard.fd = end->raw.send_fd = end->raw.receive_fd = end->raw.icmp_fd = -1;
    end->connect_error = -1;
    lab->ends[lab->ends_count++] = end;
    if (!route_find(server, &route, error) ||
        !guard_open(&end->guard, RS_IPV4, 0, !stage->without_guard || lab->config.control, error) ||
        !raw_link_open(&end->raw, RS_IPV4, end->guard.port, error))
        return false;
    end->local = route.source;
    end->local.port = end->guard.port;
    end->remote = lab->server;
    return !end->guard.silent || guard_verify(&end->guard, error);
}

static bool open_all(struct lab *lab, struct net_error *error) {
    const struct lab_stage *stage = &lab->config.experiment->stage;
    struct address at;
    bool good = true;
    if (stage->behind_router) {
        if (!router_net_open(&lab->routed, error))
            return false;
        lab->has_routed = true;
    }
    if (!find_server(lab, &at, error))
        return false;
    good = open_router(lab, error) && open_server(lab, &at, error);
    if (lab->has_routed)
        good = namespace_go(lab->routed.client, error) && good;
    const unsigned ends = stage->ends > 0 ? stage->ends : 1;
    while (good && lab->ends_count < ends)
        good = open_end(lab, &at, error);
    return good && privileges_drop(error);
}

struct lab *lab_new(const struct lab_config *config, struct net_error *error) {
    if (!refuse_outside(config, error))
        return NULL;
    struct lab *lab = calloc(1, sizeof *lab);
    if (!lab) {
        net_fail(error, ENOMEM, NULL, "the lab");
        return NULL;
    }
    lab->config = *config;
    lab->clock = clock_real();
    lab->witness.fd = lab->counters.fds[0] = lab->counters.fds[1] = -1;
    lab->router_counters.fds[0] = lab->router_counters.fds[1] = -1;
    if (open_all(lab, error)) {
        trace_add(config->trace, lab_sink(lab));
        return lab;
    }
    lab_free(lab);
    return NULL;
}

static void free_end(struct lab_end *end) {
    raw_link_close(&end->raw);
    guard_close(&end->guard);
    free(end);
}

void lab_free(struct lab *lab) {
    if (!lab)
        return;
    program_stop(&lab->program);
    kernel_witness_close(&lab->witness);
    kernel_counters_close(&lab->counters);
    kernel_counters_close(&lab->router_counters);
    for (unsigned i = 0; i < lab->ends_count; i++) {
        if (lab->ends[i]->guard.silent)
            guard_settle(&lab->ends[i]->guard, lab->ends[i]->arrived + lab->ends[i]->session.arrived);
        free_end(lab->ends[i]);
    }
    if (lab->has_routed)
        router_net_close(&lab->routed);
    free(lab);
}
