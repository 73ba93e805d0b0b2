// SPDX-License-Identifier: MIT
//
// Hostile company: while a connection carries data both ways, somebody on the path sends it 100,000 forged segments and
// ICMP errors. It survives, not one byte is wrong, and it needs no more memory. What is forged, and why none of it is
// anything that a TCP would have to believe, stands in tests/help/forger.h.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/exchange.h"
#include "../help/forger.h"
#include "../help/live.h"
#include "../help/paths.h"
#include "../help/servers.h"

enum {
    FORGERIES_SENT = 100000,
    AT_ONCE = 100, // forgeries, then the others get their turn
    PIECE = 16384, // even: see forger.h
    CLIENT_PORT = 40001,
    WARM_BYTES = 12 << 20, // more than both rings of the client hold: all of its memory has been touched
    MEMORY_KB = 3072, // a buffer of what it has not written yet, 1 MiB, and others are touched when its reader is slow
    CHALLENGES_SENT = 3000,
    CHALLENGES_A_SECOND = 10,
    PATIENCE_S = 30
};

// What all processes of a test see.
struct shared {
    atomic_bool stop;                               // the streams end
    atomic_ullong to_server, to_client;             // bytes said
    atomic_ullong right_at_server, right_at_client; // bytes heard, up to the first that is wrong
};

static struct shared *shared;

// Says the stream, at a pace that leaves the processors to others too, until it is to stop.
static void say(int fd, atomic_ullong *said) {
    for (uint64_t at = 0; !shared->stop; at += PIECE) {
        stream_write(fd, at, PIECE);
        *said += PIECE;
        usleep(500);
    }
}

static void hear(int fd, atomic_ullong *right) {
    static uint8_t bytes[PIECE];
    uint64_t at = 0;
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++, at++)
            if (bytes[i] != stream_byte(at))
                _exit(1);
        *right = at;
    }
    _exit(got == 0 ? 0 : 1);
}

static pid_t begin(void) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(PATIENCE_S);
    }
    return pid;
}

