// SPDX-License-Identifier: MIT
//
// The sink that tells each event as a line of JSON (see json.h). Packets are told in json_segment.c. Called by the
// trace; what the names mean stands in docs/json.md.
#include "view/json.h"

#include "trace/keep.h"
#include "view/json_names.h"
#include "view/json_parts.h"
#include "view/words.h"

static void choices(struct json *j, const struct trace_choices *c) {
    json_object(j, "chosen");
    json_bool(j, "isn", c->isn);
    json_bool(j, "source_port", c->source_port);
    json_bool(j, "mss", c->mss);
    json_bool(j, "ttl", c->ttl);
    json_bool(j, "window", c->window);
    json_bool(j, "without", c->without);
    json_object_end(j);
}

static void begin(struct json *j, const struct trace_event *event) {
    const struct trace_about *a = event->u.about;
    json_string(j, "source", json_source_name(a->source));
    json_endpoint(j, "client", &a->client);
    json_endpoint(j, "server", &a->server);
    json_bool(j, "roles_guessed", a->roles_guessed);
    json_string(j, "where", a->where);
    json_bool(j, "private_network", a->private_network);
    json_bool(j, "through_user", a->through_user);
    json_bool(j, "our_server", a->our_server);
    json_string(j, "experiment", a->experiment);
    json_bool(j, "control", a->control);
    json_string(j, "server_is", a->server_is);
    json_string(j, "client_is", a->client_is);
    json_number_or_null(j, "continues", a->continues > 0, a->continues);
    if (a->source != TRACE_BY_HAND) {
        json_null(j, "by_hand");
        return;
    }
    json_object(j, "by_hand");
    json_bool(j, "both", a->both_by_hand);
    json_bool(j, "we_listen", a->we_listen);
    json_number_or_null(j, "backlog", a->we_listen, a->backlog);
    json_number_or_null(j, "process", a->process > 0, a->process);
    json_bool(j, "server_is_local", a->server_is_local);
    json_bool(j, "guarded", a->guarded);
    json_bool(j, "filtered", a->filtered);
    json_bool(j, "stays_in_time_wait", a->stays_in_time_wait);
    json_number_or_null(j, "timeout_us", a->timeout_us > 0, a->timeout_us);
    json_string(j, "weather", a->weather);
    choices(j, &a->choices);
    json_object_end(j);
}

static void call(struct json *j, const struct trace_event *event) {
    const char *name = json_call_name(event->u.call.call);
    json_string(j, "call", name);
    json_endpoint(j, "remote", &event->u.call.remote);
    if (event->u.call.call == TRACE_SENDALL) {
        json_data(j, "message", event->u.call.message, event->u.call.message_bytes, event->u.call.message_bytes);
        json_bool(j, "more", event->u.call.more);
    }
}

// The message is not told again, and need not be there any more.
static void returns(struct json *j, const struct trace_event *event) {
    json_string(j, "call", json_call_name(event->u.call.call));
    json_endpoint(j, "remote", &event->u.call.remote);
    json_errno(j, "error", event->u.call.error);
    if (event->u.call.call == TRACE_SENDALL)
        json_number(j, "taken_bytes", event->u.call.message_bytes);
}

static void icmp(struct json *j, const struct trace_event *event) {
    const struct rs_icmp *e = &event->u.icmp.icmp;
    json_address(j, "reporter", &e->reporter);
    const char *us = event->u.icmp.we_listen ? "server" : "client",
               *them = event->u.icmp.we_listen ? "client" : "server";
    json_string(j, "from", event->u.icmp.from_us ? us : event->u.icmp.from_server ? them : "other");
    json_number(j, "type", e->type);
    json_number(j, "code", e->code);
    json_string(j, "name", rs_icmp_name(e));
    json_number_or_null(j, "mtu", e->mtu > 0, e->mtu);
    json_object(j, "quoted");
    json_endpoint(j, "source", &e->source);
    json_endpoint(j, "destination", &e->destination);
    json_number(j, "seq", e->seq);
    json_number(j, "seq_relative", event->u.icmp.seq);
    json_object_end(j);
    json_bool(j, "rebuilt", event->u.icmp.ip_rebuilt);
    json_hex(j, "hex", event->u.icmp.bytes, event->u.icmp.size);
}

