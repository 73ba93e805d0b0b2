// SPDX-License-Identifier: MIT
//
// Engines over simulated networks: first one that does no harm, then thousands that lose, double, reorder and damage,
// with strangers and routers in between, and peers without manners. Every byte must arrive, once and in order, both
// ways, and both ends must close normally; all invariants hold after every step.
//
// With a seed as its argument the program runs that one and tells it packet by packet.

#include "../help/cm.h"
#include "scenario.h"
#include "slow.h"

enum { SEEDS = SLOW ? 1500 : 8000 };

static struct network n;

static void expect_a_good_end(void) {
    const char *broken = network_run(&n);
    if (broken)
        fail_msg("%s", broken);
}

static void test_large_message_over_the_wrap(void **state) {
    static const uint32_t numbers[6] = {1000, 0, 0xffffffff, 0xfffffffe, 0x7fffffff, 0xfffff800};
    (void)state;
    RULE(P11);
    for (size_t i = 0; i < 6; i++) {
        network_init(&n, numbers[i], numbers[5 - i], 1);
        n.ends[0].program.to_send = 300000;
        n.ends[1].program.to_send = 5000;
        end_listen(&n.ends[1]);
        end_open(&n.ends[0]);
        expect_a_good_end();
    }
}

// The switches of one end: five bits.
static void choose_switches(struct end *e, unsigned bits) {
    e->config.no_window_scale = bits & 1;
    e->config.no_timestamps = bits & 2;
    e->config.no_sack = bits & 4;
    e->config.no_nagle = bits & 8;
    e->config.no_delayed_ack = bits & 16;
}

// Where nothing is lost nothing is sent twice, no timer of a second has to help, and no end waits for the other without
// need: round trips are 2 ms, and the smallest buffers need 140 of them.
static void test_good_network_loses_no_time(void **state) {
    static const size_t buffers[] = {4096, 30000, END_BUFFER};
    static const uint16_t segments[] = {536, 1460};
    enum { BYTES = 200000 };
    (void)state;
    for (unsigned run = 0; run < 32 * 32 * 6; run += SLOW ? 61 : 7) {
        size_t buffer = buffers[run / 1024 % 3];
        network_init(&n, 0xffff0000, 0x7fffff00, run);
        n.wire.weather.heals_at = 0;
        for (unsigned i = 0; i < 2; i++) {
            choose_switches(&n.ends[i], i == 0 ? run % 32 : run / 32 % 32);
            n.ends[i].config.mss = segments[run / 3072];
            n.ends[i].config.send_bytes = n.ends[i].config.receive_bytes = buffer;
            n.ends[i].config.time_wait_us = 1;
            n.ends[i].program.pause_us = 100;
            n.ends[i].program.most = (uint32_t)buffer;
            end_start(&n.ends[i]);
        }
        n.ends[0].program.to_send = BYTES;
        end_listen(&n.ends[1]);
        end_open(&n.ends[0]);
        uint64_t began = n.now;
        expect_a_good_end();
        for (int i = 0; i < 2; i++)
            if (n.ends[i].seen[RS_TIMED_OUT] || n.ends[i].seen[RS_RESENT_DATA] || n.ends[i].seen[RS_RESENT_FAST] ||
                n.ends[i].seen[RS_SENT_PROBE])
                fail_msg("run %u: something was sent again, or probed", run);
        if (n.now - began > SECOND / 2)
            fail_msg("run %u took %.3f s", run, (double)(n.now - began) / 1e6);
    }
}

static void test_slow_reader_closes_the_window(void **state) {
    (void)state;
    network_init(&n, 0xffffff00, 7, 1);
    n.ends[0].program.to_send = 60000;
    n.ends[1].program.pause_us = 3 * SECOND;
    n.ends[1].config.receive_bytes = 2000;
    end_start(&n.ends[1]);
    end_listen(&n.ends[1]);
    end_open(&n.ends[0]);
    expect_a_good_end();
    assert_true(n.ends[0].seen[RS_WINDOW_CLOSED]);
    assert_true(n.ends[0].seen[RS_SENT_PROBE]);
    assert_true(n.ends[0].seen[RS_WINDOW_OPENED]);
}

// Bugs planted into what these rules say were noticed by the seeds below (make mutants).
static void rules(void) {
    RULE(8), RULE(9), RULE(10), RULE(11), RULE(13), RULE(14), RULE(16), RULE(19), RULE(20), RULE(24), RULE(29);
    RULE(30), RULE(31), RULE(32), RULE(33), RULE(34), RULE(35), RULE(36), RULE(40), RULE(41), RULE(43), RULE(44);
    RULE(45), RULE(P7), RULE(P11);
}

static void test_bad_networks_and_bad_peers(void **state) {
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t first = one ? strtoull(one, NULL, 10) : 1, last = many ? strtoull(many, NULL, 10) : SEEDS;
    last = one ? first : last;
    char why[200];
    (void)state;
    rules();
    for (uint64_t seed = first; seed <= last; seed++) {
        if (!scenario_run(seed, false))
            continue;
        scenario_explain(why, sizeof why);
        fail_msg("seed %llu: %s (make soak SEED=%llu tells it packet by packet)", (unsigned long long)seed, why,
                 (unsigned long long)seed);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_message_over_the_wrap),
        cmocka_unit_test(test_good_network_loses_no_time),
        cmocka_unit_test(test_slow_reader_closes_the_window),
        cmocka_unit_test(test_bad_networks_and_bad_peers),
    };
    if (argc == 2)
        return scenario_run(strtoull(argv[1], NULL, 10), true) != NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
