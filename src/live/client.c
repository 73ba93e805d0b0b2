// SPDX-License-Identifier: MIT
//
// The tutorial's client, call by call (see client.h). Called by connect and demo.
#include "live/client.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { TELL_WAITING_AFTER_US = 300000 };

void client_init(struct client *client, struct session *session, const struct client_config *config) {
    memset(client, 0, offsetof(struct client, chunk)); // all but the room for input
    client->config = *config;
    client->session = session;
    client->input_ended = config->input_fd < 0;
}

static void record_call(struct client *client, enum trace_kind kind, enum trace_call call, int error) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = call;
    event.u.call.error = error;
    event.u.call.remote = client->session->conn.remote;
    if (call == TRACE_SENDALL) {
        bool text = client->config.input_fd < 0;
        event.u.call.message = text ? client->config.message : client->chunk;
        event.u.call.message_bytes = text ? client->config.message_bytes : client->chunk_end;
        event.u.call.more = !text && !client->input_ended;
        if (kind == TRACE_RETURN) { // all of it; a file's bytes are not here any more
            event.u.call.message = NULL;
            event.u.call.message_bytes = (size_t)client->queued;
        }
    }
    session_record(client->session, event);
}

static void finish(struct client *client, enum client_end end, int error) {
    if (client->phase == CLIENT_FINISHED)
        return;
    session_ask_counters(client->session);
    struct trace_event event = {.kind = TRACE_END};
    event.u.end.state = client->session->conn.state;
    event.u.end.in_order = end == CLIENT_DONE;
    event.u.end.handed_over = end == CLIENT_HANDED_OVER;
    event.u.end.after =
        end == CLIENT_HANDED_OVER ? TRACE_FOLLOWED : TRACE_NOT_FOLLOWED; // whoever has it tells the rest
    event.u.end.ignored = client->session->ignored;
    client->phase = CLIENT_FINISHED;
    client->end = end;
    client->error = error;
    session_record(client->session, event);
}

void client_start(struct client *client) {
    record_call(client, TRACE_CALL, TRACE_CONNECT, 0);
    enum rs_call outcome = rs_conn_open(&client->session->conn, session_now(client->session));
    if (outcome != RS_CALL_OK)
        finish(client, CLIENT_FAILED, EADDRNOTAVAIL);
}

// connect() returns when the connection stands at our end and our ACK has left.
static bool finish_connect(struct client *client) {
    enum rs_state state = client->session->conn.state;
    if (state < RS_ESTABLISHED || client->session->held)
        return false;
    client->connected = true;
    record_call(client, TRACE_RETURN, TRACE_CONNECT, 0);
    client->phase = CLIENT_SENDING;
    if (client->taken)
        finish(client, CLIENT_HANDED_OVER, 0);
    else if (client->config.hands_over)
        client->phase = CLIENT_SENT;
    client->partner_done = client->config.hands_over; // nothing comes that it could read
    return true;
}

static struct rs_span next_bytes(const struct client *client) {
    if (client->config.input_fd >= 0)
        return (struct rs_span){client->chunk + client->chunk_start, client->chunk_end - client->chunk_start};
    return (struct rs_span){client->config.message + client->queued, client->config.message_bytes - client->queued};
}

// sendall(): hands bytes to the engine as it has room for them, and returns when it has taken the last.
static bool send_some(struct client *client) {
    struct rs_span bytes = next_bytes(client);
    size_t taken = 0;
    if (!client->sendall_told && (bytes.size > 0 || client->input_ended)) {
        client->sendall_told = true;
        record_call(client, TRACE_CALL, TRACE_SENDALL, 0);
    }
    if (bytes.size > 0) {
        rs_conn_send(&client->session->conn, bytes.bytes, bytes.size, &taken);
        client->queued += taken;
        if (client->config.input_fd >= 0)
            client->chunk_start += taken;
        return taken > 0;
    }
    if (!client->input_ended || client->session->held)
        return false;
    record_call(client, TRACE_RETURN, TRACE_SENDALL, 0);
    client->phase = CLIENT_SENT;
    return true;
}

static bool has_partner(const struct client *client) { return client->config.partner.read != NULL; }

static bool let_partner_read(struct client *client) {
    if (client->config.partner.read(client->config.partner.self, client->session))
        return true;
    session_abort(client->session);
    finish(client, CLIENT_SERVER_GONE, 0);
    return true;
}

// A partner reads when the server's window is too small for the next segment; otherwise it would stay so for ever.
static bool partner_must_read(const struct client *client) {
    struct rs_conn_facts facts;
    rs_conn_facts(&client->session->conn, &facts);
    uint32_t room = facts.snd_wnd - (facts.snd_nxt - facts.snd_una);
    return has_partner(client) && facts.unsent_bytes > 0 && facts.snd_nxt == facts.snd_una &&
           (room < facts.send_mss && room < facts.unsent_bytes);
}

static bool all_acked(const struct client *client) {
    struct rs_conn_facts facts;
    rs_conn_facts(&client->session->conn, &facts);
    return facts.unsent_bytes == 0 && facts.snd_una == facts.snd_nxt;
}

static bool call_close(struct client *client) {
    if (has_partner(client)) {
        if (!all_acked(client))
            return partner_must_read(client) && let_partner_read(client);
        if (!client->partner_done) {
            client->partner_done = true;
            return let_partner_read(client);
        }
    }
    client->partner_done = false;
    record_call(client, TRACE_CALL, client->config.half_close ? TRACE_SHUTDOWN : TRACE_CLOSE, 0);
    rs_conn_close(&client->session->conn);
    client->phase = CLIENT_CLOSING;
    return true;
}

