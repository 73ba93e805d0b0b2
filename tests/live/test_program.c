// SPDX-License-Identifier: MIT
//
// The server's program (live/program.h) against clients of the kernel's, in a private network: what each call gets, and
// what is told of it.
#include "live/program.h"

#include <errno.h>
#include <linux/sockios.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "net/privileges.h"

enum { PORT = 1712, TOLD_MAX = 64 };

struct told {
    unsigned count;
    struct trace_event events[TOLD_MAX];
    uint8_t bytes[TOLD_MAX][PROGRAM_CALL_BYTES];
};

static struct told told;
static struct program program;

static void hear(void *self, struct trace_event event) {
    assert_ptr_equal(self, &told);
    assert_true(told.count < TOLD_MAX);
    assert_int_equal(event.kind, TRACE_SERVER);
    if (event.u.server.size > 0)
        memcpy(told.bytes[told.count], event.u.server.bytes, event.u.server.size);
    told.events[told.count++] = event;
}

static const struct program_listener listener = {&told, hear};

static const struct address at = {.endpoint = {.family = RS_IPV4, .addr = {127, 0, 0, 1}, .port = PORT}};

static void start_with(int backlog, int receive_buffer) {
    struct net_error error;
    live_or_skip();
    told.count = 0;
    const struct program_settings settings = {.at = &at, .backlog = backlog, .receive_buffer = receive_buffer};
    assert_true(program_start(&program, &settings, &error));
}

static void start(void) { start_with(0, 0); }

// The kernel's client. It has connected when this returns; the server's end then waits for accept().
static int come(void) {
    const struct kernel_address there = address_to_kernel(&at.endpoint, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(address_connect(fd, &there), 0);
    return fd;
}

static int come_and_accept(void) {
    int fd = come();
    assert_true(program_accept(&program, &listener));
    assert_int_equal(program.last.error, 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// close() that sends RST.
static void reset(int fd) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(fd);
}

// The last result and the last event agree, and are this.
static void assert_last(enum trace_server_call call, int error, const char *bytes) {
    const struct program_result *last = &program.last;
    assert_true(told.count > 0);
    const struct trace_event *event = &told.events[told.count - 1];
    assert_int_equal(last->call, call);
    assert_int_equal(last->error, error);
    assert_int_equal(last->size, strlen(bytes));
    assert_memory_equal(last->bytes, bytes, last->size);
    assert_int_equal(event->u.server.call, call);
    assert_int_equal(event->u.server.error, error);
    assert_int_equal(event->u.server.size, last->size);
    assert_memory_equal(told.bytes[told.count - 1], bytes, last->size);
    assert_true(event->wall_ns == last->wall_ns);
    assert_true(rs_endpoint_equal(&event->u.server.from, &last->from));
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// ---- each call

static void test_the_tutorial(void **state) {
    struct address client;
    uint64_t before = now_ns();
    (void)state;
    start();
    assert_false(program_has_connection(&program));
    int fd = come_and_accept();
    assert_true(address_of_socket(fd, &client));
    assert_last(TRACE_SERVER_ACCEPT, 0, "");
    assert_true(program_has_connection(&program));
    assert_true(rs_endpoint_equal(&program.last.from, &client.endpoint));
    say(fd, "Hello server!");
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, 0, "Hello server!");
    close(fd);
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_END_OF_FILE, 0, "");
    assert_true(rs_endpoint_equal(&program.last.from, &client.endpoint)); // whose connection it is, every time
    assert_true(program_close(&program, &listener));
    assert_last(TRACE_SERVER_CLOSE, 0, "");
    assert_false(program_has_connection(&program));
    assert_int_equal(told.count, 4);
    for (unsigned i = 0; i < told.count; before = told.events[i++].wall_ns)
        assert_true(told.events[i].wall_ns >= before && told.events[i].wall_ns <= now_ns());
    program_stop(&program);
}

// A call that would wait does not; only accept gives a handshake a little time.
static void test_nothing_there(void **state) {
    (void)state;
    start();
    uint64_t before = now_ns();
    assert_true(program_accept(&program, &listener));
    assert_last(TRACE_SERVER_ACCEPT, EAGAIN, "");
    assert_in_range((now_ns() - before) / 1000000, 150, 5000);
    int fd = come_and_accept();
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, EAGAIN, "");
    assert_true(program_recv_urgent(&program, &listener));
    assert_last(TRACE_SERVER_RECV_URGENT, EINVAL, ""); // none was ever announced
    assert_int_equal(program.recvs, 0);
    close(fd);
    program_stop(&program);
}

