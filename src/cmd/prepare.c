// SPDX-License-Identifier: MIT
//
// What a connection is told before it begins: from options, route and the kernel's habits to the configuration of
// session and client. Called by handmade.c for each attempt.
#include "cmd/prepare.h"

#include <string.h>

#include "cmd/handmade.h"
#include "cmd/weather_options.h"
#include "cmd/without.h"
#include "live/usual.h"
#include "net/clock.h"

// What the kernel's own SYN would have, but for what the command line says.
static void take_habits(const struct handmade *h, struct session_config *config) {
    const struct connect_options *o = &h->options;
    struct rs_conn_config *conn = &config->conn;
    usual_habits(conn);
    if (o->window) {
        conn->window_scale = 0;
        conn->syn_window = 0;
    }
    without_apply(o->without, conn);
    conn->ttl = o->ttl_set ? o->ttl : h->ttl;
}

static size_t window_bytes(const struct handmade *h) {
    if (h->options.window)
        return h->options.window;
    if (!h->options.quiet || h->lesson.heir) // the kernel begins so too, and will let it grow
        return LESSON_RECEIVE_BYTES;
    size_t queue = (size_t)h->way->raw.queue_bytes / 2; // no more than the raw socket can hold, should all come at once
    return queue < BUFFER_BYTES ? queue : BUFFER_BYTES;
}

// What our SYN announces: what the path brings here, unless somebody has written another number beside the route. That
// one may be larger, and is taken as it is, as connect() takes it.
static uint16_t announced_mss_of(const struct handmade *h, uint16_t path_mss) {
    if (h->announced_mss == 0)
        return path_mss;
    return (uint16_t)(h->announced_mss < UINT16_MAX ? h->announced_mss : UINT16_MAX);
}

static size_t read_room(void *self) {
    const struct handmade *h = self;
    return h->options.quiet ? h->screen.text.size - h->screen.text.used : SIZE_MAX;
}

static void prepare_client(struct handmade *h) {
    const struct connect_options *o = &h->options;
    const struct client_config client = {
        .message = (const uint8_t *)o->message,
        .message_bytes = o->message_bytes,
        .input_fd = h->input_fd,
        .half_close = o->file != NULL || h->lesson.half_close,
        .linger_us = o->file && !o->linger_set ? UINT64_MAX : o->linger_us, // a stream ends when both ends say so
        .stay_in_time_wait = o->time_wait_us > 0,
        .hands_over = h->lesson.heir != NULL,
        .partner = h->lesson.partner,
        .read_room = read_room,
        .read_room_self = h,
    };
    client_init(&h->client, &h->session, &client);
}

void prepare_connection(struct handmade *h) {
    const struct connect_options *o = &h->options;
    const struct handmade_heir *heir = h->lesson.heir;
    uint16_t path_mss = usual_path_mss(h->remote.family, h->mtu), mss = o->mss ? o->mss : announced_mss_of(h, path_mss);
    struct session_config config = {
        .conn = {.local = h->local,
                 .remote = h->remote,
                 .iss = o->isn,
                 .mss = mss,
                 .path_mss = path_mss,
                 .send_buffer = h->send_buffer,
                 .send_bytes = o->quiet ? BUFFER_BYTES : LESSON_SEND_BYTES,
                 .receive_buffer = h->receive_buffer,
                 .receive_bytes = window_bytes(h),
                 .open_timeout_us = o->timeout_us,
                 .data_timeout_us = o->timeout_us,
                 .time_wait_us = o->time_wait_us},
        .step = o->step,
        .bulk = o->quiet && !h->views && !weather_option(&o->weather) && !heir ? &h->bulk : NULL,
        .bend =
            heir ? (struct bend){.self = heir->self, .outgoing = heir->outgoing} : weather_bend(&h->options.weather),
        .shelf = &h->shelf,
        .link = raw_link_door(&h->way->raw),
        .clock = clock_real(),
        .witness = h->lesson.other ? h->lesson.other->witness : kernel_witness_door(&h->witness),
        .counters = handmade_counts(h) ? kernel_counters_door(&h->counters) : (struct counters){0},
        .trace = &h->trace,
        .connection = h->connections_before + (uint32_t)h->attempts.at + 1,
    };
    h->bulk.first = h->bulk.count = h->bulk.used = 0; // what another address was to get
    shelf_clear(&h->shelf);
    h->options.weather.seen[0] = h->options.weather.seen[1] = 0;
    take_habits(h, &config);
    usual_numbers(&config.conn, &config.clock, o->isn_set);
    session_init(&h->session, &config);
    prepare_client(h);
}