static void peer(struct json *j, const struct trace_event *event) {
    const struct trace_peer *p = &event->u.peer;
    json_bool(j, "known", p->known);
    json_string(j, "why_not", p->known ? NULL : p->why_not);
    json_state(j, "client_state", p->known && p->is_client ? p->state : RS_STATE_UNKNOWN);
    json_state(j, "server_state", p->known && !p->is_client ? p->state : RS_STATE_UNKNOWN);
    json_number_or_null(j, "unread_bytes", p->known, p->unread_bytes);
    // Only a connection can be accepted; the listening socket is the program's from the beginning.
    if (p->known && p->state != RS_LISTEN && p->state != RS_CLOSED)
        json_bool(j, "accepted", p->accepted);
    else
        json_null(j, "accepted");
    json_bool(j, "existed", p->existed);
}

// who: whose doing it is that they move.
static void counters(struct json *j, const struct trace_event *event, const char *who) {
    json_array(j, "counters");
    for (size_t i = 0; i < event->u.counters.count; i++) {
        const struct trace_counter *c = &event->u.counters.list[i];
        char text[JSON_SENTENCE_BYTES] = "";
        json_object(j, NULL);
        json_string(j, "name", c->name);
        json_number(j, "moved", c->moved);
        json_number(j, "ours", c->ours);
        json_sentence(j, words_counter(c, who, text, sizeof text) ? text : "");
        json_object_end(j);
    }
    json_array_end(j);
}

static void decision(struct json *j, const struct trace_event *event) {
    const struct trace_decision *d = &event->u.decision;
    const char *unit = json_value_unit(d->reason);
    json_reason(j, "reason", d->reason);
    json_state(j, "before", d->before);
    json_state(j, "after", d->after);
    json_number_or_null(j, "value", unit != NULL, d->value);
    json_string(j, "unit", unit);
}

static void data(struct json *j, const struct trace_event *event) {
    json_data(j, "data", event->u.data.bytes, event->u.data.size, event->u.data.size);
}

static void server(struct json *j, const struct trace_event *event) {
    enum trace_server_call name = event->u.server.call;
    json_string(j, "call", json_server_name(name));
    json_errno(j, "error", event->u.server.error);
    if (event->u.server.error != 0)
        return;
    if (name == TRACE_SERVER_ACCEPT)
        json_endpoint(j, "client", &event->u.server.from);
    if (name == TRACE_SERVER_RECV || name == TRACE_SERVER_RECV_URGENT || name == TRACE_SERVER_SEND)
        json_data(j, "data", event->u.server.bytes, event->u.server.size, event->u.server.size);
}

static void note(struct json *j, const struct trace_event *event) { json_string(j, "text", event->u.note.text); }

// A row's values have one type: a state, a number, or whether something was agreed on.
static void cell(struct json *j, const char *key, enum trace_socket_row row, const struct trace_socket_cell *cell) {
    if (!cell->known)
        json_null(j, key);
    else if (row == TRACE_SOCKET_STATE)
        json_state(j, key, (enum rs_state)cell->value);
    else if (row == TRACE_SOCKET_TIMESTAMPS || row == TRACE_SOCKET_SACK)
        json_bool(j, key, cell->value != 0);
    else
        json_number(j, key, cell->value);
}

static void socket_rows(struct json *j, const struct trace_event *event) {
    const struct trace_socket *socket = event->u.socket;
    json_array(j, "rows");
    for (int i = 0; i < TRACE_SOCKET_ROWS; i++) {
        const enum trace_socket_row row = (enum trace_socket_row)i;
        json_object(j, NULL);
        json_string(j, "name", words_socket_name(row));
        cell(j, "by_hand", row, &socket->cells[row][TRACE_SOCKET_OURS]);
        cell(j, "before", row, &socket->cells[row][TRACE_SOCKET_BEFORE]);
        cell(j, "after", row, &socket->cells[row][TRACE_SOCKET_AFTER]);
        json_string(j, "meaning", words_socket_meaning(socket, row));
        json_string(j, "why", words_socket_why(socket, row));
        json_object_end(j);
    }
    json_array_end(j);
}

static void evidence(struct json *j, const struct trace_event *event) {
    json_string(j, "place", json_place_name(event->u.evidence.place));
    json_string(j, "expected", event->u.evidence.expected);
    json_string(j, "seen", event->u.evidence.seen);
    json_bool(j, "holds", event->u.evidence.holds);
    json_bool(j, "of_linux", event->u.evidence.of_linux);
    json_bool(j, "either_way", event->u.evidence.either_way);
}

static void lost(struct json *j, const struct trace_event *event) { json_number(j, "packets", event->u.lost.packets); }

static void waiting(struct json *j, const struct trace_event *event) {
    json_number_or_null(j, "for_us", event->u.waiting.for_us != UINT64_MAX, event->u.waiting.for_us);
}

