// SPDX-License-Identifier: MIT
//
// rawshake run on a terminal: step mode beside a program that reads from the same terminal, and the keys that send
// signals.
#include <signal.h>
#include <stdio.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/terminal.h"
#include "run/filter.h"

enum { COLUMNS = 90 };

static const char asks[] = "import socket\n"
                           "name = input('Your name? ')\n"
                           "s = socket.create_connection(('127.0.0.1', 1712))\n"
                           "s.sendall(name.encode())\n"
                           "s.close()\n"
                           "print('sent to', s.getpeername() if s.fileno() >= 0 else 'the server')\n";

static void ready_or_skip(void) {
    struct net_error error;
    live_or_skip();
    if (!connect_filter_possible(&error) || !live_has("python3"))
        skip();
}

// The program has asked for a name; it waits for an answer from the terminal.
static struct terminal start_asking(void) {
    struct terminal t =
        terminal_start(COLUMNS, WORDS("run", "--step", "--with", "tutorial", "--", "python3", "-c", asks));
    assert_true(terminal_shows(&t, "Your name? "));
    return t;
}

// Its answer is there, and it has called connect().
static struct terminal start_connecting(void) {
    struct terminal t = start_asking();
    terminal_type(&t, "Anna\n");
    assert_true(terminal_shows(&t, "Enter sends it."));
    return t;
}

static void test_step_by_step(void **state) {
    (void)state;
    ready_or_skip();
    struct terminal t = start_asking();
    assert_false(terminal_is_raw(&t)); // it is the program's
    terminal_type(&t, "Anna\n");
    assert_true(terminal_shows(&t, "Enter sends it."));
    assert_non_null(strstr(terminal_text, "next: SYN seq=0"));
    assert_true(terminal_is_raw(&t));
    terminal_type(&t, "s");
    assert_true(terminal_shows(&t, "server: LISTEN"));
    terminal_type(&t, "\n");
    assert_true(terminal_shows(&t, "Enter sends it."));
    terminal_type(&t, "\n");
    assert_true(terminal_shows(&t, "MESSAGE: Anna"));
    assert_int_equal(terminal_read_all(&t), 0);
}

static void test_abort(void **state) {
    (void)state;
    ready_or_skip();
    struct terminal t = start_connecting();
    terminal_type(&t, "a");
    assert_true(terminal_shows(&t, "ConnectionAbortedError"));
    assert_int_equal(terminal_read_all(&t), 1);
}

// The process that could hand over is killed: the kernel's own connect() goes on, and the program gets its connection.
static void test_the_kernel_cannot_take_it_over(void **state) {
    char script[200];
    (void)state;
    ready_or_skip();
    struct terminal t = start_connecting();
    terminal_type(&t, "\n");
    assert_true(terminal_shows(&t, "Enter sends it."));
    assert_non_null(strstr(terminal_text, "next: ACK seq=1 ack=1"));
    snprintf(
        script, sizeof script,
        "for p in $(cat /proc/%d/task/%d/children); do grep -q '^CapPrm:.*[^0]*1000$' /proc/$p/status && kill -9 $p; "
        "done",
        (int)t.pid, (int)t.pid);
    live_do(script);
    terminal_type(&t, "\n");
    assert_true(terminal_shows(&t, "MESSAGE: Anna"));
    assert_non_null(
        strstr(terminal_text, "The kernel has not taken the connection over (the process for the handover"));
    assert_null(strstr(terminal_text, "connect() returns"));
    assert_int_equal(terminal_read_all(&t), 0);
}

// It goes to the program as well, which decides.
static void test_ctrl_c(void **state) {
    (void)state;
    ready_or_skip();
    struct terminal t =
        terminal_start(COLUMNS, WORDS("run", "-q", "sh", "-c",
                                      "trap 'echo heard; exit 9' INT; echo ready; while :; do sleep 0.1; done"));
    assert_true(terminal_shows(&t, "ready"));
    terminal_type(&t, "\003");
    assert_true(terminal_shows(&t, "heard"));
    assert_int_equal(terminal_read_all(&t), 9);
    t = terminal_start(COLUMNS, WORDS("run", "-q", "sh", "-c", "echo ready; exec sleep 1000"));
    assert_true(terminal_shows(&t, "ready"));
    terminal_type(&t, "\003");
    assert_int_equal(terminal_read_all(&t), 128 + SIGINT);
}

// A handshake that is held ends with the program.
static void test_ctrl_c_while_a_segment_is_held(void **state) {
    (void)state;
    ready_or_skip();
    struct terminal t = start_connecting();
    terminal_type(&t, "\003");
    assert_int_equal(terminal_read_all(&t), 128 + SIGINT);
    assert_non_null(strstr(terminal_text, "KeyboardInterrupt"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_by_step),
        cmocka_unit_test(test_abort),
        cmocka_unit_test(test_the_kernel_cannot_take_it_over),
        cmocka_unit_test(test_ctrl_c),
        cmocka_unit_test(test_ctrl_c_while_a_segment_is_held),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
