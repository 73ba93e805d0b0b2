// SPDX-License-Identifier: MIT
//
// Whole transcripts: a complete session through fake doors, narration included, compared to the byte with a file beside
// this one. No kernel, no clock and no chance take part. To add one: a row in the table below, and once
// UPDATE_GOLDEN=1 make check; then read what was written.
#include <stdio.h>

#include "../help/cm.h"
#include "../help/golden.h"
#include "cmd/weather_options.h"
#include "live/client.h"
#include "rawshake/packet.h"
#include "view/narrator.h"

enum { PORT = 45709, RING = 65495, QUEUE = 16 };

// What the kernel of that world counts.
enum { IN_SEGS, OUT_SEGS, IN_ERRS, CSUM_ERRORS, GUARD_DROPS, COUNTERS };

// The world that the session talks to: another engine in the part of the server's kernel, and a clock that goes on by
// a fixed step with each packet.
struct world {
    struct rs_conn server;
    bool nobody_listens, witness_is_broken;
    unsigned lose; // the first so many packets of ours are lost
    unsigned busy; // the server's program reads only when so many more packets have come; 0: when it is told to
    uint64_t now_us;
    uint8_t packets[QUEUE][2048];
    size_t sizes[QUEUE], first, count;
    uint8_t rings[2][RING];
    bool accepted;
    uint64_t counted[COUNTERS], counters_told[COUNTERS];
};

static void deliver(struct world *w, const struct rs_segment *segment, const struct rs_endpoint *from,
                    const struct rs_endpoint *to) {
    struct rs_packet packet = {.source = *from,
                               .destination = *to,
                               .ip = {.ttl = 64, .dont_fragment = true},
                               .ip6 = {.hop_limit = 64, .flow_label = 0x5eed5},
                               .segment = *segment};
    size_t at = (w->first + w->count++) % QUEUE;
    w->counted[OUT_SEGS]++;
    w->counted[IN_SEGS]++; // it comes to the guard
    w->counted[GUARD_DROPS]++;
    w->sizes[at] = rs_packet_build(&packet, w->packets[at], sizeof w->packets[at]);
}

static void drain_server(struct world *w) {
    struct rs_segment segment;
    struct rs_event event;
    while (rs_conn_poll_segment(&w->server, w->now_us, &segment))
        deliver(w, &segment, &w->server.local, &w->server.remote);
    while (rs_conn_poll_event(&w->server, &event)) {
    }
}

// A program that was busy: it reads what has come, and closes at the end of file.
static void read_at_last(struct world *w) {
    uint8_t bytes[1024];
    struct rs_conn_facts facts;
    while (rs_conn_receive(&w->server, bytes, sizeof bytes) > 0)
        drain_server(w);
    rs_conn_facts(&w->server, &facts);
    if (facts.state == RS_CLOSE_WAIT)
        rs_conn_close(&w->server);
    drain_server(w);
}

static int fake_send(void *self, const struct rs_endpoint *to, const uint8_t *bytes, size_t size) {
    struct world *w = self;
    struct rs_packet packet;
    (void)to;
    w->now_us += 10;
    w->counted[IN_SEGS]++;
    enum rs_wire_error error = rs_packet_parse(bytes, size, &packet);
    if (error == RS_WIRE_BAD_TCP_CHECKSUM) { // as a kernel does it: dropped, and counted
        w->counted[IN_ERRS]++;
        w->counted[CSUM_ERRORS]++;
        return 0;
    }
    assert_int_equal(error, RS_WIRE_OK);
    if (w->lose > 0) {
        w->lose--;
        return 0;
    }
    w->server.remote = packet.source; // also for the RST of a closed port
    rs_conn_input(&w->server, &packet.source, &packet.segment, w->now_us);
    drain_server(w);
    if (w->busy > 1)
        w->busy--;
    else if (w->busy == 1)
        read_at_last(w);
    return 0;
}

