// SPDX-License-Identifier: MIT
//
// The lines of trace.h: time, end, its state, control bits, numbers relative to the initial ones, length, window.
#include "trace.h"

#include <stdio.h>

static void line(const struct network *n, int at, const char *what, const struct rs_segment *s, int sender,
                 const char *note) {
    static const char letters[] = "FSRPAUEC";
    char flags[9];
    size_t count = 0;
    for (int i = 0; i < 8; i++)
        if (s->flags & (1 << i))
            flags[count++] = letters[i];
    flags[count] = '\0';
    printf("%12.6f  %d %-12s %s %-5s seq %u", (double)n->now / 1e6, at, rs_state_name(n->ends[at].conn.state), what,
           flags, s->seq - n->ends[sender].conn.snd.iss);
    if (s->flags & RS_ACK)
        printf(" ack %u", s->ack - n->ends[!sender].conn.snd.iss);
    printf(" size %zu win %u", rs_segment_data_bytes(s), s->window);
    for (int i = 0; i < s->options.sack_blocks; i++)
        printf(" sack %u-%u", s->options.sack[i].left - n->ends[!sender].conn.snd.iss,
               s->options.sack[i].right - n->ends[!sender].conn.snd.iss);
    if (s->options.has_timestamps)
        printf(" ts %u/%u", s->options.ts_value, s->options.ts_echo);
    if (s->options.has_window_scale)
        printf(" scale %u", s->options.window_scale);
    printf("%s%s\n", *note ? "  " : "", note);
}

void trace_sent(const struct network *n, int from, const struct rs_segment *segment, enum wire_fate fate) {
    static const char *const notes[] = {[WIRE_SENT] = "", [WIRE_LOST] = "lost", [WIRE_TOO_BIG] = "too big"};
    line(n, from, "sends", segment, from, notes[fate]);
}

void trace_arrived(const struct network *n, int to, const uint8_t *bytes, size_t size) {
    struct rs_packet packet;
    enum rs_wire_error error = rs_packet_parse(bytes, size, &packet);
    if (error == RS_WIRE_NOT_TCP)
        printf("%12.6f  %d %-12s hears an ICMP error\n", (double)n->now / 1e6, to,
               rs_state_name(n->ends[to].conn.state));
    else
        line(n, to, "hears", &packet.segment, !to, error ? rs_wire_error_text(error) : "");
}

void trace_error(const struct network *n, int to, const struct rs_icmp *error) {
    printf("%12.6f  %d %-12s ICMP %s, mtu %u, on its way\n", (double)n->now / 1e6, to,
           rs_state_name(n->ends[to].conn.state), rs_icmp_name(error), error->mtu);
}

void trace_stray(const struct network *n, int to, const struct rs_segment *segment) {
    line(n, to, "stray", segment, !to, "on its way");
}

void trace_end(const struct network *n) {
    for (int i = 0; i < 2; i++) {
        const struct end *e = &n->ends[i];
        printf("%12.6f  %d %-12s sent %zu of %zu bytes in %u segments, received %zu\n", (double)n->now / 1e6, i,
               rs_state_name(e->conn.state), e->program.sent, e->program.to_send, e->sent_count, e->program.received);
    }
    printf("%s\n", n->broken ? n->broken : "all is well");
}