static void omitted(struct json *j, const struct trace_event *event) {
    json_number(j, "omitted_events", event->u.omitted.events);
    json_number(j, "omitted_segments", event->u.omitted.segments);
    json_number(j, "omitted_data_bytes", event->u.omitted.bytes);
}

static void both(struct json *j, const char *key, const uint64_t values[2]) {
    json_object(j, key);
    json_number(j, "client", values[0]);
    json_number(j, "server", values[1]);
    json_object_end(j);
}

// Of a connection of others at least one segment was seen, or nothing were known of it; of one made by hand these are
// not counted.
static void end(struct json *j, const struct trace_event *event) {
    bool seen = event->u.end.segments[0] + event->u.end.segments[1] > 0;
    enum rs_state far = seen ? event->u.end.far_state : RS_STATE_UNKNOWN;
    json_state(j, "client_state", event->u.end.we_listen ? far : event->u.end.state);
    json_state(j, "server_state", event->u.end.we_listen ? event->u.end.state : far);
    json_bool(j, "in_order", event->u.end.in_order);
    json_bool(j, "handed_over", event->u.end.handed_over);
    json_bool(j, "followed", event->u.end.after == TRACE_FOLLOWED);
    json_number(j, "ignored_packets", event->u.end.ignored);
    if (!seen) {
        json_null(j, "seen");
        return;
    }
    json_object(j, "seen");
    json_string(j, "opening", json_opening_name(event->u.end.opening));
    json_string(j, "ending", json_ending_name(event->u.end.ending));
    both(j, "segments", event->u.end.segments);
    both(j, "data_bytes", event->u.end.bytes);
    json_number_or_null(j, "handshake_ns", event->u.end.handshake_timed, event->u.end.handshake_ns);
    json_object_end(j);
}

// What every line begins with.
static void head(struct json *j, const struct trace_event *event) {
    static const uint64_t second = 1000000000;
    json_number(j, "number", event->number);
    json_number(j, "connection", event->connection);
    json_string(j, "event", json_kind_name(event->kind));
    json_object(j, "time");
    json_number(j, "s", event->wall_ns / second);
    json_number(j, "ns", event->wall_ns % second);
    json_object_end(j);
    json_number(j, "at_us", event->at_us);
}

// The sentence of an event that is not about a packet; those have one of their own.
static void tail(struct json *j, const struct trace_event *event, const struct trace_about *about) {
    char text[JSON_SENTENCE_BYTES] = "";
    if (event->kind == TRACE_END)
        words_end(event, about, text, sizeof text);
    else
        words_event(event, about, text, sizeof text);
    json_sentence(j, text);
}

static void tell(struct json *j, const struct trace_event *event, const struct json_view *view) {
    static void (*const tell[TRACE_KINDS])(struct json *, const struct trace_event *) = {
        [TRACE_BEGIN] = begin, [TRACE_CALL] = call,         [TRACE_RETURN] = returns,     [TRACE_ICMP] = icmp,
        [TRACE_PEER] = peer,   [TRACE_DECISION] = decision, [TRACE_DATA] = data,          [TRACE_SERVER] = server,
        [TRACE_LOST] = lost,   [TRACE_WAITING] = waiting,   [TRACE_OMITTED] = omitted,    [TRACE_END] = end,
        [TRACE_NOTE] = note,   [TRACE_EVIDENCE] = evidence, [TRACE_SOCKET] = socket_rows,
    };
    if (keep_is_segment(event->kind)) {
        json_segment(j, event);
        return;
    }
    if (event->kind == TRACE_COUNTERS)
        counters(j, event, view->whose_counters);
    else if (tell[event->kind])
        tell[event->kind](j, event);
    tail(j, event, &view->about);
}

static void take(void *self, const struct trace_event *event) {
    struct json_view *view = self;
    struct json j = json_line(view->line, sizeof view->line - 1);
    if (event->kind == TRACE_BEGIN) {
        view->about = *event->u.about;
        view->whose_counters = words_counters_who(&view->about);
    }
    json_object(&j, NULL);
    head(&j, event);
    tell(&j, event, view);
    json_object_end(&j);
    j.bytes[j.used++] = '\n';
    if (j.full)
        view->text->lost += j.used;
    else
        text_put(view->text, j.bytes, j.used);
}

void json_init(struct json_view *view, struct text *text) {
    view->text = text;
    view->about = (struct trace_about){0};
    view->whose_counters = "the kernel";
}

struct trace_sink json_sink(struct json_view *view) {
    return (struct trace_sink){.self = view, .take = take, .wants_peer = true, .wants_counters = true};
}