static ssize_t fake_receive(void *self, uint8_t *out, size_t room) {
    struct world *w = self;
    if (w->count == 0)
        return 0;
    size_t size = w->sizes[w->first];
    assert_true(size <= room);
    memcpy(out, w->packets[w->first], size);
    w->first = (w->first + 1) % QUEUE;
    w->count--;
    w->now_us += 5;
    return (ssize_t)size;
}

static uint64_t fake_monotonic(void *self) { return ((struct world *)self)->now_us; }

static uint64_t fake_wall(void *self) { return ((struct world *)self)->now_us * 1000; }

static struct peer fake_ask(void *self, const struct rs_endpoint *server, const struct rs_endpoint *client) {
    const struct world *w = self;
    struct rs_conn_facts facts;
    (void)server;
    (void)client;
    rs_conn_facts(&w->server, &facts);
    if (w->witness_is_broken)
        return (struct peer){.known = false, .why_not = "the witness is broken", .state = RS_STATE_UNKNOWN};
    return (struct peer){
        .known = true, .state = facts.state, .unread_bytes = (uint32_t)facts.unread_bytes, .accepted = w->accepted};
}

static size_t fake_moved(void *self, struct counter *list, size_t room) {
    static const char *const names[COUNTERS] = {"TcpInSegs", "TcpOutSegs", "TcpInErrs", "TcpInCsumErrors",
                                                "TcpExtTCPMinTTLDrop"};
    struct world *w = self;
    size_t count = 0;
    uint64_t dropped = w->counted[GUARD_DROPS] - w->counters_told[GUARD_DROPS];
    for (int i = 0; i < COUNTERS && count < room; i++) {
        uint64_t moved = w->counted[i] - w->counters_told[i];
        if (moved > 0)
            list[count++] = (struct counter){names[i], moved, i == IN_SEGS || i == GUARD_DROPS ? dropped : 0};
        w->counters_told[i] = w->counted[i];
    }
    return count;
}

static void server_did(struct session *s, enum trace_server_call call, const uint8_t *bytes, size_t size) {
    struct trace_event event = {.kind = TRACE_SERVER};
    event.u.server.call = call;
    event.u.server.bytes = bytes;
    event.u.server.size = size;
    event.u.server.from = s->conn.local;
    session_record(s, event);
}

static bool fake_read(void *self, struct session *s) {
    struct world *w = self;
    uint8_t bytes[1024];
    size_t size;
    w->accepted = true;
    server_did(s, TRACE_SERVER_ACCEPT, NULL, 0);
    while ((size = rs_conn_receive(&w->server, bytes, sizeof bytes)) > 0)
        server_did(s, TRACE_SERVER_RECV, bytes, size);
    return true;
}

static bool fake_finish(void *self, struct session *s) {
    struct world *w = self;
    server_did(s, TRACE_SERVER_END_OF_FILE, NULL, 0);
    server_did(s, TRACE_SERVER_CLOSE, NULL, 0);
    rs_conn_close(&w->server);
    drain_server(w);
    return true;
}

struct transcript {
    const char *name;
    unsigned verbosity, columns;
    bool utf8, color, step, nobody_listens, witness_is_broken, ipv6, counted;
    unsigned lose, busy, server_room; // server_room: of its receive buffer; 0: plenty
    const char *weather;              // an option of bad weather and its value
};

