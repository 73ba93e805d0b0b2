// SPDX-License-Identifier: MIT
//
// A capture file of any format: which one it is, and what is said where it makes no sense (see capture.h). Called by
// the commands that read captures.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/internal.h"

enum { MAGIC_BYTES = 4, SHOWN_BYTES = 8 };

struct capture *capture_open(int fd) {
    struct capture *c = calloc(1, sizeof *c);
    if (!c || !intake_open(&c->in, fd)) {
        free(c);
        return NULL;
    }
    return c;
}

void capture_before_wait(struct capture *c, bool (*call)(void *), void *self) {
    c->in.before_wait = call;
    c->in.before_wait_self = self;
}

void capture_free(struct capture *c) {
    if (!c)
        return;
    intake_close(&c->in);
    free(c->interfaces);
    free(c);
}

const char *capture_problem(const struct capture *c) { return c->problem; }

const char *capture_decompressor(const struct capture *c) { return c->decompressor; }

int capture_errno(const struct capture *c) { return c->in.error; }

// ---- what is wrong

static void say(struct capture *c, const char *where, const char *form, va_list arguments) {
    int used = snprintf(c->problem, sizeof c->problem, "%s: ", where);
    if (used > 0 && (size_t)used < sizeof c->problem)
        vsnprintf(c->problem + used, sizeof c->problem - (size_t)used, form, arguments);
}

enum capture_status capture_bad_packet(struct capture *c, const char *form, ...) {
    char where[80];
    va_list arguments;
    snprintf(where, sizeof where, "packet %" PRIu64 ", which begins at byte %" PRIu64, c->packets + 1, c->at);
    va_start(arguments, form);
    say(c, where, form, arguments);
    va_end(arguments);
    return CAPTURE_DAMAGED;
}

enum capture_status capture_bad(struct capture *c, const char *what, const char *form, ...) {
    char where[120];
    va_list arguments;
    snprintf(where, sizeof where, "the %s at byte %" PRIu64 ", after %" PRIu64 " packet%s", what, c->at, c->packets,
             c->packets == 1 ? "" : "s");
    va_start(arguments, form);
    say(c, where, form, arguments);
    va_end(arguments);
    return CAPTURE_DAMAGED;
}

enum capture_status capture_cut(struct capture *c, bool packet, const char *what) {
    if (c->in.error != 0)
        return CAPTURE_UNREADABLE;
    if (packet)
        return capture_bad_packet(c, "the file ends in the middle of it");
    return capture_bad(c, what, "the file ends in the middle of it");
}

// ---- which format

static const char *decompressor_of(const uint8_t *bytes, size_t size) {
    static const struct {
        const char *magic;
        size_t size;
        const char *command;
    } known[] = {{"\x1f\x8b", 2, "gzip -dc"},
                 {"\x28\xb5\x2f\xfd", 4, "zstd -dc"},
                 {"\xfd"
                  "7zXZ",
                  5, "xz -dc"},
                 {"BZh", 3, "bzip2 -dc"},
                 {"\x04\x22\x4d\x18", 4, "lz4 -dc"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (size >= known[i].size && memcmp(bytes, known[i].magic, known[i].size) == 0)
            return known[i].command;
    return NULL;
}

static enum capture_status foreign(struct capture *c) {
    char hex[3 * SHOWN_BYTES + 1] = "", text[SHOWN_BYTES + 1] = "";
    intake_need(&c->in, SHOWN_BYTES);
    size_t size = c->in.end - c->in.begin;
    const uint8_t *bytes = c->in.buffer + c->in.begin;
    if (c->in.error != 0)
        return CAPTURE_UNREADABLE;
    c->decompressor = decompressor_of(bytes, size);
    for (size_t i = 0; i < size && i < SHOWN_BYTES; i++) {
        snprintf(hex + 3 * i, 4, " %02x", bytes[i]);
        text[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
    }
    if (size == 0)
        snprintf(c->problem, sizeof c->problem, "it is empty: a capture has a header even where it has no packets");
    else if (c->decompressor)
        snprintf(c->problem, sizeof c->problem, "it is compressed");
    else
        snprintf(c->problem, sizeof c->problem, "neither pcap nor pcapng: it begins with%s (%s)", hex, text);
    return CAPTURE_FOREIGN;
}

static enum capture_status begin(struct capture *c) {
    const uint8_t *magic = intake_need(&c->in, MAGIC_BYTES);
    if (magic && pcap_is(magic))
        return pcap_begin(c);
    if (magic && pcapng_is(magic))
        return pcapng_open(c);
    return foreign(c);
}

enum capture_status capture_next(struct capture *c, struct capture_frame *out) {
    if (c->last == CAPTURE_FRAME && !c->next)
        c->last = begin(c);
    if (c->last == CAPTURE_FRAME)
        c->last = c->next(c, out);
    return c->last;
}
