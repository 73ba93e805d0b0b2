// SPDX-License-Identifier: MIT
//
// A connection that a client opens (see passive.h). Called by listen, and by demo --both.
#include "cmd/passive.h"

#include "live/usual.h"
#include "net/clock.h"

bool passive_prepare(struct session_config *config, struct route *route) {
    struct rs_conn_config *conn = &config->conn;
    const struct address to = {.endpoint = conn->remote};
    struct net_error error;
    if (!route_find(&to, route, &error))
        return false;
    usual_path(conn, route->mtu, route->announced_mss, route->ttl);
    config->clock = clock_real();
    usual_habits(conn);
    usual_numbers(conn, &config->clock, false);
    return true;
}
