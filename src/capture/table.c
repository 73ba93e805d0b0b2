// SPDX-License-Identifier: MIT
//
// See table.h. Open addressing with short slots, so that a search touches one or two lines of the cache before it comes
// to the connection itself; and rows of neighbours beside the connections, not in them, so that moving one to the end
// of its row touches little more. Called by the tracker.
#include "capture/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum row { ROW_BEGUN, ROW_OPEN, ROW_OVER, ROWS };

// Neighbours in two rows: BEGUN, and OPEN or OVER. 0 is nobody; entry i has number i + 1 here.
struct links {
    uint32_t before[2], after[2];
};

struct slot {
    uint32_t hash, entry; // entry 0: free
};

enum { KEYS = 10 };

struct table {
    struct table_entry *entries;
    struct links *links;
    struct slot *slots;
    uint32_t mask; // of slots
    uint32_t most, used, count;
    uint32_t spare; // a list of entries that were removed, through after[0]
    uint32_t first[ROWS], last[ROWS];
    uint64_t keys[KEYS]; // of the hash
};

void table_free(struct table *t) {
    if (!t)
        return;
    free(t->entries);
    free(t->links);
    free(t->slots);
    free(t);
}

struct table *table_new(size_t most) {
    size_t slots = 16;
    if (most == 0 || most > (size_t)1 << 28)
        return NULL;
    while (slots < 2 * most)
        slots *= 2;
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->entries = calloc(most, sizeof *t->entries);
    t->links = calloc(most + 1, sizeof *t->links);
    t->slots = calloc(slots, sizeof *t->slots);
    if (!t->entries || !t->links || !t->slots) {
        table_free(t);
        return NULL;
    }
    t->most = (uint32_t)most;
    t->mask = (uint32_t)(slots - 1);
    // Another secret in each run: so nobody can prepare a capture whose connections all collide.
    if (getentropy(t->keys, sizeof t->keys) == 0)
        return t;
    table_free(t);
    return NULL;
}

// ---- finding