static void tell_waiting(struct client *client) {
    struct trace_event event = {.kind = TRACE_WAITING};
    event.u.waiting.for_us = client->config.linger_us;
    client->told_waiting = true;
    session_record(client->session, event);
}

// What has arrived but cannot be taken yet (the reader of -q is slow) must be neither lost nor counted as silence.
static bool has_unread(const struct client *client) {
    struct rs_conn_facts facts;
    rs_conn_facts(&client->session->conn, &facts);
    return facts.unread_bytes > 0;
}

// Our side is closed; now it is the server's turn.
static bool finish_close(struct client *client) {
    struct session *s = client->session;
    if (has_unread(client))
        s->last_arrival_at = session_now(s);
    uint64_t idle = session_now(s) - s->last_arrival_at;
    if (s->held || has_unread(client))
        return false;
    if (s->conn.state == RS_TIME_WAIT && !client->config.stay_in_time_wait && !session_holds_back(s)) {
        finish(client, CLIENT_DONE, 0);
        return true;
    }
    if (s->conn.state != RS_FIN_WAIT_2)
        return false;
    if (has_partner(client) && !client->partner_done) {
        client->partner_done = true;
        if (!client->config.partner.finish(client->config.partner.self, s))
            finish(client, CLIENT_SERVER_GONE, 0);
        return true;
    }
    if (idle >= client->config.linger_us) {
        finish(client, CLIENT_NOT_CLOSED, 0);
        return true;
    }
    if (!client->told_waiting && idle >= TELL_WAITING_AFTER_US)
        tell_waiting(client);
    return false;
}

// How many bytes of the server's can be taken right now.
static size_t read_room(const struct client *client) {
    const struct client_config *config = &client->config;
    size_t room = config->read_room ? config->read_room(config->read_room_self) : CLIENT_CHUNK_BYTES;
    return room < CLIENT_CHUNK_BYTES ? room : CLIENT_CHUNK_BYTES;
}

static bool read_data(struct client *client) {
    uint8_t bytes[CLIENT_CHUNK_BYTES];
    size_t size = rs_conn_receive(&client->session->conn, bytes, read_room(client));
    if (size == 0)
        return false;
    client->received += size;
    struct trace_event event = {.kind = TRACE_DATA};
    event.u.data.bytes = bytes;
    event.u.data.size = size;
    client->session->last_arrival_at = session_now(client->session); // the window may open only now
    session_record(client->session, event);
    return true;
}

static bool check_end(struct client *client) {
    struct session *s = client->session;
    if (s->link_failure != 0) {
        finish(client, CLIENT_CANNOT_SEND, s->link_failure);
        return true;
    }
    if (s->conn.state != RS_CLOSED || s->held || s->conn.end == RS_NOT_ENDED || has_unread(client) ||
        session_holds_back(s))
        return false;
    int error = rs_conn_errno(&s->conn);
    finish(client, error == 0 ? CLIENT_DONE : s->conn.end == RS_END_ABORTED ? CLIENT_ABORTED : CLIENT_FAILED, error);
    return true;
}

bool client_advance(struct client *client) {
    if (client->phase == CLIENT_FINISHED)
        return false;
    bool any = session_advance(client->session);
    while (client->connected && read_data(client)) // a program reads only what connect() has returned for
        any = true;
    if (check_end(client) || any) // the wire first: the next call is made when all is quiet
        return true;
    switch (client->phase) {
    case CLIENT_CONNECTING:
        return finish_connect(client);
    case CLIENT_SENDING:
        return send_some(client) || (partner_must_read(client) && let_partner_read(client));
    case CLIENT_SENT:
        return call_close(client);
    case CLIENT_CLOSING:
        return finish_close(client);
    default:
        return false;
    }
}

uint64_t client_wait_us(const struct client *client) {
    const struct session *s = client->session;
    uint64_t wait = session_wait_us(s);
    if (client->connected && has_unread(client) && read_room(client) > 0)
        return 0; // room came after the last look: nothing else would wake us
    if (client->phase != CLIENT_CLOSING || s->conn.state != RS_FIN_WAIT_2 || s->held)
        return wait;
    uint64_t idle = session_now(s) - s->last_arrival_at;
    uint64_t until = client->told_waiting ? client->config.linger_us : TELL_WAITING_AFTER_US;
    if (until > client->config.linger_us)
        until = client->config.linger_us;
    uint64_t left = until == UINT64_MAX ? UINT64_MAX : until > idle ? until - idle : 0;
    return left < wait ? left : wait;
}

bool client_wants_input(const struct client *client) {
    return client->phase == CLIENT_SENDING && !client->input_ended && client->chunk_start == client->chunk_end;
}

// Reads once. Returns false if there was nothing, or no more will come.
static bool read_chunk(struct client *client) {
    ssize_t size = read(client->config.input_fd, client->chunk, sizeof client->chunk);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    client->chunk_start = 0;
    client->chunk_end = size > 0 ? (size_t)size : 0;
    client->input_ended = size == 0;
    if (size < 0) {
        int error = errno;
        session_abort(client->session);
        finish(client, CLIENT_CANNOT_READ, error);
    }
    return size > 0;
}

void client_read_input(void *self) {
    struct client *client = self;
    struct pollfd more = {.fd = client->config.input_fd, .events = POLLIN};
    // As much as is there and the engine takes, so that segments leave full.
    while (client_wants_input(client) && read_chunk(client) && send_some(client) && poll(&more, 1, 0) == 1) {
    }
}

void client_taken(struct client *client) {
    client->taken = true;
    session_retire(client->session);
}

void client_abort(struct client *client) {
    client->reset_sent = session_abort(client->session);
    finish(client, CLIENT_ABORTED, 0);
}
