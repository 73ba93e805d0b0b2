// SPDX-License-Identifier: MIT
//
// Bad weather against a real kernel: each kind is seen to happen, is told truly, and no byte is wrong in the end.
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"

static void told(const char *const *words, const char *const *sentences) {
    struct result r = live_run(NULL, words);
    for (size_t i = 0; sentences[i]; i++)
        live_expect(&r, 0, sentences[i], NULL);
    live_expect(&r, 0, "MESSAGE: Hello server!\n", NULL); // and all the same
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_each_kind_is_told(void **state) {
    (void)state;
    live_or_skip();
    told(WORDS("demo", "--drop", "out:1"),
         WORDS("weather bad on purpose: --drop\n", "Dropped by --drop before it left.",
               "If no answer comes within 1 s, it goes out again.", "This time we wait up to 2 s."));
    told(WORDS("demo", "--duplicate", "in:2"), WORDS("The same packet once more (--duplicate)."));
    told(WORDS("demo", "--delay", "out:3:150ms"), WORDS("held back for 150 ms (--delay).", "It was held back for "));
    told(WORDS("demo", "--reorder", "out:2"), WORDS("The segment before it has overtaken it (--reorder)."));
    told(WORDS("demo", "--corrupt", "in:2", "-v"),
         WORDS("our own check of the checksum has noticed it", "This time we wait up to 2 s."));
}

// What we damage, the server's kernel drops and counts: nobody but it can say so.
static void test_the_kernel_counts_what_we_damage(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "--once"));
    assert_true(live_wait_for(&server, false, "Listening on "));
    struct result r = live_shell("errors() { awk '/^Tcp: [0-9]/ {print $16}' /proc/net/snmp; }\n"
                                 "before=$(errors); $RAWSHAKE connect --corrupt out:1,4 || exit 1\n"
                                 "echo counted $(($(errors) - before))",
                                 30);
    live_expect(&r, 0, "counted 2\n", NULL);
    live_expect(&r, 0, "One of its bits was turned round after the checksum was made", NULL);
    live_free(&r);
    struct result served = live_finish(&server, 10);
    live_expect(&served, 0, "MESSAGE: Hello server!\n", NULL);
    live_free(&served);
}

static void test_no_byte_is_wrong(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_echo);
    struct result r = live_shell(
        "head -c 300000 $RAWSHAKE | $RAWSHAKE connect -q -f - --mss 5000 --drop 2% --duplicate 5% --reorder 5% --delay "
        "5%:3ms --corrupt 2% --time-wait 1 | cmp - $RAWSHAKE",
        60);
    // cmp says that the answer ends where we ended, and nothing else; the seed is told, to have the same again.
    live_expect(&r, 1, NULL, "EOF on - after byte 300000");
    live_expect(&r, 1, NULL, "by chance: --seed ");
    live_free(&r);
    live_server_end(server);
}

// The seed is told where it was not chosen, and the same one hits the same segments.
static void test_a_seed_makes_the_same_weather(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--delay", "50%:10ms"));
    live_expect(&r, 0, "by chance: --seed ", NULL);
    live_free(&r);
    for (int i = 0; i < 2; i++) // the SYN and our first data, but neither the ACK between them nor the SYN,ACK
        told(WORDS("demo", "--delay", "30%:40ms", "--seed", "576"),
             WORDS("\n   SYN seq=0: held back for 40 ms", "\n   PSH,ACK seq=1 ack=1 len=13: held back for 40 ms"));
}

static void test_what_makes_no_sense(void **state) {
    (void)state;
    static const char *const options[] = {"--drop", "--duplicate", "--reorder", "--delay", "--corrupt"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct result r = live_run(NULL, WORDS("connect", options[i], "soon"));
        live_expect(&r, 2, NULL, options[i]);
        live_expect(&r, 2, NULL, "'soon': not a percentage like 10% or up to 16 numbers like 2,5");
        assert_true(live_one_line(r.err));
        live_free(&r);
        r = live_run(NULL, WORDS("connect", "--kernel", options[i], "2"));
        live_expect(&r, 2, NULL, "they exclude each other: with --kernel, the kernel decides");
        live_free(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_told),   cmocka_unit_test(test_the_kernel_counts_what_we_damage),
        cmocka_unit_test(test_no_byte_is_wrong),    cmocka_unit_test(test_a_seed_makes_the_same_weather),
        cmocka_unit_test(test_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
