// SPDX-License-Identifier: MIT
//
// The kernel's counters (see counters.h), by the names that nstat(8) gives them. Both ends of a connection made by hand
// live in the same kernel, and so in the same counters. What our end moves there was measured (docs/design.md has the
// table, tests/live/test_counters.c holds it): sending and receiving with raw sockets, a packet tap and the questions
// of the witness move none. Only the guard does: each segment that it drops is one of
//
//     TcpInSegs               a segment for TCP has come; that counts for any socket
//     TcpExtTCPMinTTLDrop     and a socket that wants a greater TTL has dropped it
//
// In a network of our own nobody else has such a socket. So every TCPMinTTLDrop is ours, and as many of InSegs.
// Called by the session, after a segment has left or has been taken in.
#include "counters.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const paths[2] = {"/proc/net/snmp", "/proc/net/netstat"};

// A piece of text between blanks.
struct word {
    const char *at;
    size_t size;
};

static bool same(const struct word *word, const char *string) {
    return word->size == strlen(string) && memcmp(word->at, string, word->size) == 0;
}

static bool next_line(const char **at, const char *end, struct word *line) {
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline) // cut short: no line
        return false;
    *line = (struct word){*at, (size_t)(newline - *at)};
    *at = newline + 1;
    return true;
}

// Takes a word off the beginning of a line.
static bool next_word(struct word *line, struct word *word) {
    while (line->size > 0 && *line->at == ' ') {
        line->at++;
        line->size--;
    }
    const char *blank = memchr(line->at, ' ', line->size);
    *word = (struct word){line->at, blank ? (size_t)(blank - line->at) : line->size};
    line->at += word->size;
    line->size -= word->size;
    return word->size > 0;
}

// Not all that stands there is a count: MaxConn may be -1.
static bool read_number(const struct word *word, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < word->size; i++) {
        unsigned digit = (unsigned)(word->at[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static bool is_group(const struct word *group) {
    return same(group, "Tcp:") || same(group, "TcpExt:") || same(group, "Ip:") || same(group, "IpExt:");
}

// What is no count of events (settings, and how many there are now), and what IP counts for each packet of either end:
// TCP's own counters tell that better, and for one end alone.
static bool is_left_out(const struct word *name) {
    static const char *const names[] = {"RtoAlgorithm", "RtoMin",     "RtoMax",     "MaxConn",    "CurrEstab",
                                        "Forwarding",   "DefaultTTL", "InReceives", "InDelivers", "OutRequests",
                                        "OutTransmits", "InOctets",   "OutOctets",  "InNoECTPkts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (same(name, names[i]))
            return true;
    return false;
}

// "TcpInSegs" of "Tcp:" and "InSegs".
static bool is_named(const char *full, const struct word *group, const struct word *name) {
    size_t prefix = group->size - 1;
    return memcmp(full, group->at, prefix) == 0 && memcmp(full + prefix, name->at, name->size) == 0 &&
           full[prefix + name->size] == '\0';
}

struct look {
    struct kernel_counters *counters;
    size_t at;
    struct counter *list;
    size_t moved, room;
};

// One counter. Whose name was not at this place before has no past: it is only noted.
static void take(struct look *look, const struct word *group, const struct word *name, uint64_t value) {
    struct kernel_counters *k = look->counters;
    if (look->at >= COUNTERS_MOST || group->size + name->size > COUNTER_NAME_BYTES)
        return;
    size_t i = look->at++;
    if (i >= k->count || !is_named(k->names[i], group, name)) {
        snprintf(k->names[i], sizeof k->names[i], "%.*s%.*s", (int)group->size - 1, group->at, (int)name->size,
                 name->at);
        k->values[i] = value;
        k->count = i >= k->count ? i + 1 : k->count;
        return;
    }
    if (value <= k->values[i] || look->moved >= look->room)
        return;
    look->list[look->moved++] = (struct counter){.name = k->names[i], .moved = value - k->values[i]};
    k->values[i] = value;
}

static void take_pair(struct look *look, struct word names, struct word numbers) {
    struct word group, again, name, number;
    uint64_t value;
    if (!next_word(&names, &group) || !next_word(&numbers, &again) || !is_group(&group))
        return;
    while (next_word(&names, &name) && next_word(&numbers, &number))
        if (!is_left_out(&name) && read_number(&number, &value))
            take(look, &group, &name, value);
}

static bool same_group(struct word a, struct word b) {
    struct word first, second;
    return next_word(&a, &first) && next_word(&b, &second) && first.size == second.size &&
           memcmp(first.at, second.at, first.size) == 0;
}

void counters_take_text(struct kernel_counters *counters, const char *text, size_t size, size_t *at,
                        struct counter *list, size_t *moved, size_t room) {
    struct look look = {.counters = counters, .at = *at, .list = list, .moved = *moved, .room = room};
    const char *next = text, *end = text + size;
    struct word names, numbers;
    bool any = next_line(&next, end, &names);
    while (any && next_line(&next, end, &numbers)) {
        if (!same_group(names, numbers)) {
            names = numbers;
            continue;
        }
        take_pair(&look, names, numbers);
        any = next_line(&next, end, &names);
    }
    *at = look.at;
    *moved = look.moved;
}

// A segment may come between the two files: then the second tells of it, and the first only the next time. So what the
// guard dropped is owed until it has been taken out.
void counters_take_out_ours(struct kernel_counters *counters, struct counter *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, "TcpExtTCPMinTTLDrop") == 0) {
            list[i].ours = list[i].moved;
            counters->owed += list[i].moved;
        }
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, "TcpInSegs") == 0) {
            list[i].ours = counters->owed < list[i].moved ? counters->owed : list[i].moved;
            counters->owed -= list[i].ours;
        }
}

// From the beginning, each time: the kernel then counts anew.
static size_t read_all(int fd, char *out, size_t room) {
    size_t used = 0;
    for (ssize_t more = 1; fd >= 0 && used < room && more > 0; used += more > 0 ? (size_t)more : 0)
        more = pread(fd, out + used, room - used, (off_t)used);
    return used;
}

static size_t moved(void *self, struct counter *list, size_t room) {
    struct kernel_counters *k = self;
    size_t at = 0, count = 0;
    for (int i = 0; i < 2; i++)
        counters_take_text(k, k->text, read_all(k->fds[i], k->text, sizeof k->text), &at, list, &count, room);
    if (k->guarded)
        counters_take_out_ours(k, list, count);
    return count;
}

void kernel_counters_open(struct kernel_counters *counters, bool guarded) {
    counters->guarded = guarded;
    counters->count = 0;
    counters->owed = 0;
    for (int i = 0; i < 2; i++)
        counters->fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
    moved(counters, NULL, 0);
}

bool kernel_counters_know(const struct kernel_counters *counters, const char *name) {
    for (size_t i = 0; i < counters->count; i++)
        if (strcmp(counters->names[i], name) == 0)
            return true;
    return false;
}

struct counters kernel_counters_door(struct kernel_counters *counters) {
    return (struct counters){.self = counters, .moved = moved};
}

void kernel_counters_close(struct kernel_counters *counters) {
    for (int i = 0; i < 2; i++) {
        if (counters->fds[i] >= 0)
            close(counters->fds[i]);
        counters->fds[i] = -1;
    }
}