static void test_no_connection(void **state) {
    (void)state;
    start();
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, EBADF, "");
    assert_true(program_send(&program, &listener, "x", 1));
    assert_last(TRACE_SERVER_SEND, EBADF, "");
    assert_true(program_close(&program, &listener));
    assert_last(TRACE_SERVER_CLOSE, EBADF, "");
    program_stop(&program);
}

static void test_recv_all(void **state) {
    static uint8_t sent[10000];
    (void)state;
    start();
    int fd = come_and_accept();
    told.count = 0;
    assert_true(program_recv_all(&program, &listener)); // nothing: that is no call
    assert_int_equal(told.count, 0);
    assert_int_equal(program.last.call, TRACE_SERVER_RECV);
    assert_int_equal(program.last.error, EAGAIN);
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i % 251);
    assert_int_equal(send(fd, sent, 1500, MSG_NOSIGNAL), 1500);
    assert_true(program_recv_all(&program, &listener));
    assert_int_equal(told.count, 2);
    assert_int_equal(told.events[0].u.server.size, 1024);
    assert_int_equal(told.events[1].u.server.size, 476);
    assert_int_equal(program.last.error, 0);
    assert_int_equal(program.last.size, 476);
    assert_int_equal(send(fd, sent + 1500, sizeof sent - 1500, MSG_NOSIGNAL), sizeof sent - 1500);
    close(fd);
    assert_true(program_recv_all(&program, &listener));
    assert_last(TRACE_SERVER_END_OF_FILE, 0, "");
    assert_int_equal(program.recvs, told.count - 1);
    assert_int_equal(program.first_bytes, 1024);
    assert_int_equal(program.total_bytes, sizeof sent); // of which the first are kept
    assert_int_equal(program.read_bytes, PROGRAM_KEPT_BYTES);
    assert_memory_equal(program.read, sent, PROGRAM_KEPT_BYTES);
    program_stop(&program);
}

// Linux gives the program what had come before the RST, and then the RST.
static void test_reset(void **state) {
    (void)state;
    start();
    int fd = come_and_accept();
    say(fd, "Hello");
    reset(fd);
    told.count = 0;
    assert_true(program_recv_all(&program, &listener));
    assert_int_equal(told.count, 2);
    assert_int_equal(told.events[0].u.server.size, 5);
    assert_last(TRACE_SERVER_RECV, ECONNRESET, "");
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_END_OF_FILE, 0, "");
    assert_true(program_send(&program, &listener, "x", 1));
    assert_last(TRACE_SERVER_SEND, EPIPE, "");
    assert_true(program_shutdown(&program, &listener));
    assert_last(TRACE_SERVER_SHUTDOWN, ENOTCONN, "");
    assert_int_equal(program.recvs, 1);
    program_stop(&program);
}

static void test_urgent(void **state) {
    (void)state;
    start();
    int fd = come_and_accept();
    say(fd, "Hello server");
    assert_int_equal(send(fd, "!", 1, MSG_OOB | MSG_NOSIGNAL), 1);
    assert_true(program_recv_urgent(&program, &listener));
    assert_last(TRACE_SERVER_RECV_URGENT, 0, "!");
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, 0, "Hello server");
    assert_int_equal(program.total_bytes, 12); // it is not of the stream
    close(fd);
    program_stop(&program);
}

static void test_send_shutdown_close(void **state) {
    char got[8] = {0};
    (void)state;
    start();
    int fd = come_and_accept();
    assert_true(program_send(&program, &listener, "Hi", 2));
    assert_last(TRACE_SERVER_SEND, 0, "Hi");
    assert_int_equal(recv(fd, got, sizeof got, 0), 2);
    assert_string_equal(got, "Hi");
    assert_true(program_shutdown(&program, &listener));
    assert_last(TRACE_SERVER_SHUTDOWN, 0, "");
    assert_int_equal(recv(fd, got, sizeof got, 0), 0);
    say(fd, "still open");
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, 0, "still open");
    assert_true(program_send(&program, &listener, "x", 1));
    assert_last(TRACE_SERVER_SEND, EPIPE, "");
    assert_true(program_close(&program, &listener));
    assert_true(program_recv(&program, &listener)); // closed is closed
    assert_last(TRACE_SERVER_RECV, EBADF, "");
    close(fd);
    program_stop(&program);
}

