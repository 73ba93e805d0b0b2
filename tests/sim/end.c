// SPDX-License-Identifier: MIT
//
// The steps and the watching of end.h.
#include "end.h"

#include <string.h>

#include "look.h"
#include "rawshake/seq.h"

// Nobody may be asked for more ACKs than this in a second by segments that might be forged (RFC 5961, section 10).
enum { CHALLENGES_IN_ANY_SECOND = END_CHALLENGES };

void end_broken(struct end *e, const char *what) {
    if (!e->broken)
        e->broken = what;
}

void end_init(struct end *e, int side, uint32_t iss, uint8_t *send_buffer, uint8_t *receive_buffer) {
    memset(e, 0, sizeof *e);
    e->side = side;
    e->now = 5 * SECOND;
    e->send_buffer = send_buffer;
    e->receive_buffer = receive_buffer;
    const struct rs_endpoint ends[] = {rs_endpoint_ipv4(192, 0, 2, 1, 40000), rs_endpoint_ipv4(192, 0, 2, 2, 80)};
    e->config = (struct rs_conn_config){
        .local = ends[side],
        .remote = ends[!side],
        .iss = iss,
        .mss = 1460,
        .send_buffer = send_buffer,
        .receive_buffer = receive_buffer,
        .send_bytes = 8192,
        .receive_bytes = 8192,
        .open_timeout_us = 100000 * SECOND, // nobody gives up: what is lost is lost by the network
        .data_timeout_us = 100000 * SECOND,
        .time_wait_us = 10000 * SECOND,
    };
    e->program = (struct program){.acts_at = e->now, .pause_us = 1000, .most = 8192, .aborts_at = RS_NEVER};
    end_start(e);
}

// 2001:db8::1 and ::2 (RFC 3849).
static void make_ipv6(struct rs_endpoint *e) {
    uint8_t last = e->addr[3];
    e->family = RS_IPV6;
    memset(e->addr, 0, sizeof e->addr);
    e->addr[0] = 0x20, e->addr[1] = 0x01, e->addr[2] = 0x0d, e->addr[3] = 0xb8, e->addr[15] = last;
}

void end_use_ipv6(struct end *e) {
    make_ipv6(&e->config.local);
    make_ipv6(&e->config.remote);
}

void end_start(struct end *e) {
    rs_conn_init(&e->conn, &e->config);
    memset(&e->known, 0, sizeof e->known);
    memset(e->seen, 0, sizeof e->seen);
}

// ---- what must hold after every step

static void no_number_goes_back(struct end *e) {
    struct rs_conn_facts facts;
    rs_conn_facts(&e->conn, &facts);
    if (facts.state == RS_LISTEN) { // a listener may begin anew, with a throttle of its own
        memset(&e->known, 0, sizeof e->known);
        e->challenges = 0;
        return;
    }
    if (e->known.numbers && rs_seq_lt(facts.snd_nxt, e->known.snd_nxt))
        end_broken(e, "SND.NXT went back");
    if (e->known.numbers && rs_seq_lt(facts.rcv_nxt, e->known.rcv_nxt))
        end_broken(e, "RCV.NXT went back");
    if (rs_seq_gt(facts.snd_una, facts.snd_nxt))
        end_broken(e, "SND.UNA is beyond SND.NXT");
    e->known.numbers = facts.irs_known;
    e->known.snd_nxt = facts.snd_nxt;
    e->known.rcv_nxt = facts.rcv_nxt;
}

static void count_challenge(struct end *e) {
    uint64_t *slot = &e->challenged[e->challenges++ % END_CHALLENGES];
    if (e->challenges > CHALLENGES_IN_ANY_SECOND && e->now - *slot < SECOND)
        end_broken(e, "more challenge ACKs than the throttle allows");
    *slot = e->now;
}

static void after_step(struct end *e) {
    const char *broken = rs_conn_check(&e->conn);
    if (broken)
        end_broken(e, broken);
    no_number_goes_back(e);
    struct rs_event event;
    while (rs_conn_poll_event(&e->conn, &event)) {
        if ((unsigned)event.reason >= RS_REASON_COUNT) {
            end_broken(e, "an event without a reason");
            break;
        }
        e->seen[event.reason] = true;
        if (event.reason == RS_SENT_CHALLENGE_ACK)
            count_challenge(e);
    }
    if (e->conn.events_lost > 0)
        end_broken(e, "one step gave more events than there is room for");
    if (e->conn.state == RS_CLOSED && rs_conn_deadline(&e->conn) != RS_NEVER)
        end_broken(e, "CLOSED has a deadline");
}

