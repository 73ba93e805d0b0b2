// SPDX-License-Identifier: MIT
//
// Watching, and being watched (see watching.h).
#include "watching.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cm.h"

// Ready when it says so.
struct child watching_start(const char *const *words) {
    struct child child = live_start(words);
    bool json = false;
    for (size_t i = 0; words[i]; i++)
        json = json || strcmp(words[i], "--json") == 0;
    if (!live_wait_for(&child, json, "Ctrl-C ends it.")) {
        struct result r = live_finish(&child, 1);
        fail_msg("it is not ready: %s%s", r.out, r.err);
    }
    return child;
}

struct result watching_end(struct child *child) {
    kill(child->pid, SIGINT);
    return live_finish(child, 20);
}

int watched_listen(const char *host, struct kernel_address *at) {
    struct rs_endpoint here = rs_endpoint_ipv4(127, 0, 0, 1, WATCHED_PORT);
    const int on = 1;
    if (strchr(host, ':')) {
        here = (struct rs_endpoint){.family = RS_IPV6, .port = WATCHED_PORT};
        assert_int_equal(inet_pton(AF_INET6, host, here.addr), 1);
    } else {
        assert_int_equal(inet_pton(AF_INET, host, here.addr), 1);
    }
    *at = address_to_kernel(&here, 0);
    int fd = socket(address_family(here.family), SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(address_bind(fd, at), 0);
    assert_int_equal(listen(fd, WATCHED_BACKLOG), 0);
    return fd;
}

int watched_call(const struct kernel_address *at) {
    int fd = socket(at->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(address_connect(fd, at), 0);
    return fd;
}

void watched_talk(const char *host) {
    struct kernel_address at;
    char bytes[64];
    int listener = watched_listen(host, &at), client = watched_call(&at), server = accept(listener, NULL, NULL);
    assert_int_equal(send(client, "Hello server!", 13, 0), 13);
    assert_int_equal(recv(server, bytes, sizeof bytes, 0), 13);
    close(client);
    assert_int_equal(recv(server, bytes, sizeof bytes, 0), 0);
    close(server);
    close(listener);
}
