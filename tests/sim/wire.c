// SPDX-License-Identifier: MIT
//
// The packets and the weather of wire.h.
#include "wire.h"

#include <string.h>

#include "rawshake/conn.h"

void wire_init(struct wire *w, struct chance *chance) {
    w->weather = (struct weather){.delay_us = 1000, .heals_at = RS_NEVER};
    w->chance = chance;
    w->scripted = false;
    w->script_used = w->count = 0;
    for (uint16_t i = 0; i < WIRE_SLOTS; i++)
        w->free[i] = i;
}

// A change within one 16-bit word is one that a checksum always finds; a wider one it finds nearly always, and then a
// wrong byte would be nobody's fault. So: one word, and never 0000 to ffff. In IPv6 the length stands under no
// checksum.
static void damage(struct wire *w, uint8_t *bytes, size_t size) {
    size_t at = chance_below(w->chance, (uint32_t)(size / 2)) * 2;
    uint32_t change = 1 + chance_below(w->chance, 0xfffe);
    if (chance_one_in(w->chance, 2))
        change = 1u << chance_below(w->chance, 16);
    if (bytes[0] >> 4 == 6 && at < 8)
        at = 8;
    bytes[at] ^= (uint8_t)(change >> 8);
    bytes[at + 1] ^= (uint8_t)change;
}

static void fly(struct wire *w, int to, const uint8_t *bytes, size_t size, uint64_t arrives) {
    if (w->count == WIRE_SLOTS) // lost, like in any other full queue
        return;
    uint16_t slot = w->free[w->count];
    memcpy(w->bytes[slot], bytes, size);
    w->flights[w->count++] = (struct flight){.arrives = arrives, .to = to, .slot = slot, .size = (uint16_t)size};
}

static void fly_through_weather(struct wire *w, int to, const uint8_t *bytes, size_t size, uint64_t now) {
    const struct weather *weather = &w->weather;
    uint8_t copy[WIRE_BYTES];
    memcpy(copy, bytes, size);
    if (chance_percent(w->chance, weather->corrupted))
        damage(w, copy, size);
    if (chance_percent(w->chance, weather->cut)) {
        size = 1 + chance_below(w->chance, (uint32_t)size - 1);
    } else if (chance_percent(w->chance, weather->padded)) { // as on Ethernet: no frame is shorter than 60 bytes
        size_t padding = chance_below(w->chance, 46);
        padding = padding < WIRE_BYTES - size ? padding : WIRE_BYTES - size;
        memset(copy + size, 0xa5, padding);
        size += padding;
    }
    uint64_t late = weather->jitter_us ? chance_below(w->chance, (uint32_t)weather->jitter_us) : 0;
    fly(w, to, copy, size, now + weather->delay_us + late);
}

static enum wire_fate by_script(struct wire *w, int to, const uint8_t *bytes, size_t size, uint64_t now) {
    enum wire_choice choice = (enum wire_choice)w->script[w->script_used++];
    if (choice == WIRE_DROP)
        return WIRE_LOST;
    fly(w, to, bytes, size, now + w->weather.delay_us);
    if (choice == WIRE_DOUBLE)
        fly(w, to, bytes, size, now + w->weather.delay_us);
    return WIRE_SENT;
}

enum wire_fate wire_put(struct wire *w, int to, const uint8_t *bytes, size_t size, uint64_t now) {
    const struct weather *weather = &w->weather;
    if (weather->mtu > 0 && size > weather->mtu)
        return WIRE_TOO_BIG;
    if (w->scripted && w->script_used < WIRE_SCRIPT)
        return by_script(w, to, bytes, size, now);
    if (now >= weather->heals_at || w->scripted) {
        fly(w, to, bytes, size, now + weather->delay_us);
        return WIRE_SENT;
    }
    if (chance_percent(w->chance, weather->lost))
        return WIRE_LOST;
    fly_through_weather(w, to, bytes, size, now);
    if (chance_percent(w->chance, weather->doubled))
        fly_through_weather(w, to, bytes, size, now);
    return WIRE_SENT;
}

static size_t first_to_arrive(const struct wire *w) {
    size_t first = 0;
    for (size_t i = 1; i < w->count; i++)
        if (w->flights[i].arrives < w->flights[first].arrives)
            first = i;
    return first;
}

uint64_t wire_next(const struct wire *w) { return w->count ? w->flights[first_to_arrive(w)].arrives : RS_NEVER; }

size_t wire_take(struct wire *w, uint64_t now, int *to, uint8_t *bytes) {
    if (w->count == 0)
        return 0;
    size_t i = first_to_arrive(w);
    struct flight arrived = w->flights[i];
    if (arrived.arrives > now)
        return 0;
    memmove(&w->flights[i], &w->flights[i + 1], (w->count - i - 1) * sizeof *w->flights);
    w->free[--w->count] = arrived.slot;
    memcpy(bytes, w->bytes[arrived.slot], arrived.size);
    *to = arrived.to;
    return arrived.size;
}