// How many segments it wants to send. Some that together carry no more than one may (options take the place of data)
// count as one.
static uint32_t polls(struct rs_conn *c, uint64_t now) {
    struct rs_segment out;
    struct rs_event event;
    uint32_t count = 0, most = c->snd.mss;
    size_t bytes = 0;
    while (count < 1000 && rs_conn_poll_segment(c, now, &out)) {
        count++;
        bytes += rs_segment_data_bytes(&out);
        while (rs_conn_poll_event(c, &event))
            ;
    }
    return count > 1 && bytes > 0 && bytes <= most ? 1 : count;
}

// A tick at this time, and what is then sent, on a copy.
static uint32_t sends_if_ticked(const struct end *e, uint64_t now, struct rs_conn *copy) {
    *copy = e->conn;
    rs_conn_tick(copy, now);
    return polls(copy, now);
}

void end_check_clock(struct end *e) {
    uint64_t at = rs_conn_deadline(&e->conn);
    struct rs_conn copy;
    if (at == RS_NEVER || at <= e->now)
        return;
    if (sends_if_ticked(e, at - 1, &copy) > 0)
        end_broken(e, "a tick before the deadline sent something");
    if (copy.state != e->conn.state)
        end_broken(e, "a tick before the deadline changed the state");
    if (sends_if_ticked(e, at, &copy) > 1)
        end_broken(e, "the tick at the deadline sent more than one segment");
    if (rs_conn_deadline(&copy) <= at)
        end_broken(e, "the deadline did not move when it had passed");
    if (sends_if_ticked(e, at + 1000 * SECOND, &copy) > 1)
        end_broken(e, "a late tick sent a burst");
}

// ---- steps

void end_open(struct end *e) {
    if (rs_conn_open(&e->conn, e->now) != RS_CALL_OK)
        end_broken(e, "open was refused");
    after_step(e);
}

void end_listen(struct end *e) {
    if (rs_conn_listen(&e->conn) != RS_CALL_OK)
        end_broken(e, "listen was refused");
    after_step(e);
}

void end_close(struct end *e) {
    (void)rs_conn_close(&e->conn);
    after_step(e);
}

void end_abort(struct end *e) {
    rs_conn_abort(&e->conn);
    after_step(e);
}

size_t end_send(struct end *e, const uint8_t *bytes, size_t size) {
    size_t taken = 0, room = rs_conn_send_room(&e->conn);
    (void)rs_conn_send(&e->conn, bytes, size, &taken);
    if (taken > size || taken > room)
        end_broken(e, "send took more than there was room for");
    after_step(e);
    return taken;
}

size_t end_receive(struct end *e, uint8_t *out, size_t room) {
    size_t size = rs_conn_receive(&e->conn, out, room);
    if (size > room)
        end_broken(e, "receive gave more than there was room for");
    after_step(e);
    return size;
}

void end_tick(struct end *e) {
    rs_conn_tick(&e->conn, e->now);
    after_step(e);
}

void end_input(struct end *e, const struct rs_endpoint *from, const struct rs_segment *segment) {
    rs_conn_input(&e->conn, from, segment, e->now);
    after_step(e);
}

// What rs_conn_input_packet does, with the wire's functions.
static void input_parsed(struct end *e, const uint8_t *bytes, size_t size) {
    struct rs_packet packet;
    struct rs_icmp icmp;
    enum rs_wire_error error = rs_packet_parse(bytes, size, &packet);
    bool ours = rs_endpoint_equal(&packet.source, &e->config.remote) &&
                rs_endpoint_equal(&packet.destination, &e->config.local);
    if (error == RS_WIRE_OK && ours && packet.tcp_checksum == RS_CHECKSUM_GOOD)
        rs_conn_input(&e->conn, &packet.source, &packet.segment, e->now);
    if (error == RS_WIRE_NOT_TCP && rs_icmp_parse(bytes, size, &icmp) == RS_WIRE_OK)
        rs_conn_icmp(&e->conn, &icmp, e->now);
}

