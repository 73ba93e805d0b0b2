// SPDX-License-Identifier: MIT
//
// Two networks and a router between them (see router.h). A packet is forwarded there as anywhere: the time to live goes
// down by one, and at zero the router says so (RFC 1812, section 5.3.1). Called by the lab.
#include "router.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "crossing.h"
#include "links.h"
#include "namespace.h"

// Before a network has any device: new ones take what is written for "default". Without asking whether somebody else
// has it (RFC 4862, section 5.4), an address can be used at once. A router asks for its neighbours from its link-local
// one, which the kernel makes by itself. (dad_transmits=0 would ask nobody, and yet wait for up to a second.)
static bool prepare(struct router_net *net, struct net_error *error) {
    return !net->ipv6 || (namespace_set("net.ipv6.conf.default.disable_ipv6", "0", error) &&
                          namespace_set("net.ipv6.conf.all.accept_dad", "0", error) &&
                          namespace_set("net.ipv6.conf.default.accept_dad", "0", error));
}

// A host becomes a router. There are two limits to what one says by ICMP, for a neighbour and for the whole network;
// the masks name the types that are counted for either: none.
static bool forward(struct router_net *net, struct net_error *error) {
    if (!namespace_set("net.ipv4.ip_forward", "1", error) || !namespace_set("net.ipv4.icmp_ratemask", "0", error))
        return false;
    return !net->ipv6 || (namespace_set("net.ipv6.conf.all.forwarding", "1", error) &&
                          namespace_set("net.ipv6.icmp.ratemask", "\n", error));
}

// The kernel makes link-local addresses and joins groups in its own time. A router that wants to ask for its neighbour
// before that asks in vain, and again after a second (RFC 4861, section 10): here after 20 ms. An older kernel does not
// show that setting in a network that an ordinary user has made (Linux 5.10); there it takes the second.
static bool ask_again_soon(const char *device, struct net_error *error) {
    char setting[64];
    snprintf(setting, sizeof setting, "net.ipv6.neigh.%s.retrans_time_ms", device);
    return namespace_set(setting, "20", error) || error->number == ENOENT;
}

// One end of a cable, in its network: what it is called, and the addresses that it has there.
static bool dress(struct router_net *net, const char *device, const char *ipv4, const char *ipv6,
                  struct net_error *error) {
    return links_make_plain(device, error) && links_raise(device, error) && links_address(device, ipv4, 24, error) &&
           (!net->ipv6 || (ask_again_soon(device, error) && links_address(device, ipv6, 64, error)));
}

static bool leave_by(struct router_net *net, const char *ipv4, const char *ipv6, struct net_error *error) {
    return links_default_route(ipv4, error) && (!net->ipv6 || links_default_route(ipv6, error));
}

static bool make_networks(struct router_net *net, struct net_error *error) {
    char text[8];
    struct net_error passing;
    net->ipv6 = namespace_get("net.ipv6.conf.default.disable_ipv6", text, sizeof text, &passing);
    return (net->client = namespace_here(error)) >= 0 && prepare(net, error) &&
           namespace_another(&net->router, error) && prepare(net, error) && forward(net, error) &&
           namespace_another(&net->server, error) && prepare(net, error);
}

// Begins and ends in the server's network.
static bool lay_cables(struct router_net *net, struct net_error *error) {
    return links_cable("far", "r2", net->router, error) &&
           dress(net, "far", ROUTER_NET_SERVER, ROUTER_NET_SERVER_IPV6, error) && //
           namespace_go(net->client, error) && links_cable("near", "r1", net->router, error) &&
           dress(net, "near", ROUTER_NET_CLIENT, ROUTER_NET_CLIENT_IPV6, error) && //
           namespace_go(net->router, error) && dress(net, "r1", ROUTER_NET_NEAR, ROUTER_NET_NEAR_IPV6, error) &&
           dress(net, "r2", ROUTER_NET_FAR, ROUTER_NET_FAR_IPV6, error) && //
           links_wait("r1", error) && links_wait("r2", error) && namespace_go(net->server, error);
}

static bool set_routes(struct router_net *net, struct net_error *error) {
    return links_wait("far", error) && leave_by(net, ROUTER_NET_FAR, ROUTER_NET_FAR_IPV6, error) &&
           namespace_go(net->client, error) && links_wait("near", error) &&
           leave_by(net, ROUTER_NET_NEAR, ROUTER_NET_NEAR_IPV6, error);
}

static bool works(struct router_net *net, struct net_error *error) {
    return crossing_works(net->client, net->server, ROUTER_NET_SERVER, error) &&
           (!net->ipv6 || crossing_works(net->client, net->server, ROUTER_NET_SERVER_IPV6, error));
}

bool router_net_open(struct router_net *net, struct net_error *error) {
    *net = (struct router_net){.client = -1, .router = -1, .server = -1};
    if (make_networks(net, error) && lay_cables(net, error) && set_routes(net, error) && works(net, error))
        return true;
    router_net_close(net);
    return false;
}

void router_net_close(struct router_net *net) {
    struct net_error passing;
    if (net->client >= 0 && namespace_go(net->client, &passing))
        (void)links_remove("near", &passing);
    if (net->server >= 0 && namespace_go(net->server, &passing))
        (void)links_remove("far", &passing);
    if (net->client >= 0)
        (void)namespace_go(net->client, &passing);
    int *const all[] = {&net->client, &net->router, &net->server};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (*all[i] >= 0)
            close(*all[i]);
        *all[i] = -1;
    }
}