static int status_of(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- the connection

struct company {
    struct scene scene;
    struct forger forger;
    pid_t server, client, writer, reader;
};

static pid_t begin_server(int listener, bool streams) {
    pid_t pid = begin();
    if (pid > 0)
        return pid;
    int fd = accept(listener, NULL, NULL);
    pid_t writer = begin();
    if (writer == 0) {
        if (streams)
            say(fd, &shared->to_client);
        else if (write(fd, (const uint8_t[]){stream_byte(0), stream_byte(1)}, 2) != 2)
            _exit(1);
        while (!shared->stop)
            usleep(1000);
        shutdown(fd, SHUT_WR);
        _exit(0);
    }
    pid_t reader = begin();
    if (reader == 0)
        hear(fd, &shared->right_at_server);
    close(fd);
    _exit(status_of(writer) == 0 && status_of(reader) == 0 ? 0 : 1);
}

static pid_t begin_client(const struct scene *scene, int input, int output) {
    pid_t pid = begin();
    if (pid > 0)
        return pid;
    dup2(input, 0);
    dup2(output, 1);
    execl(getenv("RAWSHAKE"), "rawshake", "connect", "-q", "-f", "-", "--source-port", "40001", scene->host, "1712",
          (char *)NULL);
    _exit(127);
}

static struct forger open_forger(const struct scene *scene) {
    struct rs_endpoint server = rs_endpoint_ipv4(10, 0, 0, 2, EXCHANGE_PORT),
                       client = rs_endpoint_ipv4(10, 0, 0, 1, CLIENT_PORT);
    if (scene->ipv6) {
        server = (struct rs_endpoint){.family = RS_IPV6, .addr = {0xfd, [15] = 2}, .port = EXCHANGE_PORT};
        client = (struct rs_endpoint){.family = RS_IPV6, .addr = {0xfd, [15] = 1}, .port = CLIENT_PORT};
    }
    struct forger forger;
    place_enter(scene->there);
    int sends = forger_socket(server.family);
    place_enter(scene->here);
    forger_open(&forger, sends, scene->device, &server, &client);
    return forger;
}

static struct company open_company(bool ipv6, bool streams) {
    struct company c = {.scene = scene_cable(ipv6, 1500)};
    int in[2], out[2];
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    c.forger = open_forger(&c.scene); // hears from the beginning
    int listener = scene_listen(&c.scene);
    c.server = begin_server(listener, streams);
    close(listener);
    assert_int_equal(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
    c.client = begin_client(&c.scene, in[0], out[1]);
    c.reader = begin();
    if (c.reader == 0) {
        close(in[0]);
        close(in[1]); // or the client's input would not end
        close(out[1]);
        hear(out[0], &shared->right_at_client);
    }
    c.writer = begin();
    if (c.writer == 0) {
        close(in[0]);
        while (!streams && !shared->stop)
            usleep(1000);
        if (streams)
            say(in[1], &shared->to_server);
        _exit(0);
    }
    close(in[0]);
    close(in[1]);
    close(out[0]);
    close(out[1]);
    return c;
}

static void wait_for_end(struct company *c) {
    shared->stop = true;
    assert_int_equal(status_of(c->writer), 0);
    int client = status_of(c->client);
    assert_int_equal(client, 0);
    assert_int_equal(status_of(c->reader), 0);
    assert_int_equal(status_of(c->server), 0);
}

static void close_company(struct company *c) {
    forger_close(&c->forger);
    munmap(shared, sizeof *shared);
    scene_close(&c->scene);
}

// ---- what is asked of the kernel

// A line "Name:   1234 kB" of /proc/PID/status.
static long memory_kb(pid_t pid, const char *name) {
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtol(line + strlen(name) + 1, NULL, 10);
    fclose(f);
    assert_true(kb >= 0);
    return kb;
}

// RSTs that the kernel of this place has sent: the 14th number of the second line "Tcp:".
static long resets_sent(void) {
    char line[512];
    long sent = -1;
    FILE *f = fopen("/proc/net/snmp", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "Tcp: ", 5) == 0)
            sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %ld", &sent);
    fclose(f);
    assert_true(sent >= 0);
    return sent;
}

// ---- the tests

static void wait_for_bytes(atomic_ullong *heard, uint64_t bytes) {
    for (int ms = 0; *heard < bytes && ms < PATIENCE_S * 300; ms++)
        usleep(1000);
    assert_true(*heard >= bytes);
}

static void forge_all(struct forger *forger) {
    for (unsigned i = 0; i < FORGERIES_SENT; i++) {
        if (i % AT_ONCE == 0) {
            usleep(1000);
            assert_true(forger_listen(forger));
        }
        forger_send(forger, (enum forgery)(i % FORGERIES));
    }
}

static void survive(bool ipv6) {
    struct company c = open_company(ipv6, true);
    long resets = resets_sent();
    wait_for_bytes(&shared->right_at_client, WARM_BYTES);
    wait_for_bytes(&shared->right_at_server, WARM_BYTES);
    long asked = memory_kb(c.client, "VmData:"), touched = memory_kb(c.client, "VmRSS:");
    forge_all(&c.forger);
    wait_for_bytes(&shared->right_at_client, shared->right_at_client + PIECE); // it still runs, both ways
    wait_for_bytes(&shared->right_at_server, shared->right_at_server + PIECE);
    long more = memory_kb(c.client, "VmData:") - asked, most = memory_kb(c.client, "VmHWM:") - touched;
    wait_for_end(&c);
    print_message("%ld kB of memory more asked for, %ld more touched; %llu bytes there, %llu back\n", more, most,
                  (unsigned long long)shared->to_server, (unsigned long long)shared->to_client);
    assert_true(shared->to_server == shared->right_at_server);
    assert_true(shared->to_client == shared->right_at_client);
    assert_true(more <= 0 && most <= MEMORY_KB); // what it has asked for, and what it has touched of that
    assert_int_equal(resets_sent(), resets);     // our own machine's guard has sent none
    close_company(&c);
}

static void test_a_connection_survives_forgeries(void **state) {
    (void)state;
    paths_or_skip();
    survive(false);
}

static void test_a_connection_survives_forgeries_over_ipv6(void **state) {
    (void)state;
    paths_or_skip();
    if (access("/proc/net/if_inet6", R_OK) != 0)
        skip();
    survive(true);
}

// ---- what is answered

static uint64_t now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

// RST and SYN that are not exact are answered by challenge ACKs (RFC 5961), but not each of thousands.
static void test_challenges_are_few(void **state) {
    static struct capture capture;
    (void)state;
    paths_or_skip();
    struct company c = open_company(false, false);
    for (int ms = 0; !forger_listen(&c.forger) && ms < PATIENCE_S * 300; ms++)
        usleep(1000);
    usleep(100000); // its data is acknowledged
    capture_begin(&capture, c.scene.device, EXCHANGE_PORT);
    uint64_t began = now_s(), answers = 0;
    for (unsigned i = 0; i < CHALLENGES_SENT; i++) {
        forger_send(&c.forger, i % 2 == 0 ? FORGED_RST : FORGED_SYN);
        if (i % AT_ONCE == 0 || i < AT_ONCE) // the first ones alone: those that come together get one answer
            capture_until_quiet(&capture, 1);
    }
    capture_until_quiet(&capture, 100);
    capture_end(&capture);
    uint64_t seconds = now_s() - began + 2; // begun seconds, of either clock
    for (unsigned i = 0; i < capture.count; i++)
        answers += capture.seen[i].to_server;
    print_message("%d forged RST and SYN, %llu answers\n", CHALLENGES_SENT, (unsigned long long)answers);
    assert_in_range(answers, 1, CHALLENGES_A_SECOND * seconds);
    wait_for_end(&c);
    close_company(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_survives_forgeries),
        cmocka_unit_test(test_a_connection_survives_forgeries_over_ipv6),
        cmocka_unit_test(test_challenges_are_few),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