void end_input_packet(struct end *e, const uint8_t *bytes, size_t size) {
    if (e->whole_packets)
        (void)rs_conn_input_packet(&e->conn, bytes, size, e->now);
    else
        input_parsed(e, bytes, size);
    after_step(e);
}

// ---- what is sent

bool end_poll(struct end *e, const struct end *peer, struct rs_segment *out) {
    bool more = rs_conn_poll_segment(&e->conn, e->now, out);
    if (more) {
        e->sent_count++;
        look_at_sent(e, peer, out);
    }
    after_step(e);
    if (!more && e->check_clock)
        end_check_clock(e);
    return more && !e->broken;
}

static size_t poll_built(struct end *e, uint8_t *out, size_t room) {
    struct rs_packet packet = {.source = e->config.local,
                               .destination = e->config.remote,
                               .ip = {.ttl = 64, .dont_fragment = true},
                               .ip6 = {.hop_limit = 64}};
    if (!rs_conn_poll_segment(&e->conn, e->now, &packet.segment))
        return 0;
    size_t size = rs_packet_build(&packet, out, room);
    if (size == 0)
        end_broken(e, "a segment could not be built");
    return size;
}

size_t end_poll_packet(struct end *e, const struct end *peer, uint8_t *out, size_t room, struct rs_packet *packet) {
    size_t size = e->whole_packets ? rs_conn_poll_packet(&e->conn, e->now, out, room) : poll_built(e, out, room);
    if (size > 0) {
        e->sent_count++;
        if (rs_packet_parse(out, size, packet) != RS_WIRE_OK || packet->tcp_checksum != RS_CHECKSUM_GOOD)
            end_broken(e, "what was built cannot be read");
        else
            look_at_sent(e, peer, &packet->segment);
    }
    after_step(e);
    if (size == 0 && e->check_clock)
        end_check_clock(e);
    return e->broken ? 0 : size;
}

// ---- the program

static bool wants_to_close(const struct end *e) {
    enum rs_state state = e->conn.state;
    return (state == RS_ESTABLISHED || state == RS_CLOSE_WAIT) && !e->conn.snd.fin_queued &&
           e->program.sent == e->program.to_send;
}

bool end_has_work(const struct end *e) {
    if (e->program.aborts_at != RS_NEVER && e->conn.state != RS_CLOSED)
        return true;
    bool can_write = e->program.sent < e->program.to_send && rs_conn_send_room(&e->conn) > 0;
    return can_write || e->conn.receive_ring.used > 0 || wants_to_close(e);
}

void end_read(struct end *e, size_t most) {
    static uint8_t bytes[END_BUFFER];
    size_t size = end_receive(e, bytes, most < sizeof bytes ? most : sizeof bytes);
    for (size_t i = 0; i < size; i++)
        if (!e->any_bytes && bytes[i] != end_pattern(!e->side, e->program.received + i))
            end_broken(e, "another byte was read than was sent");
    e->program.received += size;
}

void end_read_all(struct end *e) {
    while (e->conn.receive_ring.used > 0 && !e->broken)
        end_read(e, END_BUFFER);
}

void end_write(struct end *e, size_t size) {
    static uint8_t bytes[END_BUFFER];
    struct program *p = &e->program;
    size_t room = rs_conn_send_room(&e->conn);
    size = size < room ? size : room;
    for (size_t i = 0; i < size; i++)
        bytes[i] = end_pattern(e->side, p->sent + i);
    p->sent += end_send(e, bytes, size);
}

static void write_some(struct end *e, size_t size) {
    size_t left = e->program.to_send - e->program.sent;
    end_write(e, size < left ? size : left);
    if (wants_to_close(e))
        end_close(e);
}

void end_act(struct end *e, struct chance *chance) {
    struct program *p = &e->program;
    if (p->aborts_at <= e->now) {
        p->aborts_at = RS_NEVER;
        end_abort(e);
        return;
    }
    end_read(e, 1 + chance_below(chance, p->most));
    write_some(e, 1 + chance_below(chance, p->most));
    p->acts_at = e->now + 1 + chance_below(chance, (uint32_t)p->pause_us);
}
