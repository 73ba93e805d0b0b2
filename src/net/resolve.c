// SPDX-License-Identifier: MIT
//
// Names to addresses. Called by the commands, after privileges are gone: a resolver reads files and talks to strangers.
#include "resolve.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { HOST_BYTES = 256 };

// The host without the brackets that stand around an IPv6 address where a port follows it (RFC 3986, section 3.2.2).
static const char *bare(const char *host, char room[HOST_BYTES]) {
    size_t size = strlen(host);
    if (size < 3 || size > HOST_BYTES || host[0] != '[' || host[size - 1] != ']')
        return host;
    snprintf(room, HOST_BYTES, "%.*s", (int)size - 2, host + 1);
    return room;
}

static struct address from_found(const struct addrinfo *found, uint16_t port) {
    struct kernel_address kernel = {.size = found->ai_addrlen};
    memcpy(&kernel.bytes, found->ai_addr, found->ai_addrlen);
    struct address a = address_from_kernel(&kernel);
    a.endpoint.port = port;
    return a;
}

// flags: AI_NUMERICHOST for numbers only, without waking the resolver. Returns getaddrinfo's verdict.
static int look_up(const char *host, int family, int flags, struct addrinfo **found) {
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    *found = NULL;
    return getaddrinfo(host, NULL, &hints, found);
}

static bool read_number(const char *host, uint16_t port, struct address *out) {
    struct addrinfo *found;
    if (look_up(host, AF_UNSPEC, AI_NUMERICHOST, &found) != 0)
        return false;
    *out = from_found(found, port);
    freeaddrinfo(found);
    return true;
}

bool resolve_number_family(const char *host, enum rs_family *out) {
    char room[HOST_BYTES];
    struct address a;
    if (!read_number(bare(host, room), 0, &a))
        return false;
    *out = a.endpoint.family;
    return true;
}

static bool is_known(const struct addresses *known, const struct address *a) {
    for (size_t i = 0; i < known->count; i++)
        if (rs_endpoint_equal(&known->list[i].endpoint, &a->endpoint) && known->list[i].zone == a->zone)
            return true;
    return false;
}

static void add_all(struct addresses *out, const struct addrinfo *found, uint16_t port, family_choice family) {
    for (; found && out->count < ADDRESSES_MAX; found = found->ai_next) {
        struct address a = from_found(found, port);
        if ((family == 0 || a.endpoint.family == family) && !is_known(out, &a))
            out->list[out->count++] = a;
    }
}

static const char *hint_for(const char *host) {
    const char *colon = strchr(host, ':');
    if (colon && (!strchr(colon + 1, ':') || host[0] == '['))
        return "give host and port as two words";
    if (colon && strchr(colon, '%'))
        return "behind '%' stands the name of an interface of this machine ('ip link' lists them)";
    return "check the spelling, or give the address in numbers";
}

static bool fail(struct net_error *error, const char *host, const char *why, const char *hint) {
    net_fail(error, 0, hint, "host '%.80s'", host);
    error->why = why;
    return false;
}

bool resolve_host(const char *host, uint16_t port, family_choice family, struct addresses *out,
                  struct net_error *error) {
    char room[HOST_BYTES];
    struct addrinfo *found;
    *out = (struct addresses){0};
    if (read_number(bare(host, room), port, &out->list[0])) {
        out->count = 1;
        if (family == 0 || out->list[0].endpoint.family == family)
            return true;
        return fail(error, host, family == RS_IPV4 ? "not an IPv4 address" : "not an IPv6 address",
                    family == RS_IPV4 ? "leave -4 away, or give another" : "leave -6 away, or give another");
    }
    int asked = family == 0 ? AF_UNSPEC : address_family((enum rs_family)family);
    int failure = look_up(host, asked, 0, &found);
    if (failure != 0)
        return fail(error, host, gai_strerror(failure), hint_for(host));
    add_all(out, found, port, family);
    freeaddrinfo(found);
    return out->count > 0 || fail(error, host, "it has no address of the family that was asked for", NULL);
}
