// SPDX-License-Identifier: MIT
//
// Two ends and a router (see routed.h).
#include "routed.h"

#include <stdio.h>
#include <unistd.h>

#include "live.h"
#include "paths.h"

static void add_ipv6(const struct routed *net) {
    path_address(net->here, "near", "fd01::2/64");
    path_address(net->router, "r1", "fd01::1/64");
    path_address(net->router, "r2", "fd02::1/64");
    path_address(net->server, "far", "fd02::2/64");
    place_shell(net->router, "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding\n"
                             "echo 0 >/proc/sys/net/ipv6/icmp/ratelimit\n");
    place_shell(net->here, "ip -6 route add default via fd01::1");
    place_shell(net->server, "ip -6 route add default via fd02::1");
}

struct routed routed_new(void) {
    struct routed net = {.here = place_here(), .router = place_new(), .server = place_new()};
    net.ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    if (net.ipv6) // a router would first ask for a second or two whether somebody else has its link-local address
        place_shell(net.router, "echo 0 >/proc/sys/net/ipv6/conf/default/dad_transmits");
    place_shell(net.here, "ip link del near 2>/dev/null || true"); // a test that failed has left its network
    path_new(net.here, "near", net.router, "r1", 1500);
    path_new(net.router, "r2", net.server, "far", 1500);
    path_address(net.here, "near", "10.0.1.2/24");
    path_address(net.router, "r1", "10.0.1.1/24");
    path_address(net.router, "r2", "10.0.2.1/24");
    path_address(net.server, "far", "10.0.2.2/24");
    place_shell(net.router, "echo 1 >/proc/sys/net/ipv4/ip_forward\n"
                            "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit\n");
    place_shell(net.here, "ip route add default via 10.0.1.1");
    place_shell(net.server, "ip route add default via 10.0.2.1");
    if (net.ipv6)
        add_ipv6(&net);
    return net;
}

void routed_close(struct routed *net) {
    place_shell(net->here, "ip link del near");
    close(net->here);
    close(net->router);
    close(net->server);
}

void routed_mtu(const struct routed *net, unsigned mtu) {
    char script[64];
    snprintf(script, sizeof script, "ip link set r2 mtu %u", mtu);
    place_shell(net->router, script);
    snprintf(script, sizeof script, "ip link set far mtu %u", mtu);
    place_shell(net->server, script);
}

pid_t routed_server(const struct routed *net, const char *address, uint16_t port, void (*serve)(int listener)) {
    place_enter(net->server);
    pid_t pid = live_server_at(address, port, serve);
    place_enter(net->here);
    return pid;
}

bool routed_rules(const struct routed *net, const char *rules) {
    char script[2000];
    if (!live_has("nft"))
        return false;
    snprintf(script, sizeof script, "nft -f - <<'END'\n%s\nEND\n", rules);
    place_shell(net->router, script);
    return true;
}
