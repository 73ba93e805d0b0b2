// SPDX-License-Identifier: MIT
//
// Names to addresses. Called by the commands, after privileges are gone: a resolver reads files and talks to strangers.
#include "resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "address.h"

static const char *hint_for(const char *host) {
    const char *colon = strchr(host, ':');
    if (colon && !strchr(colon + 1, ':'))
        return "give host and port as two words";
    return colon ? "IPv6 is not spoken here yet: give an IPv4 address"
                 : "check the spelling, or give the address in numbers";
}

bool resolve_host(const char *host, uint16_t port, struct rs_endpoint *out, struct net_error *error) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) { // no need to wake the resolver for numbers
        *out = address_from_ipv4(&in);
        return true;
    }
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int failure = getaddrinfo(host, NULL, &hints, &found);
    if (failure != 0) {
        net_fail(error, 0, hint_for(host), "host '%.80s'", host);
        error->why = gai_strerror(failure);
        return false;
    }
    memcpy(&in, found->ai_addr, sizeof in);
    in.sin_port = htons(port);
    freeaddrinfo(found);
    *out = address_from_ipv4(&in);
    return true;
}