static const struct transcript transcripts[] = {
    {.name = "ladder-100", .columns = 100, .utf8 = true},
    {.name = "ladder-80", .columns = 80, .utf8 = true},
    {.name = "ladder-ascii", .columns = 100},
    {.name = "ladder-color", .columns = 100, .utf8 = true, .color = true},
    {.name = "verbose", .columns = 100, .utf8 = true, .verbosity = 1},
    {.name = "bytes", .columns = 100, .utf8 = true, .verbosity = 2},
    {.name = "bytes-80", .columns = 80, .utf8 = true, .verbosity = 2},
    {.name = "step", .columns = 100, .utf8 = true, .verbosity = 1, .step = true},
    {.name = "refused", .columns = 100, .utf8 = true, .nobody_listens = true},
    {.name = "broken-witness", .columns = 100, .utf8 = true, .witness_is_broken = true},
    {.name = "closed-window", .columns = 100, .utf8 = true, .busy = 5, .server_room = 5},
    {.name = "closed-window-step", .columns = 100, .utf8 = true, .step = true, .busy = 5, .server_room = 5},
    {.name = "lost-syn", .columns = 100, .utf8 = true, .lose = 2},
    {.name = "ipv6-80", .columns = 80, .utf8 = true, .verbosity = 2, .ipv6 = true},
    {.name = "dropped-data", .columns = 100, .utf8 = true, .weather = "drop out:3,4"},
    {.name = "dropped-answer", .columns = 80, .utf8 = true, .weather = "drop in:2"},
    {.name = "duplicated", .columns = 100, .utf8 = true, .weather = "duplicate 1,3"},
    {.name = "corrupted-out", .columns = 100, .utf8 = true, .weather = "corrupt out:3"},
    {.name = "verdict", .columns = 100, .utf8 = true, .verbosity = 1, .counted = true, .weather = "corrupt out:1"},
    {.name = "corrupted-in", .columns = 100, .weather = "corrupt in:2"},
    {.name = "delayed", .columns = 100, .utf8 = true, .weather = "delay 3:300ms"},
    {.name = "delayed-syn", .columns = 100, .utf8 = true, .weather = "delay out:1:1.2s"},
    {.name = "reordered", .columns = 100, .utf8 = true, .weather = "reorder out:2,4"},
};

static struct rs_endpoint end(const struct transcript *t, bool server) {
    static const uint8_t prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0xac, 0x1d, 0xc0, 0xde};
    uint16_t port = server ? 1712 : PORT;
    if (!t->ipv6)
        return rs_endpoint_ipv4(127, 0, 0, 1, port);
    struct rs_endpoint e = {.family = RS_IPV6, .port = port};
    memcpy(e.addr, prefix, sizeof prefix);
    memset(e.addr + 8, server ? 0xaf : 0xce, 8); // no run of zeros: as long as they come
    return e;
}

static void make_world(struct world *w, const struct transcript *t, const struct rs_endpoint *at) {
    const struct rs_conn_config config = {.local = *at,
                                          .remote = *at,
                                          .iss = 3000000000,
                                          .mss = RING,
                                          .no_delayed_ack = true, // as Linux in a young connection
                                          .send_buffer = w->rings[0],
                                          .send_bytes = RING,
                                          .receive_buffer = w->rings[1],
                                          .receive_bytes = t->server_room ? t->server_room : RING};
    w->now_us = 1000000;
    w->lose = t->lose;
    w->busy = t->busy;
    w->witness_is_broken = t->witness_is_broken;
    rs_conn_init(&w->server, &config);
    if (!t->nobody_listens)
        assert_int_equal(rs_conn_listen(&w->server), RS_CALL_OK);
}

static void make_weather(const struct transcript *t, struct weather *weather) {
    static const char *const kinds[] = {"drop ", "duplicate ", "reorder ", "delay ", "corrupt "};
    for (int kind = 0; t->weather && kind < WEATHER_KINDS; kind++)
        if (strncmp(t->weather, kinds[kind], strlen(kinds[kind])) == 0)
            assert_true(weather_parse((enum weather_kind)kind, t->weather + strlen(kinds[kind]), weather));
}

