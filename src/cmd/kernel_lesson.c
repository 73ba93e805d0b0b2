// SPDX-License-Identifier: MIT
//
// The tutorial's client by the kernel, watched (see kernel_lesson.h). After each call, what must come is waited for:
// all that was sent has passed and is acknowledged. So each run is told alike, however long the kernel delays an ACK;
// and if it does not come, the lesson goes on all the same after a while, since the trace says what has come.
#include "cmd/kernel_lesson.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "live/verdict.h"

enum { CLIENT, SERVER, PATIENCE_MS = 2000, SLICE_MS = 20, CHUNK_BYTES = 16384 };

struct run {
    const struct kernel_lesson *lesson;
    struct watched watched;
    struct net_error *error;
    int fd;
    uint32_t numbers; // that our end has used: SYN, bytes, FIN
};

static bool fail(struct run *r, int number, const char *what) {
    char to[RS_ENDPOINT_TEXT_BYTES];
    rs_endpoint_text(&r->lesson->server.endpoint, to, sizeof to);
    return net_fail(r->error, r->watched.interrupted ? EINTR : number, NULL, "%s %s", what, to);
}

// ---- the trace

static void record(struct run *r, enum trace_kind kind, enum trace_call call, const uint8_t *message, size_t size) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = call;
    event.u.call.remote = r->lesson->server.endpoint;
    event.u.call.message = message;
    event.u.call.message_bytes = size;
    event.u.call.more = kind == TRACE_CALL && call == TRACE_SENDALL && r->lesson->input_fd >= 0;
    watched_record(&r->watched, event);
}

// What the kernel has counted since the last look: the step that it belongs to is over.
static void record_counters(struct run *r) {
    struct verdict verdict;
    struct trace_event event;
    if (verdict_ask(&r->lesson->counters, r->lesson->watched.trace, &verdict, &event))
        watched_record(&r->watched, event);
}

static void server_told(void *self, struct trace_event event) {
    struct run *r = self;
    watched_record(&r->watched, event);
}

// ---- the server's turn

static bool cue(struct run *r, bool (*what)(struct demo_server *, const struct program_listener *)) {
    const struct program_listener listener = {r, server_told};
    if (!r->lesson->partner)
        return true;
    bool there = what(r->lesson->partner, &listener);
    watched_take(&r->watched);
    return there || net_fail(r->error, 0, NULL, "the server's process has gone away");
}

// Nothing is on its way and yet not all has been sent: the window is closed, and will be until somebody reads.
static bool is_stalled(const struct run *r) {
    int unacked = 0, unsent = 0;
    return ioctl(r->fd, SIOCOUTQ, &unacked) == 0 && ioctl(r->fd, SIOCOUTQNSD, &unsent) == 0 && unsent > 0 &&
           unacked == unsent;
}

// ---- waiting for what must come

static bool is_settled(const struct run *r) {
    return watched_numbers(&r->watched, CLIENT) == r->numbers && watched_acked(&r->watched, CLIENT) &&
           watched_acked(&r->watched, SERVER);
}

// How many bytes of the server's can be taken right now.
static size_t read_room(const struct run *r) {
    const struct kernel_lesson *l = r->lesson;
    size_t room = l->read_room ? l->read_room(l->read_room_self) : CHUNK_BYTES;
    return room < CHUNK_BYTES ? room : CHUNK_BYTES;
}

// What the server has sent so far. Returns false at the end of it.
static bool read_data(struct run *r) {
    uint8_t bytes[CHUNK_BYTES];
    ssize_t size;
    size_t room;
    while ((room = read_room(r)) > 0 && (size = recv(r->fd, bytes, room, 0)) > 0) {
        struct trace_event event = {.kind = TRACE_DATA};
        event.u.data.bytes = bytes;
        event.u.data.size = (size_t)size;
        watched_record(&r->watched, event);
    }
    return room == 0 || (size < 0 && errno == EAGAIN);
}

// Returns false if the server has gone away, or we were interrupted.
static bool settle(struct run *r) {
    watched_take(&r->watched);
    for (int silent = 0; !is_settled(r) && !r->watched.ended && silent < PATIENCE_MS; silent += SLICE_MS) {
        if (watched_wait(&r->watched, -1, 0, SLICE_MS))
            silent = 0;
        if (r->watched.interrupted)
            return fail(r, EINTR, "connection with");
        read_data(r); // a server that sends back what it gets may wait for that
        if (is_stalled(r) && !cue(r, demo_server_read))
            return false;
    }
    record_counters(r);
    return true;
}

// ---- the calls

static bool prepare(struct run *r) {
    const struct kernel_lesson *l = r->lesson;
    const int mss = l->mss, on = 1;
    struct rs_endpoint local = {.family = l->server.endpoint.family, .port = l->source_port};
    const struct kernel_address from = address_to_kernel(&local, 0);
    r->fd = socket(address_family(local.family), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0)
        return fail(r, errno, "a socket for");
    if (mss > 0 && setsockopt(r->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss) != 0)
        return net_fail(r->error, errno, NULL, "--mss %d", mss);
    setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (l->source_port > 0 && address_bind(r->fd, &from) != 0)
        return net_fail(r->error, errno, NULL, "port %u", (unsigned)l->source_port);
    return true;
}

static bool wait_connected(struct run *r) {
    int number = 0;
    struct pollfd done = {.fd = r->fd, .events = POLLOUT};
    while (poll(&done, 1, 0) == 0) {
        watched_wait(&r->watched, r->fd, POLLOUT, -1);
        if (r->watched.interrupted)
            return fail(r, EINTR, "connect to");
    }
    getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &number, &(socklen_t){sizeof number});
    return number == 0 || fail(r, number, "connect to");
}