// More than one call takes is not sent; a client that does not read makes it wait, and it says so.
static void test_send_has_bounds(void **state) {
    static const uint8_t much[4 * PROGRAM_CALL_BYTES];
    (void)state;
    start();
    int fd = come_and_accept();
    told.count = 0;
    assert_true(program_send(&program, &listener, much, sizeof much));
    assert_int_equal(program.last.size, PROGRAM_CALL_BYTES);
    for (unsigned i = 0; i < 100000 && program.last.error == 0; i++) {
        told.count = 0;
        assert_true(program_send(&program, &listener, much, sizeof much));
    }
    assert_last(TRACE_SERVER_SEND, EAGAIN, "");
    close(fd);
    program_stop(&program);
}

// ---- several connections

static void test_two_connections(void **state) {
    (void)state;
    start();
    int first = come_and_accept(), second = come_and_accept();
    assert_int_equal(program.accepted, 2);
    assert_false(rs_endpoint_equal(&program.from[0], &program.from[1]));
    say(first, "one");
    say(second, "two");
    assert_true(program_recv(&program, &listener)); // the latest is the current one
    assert_last(TRACE_SERVER_RECV, 0, "two");
    assert_true(rs_endpoint_equal(&program.last.from, &program.from[1]));
    assert_true(program_choose(&program, 0));
    assert_true(program_recv(&program, &listener));
    assert_last(TRACE_SERVER_RECV, 0, "one");
    assert_true(rs_endpoint_equal(&program.last.from, &program.from[0]));
    assert_memory_equal(program.read, "twoone", 6);
    assert_true(program_close(&program, &listener));
    assert_false(program_choose(&program, 0));
    assert_false(program_choose(&program, 2));
    assert_false(program_has_connection(&program)); // and nothing was chosen
    assert_true(program_choose(&program, 1));
    assert_true(program_send(&program, &listener, "?", 1));
    assert_last(TRACE_SERVER_SEND, 0, "?");
    close(first);
    close(second);
    program_stop(&program);
}

static void test_as_many_as_it_can(void **state) {
    int fds[PROGRAM_CONNECTIONS_MAX + 1];
    (void)state;
    start();
    for (unsigned i = 0; i < PROGRAM_CONNECTIONS_MAX; i++)
        fds[i] = come_and_accept();
    fds[PROGRAM_CONNECTIONS_MAX] = come();
    assert_true(program_accept(&program, &listener));
    assert_last(TRACE_SERVER_ACCEPT, EMFILE, "");
    for (unsigned i = 0; i < PROGRAM_CONNECTIONS_MAX; i++)
        assert_true(program_choose(&program, i));
    for (unsigned i = 0; i <= PROGRAM_CONNECTIONS_MAX; i++)
        close(fds[i]);
    program_stop(&program);
}

// ---- how it listens

static int connects_at_once(int *fds, int count) {
    const struct kernel_address there = address_to_kernel(&at.endpoint, 0);
    int connected = 0;
    for (int i = 0; i < count; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        address_connect(fds[i], &there);
        struct sockaddr_storage peer;
        connected += getpeername(fds[i], (struct sockaddr *)&peer, &(socklen_t){sizeof peer}) == 0;
    }
    return connected;
}

// Linux takes one connection more than was asked for.
static void test_backlog(void **state) {
    static const int backlogs[][2] = {{0, 2}, {1, 2}, {3, 4}};
    int fds[8];
    (void)state;
    for (size_t i = 0; i < sizeof backlogs / sizeof *backlogs; i++) {
        start_with(backlogs[i][0], 0);
        assert_int_equal(connects_at_once(fds, 8), backlogs[i][1]);
        for (size_t k = 0; k < 8; k++)
            reset(fds[k]);
        program_stop(&program);
    }
}

// How many of these bytes its kernel cannot send, since the window is closed.
static int held_back(int receive_buffer) {
    static const uint8_t much[20000];
    int unsent = -1;
    start_with(0, receive_buffer);
    int fd = come_and_accept();
    assert_int_equal(send(fd, much, sizeof much, MSG_NOSIGNAL), sizeof much);
    assert_int_equal(ioctl(fd, SIOCOUTQNSD, &unsent), 0);
    reset(fd);
    program_stop(&program);
    return unsent;
}

