// SPDX-License-Identifier: MIT
//
// The tutorial's server, call by call (see host.h). Called by the listener, which has one for each connection.
#include "live/host.h"

#include <errno.h>
#include <string.h>

void host_start(struct host *host, struct session *session, const struct host_config *config) {
    *host = (struct host){.config = *config, .session = session};
    rs_conn_listen(&session->conn);
}

static void record_call(struct host *host, enum trace_kind kind, enum trace_call call, struct rs_span bytes) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = call;
    event.u.call.we_listen = true;
    event.u.call.remote = host->session->config.conn.remote;
    event.u.call.message = bytes.bytes;
    event.u.call.message_bytes = bytes.size;
    session_record(host->session, event);
}

static void finish(struct host *host, enum host_end end, int error) {
    if (host->phase == HOST_FINISHED)
        return;
    session_ask_counters(host->session);
    struct trace_event event = {.kind = TRACE_END};
    event.u.end.state = host->session->conn.state;
    event.u.end.in_order = end == HOST_DONE;
    event.u.end.handed_over = end == HOST_HANDED_OVER;
    event.u.end.we_listen = true;
    event.u.end.ignored = host->session->ignored;
    host->phase = HOST_FINISHED;
    host->end = end;
    host->error = error;
    session_record(host->session, event);
}

bool host_is_half_open(const struct host *host) { return host->phase == HOST_OPENING; }

bool host_waits_in_vain(const struct host *host) {
    return host->phase == HOST_OPENING && host->session->conn.rtt.resends > 0;
}

// accept() returns when the connection stands at our end: the third segment has come.
static bool finish_accept(struct host *host) {
    if (host->session->conn.state < RS_ESTABLISHED)
        return false;
    host->accepted = true;
    host->phase = HOST_READING;
    record_call(host, TRACE_RETURN, TRACE_ACCEPT, (struct rs_span){0});
    if (host->config.until_open)
        finish(host, HOST_HANDED_OVER, 0);
    return true;
}

static bool has_unread(const struct host *host) {
    struct rs_conn_facts facts;
    rs_conn_facts(&host->session->conn, &facts);
    return facts.unread_bytes > 0;
}

// True if what is read can be sent back; where nobody is left to get it, it is only read.
static bool sends_back(const struct host *host) {
    const enum rs_state state = host->session->conn.state;
    return host->config.echo && (state == RS_ESTABLISHED || state == RS_CLOSE_WAIT);
}

// No more is read than can be passed on: so a client that sends faster meets a closed window, and nothing is lost.
static size_t read_room(const struct host *host) {
    const struct host_config *config = &host->config;
    size_t room = config->read_room ? config->read_room(config->read_room_self) : HOST_READ_MAX;
    if (room > config->read_bytes)
        room = config->read_bytes;
    if (sends_back(host) && room > rs_conn_send_room(&host->session->conn))
        room = rs_conn_send_room(&host->session->conn);
    return room < HOST_READ_MAX ? room : HOST_READ_MAX;
}

static void keep_first(struct host *host, const uint8_t *bytes, size_t size) {
    host->received += size;
    if (host->recvs++ > 0)
        return;
    host->first_size = size;
    host->first_bytes = size < sizeof host->first ? size : sizeof host->first;
    memcpy(host->first, bytes, host->first_bytes);
}

static void send_back(struct host *host, const uint8_t *bytes, size_t size) {
    size_t taken = 0;
    record_call(host, TRACE_CALL, TRACE_SENDALL, (struct rs_span){bytes, size});
    rs_conn_send(&host->session->conn, bytes, size, &taken); // there is room: see read_room
    host->echoed += taken;
    session_record_decisions(host->session);
}

static bool read_some(struct host *host) {
    uint8_t bytes[HOST_READ_MAX];
    struct session *s = host->session;
    const bool back = sends_back(host);
    size_t size = rs_conn_receive(&s->conn, bytes, read_room(host));
    if (size == 0)
        return false;
    struct trace_event event = {.kind = TRACE_DATA};
    event.u.data.bytes = bytes;
    event.u.data.size = size;
    session_record(s, event);
    session_record_decisions(s);
    keep_first(host, bytes, size);
    if (back)
        send_back(host, bytes, size);
    return true;
}

// The client has closed and all it sent is read: recv() returns nothing, and the tutorial's server closes.
static bool call_close(struct host *host) {
    struct rs_conn_facts facts;
    struct session *s = host->session;
    rs_conn_facts(&s->conn, &facts);
    if (!facts.peer_closed || facts.unread_bytes > 0 || s->held)
        return false;
    record_call(host, TRACE_CALL, TRACE_CLOSE, (struct rs_span){0});
    rs_conn_close(&s->conn);
    session_record_decisions(s);
    host->phase = HOST_CLOSING;
    return true;
}

static void tell_end(struct host *host) {
    const struct rs_conn *c = &host->session->conn;
    int error = rs_conn_errno(c);
    if (c->state == RS_LISTEN || !host->accepted) // RST in SYN-RECEIVED brings a passive end back to where it was
        finish(host, HOST_NOT_OPENED, error);
    else
        finish(host, error == 0 ? HOST_DONE : HOST_FAILED, error);
}

static bool check_end(struct host *host) {
    struct session *s = host->session;
    const enum rs_state state = s->conn.state;
    if (s->link_failure != 0) {
        finish(host, HOST_CANNOT_SEND, s->link_failure);
        return true;
    }
    if (s->held || (host->accepted && has_unread(host)))
        return false;
    if (state == RS_LISTEN || state == RS_CLOSED)
        tell_end(host);
    else if (state == RS_TIME_WAIT) // both have closed at once
        finish(host, HOST_DONE, 0);
    return host->phase == HOST_FINISHED;
}

bool host_advance(struct host *host) {
    if (host->phase == HOST_FINISHED)
        return false;
    bool any = session_advance(host->session);
    if (host->phase == HOST_OPENING && finish_accept(host)) // before what it brought is read
        return true;
    while (host->accepted && read_some(host))
        any = true;
    if (check_end(host) || any) // the wire first: the next call is made when all is quiet
        return true;
    return host->phase == HOST_READING && call_close(host);
}

uint64_t host_wait_us(const struct host *host) {
    if (host->accepted && has_unread(host) && read_room(host) > 0)
        return 0; // room came after the last look: nothing else would wake us
    return session_wait_us(host->session);
}

void host_give_way(struct host *host) { finish(host, HOST_GAVE_WAY, 0); }

void host_abort(struct host *host) {
    host->reset_sent = session_abort(host->session);
    finish(host, HOST_ABORTED, 0);
}
