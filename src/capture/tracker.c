// SPDX-License-Identifier: MIT
//
// The tracker (see tracker.h): a packet is read, its connection looked up or begun, and what it proves told. Called by
// watch, read, compare and demo --kernel.
#include "capture/tracker.h"

#include <stdlib.h>
#include <string.h>

#include "capture/tell.h"

enum { MOST_CONNECTIONS = 65536 };

struct tracker {
    struct tracker_config config;
    struct tracker_counts counts;
    struct table *table;
    uint64_t lost, now_ns;
    uint32_t numbers; // given to connections so far
};

struct tracker *tracker_new(const struct tracker_config *config) {
    struct tracker *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->config = *config;
    t->table = table_new(config->most_connections > 0 ? config->most_connections : MOST_CONNECTIONS);
    if (!t->table) {
        free(t);
        return NULL;
    }
    return t;
}

static void finish(struct tracker *t, struct table_entry *entry, bool forgotten) {
    t->counts.forgotten += forgotten;
    tell_end(&t->config, entry, forgotten, t->now_ns);
    table_remove(t->table, entry);
}

// Room for one more: one that is closed goes first, since nothing more is to come of it.
static void make_room(struct tracker *t) {
    struct table_entry *over = table_silent(t->table, true);
    if (over)
        finish(t, over, false);
    else if (table_silent(t->table, false))
        finish(t, table_silent(t->table, false), true);
}

static struct table_entry *begin(struct tracker *t, const struct follow_segment *s, uint32_t hash, bool reused) {
    struct table_entry *entry = table_add(t->table, hash, t->numbers + 1);
    if (!entry) {
        make_room(t);
        entry = table_add(t->table, hash, t->numbers + 1);
    }
    if (!entry)
        return NULL;
    t->numbers++;
    t->counts.connections++;
    follow_begin(&entry->follow, s);
    entry->follow.reused = reused;
    tell_begin(&t->config, entry);
    return entry;
}

// Makes sure that the segment's connection is there: the one that is known, or a new one. NULL if there is no room.
static struct table_entry *connection_of(struct tracker *t, struct table_entry *entry, const struct follow_segment *s,
                                         uint32_t hash) {
    bool reused = false;
    if (entry && follow_is_another(&entry->follow, s)) {
        reused = follow_is_over(&entry->follow);
        finish(t, entry, false);
        entry = NULL;
    }
    return entry ? entry : begin(t, s, hash, reused);
}

static void count_error(struct tracker_counts *counts, enum rs_wire_error error) {
    switch (error) {
    case RS_WIRE_NOT_TCP:
    case RS_WIRE_NOT_IPV4:
    case RS_WIRE_NOT_IPV6:
        counts->not_tcp++;
        break;
    case RS_WIRE_FRAGMENT:
        counts->fragments++;
        break;
    default:
        counts->malformed++;
        break;
    }
}

// What looking at the checksum gave. doubted: it does not fit, but neither did the first one of its direction, so that
// more likely a network card was to write them.
struct sum {
    bool looked, damaged, doubted;
};

// Looks at it. entry: the connection, if it is known.
static struct sum look_at_sum(const struct table_entry *entry, const struct passing *passing, bool cut,
                              struct rs_packet *packet) {
    const struct follow *f = entry ? &entry->follow : NULL;
    const struct follow_end *e = f ? &f->end[follow_direction(f, &packet->source)] : NULL;
    size_t ip = rs_packet_ip_bytes(packet), size = packet->segment.header_bytes + packet->segment.payload[0].size;
    if (passing->checksum == PASSING_UNFINISHED)
        packet->tcp_checksum = RS_CHECKSUM_UNFINISHED;
    else if (cut)
        return (struct sum){.doubted = e && e->doubted};
    else
        packet->tcp_checksum = rs_checksum_verify(&packet->source, &packet->destination, passing->bytes + ip, size);
    bool bad = packet->tcp_checksum == RS_CHECKSUM_BAD;
    bool may_doubt = passing->direction != TRACE_INBOUND && passing->checksum != PASSING_COMPLETE;
    bool doubted = bad && (e && e->summed ? e->doubted : may_doubt);
    return (struct sum){.looked = true, .damaged = bad && !doubted, .doubted = doubted};
}

// Whether a damaged segment would be taken for the beginning or the end of a connection. There the checksum counts also
// where nobody wants the details: connections have the same numbers with events and without. And the first one of each
// direction tells whether there are checksums at all.
static bool sum_matters(const struct table_entry *entry, const struct rs_packet *packet) {
    if (!entry || packet->segment.flags & (RS_SYN | RS_FIN | RS_RST))
        return true;
    return !entry->follow.end[follow_direction(&entry->follow, &packet->source)].summed;
}

