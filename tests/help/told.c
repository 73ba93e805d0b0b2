// SPDX-License-Identifier: MIT
//
// Reading lines of JSON (see told.h). They are ours, one object a line without blanks, so strings are looked for.
#include "told.h"

#include <stdio.h>

#include "cm.h"

// The text behind `"name":"` in a line, up to the next quote.
static void value(const char *line, const char *name, char out[64]) {
    char key[64];
    out[0] = '\0';
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(line, key);
    if (at)
        snprintf(out, 64, "%.*s", (int)strcspn(at + strlen(key), "\""), at + strlen(key));
}

// ["SYN","ACK"] as SYN,ACK.
static void flags(const char *line, char out[64]) {
    const char *at = strstr(line, "\"flags\":[");
    size_t used = 0;
    assert_non_null(at);
    for (at += strlen("\"flags\":["); *at != ']' && used < 63; at++)
        if (*at != '"')
            out[used++] = *at;
    out[used] = '\0';
}

static void word(const char *line, char out[160]) {
    char event[64], call[64];
    value(line, "event", event);
    value(line, "call", call);
    if (strcmp(event, "seen") == 0)
        flags(line, event);
    snprintf(out, 160, "%s%s%s", event, call[0] ? ":" : "", call);
}

// Copies a line without its end; returns what follows it, or NULL.
static const char *take_line(const char *text, char *line, size_t room) {
    size_t size = strcspn(text, "\n");
    snprintf(line, room, "%.*s", (int)size, text);
    return text[size] == '\n' ? text + size + 1 : NULL;
}

void told_story(const char *json, unsigned connection, char *out, size_t room) {
    static char line[400000];
    char key[64], next[160];
    size_t used = 0;
    snprintf(key, sizeof key, "\"connection\":%u,", connection);
    out[0] = '\0';
    for (const char *at = json; at && *at && used < room;) {
        at = take_line(at, line, sizeof line);
        if (!strstr(line, key))
            continue;
        word(line, next);
        used += (size_t)snprintf(out + used, room - used, "%s%s", used > 0 ? " " : "", next);
    }
    assert_true(used < room);
}

unsigned told_count(const char *json, const char *text) {
    unsigned count = 0;
    for (const char *at = json; (at = strstr(at, text)) != NULL; at += strcspn(at, "\n"))
        count++;
    return count;
}

void told_in_order(const char *text, const char *const *parts) {
    const char *at = text;
    for (size_t i = 0; parts[i]; i++) {
        const char *next = strstr(at, parts[i]);
        if (!next)
            print_error("not found, in this order: %s\n%s", parts[i], text);
        assert_non_null(next);
        at = next + 1;
    }
}
