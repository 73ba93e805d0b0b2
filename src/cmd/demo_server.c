// SPDX-License-Identifier: MIT
//
// The demo's server process (see demo_server.h). Cues and reports go over a socket pair: a cue is one letter, and is
// answered by one report for each call that the server made, the last of them marked. Called by demo.
#include "cmd/demo_server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/clock.h"
#include "net/privileges.h"
#include "net/server.h"
#include "view/escape.h"

enum { CUE_READ = 'r', CUE_FINISH = 'f', ANSWER_MS = 10000 };

struct report {
    bool last; // nothing was called: the cue is answered
    enum trace_server_call call;
    uint64_t wall_ns;
    struct rs_endpoint from;
    size_t size;
    uint8_t bytes[DEMO_RECV_BYTES];
};

// Ctrl-C, a closed terminal and timeout(1) reach both processes: they are for the client, which still has to tell what
// has become of its connection. The server ends when the client's end of the pair closes.
static const int for_the_client[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { FOR_THE_CLIENT = sizeof for_the_client / sizeof *for_the_client };

// Like fork(), but no such signal finds a child that does not ignore it yet.
static pid_t fork_server(void) {
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

// ---- in the server's process

static uint64_t now_ns(void) {
    struct clock clock = clock_real();
    return clock.wall_ns(clock.self);
}

// A call that has returned now.
static void tell(int cue_fd, struct report *report) {
    report->wall_ns = now_ns();
    if (send(cue_fd, report, sizeof *report, MSG_NOSIGNAL) < 0)
        _exit(1);
}

// recv() until nothing is there; returns false at the end of file.
static bool read_all(int cue_fd, int connection, struct report *report) {
    ssize_t size;
    while ((size = recv(connection, report->bytes, sizeof report->bytes, MSG_DONTWAIT)) > 0) {
        report->call = TRACE_SERVER_RECV;
        report->size = (size_t)size;
        tell(cue_fd, report);
    }
    return size != 0;
}

static void act(char cue, int cue_fd, int listener, int *connection) {
    struct report report = {0};
    if (*connection < 0) {
        *connection = server_accept(listener, &report.from);
        if (*connection < 0)
            _exit(1);
        report.call = TRACE_SERVER_ACCEPT;
        tell(cue_fd, &report);
    }
    bool more = read_all(cue_fd, *connection, &report);
    if (cue == CUE_FINISH && !more) {
        report.call = TRACE_SERVER_END_OF_FILE;
        tell(cue_fd, &report);
        report.call = TRACE_SERVER_CLOSE;
        tell(cue_fd, &report); // before it is called: what it sends comes after it
        close(*connection);
        *connection = -1; // another may follow
    }
    report.last = true;
    tell(cue_fd, &report);
}

static _Noreturn void serve(int cue_fd, int listener, pid_t parent) {
    struct net_error error;
    int connection = -1;
    char cue;
    if (!privileges_drop(&error))
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // set last: changing the user clears it
    if (getppid() != parent)
        _exit(1);
    signal(SIGTSTP, SIG_DFL);
    while (recv(cue_fd, &cue, 1, 0) == 1)
        act(cue, cue_fd, listener, &connection);
    _exit(0);
}

// ---- in ours

bool demo_server_start(struct demo_server *server, const struct address *at, struct net_error *error) {
    int pair[2];
    pid_t parent = getpid();
    *server = (struct demo_server){.pid = -1, .cue_fd = -1};
    int listener = server_listen(at, error); // here, so that it listens before the client starts
    if (listener < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        close(listener);
        return net_fail(error, errno, NULL, "a socket pair");
    }
    server->pid = fork_server();
    if (server->pid == 0) {
        close(pair[0]);
        serve(pair[1], listener, parent);
    }
    int number = errno;
    close(pair[1]);
    close(listener);
    server->cue_fd = pair[0];
    return server->pid > 0 ? true : net_fail(error, number, NULL, "a process for the server");
}

static void record(struct demo_server *server, const struct demo_server_listener *listener,
                   const struct report *report) {
    struct trace_event event = {.kind = TRACE_SERVER, .wall_ns = report->wall_ns};
    event.u.server.call = report->call;
    event.u.server.bytes = report->bytes;
    event.u.server.size = report->size;
    event.u.server.from = report->from;
    if (report->call == TRACE_SERVER_ACCEPT)
        server->from = report->from;
    if (report->call == TRACE_SERVER_RECV && server->recvs++ == 0) {
        server->first_bytes = report->size;
        memcpy(server->first, report->bytes, report->size);
    }
    listener->told(listener->self, event);
}

static bool cue(struct demo_server *server, const struct demo_server_listener *listener, char letter) {
    struct report report;
    struct pollfd answer = {.fd = server->cue_fd, .events = POLLIN};
    if (send(server->cue_fd, &letter, 1, MSG_NOSIGNAL) != 1)
        return false;
    for (;;) {
        if (poll(&answer, 1, ANSWER_MS) != 1 ||
            recv(server->cue_fd, &report, sizeof report, 0) != (ssize_t)sizeof report)
            return false;
        if (report.last)
            return true;
        record(server, listener, &report);
    }
}

bool demo_server_read(struct demo_server *server, const struct demo_server_listener *listener) {
    return cue(server, listener, CUE_READ);
}

bool demo_server_finish(struct demo_server *server, const struct demo_server_listener *listener) {
    return cue(server, listener, CUE_FINISH);
}

static void told_session(void *self, struct trace_event event) { session_record(self, event); }

static bool partner_read(void *self, struct session *session) {
    return demo_server_read(self, &(struct demo_server_listener){session, told_session});
}

static bool partner_finish(void *self, struct session *session) {
    return demo_server_finish(self, &(struct demo_server_listener){session, told_session});
}

struct partner demo_server_partner(struct demo_server *server) {
    return (struct partner){.self = server, .read = partner_read, .finish = partner_finish};
}

void demo_server_printed(const struct demo_server *server, bool utf8, FILE *out) {
    char text[512], from[RS_ENDPOINT_TEXT_BYTES];
    if (server->recvs == 0)
        return;
    size_t shown = escape_text(server->first, server->first_bytes, utf8, text, sizeof text);
    fprintf(out, "\nThe server's program printed:\n  FROM: %s\n  MESSAGE: %s%s\n",
            rs_endpoint_text(&server->from, from, sizeof from), text, shown < server->first_bytes ? "..." : "");
    if (server->recvs > 1)
        fprintf(out, "  and %llu times more, for what its other calls of recv(1024) returned\n",
                (unsigned long long)server->recvs - 1);
    fflush(out);
}

void demo_server_stop(struct demo_server *server) {
    if (server->cue_fd >= 0)
        close(server->cue_fd);
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    server->cue_fd = server->pid = -1;
}
