// SPDX-License-Identifier: MIT
//
// An end of ours: how its connection begins and ends, and the calls of its program (see lab.h). Called by experiments.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lab/internal.h"
#include "live/usual.h"
#include "net/route.h"

enum { USUAL_TTL = 64, TIMEOUT_US = 30000000, SETTLE_US = 3000000 };

bool lab_deviates(const struct lab *lab) { return !lab->config.control; }

struct lab_end *lab_end(struct lab *lab, unsigned which) {
    return lab->ends[which];
}

struct session *lab_session(struct lab_end *end) {
    return &end->session;
}

struct rs_endpoint lab_server_at(const struct lab *lab) {
    return lab->server;
}

struct rs_endpoint lab_end_at(const struct lab_end *end) {
    return end->local;
}

void lab_towards(struct lab_end *end, const struct rs_endpoint *remote) {
    end->remote = *remote;
    end->mirror = NULL;
    for (unsigned i = 0; i < end->lab->ends_count; i++)
        if (rs_endpoint_equal(remote, &end->lab->ends[i]->local))
            end->mirror = end->lab->ends[i];
}

void lab_from(struct lab_end *end, const struct rs_endpoint *local) { end->local = *local; }

void lab_silent(struct lab_end *end) { end->silent = true; }

void lab_configure(struct lab_end *end, void (*change)(struct rs_conn_config *config)) { end->change = change; }

static struct bent obey(struct lab_rule *rule, struct rs_packet *packet) {
    const struct rs_segment *s = &packet->segment;
    const struct bent untouched = {.copies = 1};
    if ((s->flags & rule->flags) != rule->flags || s->flags & rule->without ||
        (rule->with_data && rs_segment_data_bytes(s) == 0))
        return untouched;
    const unsigned number = ++rule->seen, first = rule->first > 0 ? rule->first : 1;
    if (number < first || (rule->count > 0 && number >= first + rule->count))
        return untouched;
    if (rule->alter)
        rule->alter(packet, rule->alter_self);
    return rule->bent;
}

static struct bent bend_outgoing(void *self, struct rs_packet *packet) {
    struct lab_rule *rule = self;
    const struct bent untouched = {.copies = 1};
    return rule->incoming ? untouched : obey(rule, packet);
}

static struct bent bend_incoming(void *self, struct rs_packet *packet) {
    struct lab_rule *rule = self;
    const struct bent untouched = {.copies = 1};
    return rule->incoming ? obey(rule, packet) : untouched;
}

void lab_bend(struct lab_end *end, struct lab_rule *rule) {
    end->bend = rule ? (struct bend){rule, bend_outgoing, bend_incoming} : (struct bend){.self = NULL};
    if (rule)
        rule->bent.altered = rule->alter != NULL;
    if (end->begun)
        end->session.config.bend = end->bend;
}

void lab_say(struct lab *lab, const char *form, ...) {
    char text[500];
    va_list list;
    va_start(list, form);
    vsnprintf(text, sizeof text, form, list);
    va_end(list);
    if (!lab->stopped)
        lab_emit(lab, (struct trace_event){.kind = TRACE_NOTE, .u.note.text = text});
}

// ---- a connection begins

// The server is ours, so it is known what its program has done with other connections.
static struct peer ask_kernel(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    struct lab *lab = self;
    const struct witness kernel = kernel_witness_door(&lab->witness);
    struct peer peer = kernel.ask(kernel.self, server, client);
    peer.others = lab->program.accepted > 0;
    return peer;
}

// Where both ends are made by hand, the state of the other is known for certain: its engine is here.
static struct peer ask_mirror(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    const struct lab_end *other = self;
    struct rs_conn_facts facts;
    (void)server;
    (void)client;
    if (!other->begun)
        return (struct peer){.known = true, .state = RS_CLOSED};
    rs_conn_facts(&other->session.conn, &facts);
    return (struct peer){
        .known = true, .state = facts.state, .unread_bytes = (uint32_t)facts.unread_bytes, .accepted = true};
}

static void configure(struct lab_end *end, struct session_config *config) {
    struct rs_conn_config *conn = &config->conn;
    struct route route;
    struct net_error error;
    const struct address to = {.endpoint = end->remote};
    if (!route_find(&to, &route, &error)) // not in a network of our own; then sending will say why
        route = (struct route){.mtu = RS_PACKET_MAX, .ttl = USUAL_TTL};
    conn->local = end->local;
    conn->remote = end->remote;
    usual_path(conn, route.mtu, route.announced_mss, route.ttl);
    conn->send_buffer = end->send_buffer;
    conn->send_bytes = sizeof end->send_buffer;
    conn->receive_buffer = end->receive_buffer;
    conn->receive_bytes = sizeof end->receive_buffer;
    conn->open_timeout_us = conn->data_timeout_us = TIMEOUT_US;
    usual_habits(conn);
    (void)!getrandom(&conn->iss, sizeof conn->iss, GRND_NONBLOCK); // for a hand; an engine makes its own
    if (end->change)
        end->change(conn);
    usual_numbers(conn, &config->clock, end->by_hand || end->change != NULL);
}