static void finish_idle(struct tracker *t) {
    for (struct table_entry *e = table_silent(t->table, true); e; e = table_silent(t->table, true)) {
        if (t->now_ns < e->follow.last_ns || t->now_ns - e->follow.last_ns < t->config.linger_ns)
            return;
        finish(t, e, false);
    }
}

static bool lingers(const struct tracker *t, const struct table_entry *entry) {
    return t->config.linger_ns > 0 && !(t->config.closed_at_once && !entry->follow.reset);
}

static void take_in(struct table_entry *entry, const struct follow_segment *s, struct sum sum,
                    struct followed *followed) {
    struct follow_end *e = &entry->follow.end[follow_direction(&entry->follow, s->source)];
    e->summed |= sum.looked;
    e->doubted = sum.doubted;
    follow_take(&entry->follow, s, followed);
}

static void take_segment(struct tracker *t, const struct passing *passing, struct rs_packet *packet,
                         size_t data_bytes) {
    size_t whole = rs_packet_ip_bytes(packet) + packet->segment.header_bytes + data_bytes;
    bool cut = whole > passing->size;
    if (whole > passing->wire_size) { // it was cut before it came to whoever caught it
        t->counts.malformed++;
        return;
    }
    t->counts.segments++;
    const struct follow_segment s = {.segment = &packet->segment,
                                     .source = &packet->source,
                                     .destination = &packet->destination,
                                     .data_bytes = data_bytes,
                                     .wall_ns = passing->wall_ns,
                                     .interface = passing->interface,
                                     .quick = !t->config.trace,
                                     .safe = passing->direction == TRACE_OUTBOUND && t->lost == 0};
    struct followed followed = {0};
    struct sum sum = {0};
    uint32_t hash;
    struct table_entry *entry = table_find(t->table, s.source, s.destination, &hash);
    if (t->config.trace || sum_matters(entry, packet))
        sum = look_at_sum(entry, passing, cut, packet);
    t->counts.bad_checksum += sum.damaged;
    if (!sum.damaged)
        entry = connection_of(t, entry, &s, hash);
    if (!entry)
        return;
    if (sum.damaged)
        follow_states(&entry->follow, followed.state);
    else
        take_in(entry, &s, sum, &followed);
    t->counts.cut += cut;
    t->counts.elsewhere += followed.elsewhere;
    if (followed.elsewhere)
        return;
    if (cut)
        followed.marks |= TRACE_MARK_CUT;
    if (t->config.trace)
        tell_segment(&t->config, entry, passing, packet, &followed, sum.damaged);
    bool over = follow_is_over(&entry->follow);
    table_touch(t->table, entry, over);
    if (over && !lingers(t, entry))
        finish(t, entry, false);
}

void tracker_take(struct tracker *t, const struct passing *passing) {
    struct rs_packet packet;
    size_t data_bytes;
    t->counts.packets++;
    if (passing->wall_ns > t->now_ns)
        t->now_ns = passing->wall_ns;
    finish_idle(t);
    enum rs_wire_error error = rs_packet_parse_headers(passing->bytes, passing->size, &packet, &data_bytes);
    if (error != RS_WIRE_OK) {
        count_error(&t->counts, error);
        return;
    }
    take_segment(t, passing, &packet, data_bytes);
}

void tracker_lost(struct tracker *t, uint64_t packets) { t->lost += packets; }

void tracker_tick(struct tracker *t, uint64_t wall_ns) {
    if (wall_ns > t->now_ns)
        t->now_ns = wall_ns;
    finish_idle(t);
}

uint64_t tracker_deadline_ns(const struct tracker *t) {
    const struct table_entry *e = table_silent(t->table, true);
    return e ? e->follow.last_ns + t->config.linger_ns : UINT64_MAX;
}

void tracker_finish_over(struct tracker *t) {
    for (struct table_entry *e = table_silent(t->table, true); e; e = table_silent(t->table, true))
        finish(t, e, false);
}

void tracker_finish(struct tracker *t) {
    for (struct table_entry *e = table_oldest(t->table); e; e = table_oldest(t->table))
        finish(t, e, false);
}

size_t tracker_open(const struct tracker *t) { return table_count(t->table); }

struct tracker_counts tracker_counts(const struct tracker *t) {
    return t->counts;
}

void tracker_free(struct tracker *t) {
    if (!t)
        return;
    table_free(t->table);
    free(t);
}
