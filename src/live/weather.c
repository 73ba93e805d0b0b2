// SPDX-License-Identifier: MIT
//
// Which segment is hit by what (see weather.h). Called by the session through the bend; what it decides is done there.
#include "live/weather.h"

enum { OVERTAKEN_WITHIN_US = 100000 }; // if nothing comes that could overtake it

// Numbers that look random and depend on nothing but their input: SplitMix64 (Steele, Lea and Flood, 2014).
static uint64_t mixed(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t chance(const struct weather *w, unsigned way, unsigned kind, uint32_t number) {
    return mixed(mixed(w->seed) ^ ((uint64_t)way << 40 | (uint64_t)kind << 32 | number));
}

static bool is_hit(const struct weather *w, unsigned way, enum weather_kind kind, uint32_t number) {
    const struct weather_rule *rule = &w->rules[way][kind];
    for (size_t i = 0; i < rule->count; i++)
        if (rule->numbers[i] == number)
            return true;
    return rule->per_million > 0 && chance(w, way, kind, number) % WEATHER_MILLION < rule->per_million;
}

static struct bent decide(struct weather *w, unsigned way) {
    uint32_t number = ++w->seen[way];
    struct bent bent = {.copies = is_hit(w, way, WEATHER_DROP, number) ? 0 : 1};
    if (bent.copies == 0)
        return bent;
    if (is_hit(w, way, WEATHER_DUPLICATE, number))
        bent.copies = 2;
    bent.flip = is_hit(w, way, WEATHER_CORRUPT, number);
    bent.flip_at = (uint32_t)chance(w, way, WEATHER_KINDS, number);
    if (is_hit(w, way, WEATHER_DELAY, number))
        bent.delay_us = w->rules[way][WEATHER_DELAY].delay_us;
    else if (is_hit(w, way, WEATHER_REORDER, number)) {
        bent.delay_us = OVERTAKEN_WITHIN_US;
        bent.behind_next = true;
    }
    return bent;
}

static struct bent outgoing(void *self, struct rs_packet *packet) {
    (void)packet;
    return decide(self, 0);
}

static struct bent incoming(void *self, struct rs_packet *packet) {
    (void)packet;
    return decide(self, 1);
}

static bool is_rule(const struct weather_rule *rule) { return rule->count > 0 || rule->per_million > 0; }

bool weather_has(const struct weather *w, enum weather_kind kind) {
    return is_rule(&w->rules[0][kind]) || is_rule(&w->rules[1][kind]);
}

bool weather_is_random(const struct weather *w) {
    for (unsigned way = 0; way < 2; way++)
        for (unsigned kind = 0; kind < WEATHER_KINDS; kind++)
            if (w->rules[way][kind].per_million > 0)
                return true;
    return false;
}

struct bend weather_bend(struct weather *w) {
    for (unsigned kind = 0; kind < WEATHER_KINDS; kind++)
        if (weather_has(w, (enum weather_kind)kind))
            return (struct bend){.self = w, .outgoing = outgoing, .incoming = incoming};
    return (struct bend){0};
}
