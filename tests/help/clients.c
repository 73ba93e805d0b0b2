// SPDX-License-Identifier: MIT
//
// Clients (see clients.h). Called by the tests of listen.
#include "clients.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cm.h"

enum { PATIENCE_MS = 30000 };

int client_connect(bool ipv6, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    int failed =
        ipv6 ? connect(fd, (struct sockaddr *)&in6, sizeof in6) : connect(fd, (struct sockaddr *)&in, sizeof in);
    assert_int_equal(failed, 0);
    return fd;
}

void client_say(int fd, const char *text) { assert_int_equal(send(fd, text, strlen(text), 0), strlen(text)); }

void client_finish(int fd) {
    char byte;
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

void client_reset(int fd) {
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

void client_exchange(int fd, const uint8_t *bytes, size_t all) {
    uint8_t *back = malloc(all);
    size_t sent = 0, got = 0;
    assert_non_null(back);
    while (got < all) {
        struct pollfd ready = {.fd = fd, .events = (short)(POLLIN | (sent < all ? POLLOUT : 0))};
        assert_true(poll(&ready, 1, PATIENCE_MS) > 0);
        if (ready.revents & POLLOUT) {
            ssize_t size = send(fd, bytes + sent, all - sent, MSG_DONTWAIT);
            sent += size > 0 ? (size_t)size : 0;
        }
        if (ready.revents & POLLIN) {
            ssize_t size = recv(fd, back + got, all - got, 0);
            assert_true(size > 0);
            got += (size_t)size;
        }
    }
    assert_memory_equal(bytes, back, all);
    free(back);
}