static void talk(struct world *w, const struct transcript *t, struct text *text) {
    static const uint8_t message[] = "Hello server!";
    static uint8_t rings[2][RING];
    static char weather_words[200];
    struct trace trace = {0};
    struct weather weather = {0};
    struct shelf *shelf = calloc(1, sizeof *shelf);
    make_weather(t, &weather);
    weather_text(&weather, weather_words, sizeof weather_words);
    struct session *session = calloc(1, sizeof *session);
    struct client *client = calloc(1, sizeof *client);
    struct narrator *narrator = calloc(1, sizeof *narrator);
    assert_true(session && client && narrator && shelf);
    const struct session_config config = {.conn = {.local = end(t, false),
                                                   .remote = end(t, true),
                                                   .iss = 1000000000,
                                                   .flow_label = 0xabcde,
                                                   .mss = RING,
                                                   .send_buffer = rings[0],
                                                   .send_bytes = RING,
                                                   .receive_buffer = rings[1],
                                                   .receive_bytes = RING,
                                                   .ttl = 64,
                                                   .ip_id = 7},
                                          .step = t->step,
                                          .link = {.self = w, .send = fake_send, .receive = fake_receive, .fd = -1},
                                          .clock = {w, fake_monotonic, fake_wall},
                                          .witness = {w, fake_ask},
                                          .counters = {w, t->counted ? fake_moved : NULL},
                                          .bend = weather_bend(&weather),
                                          .shelf = shelf,
                                          .trace = &trace};
    const struct client_config client_config = {.message = message,
                                                .message_bytes = sizeof message - 1,
                                                .input_fd = -1,
                                                .linger_us = 10000000,
                                                .partner = t->busy ? (struct partner){0}
                                                                   : (struct partner){w, fake_read, fake_finish}};
    const struct narrator_settings settings = {.verbosity = t->verbosity, .step = t->step};
    const struct trace_about about = {.source = TRACE_BY_HAND,
                                      .server = config.conn.remote,
                                      .client = config.conn.local,
                                      .private_network = true,
                                      .through_user = true,
                                      .server_is_local = true,
                                      .our_server = true,
                                      .guarded = true,
                                      .filtered = true,
                                      .weather = t->weather ? weather_words : NULL};
    session_init(session, &config);
    client_init(client, session, &client_config);
    narrator_init(narrator, text, &settings);
    trace_add(&trace, narrator_sink(narrator));
    session_record(session, (struct trace_event){.kind = TRACE_BEGIN, .u.about = &about});
    session_ask_peer(session);
    client_start(client);
    while (client->end == CLIENT_UNFINISHED) {
        if (client_advance(client))
            continue;
        if (session->held)
            session_permit(session);
        else
            w->now_us += client_wait_us(client);
        assert_null(rs_conn_check(&session->conn));
    }
    assert_int_equal(client->end, t->nobody_listens ? CLIENT_FAILED : CLIENT_DONE);
    free(shelf);
    free(session);
    free(client);
    free(narrator);
}

static void expect_lines_to_fit(const struct text *text) {
    char line[512];
    for (size_t at = 0, length; at < text->used; at += length + 1) {
        const char *end = memchr(text->bytes + at, '\n', text->used - at);
        length = end ? (size_t)(end - (text->bytes + at)) : text->used - at;
        snprintf(line, sizeof line, "%.*s", (int)length, text->bytes + at);
        if (text_width(line) > text->style.columns)
            print_error("too long: %s\n", line);
        assert_true(text_width(line) <= text->style.columns);
    }
}

static void test_transcript(void **state) {
    char file[64];
    const struct transcript *t = *state;
    struct text text = {.bytes = malloc(400000), .size = 400000, .style = {t->utf8, t->color, t->columns}};
    struct world *w = calloc(1, sizeof *w);
    const struct rs_endpoint at = end(t, true);
    assert_true(w && text.bytes);
    make_world(w, t, &at);
    talk(w, t, &text);
    assert_int_equal(text.lost, 0);
    if (!t->color)
        expect_lines_to_fit(&text);
    snprintf(file, sizeof file, "%s.txt", t->name);
    golden_compare(file, text.bytes, text.used);
    free(text.bytes);
    free(w);
}

int main(void) {
    enum { TRANSCRIPTS = sizeof transcripts / sizeof *transcripts };
    struct CMUnitTest tests[TRANSCRIPTS];
    for (size_t i = 0; i < TRANSCRIPTS; i++)
        tests[i] = (struct CMUnitTest){.name = transcripts[i].name,
                                       .test_func = test_transcript,
                                       .initial_state = (void *)(uintptr_t)&transcripts[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
