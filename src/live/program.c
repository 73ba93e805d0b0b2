// SPDX-License-Identifier: MIT
//
// The server's program (see program.h). Orders and results go over a socket pair, one message each: an order names a
// call, and the result says what the kernel answered to it. Called by demo_server and the lab.
#include "live/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/descriptors.h"
#include "net/privileges.h"
#include "net/server.h"

enum { ACCEPT_MS = 200, ANSWER_MS = 10000 };

struct order {
    enum trace_server_call call;
    unsigned connection; // on which one; accept: the number that the new one gets
    size_t size;         // of what is to be sent
    uint8_t bytes[PROGRAM_CALL_BYTES];
};

// Ctrl-C, a closed terminal and timeout(1) reach both processes: they are for the client, which still has to tell what
// has become of its connection. The server ends when the client's end of the pair closes.
static const int for_the_client[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { FOR_THE_CLIENT = sizeof for_the_client / sizeof *for_the_client };

// Like fork(), but no such signal finds a child that does not ignore it yet.
static pid_t fork_program(void) {
    sigset_t set, before;
    sigemptyset(&set);
    for (size_t i = 0; i < FOR_THE_CLIENT; i++)
        sigaddset(&set, for_the_client[i]);
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t pid = fork();
    for (size_t i = 0; pid == 0 && i < FOR_THE_CLIENT; i++)
        signal(for_the_client[i], SIG_IGN);
    int number = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}

// ---- in the program's process

struct serving {
    int order_fd, listener;
    int connections[PROGRAM_CONNECTIONS_MAX]; // -1: not there
};

static uint64_t now_ns(void) {
    struct clock clock = clock_real();
    return clock.wall_ns(clock.self);
}

// The listening socket itself does not wait; it is looked at for a while first.
static int accept_as(struct serving *s, unsigned number, struct rs_endpoint *from) {
    struct pollfd come = {.fd = s->listener, .events = POLLIN};
    if (number >= PROGRAM_CONNECTIONS_MAX) {
        errno = EMFILE;
        return -1;
    }
    poll(&come, 1, ACCEPT_MS);
    s->connections[number] = server_accept(s->listener, from);
    return s->connections[number] < 0 ? -1 : 0;
}

static int close_one(int *fd) {
    int closing = *fd;
    *fd = -1;
    return close(closing);
}

// Returns what the call returned; of accept, 0 or -1.
static ssize_t call(struct serving *s, const struct order *order, struct program_result *result) {
    if (order->call == TRACE_SERVER_ACCEPT)
        return accept_as(s, order->connection, &result->from);
    int *fd = &s->connections[order->connection];
    switch (order->call) {
    case TRACE_SERVER_RECV:
        return recv(*fd, result->bytes, sizeof result->bytes, MSG_DONTWAIT);
    case TRACE_SERVER_RECV_URGENT:
        return recv(*fd, result->bytes, 1, MSG_OOB | MSG_DONTWAIT);
    case TRACE_SERVER_SEND:
        return send(*fd, order->bytes, order->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case TRACE_SERVER_SHUTDOWN:
        return shutdown(*fd, SHUT_WR);
    default:
        return close_one(fd);
    }
}

static void obey(struct serving *s, const struct order *order) {
    struct program_result result = {.call = order->call};
    uint64_t called_ns = now_ns();
    ssize_t returned = call(s, order, &result);
    result.error = returned < 0 ? errno : 0;
    result.wall_ns = order->call == TRACE_SERVER_CLOSE ? called_ns : now_ns();
    result.size = returned > 0 ? (size_t)returned : 0;
    if (order->call == TRACE_SERVER_RECV && returned == 0)
        result.call = TRACE_SERVER_END_OF_FILE;
    if (send(s->order_fd, &result, sizeof result, MSG_NOSIGNAL) < 0)
        _exit(1);
}

static _Noreturn void serve(int order_fd, int listener, pid_t parent) {
    struct serving s = {.order_fd = order_fd, .listener = listener};
    struct net_error error;
    struct order order;
    for (size_t i = 0; i < PROGRAM_CONNECTIONS_MAX; i++)
        s.connections[i] = -1;
    descriptors_keep(order_fd, listener);
    if (!privileges_drop(&error) || fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // set last: changing the user clears it
    if (getppid() != parent)
        _exit(1);
    signal(SIGTSTP, SIG_DFL);
    while (recv(order_fd, &order, sizeof order, 0) == (ssize_t)sizeof order)
        obey(&s, &order);
    _exit(0);
}

// ---- in ours

bool program_start(struct program *program, const struct program_settings *settings, struct net_error *error) {
    int pair[2], backlog = settings->backlog > 0 ? settings->backlog : 1;
    pid_t parent = getpid();
    *program = (struct program){.order_fd = -1};
    // Here, so that it listens before the client starts.
    int listener = server_listen_with(settings->at, backlog, settings->receive_buffer, error);
    if (listener < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        int number = errno;
        close(listener);
        return net_fail(error, number, NULL, "a socket pair");
    }
    program->pid = fork_program();
    if (program->pid == 0)
        serve(pair[1], listener, parent);
    int number = errno;
    close(pair[1]);
    close(listener);
    program->order_fd = pair[0];
    if (program->pid > 0)
        return true;
    program_stop(program);
    return net_fail(error, number, NULL, "a process for the server");
}

// Whatever came too late would be taken for the answer to the next order: so there is none.
static bool is_gone(struct program *program) {
    close(program->order_fd);
    program->order_fd = -1;
    return false;
}

static bool wait_for_answer(int fd) {
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&answer, 1, ANSWER_MS);
    while (ready < 0 && errno == EINTR); // Ctrl-Z, and then fg
    return ready == 1;
}

static bool ask(struct program *program, const struct order *order, struct program_result *result) {
    if (program->pid <= 0 || program->order_fd < 0)
        return false;
    if (send(program->order_fd, order, sizeof *order, MSG_NOSIGNAL) != (ssize_t)sizeof *order ||
        !wait_for_answer(program->order_fd) ||
        recv(program->order_fd, result, sizeof *result, 0) != (ssize_t)sizeof *result)
        return is_gone(program);
    return true;
}

static void keep_read(struct program *program, const struct program_result *result) {
    size_t room = sizeof program->read - program->read_bytes, kept = result->size < room ? result->size : room;
    memcpy(program->read + program->read_bytes, result->bytes, kept);
    program->read_bytes += kept;
    program->total_bytes += result->size;
    if (program->recvs++ == 0)
        program->first_bytes = result->size;
}

// What the call has changed for us.
static void take(struct program *program, struct program_result *result) {
    if (result->call == TRACE_SERVER_ACCEPT && result->error == 0) {
        program->current = program->accepted++;
        program->open[program->current] = true;
        program->from[program->current] = result->from;
    } else if (result->call != TRACE_SERVER_ACCEPT) {
        result->from = program->from[program->current];
    }
    if (result->call == TRACE_SERVER_RECV && result->error == 0)
        keep_read(program, result);
    if (result->call == TRACE_SERVER_CLOSE)
        program->open[program->current] = false;
    program->last = *result;
}

static void tell(const struct program_listener *listener, const struct program_result *result, const void *bytes) {
    struct trace_event event = {.kind = TRACE_SERVER, .wall_ns = result->wall_ns};
    event.u.server.call = result->call;
    event.u.server.bytes = bytes;
    event.u.server.size = result->size;
    event.u.server.from = result->from;
    event.u.server.error = result->error;
    listener->told(listener->self, event);
}

static struct order order_for(const struct program *program, enum trace_server_call call) {
    bool accepts = call == TRACE_SERVER_ACCEPT;
    return (struct order){.call = call, .connection = accepts ? program->accepted : program->current};
}

static bool make(struct program *program, const struct program_listener *listener, const struct order *order) {
    struct program_result result;
    if (!ask(program, order, &result))
        return false;
    if (order->call == TRACE_SERVER_SEND)
        memcpy(result.bytes, order->bytes, result.size);
    take(program, &result);
    tell(listener, &result, result.bytes);
    return true;
}

static bool make_plain(struct program *program, const struct program_listener *listener, enum trace_server_call call) {
    const struct order order = order_for(program, call);
    return make(program, listener, &order);
}

bool program_accept(struct program *program, const struct program_listener *listener) {
    return make_plain(program, listener, TRACE_SERVER_ACCEPT);
}

bool program_recv(struct program *program, const struct program_listener *listener) {
    return make_plain(program, listener, TRACE_SERVER_RECV);
}

bool program_recv_urgent(struct program *program, const struct program_listener *listener) {
    return make_plain(program, listener, TRACE_SERVER_RECV_URGENT);
}

bool program_send(struct program *program, const struct program_listener *listener, const void *bytes, size_t size) {
    struct order order = order_for(program, TRACE_SERVER_SEND);
    order.size = size < sizeof order.bytes ? size : sizeof order.bytes;
    memcpy(order.bytes, bytes, order.size);
    return make(program, listener, &order);
}

bool program_shutdown(struct program *program, const struct program_listener *listener) {
    return make_plain(program, listener, TRACE_SERVER_SHUTDOWN);
}

bool program_close(struct program *program, const struct program_listener *listener) {
    return make_plain(program, listener, TRACE_SERVER_CLOSE);
}

bool program_recv_all(struct program *program, const struct program_listener *listener) {
    const struct order order = order_for(program, TRACE_SERVER_RECV);
    struct program_result result;
    for (bool any = false;; any = true) {
        if (!ask(program, &order, &result))
            return false;
        if (result.error == EAGAIN && any)
            return true;
        take(program, &result);
        if (result.error == EAGAIN)
            return true;
        tell(listener, &result, result.bytes);
        if (result.size == 0)
            return true;
    }
}

bool program_choose(struct program *program, unsigned n) {
    bool there = n < program->accepted && program->open[n];
    if (there)
        program->current = n;
    return there;
}

bool program_has_connection(const struct program *program) { return program->open[program->current]; }

// Our end of the pair is closed first: a program that we could not kill yet, because it is still about to become the
// user that we already are, ends by it.
void program_stop(struct program *program) {
    if (program->pid != 0 && program->order_fd >= 0)
        close(program->order_fd);
    if (program->pid > 0) {
        kill(program->pid, SIGKILL);
        waitpid(program->pid, NULL, 0);
    }
    program->pid = 0;
    program->order_fd = -1;
}