static void record_begin(struct lab_end *end) {
    const struct lab *lab = end->lab;
    const bool at_server = rs_endpoint_equal(&end->remote, &lab->server);
    snprintf(end->server_is, sizeof end->server_is, "ordinary sockets, listen(%d)",
             lab->config.experiment->stage.backlog);
    const struct trace_about about = {
        .source = TRACE_BY_HAND,
        .client = end->local,
        .server = end->remote,
        .private_network = true,
        .through_user = lab->config.through_user,
        .our_server = at_server,
        .server_is_local = !lab->has_routed,
        .guarded = end->guard.silent,
        .filtered = end->guard.filtered,
        .experiment = lab->config.experiment->name,
        .control = lab->config.control,
        .timers_matter = lab->config.experiment->stage.timers,
        .server_is = end->mirror                                 ? "made by hand too: a second end of ours"
                     : !at_server                                ? "nobody listens on this port"
                     : lab->config.experiment->stage.backlog > 1 ? end->server_is
                                                                 : NULL,
        .client_is = end->by_hand ? "no TCP at all: each segment is written by hand, over a raw socket" : NULL,
    };
    session_record(&end->session, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &about});
}

static void begin(struct lab_end *end, bool by_hand) {
    struct lab *lab = end->lab;
    lab_end_finish(end);
    end->arrived += end->begun ? end->session.arrived : 0;
    end->by_hand = by_hand;
    struct session_config config = {
        .no_engine = by_hand,
        .step = lab->config.step,
        .link = raw_link_door(&end->raw),
        .clock = lab_clock(lab),
        .witness = end->mirror ? (struct witness){.self = end->mirror, .ask = ask_mirror}
                               : (struct witness){.self = lab, .ask = ask_kernel},
        .counters = kernel_counters_door(&lab->counters),
        .bend = end->bend,
        .shelf = &end->shelf,
        .trace = end->silent ? &lab->unheard : lab->config.trace,
        .connection = ++lab->connections,
    };
    configure(end, &config);
    shelf_clear(&end->shelf);
    session_init(&end->session, &config);
    end->begun = true;
    end->over = end->connecting = false;
    end->connect_error = -1;
    end->been = 0;
    if (!end->silent)
        lab->current = end;
    record_begin(end);
    session_ask_peer(&end->session);
}

// ---- the calls of our program

static void record_call(struct lab_end *end, enum trace_kind kind, enum trace_call call, int error) {
    struct trace_event event = {.kind = kind};
    event.u.call.call = call;
    event.u.call.error = error;
    event.u.call.remote = end->remote;
    session_record(&end->session, event);
}

void lab_open(struct lab_end *end) {
    if (end->lab->stopped)
        return;
    begin(end, false);
    end->connecting = true;
    record_call(end, TRACE_CALL, TRACE_CONNECT, 0);
    rs_conn_open(&end->session.conn, session_now(&end->session));
}

void lab_listen(struct lab_end *end) {
    if (end->lab->stopped)
        return;
    begin(end, false);
    rs_conn_listen(&end->session.conn);
}

void lab_by_hand(struct lab_end *end) {
    if (!end->lab->stopped)
        begin(end, true);
}

static bool connect_has_returned(void *self) {
    struct lab_end *end = self;
    const struct rs_conn *c = &end->session.conn;
    if (end->session.held || c->state == RS_SYN_SENT || c->state == RS_SYN_RECEIVED)
        return false;
    if (end->connecting) {
        end->connect_error = c->state == RS_CLOSED ? rs_conn_errno(c) : 0;
        record_call(end, TRACE_RETURN, TRACE_CONNECT, end->connect_error);
    }
    end->connecting = false;
    return true;
}

bool lab_connect(struct lab_end *end, uint64_t most_us) {
    if (!end->connecting)
        lab_open(end);
    return lab_go(end->lab, connect_has_returned, end, most_us) && end->connect_error == 0;
}

static bool is_acked(void *self) {
    const struct lab_end *end = self;
    struct rs_conn_facts f;
    rs_conn_facts(&end->session.conn, &f);
    return !end->session.held && f.unsent_bytes == 0 && f.snd_una == f.snd_nxt;
}

void lab_queue(struct lab_end *end, const char *message) {
    struct trace_event event = {.kind = TRACE_CALL};
    size_t taken = 0;
    if (end->lab->stopped)
        return;
    event.u.call.call = TRACE_SENDALL;
    event.u.call.remote = end->remote;
    event.u.call.message = (const uint8_t *)message;
    event.u.call.message_bytes = strlen(message);
    session_record(&end->session, event);
    rs_conn_send(&end->session.conn, (const uint8_t *)message, strlen(message), &taken);
    session_record_decisions(&end->session);
}

