// SPDX-License-Identifier: MIT
//
// A knock at the other end of a new network. This process stands at both ends, so nobody must listen there. Called by
// router.c.
#include "crossing.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "address.h"
#include "namespace.h"
#include "resolve.h"

enum { TRIES = 150, TRY_MS = 20 };

// A socket at the far end, on a port that the kernel chose; *at becomes its address.
static int open_far_end(const char *text, struct address *at, struct net_error *error) {
    struct addresses found;
    if (!resolve_host(text, 0, 0, &found, error))
        return -1;
    const struct kernel_address wanted = address_to_kernel(&found.list[0].endpoint, 0);
    int fd = socket(address_family(found.list[0].endpoint.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address_bind(fd, &wanted) == 0 && address_of_socket(fd, at))
        return fd;
    net_fail(error, errno, NULL, "a socket at %s", text);
    if (fd >= 0)
        close(fd);
    return -1;
}

// Sends a byte at one end, and waits a moment for it at the other. One that comes late counts for the next try; one
// that could not be sent is waited for as well, for then there is no neighbour yet.
static bool arrives(int sender, int receiver, struct kernel_address *sender_address) {
    char byte = '?';
    struct pollfd ready = {.fd = receiver, .events = POLLIN};
    sender_address->size = sizeof sender_address->bytes;
    (void)send(sender, &byte, 1, MSG_DONTWAIT);
    return poll(&ready, 1, TRY_MS) == 1 &&
           recvfrom(receiver, &byte, 1, MSG_DONTWAIT, (struct sockaddr *)&sender_address->bytes,
                    &sender_address->size) == 1;
}

static bool there_and_back(int near, int far) {
    struct kernel_address who;
    for (int i = 0; i < TRIES; i++)
        if (arrives(near, far, &who) && address_connect(far, &who) == 0 && arrives(far, near, &who))
            return true;
    return false;
}

static bool knock(int far, const struct address *at, const char *text, struct net_error *error) {
    const struct kernel_address to = address_to_kernel(&at->endpoint, 0);
    int near = socket(address_family(at->endpoint.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (near < 0)
        return net_fail(error, errno, NULL, "a socket for %s", text);
    bool reached = address_connect(near, &to) == 0 && there_and_back(near, far);
    close(near);
    return reached || net_fail(error, EHOSTUNREACH, NULL, "the private network does not carry packets to %s", text);
}

bool crossing_works(int from, int to, const char *address, struct net_error *error) {
    struct address at;
    int far = namespace_go(to, error) ? open_far_end(address, &at, error) : -1;
    if (far < 0)
        return false;
    bool works = namespace_go(from, error) && knock(far, &at, address, error);
    close(far);
    return works;
}
