// SPDX-License-Identifier: MIT
//
// Addresses and ports: comparing them, and writing them for people. Called by everybody. Text is put together a
// character at a time: this room calls nothing but memcpy and its like, so that it can run anywhere.
#include "rawshake/endpoint.h"

#include <string.h>

#include "bytes.h"

size_t rs_address_bytes(enum rs_family family) { return family == RS_IPV6 ? 16 : 4; }

struct rs_endpoint rs_endpoint_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
    return (struct rs_endpoint){.family = RS_IPV4, .addr = {a, b, c, d}, .port = port};
}

bool rs_endpoint_equal(const struct rs_endpoint *a, const struct rs_endpoint *b) {
    return a->family == b->family && a->port == b->port && memcmp(a->addr, b->addr, rs_address_bytes(a->family)) == 0;
}

bool rs_endpoint_is_unicast(const struct rs_endpoint *e) {
    static const uint8_t zero[16];
    if (memcmp(e->addr, zero, rs_address_bytes(e->family)) == 0)
        return false;
    if (e->family == RS_IPV6)
        return e->addr[0] != 0xff; // ff00::/8 (RFC 4291, section 2.7)
    // 0.0.0.0/8 means "this network" (RFC 1122, section 3.2.1.3), 224.0.0.0/4 is multicast (RFC 1112, section 4), and
    // of 240.0.0.0/4 only 255.255.255.255 is used, for broadcast.
    return e->addr[0] != 0 && e->addr[0] < 224;
}

// Text under construction; what does not fit is left out.
struct writer {
    char *text;
    size_t room, used;
};

static void put_char(struct writer *w, char c) {
    if (w->used + 1 < w->room)
        w->text[w->used++] = c;
}

static void put_number(struct writer *w, unsigned value, unsigned base) {
    if (value >= base)
        put_number(w, value / base, base);
    put_char(w, "0123456789abcdef"[value % base]);
}

static void put_ipv4(struct writer *w, const uint8_t *addr) {
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            put_char(w, '.');
        put_number(w, addr[i], 10);
    }
}

// The first of the longest runs of zero groups, which is written "::" (RFC 5952, section 4.2). A single zero group is
// not shortened: *length is then 0.
static int longest_zeros(const uint8_t *addr, int *length) {
    int best = -1;
    *length = 0;
    for (int i = 0, n; i < 8; i += n + 1) {
        for (n = 0; i + n < 8 && get_be16(addr + 2 * (i + n)) == 0;)
            n++;
        if (n > 1 && n > *length) {
            best = i;
            *length = n;
        }
    }
    return best;
}

static void put_ipv6(struct writer *w, const uint8_t *addr) {
    int length, zeros = longest_zeros(addr, &length);
    for (int i = 0; i < 8; i++) {
        if (i == zeros) {
            put_char(w, ':');
            put_char(w, ':');
            i += length - 1;
            continue;
        }
        if (i > 0 && i != zeros + length)
            put_char(w, ':');
        put_number(w, get_be16(addr + 2 * i), 16);
    }
}

static void put_address(struct writer *w, const struct rs_endpoint *e) {
    if (e->family == RS_IPV6)
        put_ipv6(w, e->addr);
    else
        put_ipv4(w, e->addr);
}

char *rs_address_text(const struct rs_endpoint *e, char *text, size_t room) {
    struct writer w = {text, room, 0};
    put_address(&w, e);
    if (room > 0)
        text[w.used] = '\0';
    return text;
}

char *rs_endpoint_text(const struct rs_endpoint *e, char *text, size_t room) {
    struct writer w = {text, room, 0};
    if (e->family == RS_IPV6)
        put_char(&w, '['); // RFC 3986, section 3.2.2: so that the port's colon is not read as part of the address
    put_address(&w, e);
    if (e->family == RS_IPV6)
        put_char(&w, ']');
    put_char(&w, ':');
    put_number(&w, e->port, 10);
    if (room > 0)
        text[w.used] = '\0';
    return text;
}