static bool has_sent_all(void *self) {
    const struct lab_end *end = self;
    struct rs_conn_facts f;
    rs_conn_facts(&end->session.conn, &f);
    return !end->session.held && f.unsent_bytes == 0;
}

bool lab_send(struct lab_end *end, const char *message, uint64_t most_us) {
    lab_queue(end, message);
    if (lab_go(end->lab, has_sent_all, end, most_us)) {
        struct trace_event event = {.kind = TRACE_RETURN};
        event.u.call.call = TRACE_SENDALL;
        event.u.call.remote = end->remote;
        event.u.call.message_bytes = strlen(message);
        session_record(&end->session, event);
    }
    return lab_until_acked(end, most_us);
}

bool lab_until_acked(struct lab_end *end, uint64_t most_us) { return lab_go(end->lab, is_acked, end, most_us); }

static void call_close(struct lab_end *end, enum trace_call call) {
    if (end->lab->stopped)
        return;
    record_call(end, TRACE_CALL, call, 0);
    rs_conn_close(&end->session.conn);
    session_record_decisions(&end->session);
    lab_go(end->lab, has_sent_all, end, 0);
}

void lab_shutdown(struct lab_end *end) { call_close(end, TRACE_SHUTDOWN); }
void lab_close(struct lab_end *end) { call_close(end, TRACE_CLOSE); }

void lab_abort(struct lab_end *end) {
    if (!end->lab->stopped)
        session_abort(&end->session);
}

// What the server sends is read at once.
bool lab_end_read(struct lab_end *end) {
    uint8_t bytes[4096];
    struct trace_event event = {.kind = TRACE_DATA};
    size_t size = end->by_hand || end->connecting ? 0 : rs_conn_receive(&end->session.conn, bytes, sizeof bytes);
    if (size == 0)
        return false;
    event.u.data.bytes = bytes;
    event.u.data.size = size;
    session_record(&end->session, event);
    session_record_decisions(&end->session);
    return true;
}

void lab_end_finish(struct lab_end *end) {
    struct trace_event event = {.kind = TRACE_END};
    struct rs_conn_facts facts;
    if (!end->begun || end->over)
        return;
    rs_conn_facts(&end->session.conn, &facts);
    session_ask_counters(&end->session);
    event.u.end.state = facts.state;
    event.u.end.in_order = facts.end == RS_END_CLOSED || facts.state == RS_TIME_WAIT;
    event.u.end.ignored = end->session.ignored;
    session_record(&end->session, event);
    end->over = true;
    loop_unwatch(&end->lab->loop, end->session.config.link.fd);
    loop_unwatch(&end->lab->loop, end->session.config.link.icmp_fd);
}

// ---- waiting

struct wanted {
    struct lab_end *end;
    enum rs_state state;
    uint8_t flags;
    size_t mark;
};

static bool is_in_state(void *self) {
    const struct wanted *wanted = self;
    return wanted->end->session.conn.state == wanted->state && !wanted->end->session.held;
}

bool lab_until_state(struct lab_end *end, enum rs_state state, uint64_t most_us) {
    struct wanted wanted = {.end = end, .state = state};
    return lab_go(end->lab, is_in_state, &wanted, most_us);
}

static bool has_arrived(void *self) {
    const struct wanted *wanted = self;
    return lab_arrived(wanted->end, wanted->mark, wanted->flags, 0) != NULL;
}

bool lab_until_arrived(struct lab_end *end, uint8_t flags, size_t mark, uint64_t most_us) {
    struct wanted wanted = {.end = end, .flags = flags, .mark = mark};
    return lab_go(end->lab, has_arrived, &wanted, most_us);
}

bool lab_until_server(struct lab_end *end, enum rs_state state, uint64_t most_us) {
    enum { LOOK_US = 20000 };
    for (uint64_t passed = 0; passed <= most_us && !end->lab->stopped; passed += LOOK_US) {
        struct peer peer = lab_peer(end);
        if (peer.known && peer.state == state)
            return true;
        lab_pass(end->lab, LOOK_US);
    }
    return false;
}

void lab_pass(struct lab *lab, uint64_t us) { lab_go(lab, NULL, NULL, us); }

void lab_greet(struct lab_end *end) {
    lab_connect(end, SETTLE_US);
    lab_send(end, "Hello server!", SETTLE_US);
    lab_server_accept(end->lab);
    lab_server_recv_all(end->lab);
}

void lab_finish(struct lab_end *end) {
    struct lab *lab = end->lab;
    if (end->session.conn.state != RS_ESTABLISHED)
        return;
    if (!program_has_connection(&lab->program))
        lab_server_accept(lab);
    lab_server_recv_all(lab);
    lab_close(end);
    lab_until_state(end, RS_FIN_WAIT_2, SETTLE_US);
    lab_server_recv(lab); // end of file
    lab_server_close(lab);
    lab_until_state(end, RS_TIME_WAIT, SETTLE_US);
}