static void test_receive_buffer(void **state) {
    (void)state;
    assert_int_equal(held_back(0), 0);
    assert_in_range(held_back(2048), 16000, 20000);
}

static void test_cannot_listen(void **state) {
    struct program other;
    struct net_error error;
    (void)state;
    start();
    assert_false(program_start(&other, &(struct program_settings){.at = &at}, &error));
    assert_int_equal(error.number, EADDRINUSE);
    assert_int_equal(other.pid, 0);
    program_stop(&other);
    program_stop(&program);
}

// ---- the process

static void test_never_started(void **state) {
    struct program none = {0};
    (void)state;
    told.count = 0;
    assert_false(program_accept(&none, &listener));
    assert_false(program_recv_all(&none, &listener));
    assert_false(program_choose(&none, 0));
    assert_false(program_has_connection(&none));
    program_stop(&none);
    program_stop(&none);
    assert_int_equal(told.count, 0);
}

static void test_killed(void **state) {
    (void)state;
    start();
    int fd = come_and_accept();
    told.count = 0;
    kill(program.pid, SIGKILL);
    assert_false(program_recv(&program, &listener));
    assert_false(program_close(&program, &listener)); // and so it stays
    assert_false(program_recv_all(&program, &listener));
    assert_int_equal(told.count, 0);
    close(fd);
    program_stop(&program);
    start(); // its port is free
    assert_true(live_listens(PORT));
    program_stop(&program);
    assert_false(live_listens(PORT));
}

static void test_signals_for_the_client(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    (void)state;
    start();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kill(program.pid, numbers[i]);
    int fd = come_and_accept();
    close(fd);
    program_stop(&program);
}

// It has none of our sockets: what we close is closed.
static void test_has_nothing_of_ours(void **state) {
    struct address here = {.endpoint = {.family = RS_IPV4, .addr = {127, 0, 0, 1}, .port = PORT + 1}};
    const struct kernel_address there = address_to_kernel(&here.endpoint, 0);
    (void)state;
    live_or_skip();
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 1, 0, 0) != 0 && errno == ENOSYS)
#endif
        skip(); // before Linux 5.9 it has them
    int guard = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(address_bind(guard, &there), 0);
    assert_int_equal(listen(guard, 1), 0);
    start();
    assert_true(program_recv(&program, &listener)); // it runs
    assert_true(live_listens(PORT + 1));
    close(guard);
    assert_false(live_listens(PORT + 1));
    program_stop(&program);
}

// Whoever was root and has already become nobody may not kill a program that is root still.
static void test_stopped_before_it_has_begun(void **state) {
    int status;
    (void)state;
    live_or_skip();
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct net_error error;
            alarm(10);
            if (!program_start(&program, &(struct program_settings){.at = &at}, &error) || !privileges_drop(&error))
                _exit(1);
            program_stop(&program);
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

// Ours is a process that is killed; its program becomes a child of the test.
static void test_ends_with_its_parent(void **state) {
    int pipe_fds[2], status;
    pid_t pid, middle;
    (void)state;
    live_or_skip();
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(pipe_fds), 0);
    middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        struct net_error error;
        pid =
            program_start(&program, &(struct program_settings){.at = &at}, &error) && program_recv(&program, &listener)
                ? program.pid
                : -1;
        if (write(pipe_fds[1], &pid, sizeof pid) == (ssize_t)sizeof pid)
            pause();
        _exit(0);
    }
    assert_int_equal(read(pipe_fds[0], &pid, sizeof pid), sizeof pid);
    assert_true(pid > 0);
    kill(middle, SIGKILL);
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_int_equal(waitpid(pid, &status, 0), pid); // or the test hangs
    assert_false(live_listens(PORT));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tutorial),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_no_connection),
        cmocka_unit_test(test_recv_all),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_urgent),
        cmocka_unit_test(test_send_shutdown_close),
        cmocka_unit_test(test_send_has_bounds),
        cmocka_unit_test(test_two_connections),
        cmocka_unit_test(test_as_many_as_it_can),
        cmocka_unit_test(test_backlog),
        cmocka_unit_test(test_receive_buffer),
        cmocka_unit_test(test_cannot_listen),
        cmocka_unit_test(test_never_started),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_signals_for_the_client),
        cmocka_unit_test(test_has_nothing_of_ours),
        cmocka_unit_test(test_stopped_before_it_has_begun),
        cmocka_unit_test(test_ends_with_its_parent),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
