// SPDX-License-Identifier: MIT
//
// Reading the options that make bad weather (see weather_options.h). Called by connect_options.c and handmade.c.
#include "cmd/weather_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/complain.h"
#include "cmd/options.h"

enum { DELAY_US = 200000, DELAY_MOST_US = 60000000 };

static const char *const names[WEATHER_KINDS] = {"--drop", "--duplicate", "--reorder", "--delay", "--corrupt"};

// "300ms", "1.5s": up to a minute.
static bool parse_time(const char *text, uint64_t *us) {
    double value;
    const char *end = parse_decimal(text, &value);
    double unit = !end ? 0 : strcmp(end, "ms") == 0 ? 1e3 : strcmp(end, "s") == 0 ? 1e6 : 0;
    if (unit == 0 || !(value > 0) || value * unit > DELAY_MOST_US || value * unit < 1)
        return false;
    *us = (uint64_t)(value * unit + 0.5);
    return true;
}

// "10%", of more than nothing and up to all.
static bool parse_percent(const char *text, struct weather_rule *rule) {
    double value;
    const char *end = parse_decimal(text, &value);
    if (!end || !(value > 0) || value > 100 || strcmp(end, "%") != 0)
        return false;
    rule->per_million = (uint32_t)(value * (WEATHER_MILLION / 100) + 0.5);
    return rule->per_million > 0;
}

// "2,5".
static bool parse_numbers(const char *text, struct weather_rule *rule) {
    for (;;) {
        char *end;
        unsigned long long number = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
        if (number == 0 || number > UINT32_MAX || rule->count == WEATHER_NUMBERS_MAX)
            return false;
        rule->numbers[rule->count++] = (uint32_t)number;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

static bool parse_rule(enum weather_kind kind, const char *text, struct weather_rule *rule) {
    char which[200];
    const char *colon = strchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    if (size >= sizeof which || (colon && kind != WEATHER_DELAY))
        return false;
    memcpy(which, text, size);
    which[size] = '\0';
    rule->delay_us = DELAY_US;
    if (colon && !parse_time(colon + 1, &rule->delay_us))
        return false;
    return strchr(which, '%') ? parse_percent(which, rule) : parse_numbers(which, rule);
}

bool weather_parse(enum weather_kind kind, const char *text, struct weather *w) {
    bool out = strncmp(text, "out:", 4) == 0, in = strncmp(text, "in:", 3) == 0;
    struct weather_rule rule = {0};
    if (!parse_rule(kind, text + (out ? 4 : in ? 3 : 0), &rule)) {
        complain(
            "%s '%.40s': not a percentage like 10%% or up to %d numbers like 2,5%s; out: or in: before it means one "
            "way only",
            names[kind], text, WEATHER_NUMBERS_MAX,
            kind == WEATHER_DELAY ? ", with a time like :300ms or :1.5s (at most 60s) behind it" : "");
        return false;
    }
    if (!in)
        w->rules[0][kind] = rule;
    if (!out)
        w->rules[1][kind] = rule;
    return true;
}

const char *weather_option(const struct weather *w) {
    for (unsigned kind = 0; kind < WEATHER_KINDS; kind++)
        if (weather_has(w, (enum weather_kind)kind))
            return names[kind];
    return NULL;
}

void weather_text(const struct weather *w, char *out, size_t room) {
    size_t used = (size_t)snprintf(out, room, "bad on purpose:");
    for (unsigned kind = 0; kind < WEATHER_KINDS; kind++)
        if (weather_has(w, (enum weather_kind)kind) && used < room)
            used += (size_t)snprintf(out + used, room - used, " %s", names[kind]);
    if (weather_is_random(w) && used < room)
        snprintf(out + used, room - used, ", by chance: --seed %" PRIu64 " makes the same again", w->seed);
}
