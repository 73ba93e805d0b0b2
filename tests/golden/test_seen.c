// SPDX-License-Identifier: MIT
//
// Whole transcripts of connections of others: segments with chosen numbers pass the tracker, and what the narrator
// tells is compared to the byte with a file beside this one. To add one: a row in the table below, and once
// UPDATE_GOLDEN=1 make check; then read what was written.
#include <string.h>

#include "../help/cm.h"
#include "../help/golden.h"
#include "../help/passer.h"
#include "view/liveline.h"
#include "view/narrator.h"

enum { A = RS_ACK, S = RS_SYN, F = RS_FIN, R = RS_RST, P = RS_PSH, ROOM = 1 << 17 };

static struct passer passer, *const p = &passer;

static void whole(void) {
    pass_handshake(p);
    pass(p, CLIENT, P | A, 1, 1, 13);
    pass(p, SERVER, A, 1, 14, 0);
    pass(p, CLIENT, F | A, 14, 1, 0);
    pass(p, SERVER, A, 1, 15, 0);
    pass(p, SERVER, F | A, 1, 15, 0);
    pass(p, CLIENT, A, 15, 2, 0);
}

static void scaled(void) {
    for (int i = 0; i < 2; i++)
        p->syn_options[i] = (struct rs_options){.has_mss = true,
                                                .mss = 1460,
                                                .sack_permitted = true,
                                                .has_timestamps = true,
                                                .ts_value = 77,
                                                .has_window_scale = true,
                                                .window_scale = 7};
    p->passing.checksum = PASSING_UNFINISHED;
    pass_handshake(p);
    pass(p, CLIENT, P | A, 1, 1, 13);
}

static void ipv6(void) {
    for (int i = 0; i < 2; i++) {
        p->end[i] = (struct rs_endpoint){.family = RS_IPV6, .addr = {0x20, 1, 0xd, 0xb8}, .port = p->end[i].port};
        p->end[i].addr[15] = (uint8_t)(1 + i);
    }
    whole();
}

static void refused(void) {
    pass(p, CLIENT, S, 0, 0, 0);
    p->first[SERVER] = 0;
    pass(p, SERVER, R | A, 0, 1, 0);
}

static void no_answer(void) {
    p->step_us = 1000000;
    pass(p, CLIENT, S, 0, 0, 0);
    pass(p, CLIENT, S, 0, 0, 0);
}

static void midway(void) {
    p->passing.direction = TRACE_DIRECTION_UNKNOWN;
    pass(p, SERVER, P | A, 70000, 300, 100);
    pass(p, CLIENT, A, 300, 70100, 0);
    pass(p, CLIENT, P | A, 300, 70100, 10);
    pass(p, SERVER, F | A, 70100, 310, 0);
}

static void hole(void) {
    p->passing.direction = TRACE_DIRECTION_UNKNOWN;
    pass_handshake(p);
    pass(p, CLIENT, A, 1, 1, 100);
    pass(p, SERVER, A, 1, 601, 0);
    pass(p, CLIENT, A, 801, 1, 100);
    pass(p, SERVER, A, 1, 901, 0);
}

static void again(void) {
    pass_handshake(p);
    for (uint32_t i = 0; i < 4; i++)
        pass(p, CLIENT, A, 1 + 100 * i, 1, 100);
    pass(p, SERVER, A, 1, 101, 0);
    for (uint32_t i = 0; i < 3; i++)
        pass(p, SERVER, A, 1, 101, 0);
    for (uint32_t i = 0; i < 3; i++)
        pass(p, CLIENT, A, 101, 1, 100);
    p->damage = true;
    pass(p, CLIENT, A, 401, 1, 10);
    p->damage = false;
    pass(p, CLIENT, A, 351, 1, 100);
    p->window[SERVER] = 0;
    pass(p, SERVER, A, 1, 451, 0);
    pass(p, CLIENT, A, 451, 1, 1);
    p->window[SERVER] = 1000;
    pass(p, SERVER, A, 1, 452, 0);
    pass(p, CLIENT, A, 451, 1, 0);
}

static void reset(void) {
    pass_handshake(p);
    pass(p, CLIENT, P | A, 1, 1, 13);
    pass(p, SERVER, R, 9000, 0, 0);
    pass(p, SERVER, R | A, 1, 14, 0);
    pass(p, CLIENT, A, 14, 1, 0);
}

static void cut(void) {
    p->keep = 60;
    pass_handshake(p);
    pass(p, CLIENT, P | A, 1, 1, 100);
}

static void two(void) {
    pass_handshake(p);
    p->end[CLIENT].port = 40001;
    refused();
    p->end[CLIENT].port = 40000;
    p->first[SERVER] = PASSER_IRS;
    pass(p, CLIENT, P | A, 1, 1, 13);
    pass(p, CLIENT, P | A, 1, 1, 13);
    pass(p, SERVER, R | A, 1, 14, 0);
}

static const struct transcript {
    const char *file;
    void (*play)(void);
    unsigned columns, verbosity;
    bool ascii, live;
    const char *where; // a capture's name
} transcripts[] = {
    {.file = "seen-80.txt", .play = whole, .columns = 80},
    {.file = "seen-100.txt", .play = whole, .columns = 100},
    {.file = "seen-ascii.txt", .play = whole, .columns = 80, .ascii = true},
    {.file = "seen-verbose.txt", .play = scaled, .columns = 100, .verbosity = 1},
    {.file = "seen-bytes.txt", .play = scaled, .columns = 100, .verbosity = 2},
    {.file = "seen-ipv6.txt", .play = ipv6, .columns = 80},
    {.file = "seen-refused.txt", .play = refused, .columns = 80},
    {.file = "seen-no-answer.txt", .play = no_answer, .columns = 80},
    {.file = "seen-midway.txt", .play = midway, .columns = 80, .where = "run\033[2J.pcap"},
    {.file = "seen-hole.txt", .play = hole, .columns = 100, .where = "run.pcap"},
    {.file = "seen-again.txt", .play = again, .columns = 100},
    {.file = "seen-reset.txt", .play = reset, .columns = 80},
    {.file = "seen-cut.txt", .play = cut, .columns = 100, .verbosity = 2, .where = "run.pcap"},
    {.file = "live-80.txt", .play = two, .columns = 80, .live = true},
    {.file = "live-100.txt", .play = two, .columns = 100, .live = true},
};

static void test_transcript(void **state) {
    static char bytes[ROOM];
    static struct narrator narrator;
    static struct liveline live;
    const struct transcript *t = *state;
    struct text text = {.bytes = bytes, .size = ROOM, .style = {!t->ascii, false, t->columns}};
    const struct narrator_settings settings = {.verbosity = t->verbosity};
    passer_init(p);
    p->about.source = t->where ? TRACE_READ : TRACE_WATCHED;
    p->about.where = t->where ? t->where : "eth0";
    narrator_init(&narrator, &text, &settings);
    liveline_init(&live, &text);
    trace_add(&p->trace, t->live ? liveline_sink(&live) : narrator_sink(&narrator));
    passer_start(p);
    t->play();
    tracker_finish(p->tracker);
    passer_stop(p);
    assert_int_equal(text.lost, 0);
    golden_compare(t->file, bytes, text.used);
}

int main(void) {
    enum { COUNT_OF = sizeof transcripts / sizeof *transcripts };
    struct CMUnitTest tests[COUNT_OF];
    for (size_t i = 0; i < COUNT_OF; i++)
        tests[i] =
            (struct CMUnitTest){transcripts[i].file, test_transcript, NULL, NULL, (void *)(uintptr_t)&transcripts[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