static bool call_connect(struct run *r) {
    const struct kernel_address there = address_to_kernel(&r->lesson->server.endpoint, r->lesson->server.zone);
    record(r, TRACE_CALL, TRACE_CONNECT, NULL, 0);
    if (address_connect(r->fd, &there) != 0 && errno != EINPROGRESS)
        return fail(r, errno, "connect to");
    if (!wait_connected(r))
        return false;
    record(r, TRACE_RETURN, TRACE_CONNECT, NULL, 0);
    r->numbers = 1;
    return settle(r);
}

// The socket has its connection: what remains to be seen of the handshake is our ACK.
static bool take_connected(struct run *r) {
    r->fd = *r->lesson->connected;
    r->numbers = 1;
    return settle(r);
}

// Hands bytes to the kernel as it takes them.
static bool send_all(struct run *r, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t sent = send(r->fd, bytes, size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
            r->numbers += (uint32_t)sent;
            watched_take(&r->watched);
        } else if (errno != EAGAIN) {
            return fail(r, errno, "send to");
        } else {
            watched_wait(&r->watched, r->fd, POLLOUT, SLICE_MS);
            if (r->watched.interrupted)
                return fail(r, EINTR, "send to");
            read_data(r); // a server that sends back what it gets may wait for that
            if (is_stalled(r) && !cue(r, demo_server_read))
                return false;
        }
    }
    return true;
}

// Where it may take long, a signal is heard.
static ssize_t read_input(struct run *r, uint8_t *chunk) {
    struct pollfd ready = {.fd = r->lesson->input_fd, .events = POLLIN};
    while (poll(&ready, 1, 0) == 0 && !r->watched.interrupted)
        watched_wait(&r->watched, r->lesson->input_fd, POLLIN, -1);
    watched_wait(&r->watched, -1, 0, 0); // a signal that has come together with the input is heard first
    return r->watched.interrupted ? -1 : read(r->lesson->input_fd, chunk, CHUNK_BYTES);
}

static bool send_file(struct run *r) {
    uint8_t chunk[CHUNK_BYTES];
    uint64_t sent = 0;
    ssize_t size;
    while ((size = read_input(r, chunk)) > 0) {
        if (sent == 0)
            record(r, TRACE_CALL, TRACE_SENDALL, chunk, (size_t)size);
        if (!send_all(r, chunk, (size_t)size))
            return false;
        sent += (uint64_t)size;
    }
    if (size < 0)
        return r->watched.interrupted ? fail(r, EINTR, "connection with") : net_fail(r->error, errno, NULL, "the file");
    if (sent > 0)
        record(r, TRACE_RETURN, TRACE_SENDALL, NULL, sent);
    return true;
}

static bool call_sendall(struct run *r) {
    const struct kernel_lesson *l = r->lesson;
    const uint8_t *message = (const uint8_t *)l->message;
    if (l->input_fd >= 0)
        return send_file(r) && settle(r);
    record(r, TRACE_CALL, TRACE_SENDALL, message, l->message_bytes);
    if (!send_all(r, message, l->message_bytes))
        return false;
    record(r, TRACE_RETURN, TRACE_SENDALL, NULL, l->message_bytes);
    return settle(r);
}

static bool call_close(struct run *r) {
    read_data(r); // what is left unread when we close would turn our FIN into RST
    if (r->lesson->input_fd >= 0 || r->lesson->half_close) {
        record(r, TRACE_CALL, TRACE_SHUTDOWN, NULL, 0);
        shutdown(r->fd, SHUT_WR);
    } else {
        record(r, TRACE_CALL, TRACE_CLOSE, NULL, 0);
        close(r->fd);
        r->fd = -1;
    }
    r->numbers++;
    return settle(r);
}

// What came with the end of it, however slow the reader is.
static void read_rest(struct run *r) {
    while (r->fd >= 0 && read_data(r) && read_room(r) == 0 && !r->watched.interrupted)
        watched_wait(&r->watched, -1, 0, SLICE_MS);
}

// The server's side is closed when it likes, or when it is told to.
static bool see_the_end(struct run *r) {
    uint64_t patience_ms = r->lesson->linger_us / 1000;
    if (!cue(r, demo_server_finish))
        return false;
    for (uint64_t silent = 0; !r->watched.ended && silent < patience_ms; silent += SLICE_MS) {
        if (watched_wait(&r->watched, -1, 0, SLICE_MS))
            silent = 0;
        if (r->watched.interrupted)
            return fail(r, EINTR, "connection with");
        if (r->fd >= 0 && read_data(r) && read_room(r) == 0)
            silent = 0;
    }
    read_rest(r);
    record_counters(r);
    return true;
}

bool kernel_lesson_run(const struct kernel_lesson *lesson, struct net_error *error) {
    struct run r = {.lesson = lesson, .error = error, .fd = -1};
    struct watched_config config = lesson->watched;
    config.about.source = lesson->connected ? TRACE_HANDED : TRACE_BY_KERNEL;
    bool good = watched_open(&r.watched, &config) || net_fail(error, ENOMEM, NULL, "the tracker");
    good = good && (lesson->connected ? take_connected(&r) : prepare(&r) && call_connect(&r)) && call_sendall(&r) &&
           cue(&r, demo_server_read) && call_close(&r) && see_the_end(&r);
    if (!good && r.watched.tracker) // the step that failed
        record_counters(&r);
    if (r.watched.tracker)
        watched_end(&r.watched);
    if (r.fd >= 0)
        close(r.fd);
    watched_close(&r.watched);
    return good;
}