static uint64_t word_of(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static bool comes_first(const struct rs_endpoint *a, const struct rs_endpoint *b) {
    uint64_t a_low = word_of(a->addr), b_low = word_of(b->addr);
    uint64_t a_high = word_of(a->addr + 8), b_high = word_of(b->addr + 8);
    if (a_low != b_low)
        return a_low < b_low;
    return a_high != b_high ? a_high < b_high : a->port < b->port;
}

static uint64_t product(const uint64_t *keys, uint64_t word) {
    return keys[0] * (uint32_t)word + keys[1] * (word >> 32);
}

// What lies near each other goes apart (the last step of MurmurHash3).
static uint64_t stirred(uint64_t x) {
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

// The same whichever end comes first. Each 32 bits are multiplied by a secret of their own: whatever two connections
// are chosen, their sums are the same by chance alone, once in 2^33 (Dietzfelbinger, "Universal hashing and k-wise
// independent random variables via integer arithmetic without primes", 1996).
static uint32_t hash_of(const struct table *t, const struct rs_endpoint *a, const struct rs_endpoint *b) {
    const struct rs_endpoint *first = comes_first(a, b) ? a : b, *second = first == a ? b : a;
    const uint64_t *keys = t->keys;
    uint64_t sum = keys[0] + keys[1] * ((uint32_t)first->port << 16 | second->port);
    sum += product(keys + 2, word_of(first->addr)) + product(keys + 4, word_of(second->addr));
    if (first->family == RS_IPV6)
        sum += product(keys + 6, word_of(first->addr + 8)) + product(keys + 8, word_of(second->addr + 8));
    return (uint32_t)stirred(sum);
}

static bool is_between(const struct follow *f, const struct rs_endpoint *a, const struct rs_endpoint *b) {
    return (rs_endpoint_equal(&f->endpoint[0], a) && rs_endpoint_equal(&f->endpoint[1], b)) ||
           (rs_endpoint_equal(&f->endpoint[0], b) && rs_endpoint_equal(&f->endpoint[1], a));
}

struct table_entry *table_find(struct table *t, const struct rs_endpoint *a, const struct rs_endpoint *b,
                               uint32_t *hash) {
    *hash = hash_of(t, a, b);
    for (uint32_t at = *hash & t->mask; t->slots[at].entry != 0; at = (at + 1) & t->mask) {
        if (t->slots[at].hash != *hash)
            continue;
        struct table_entry *entry = &t->entries[t->slots[at].entry - 1];
        if (is_between(&entry->follow, a, b))
            return entry;
    }
    return NULL;
}

// ---- rows

static uint32_t name_of(const struct table *t, const struct table_entry *entry) {
    return (uint32_t)(entry - t->entries) + 1;
}

static void unlink_from(struct table *t, enum row row, uint32_t entry) {
    int at = row == ROW_BEGUN ? 0 : 1;
    uint32_t before = t->links[entry].before[at], after = t->links[entry].after[at];
    *(before ? &t->links[before].after[at] : &t->first[row]) = after;
    *(after ? &t->links[after].before[at] : &t->last[row]) = before;
}

static void put_last(struct table *t, enum row row, uint32_t entry) {
    int at = row == ROW_BEGUN ? 0 : 1;
    t->links[entry].before[at] = t->last[row];
    t->links[entry].after[at] = 0;
    *(t->last[row] ? &t->links[t->last[row]].after[at] : &t->first[row]) = entry;
    t->last[row] = entry;
}

static enum row row_of(const struct table_entry *entry) { return entry->over ? ROW_OVER : ROW_OPEN; }

void table_touch(struct table *t, struct table_entry *entry, bool over) {
    uint32_t name = name_of(t, entry);
    if (t->last[row_of(entry)] == name && entry->over == over)
        return;
    unlink_from(t, row_of(entry), name);
    entry->over = over;
    put_last(t, row_of(entry), name);
}

static struct table_entry *entry_named(const struct table *t, uint32_t name) {
    return name ? &t->entries[name - 1] : NULL;
}

struct table_entry *table_oldest(const struct table *t) {
    return entry_named(t, t->first[ROW_BEGUN]);
}

struct table_entry *table_silent(const struct table *t, bool over) {
    return entry_named(t, t->first[over ? ROW_OVER : ROW_OPEN]);
}

// ---- coming and going

struct table_entry *table_add(struct table *t, uint32_t hash, uint32_t number) {
    uint32_t name = t->spare, at = hash & t->mask;
    if (name)
        t->spare = t->links[name].after[0];
    else if (t->used < t->most)
        name = ++t->used;
    else
        return NULL;
    while (t->slots[at].entry != 0)
        at = (at + 1) & t->mask;
    t->slots[at] = (struct slot){hash, name};
    struct table_entry *entry = &t->entries[name - 1];
    entry->number = number;
    entry->hash = hash;
    entry->over = false;
    put_last(t, ROW_BEGUN, name);
    put_last(t, ROW_OPEN, name);
    t->count++;
    return entry;
}

// What follows in the same run of slots moves up, so that no search ends too early.
static void free_slot(struct table *t, uint32_t at) {
    for (uint32_t next = (at + 1) & t->mask; t->slots[next].entry != 0; next = (next + 1) & t->mask) {
        uint32_t home = t->slots[next].hash & t->mask;
        if (((next - home) & t->mask) < ((next - at) & t->mask))
            continue; // it would come before its own place
        t->slots[at] = t->slots[next];
        at = next;
    }
    t->slots[at].entry = 0;
}

void table_remove(struct table *t, struct table_entry *entry) {
    uint32_t name = name_of(t, entry), at = entry->hash & t->mask;
    while (t->slots[at].entry != name)
        at = (at + 1) & t->mask;
    free_slot(t, at);
    unlink_from(t, ROW_BEGUN, name);
    unlink_from(t, row_of(entry), name);
    t->links[name].after[0] = t->spare;
    t->spare = name;
    t->count--;
}

size_t table_count(const struct table *t) { return t->count; }
