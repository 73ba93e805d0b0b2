// SPDX-License-Identifier: MIT
//
// One exchange (see exchange.h).
#include "exchange.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cm.h"
#include "live.h"
#include "paths.h"

enum { QUIET_MS = 60, THINKING_MS = 100, PATIENCE_S = 20, WORDS_MAX = 12 };

struct scene scene_loopback(bool ipv6) {
    return (struct scene){
        .here = place_here(), .there = place_here(), .device = "lo", .host = ipv6 ? "::1" : "127.0.0.1", .ipv6 = ipv6};
}

struct scene scene_cable(bool ipv6, unsigned mtu) {
    struct scene scene = {.here = place_here(),
                          .there = place_new(),
                          .device = "near",
                          .host = ipv6 ? "fd00::2" : "10.0.0.2",
                          .ipv6 = ipv6};
    place_shell(scene.here, "ip link del near 2>/dev/null || true"); // a test that failed has left its cable
    path_new(scene.here, "near", scene.there, "far", mtu);
    path_address(scene.here, "near", ipv6 ? "fd00::1/64" : "10.0.0.1/24");
    path_address(scene.there, "far", ipv6 ? "fd00::2/64" : "10.0.0.2/24");
    return scene;
}

void scene_close(struct scene *scene) {
    if (strcmp(scene->device, "lo") != 0)
        place_shell(scene->here, "ip link del near");
    close(scene->here);
    close(scene->there);
}

static socklen_t address(const char *host, struct sockaddr_storage *out) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(EXCHANGE_PORT)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(EXCHANGE_PORT)};
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    assert_int_equal(inet_pton(AF_INET6, host, &in6.sin6_addr), 1);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

int scene_listen(const struct scene *scene) {
    const int on = 1;
    struct sockaddr_storage at = {0};
    socklen_t size = address(scene->host, &at);
    place_enter(scene->there);
    int listener = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    place_enter(scene->here);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    return listener;
}

// The server: listens before this returns.
static pid_t start_server(const struct scene *scene, const struct script *script) {
    int listener = scene_listen(scene);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PATIENCE_S);
        int fd = accept(listener, NULL, NULL);
        script->serve(fd);
        close(fd);
        _exit(0);
    }
    close(listener);
    return pid;
}

static bool hear(int fd, uint32_t bytes) {
    char heard[100];
    if (bytes == 0)
        return true;
    bool all = bytes <= sizeof heard && recv(fd, heard, bytes, MSG_WAITALL) > 0; // less, if a FIN is counted
    usleep(THINKING_MS * 1000); // our own end thinks for as long: the ACK does not wait for an answer
    return all;
}

// The same calls as "connect -f -" makes by hand.
static int kernel_stream(const struct scene *scene, const struct script *script) {
    static char bytes[65536];
    struct sockaddr_storage at = {0};
    socklen_t size = address(scene->host, &at);
    size_t length = script->send ? strlen(script->send) : 0;
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, size) != 0 || !hear(fd, script->hears) ||
        (length > 0 && send(fd, script->send, length, 0) != (ssize_t)length) || shutdown(fd, SHUT_WR) != 0)
        return 1;
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    return close(fd) == 0 ? 0 : 1;
}

static int run_kernel_stream(const struct scene *scene, const struct script *script) {
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PATIENCE_S);
        _exit(kernel_stream(scene, script));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Waits until the client has acknowledged so many bytes.
static bool has_heard(const struct script *script, const struct capture *capture) {
    uint32_t first = 0;
    for (unsigned i = 0; i < capture->count; i++) {
        const struct seen *seen = &capture->seen[i];
        const struct rs_segment *segment = &seen->packet.segment;
        if (!seen->to_server && segment->flags & RS_SYN)
            first = segment->seq + 1;
        if (seen->to_server && segment->flags & RS_ACK && segment->ack - first >= script->hears)
            return true;
    }
    return false;
}

static void wait_until_heard(const struct script *script, struct capture *capture) {
    for (int waited = 0; waited < PATIENCE_S * 1000 && !has_heard(script, capture); waited += QUIET_MS) {
        usleep(QUIET_MS * 1000);
        capture_read(capture);
    }
}

static void name_words(const struct scene *scene, const struct script *script, bool by_kernel,
                       const char *words[WORDS_MAX]) {
    int count = 0;
    words[count++] = "connect";
    words[count++] = "-q";
    if (by_kernel)
        words[count++] = "--kernel";
    if (script->stays && !by_kernel) {
        words[count++] = "--time-wait";
        words[count++] = "1.5";
    }
    words[count++] = script->stream ? "-f" : "-m";
    words[count++] = script->stream ? "-" : script->send;
    words[count++] = scene->host;
    words[count++] = "1712";
    words[count] = NULL;
}

static int run_program(const struct scene *scene, const struct script *script, bool by_kernel, struct capture *out) {
    const char *words[WORDS_MAX];
    name_words(scene, script, by_kernel, words);
    struct child child = live_start(words);
    if (script->stream && script->hears > 0)
        wait_until_heard(script, out);
    if (script->stream && script->send)
        assert_int_equal(write(child.input, script->send, strlen(script->send)), strlen(script->send));
    struct result r = live_finish(&child, PATIENCE_S);
    int status = r.status;
    if (status != script->status)
        print_error("%s: %s%s\n", script->name, r.out, r.err);
    live_free(&r);
    return status;
}

static void lose(const struct scene *scene, const struct script *script) {
    char nft[600];
    snprintf(nft, sizeof nft,
             "nft 'table inet loss { chain in { type filter hook input priority 0; tcp dport %d %s drop; }; }'",
             EXCHANGE_PORT, script->lose);
    place_shell(scene->there, nft);
}

void exchange_run(const struct scene *scene, const struct script *script, bool by_kernel, struct capture *out) {
    if (script->lose)
        lose(scene, script);
    pid_t server = script->serve ? start_server(scene, script) : 0;
    capture_begin(out, scene->device, EXCHANGE_PORT);
    int status =
        by_kernel && script->stream ? run_kernel_stream(scene, script) : run_program(scene, script, by_kernel, out);
    if (server > 0) { // its program is done when all has arrived
        int ended;
        assert_int_equal(waitpid(server, &ended, 0), server);
    }
    capture_until_quiet(out, script->stays ? 400 : QUIET_MS);
    capture_end(out);
    if (script->lose)
        place_shell(scene->there, "nft delete table inet loss");
    assert_int_equal(status, script->status);
}
