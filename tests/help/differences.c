// SPDX-License-Identifier: MIT
//
// Writing what two captures have alike, and which known difference (view/known.h) explains what they have not (see
// sidebyside.h): docs/linux.md.
#include "sidebyside.h"

enum { ALIKE_MIN = 8 };

static void write_flags(uint8_t flags, char out[TEXT_ROOM]) {
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = {{RS_SYN, "SYN"}, {RS_FIN, "FIN"}, {RS_RST, "RST"}, {RS_PSH, "PSH"},
                 {RS_ACK, "ACK"}, {RS_URG, "URG"}, {RS_ECE, "ECE"}, {RS_CWR, "CWR"}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].flag)
            used += (size_t)snprintf(out + used, TEXT_ROOM - used, "%s%s", used > 0 ? "," : "", names[i].name);
}

static void write_why(FILE *out, unsigned why) {
    for (int d = 0; d < KNOWN_COUNT; d++)
        if (why & known_bit((enum known)d))
            fprintf(out, " [%d]", d + 1);
    if (why & known_bit(KNOWN_COUNT))
        fprintf(out, " [NOT EXPLAINED]");
}

static void write_line(FILE *out, const char *who, const struct pair_line *line, unsigned why) {
    char flags[TEXT_ROOM], text[100], wait[TEXT_ROOM];
    write_flags(line->flags, flags);
    int used = snprintf(text, sizeof text, "%s %s seq=%u", line->to_server ? "-->" : "<--", flags, line->seq);
    if (line->flags & RS_ACK)
        used += snprintf(text + used, sizeof text - (size_t)used, " ack=%u", line->ack);
    if (line->data_bytes > 0)
        snprintf(text + used, sizeof text - (size_t)used, " len=%u", line->data_bytes);
    pair_wait_text(line->again_after_ms, wait);
    fprintf(out, "    %-7s %-40s %s%s%s%s%s", who, text, line->options[0] ? "<" : "", line->options,
            line->options[0] ? ">" : "", wait[0] ? " again " : "", wait);
    write_why(out, why);
    fprintf(out, "\n");
}

static void write_row(FILE *out, const struct row *row) {
    unsigned window = known_bit(KNOWN_WINDOW);
    if (row->hand && row->kernel && (row->why & ~window) == 0) {
        write_line(out, "both", row->hand, row->why);
        return;
    }
    if (row->hand)
        write_line(out, "hand", row->hand, row->why);
    if (row->kernel)
        write_line(out, "kernel", row->kernel, row->why);
}

// A long row of data is told in one line, with the ACKs in between.
static bool in_a_stream(const struct row *row) {
    const struct pair_line *line = row->hand ? row->hand : row->kernel;
    return !row->unexplained && (line->to_server ? pair_is_bare_ack(line) : line->data_bytes > 0);
}

// What differs in a stream is chance, and some of it may be missing once: all that may be there is named each time.
static unsigned write_stream(FILE *out, const struct sides *sides, unsigned from, unsigned to) {
    const unsigned why = known_bit(KNOWN_WINDOW) | known_bit(KNOWN_ACKS) | known_bit(KNOWN_STREAM);
    uint32_t first = 0, last = 0;
    for (unsigned i = from; i < to; i++) {
        const struct pair_line *line = sides->rows[i].hand;
        if (!line || line->to_server)
            continue;
        first = first > 0 ? first : line->seq;
        last = line->seq + line->data_bytes - 1;
    }
    fprintf(out, "    both    <-- data from seq=%u to %u, and --> ACKs between and behind it", first, last);
    write_why(out, why);
    fprintf(out, "\n");
    return why;
}

void sides_write(FILE *out, const struct sides *sides, unsigned *seen) {
    for (unsigned i = 0, to; i < sides->count; i = to) {
        for (to = i; to < sides->count && in_a_stream(&sides->rows[to]);)
            to++;
        if (to - i >= ALIKE_MIN) {
            *seen |= write_stream(out, sides, i, to);
            continue;
        }
        to = i + 1;
        write_row(out, &sides->rows[i]);
        *seen |= sides->rows[i].why;
    }
}

void differences_write(FILE *out) {
    for (int d = 0; d < KNOWN_COUNT; d++) {
        const struct known_words *words = known_words((enum known)d);
        fprintf(out, "%d. **%s**\n   - by hand: %s\n   - by the kernel: %s\n   - why: %s\n", d + 1, words->title,
                words->hand, words->kernel, words->why);
    }
}
