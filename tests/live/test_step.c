// SPDX-License-Identifier: MIT
//
// Step mode: keys from a pipe and from a terminal, and what happens while a person reads.
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"
#include "../help/terminal.h"
#include "net/raw.h"
#include "rawshake/packet.h"

static void press(struct child *child, const char *keys) {
    assert_int_equal(write(child->input, keys, strlen(keys)), strlen(keys));
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void test_enter_sends_and_the_end_of_input_goes_on_alone(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct child child = live_start(WORDS("connect", "--step"));
    assert_true(live_wait_for(&child, false, "? help: "));
    usleep(50000);
    press(&child, "\n");
    assert_true(live_wait_for(&child, false, "next: ACK seq=1 ack=1"));
    struct result r = live_finish(&child, 10); // closes the pipe: nobody is asked any more
    live_expect(&r, 0, "TIME-WAIT", NULL);
    assert_int_equal(count(r.out, "? help: "), 2);
    live_free(&r);
    live_server_end(server);
}

static void test_each_key(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run("f\nb\ns\n?\nx\n\n\na\n", WORDS("connect", "--step"));
    live_expect(&r, 1, "TCP header, 40 bytes", "aborted: RST was sent");
    live_expect(&r, 1, "as RFC 9293 draws it", NULL);
    live_expect(&r, 1, "The TCP checksum:", NULL);
    live_expect(&r, 1, "server: LISTEN", NULL);
    live_expect(&r, 1, "our end's clock stands still", NULL);
    live_expect(&r, 1, "RST,ACK seq=1", NULL);
    assert_int_equal(count(r.out, "Enter  send the segment"), 2); // '?' and a key that is none
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

static void test_expected_against_received(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run("\n\n\n\n\n\n", WORDS("connect", "--step"));
    live_expect(&r, 0, "any: theirs to choose", NULL);
    live_expect(&r, 0, "as expected", NULL);
    live_free(&r);
    live_server_end(server);
}

// While the ACK is held the server sends its SYN,ACK again; that is told and explained, and the ACK still goes.
static void test_a_resent_syn_ack(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct child child = live_start(WORDS("connect", "--step"));
    press(&child, "\n");
    assert_true(live_wait_for(&child, false, "our ACK of it has not reached"));
    press(&child, "\n");
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "connect() returns", NULL);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    live_server_end(server);
}

// The server's kernel gives up the half-open connection while we read: told at once, and the RST is no riddle.
static void test_the_server_gives_up(void **state) {
    (void)state;
    live_or_skip();
    live_setting("/proc/sys/net/ipv4/tcp_synack_retries", "0"); // one second instead of one minute
    pid_t server = live_server(1712, serve_to_the_end);
    struct child child = live_start(WORDS("connect", "--step"));
    press(&child, "\n");
    bool told = live_wait_for(&child, false, "the server's kernel has given up the half-open connection");
    live_setting("/proc/sys/net/ipv4/tcp_synack_retries", "5");
    assert_true(told);
    press(&child, "\n");
    struct result r = live_finish(&child, 10);
    live_expect(&r, 1, "RST seq=1", "ECONNRESET");
    live_free(&r);
    live_server_end(server);
}

// The server's first sequence number, read off the explained SYN,ACK.
static uint32_t their_isn(const struct child *child) {
    struct child copy = *child;
    FILE *f = fopen(copy.out_path, "re");
    char line[512];
    unsigned long value = 0;
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, "Sequence Number "))
            value = strtoul(strstr(line, "Number ") + 7, NULL, 10); // the last one shown is theirs
    if (f)
        fclose(f);
    return (uint32_t)value;
}

static void test_a_reset_while_the_ack_is_held(void **state) {
    struct raw_link raw;
    struct net_error error;
    uint8_t bytes[64];
    (void)state;
    live_or_skip();
    assert_true(raw_link_open(&raw, RS_IPV4, 4444, &error));
    pid_t server = live_server(1712, serve_to_the_end);
    struct child child = live_start(WORDS("connect", "--step", "--source-port", "40010"));
    press(&child, "\n");
    assert_true(live_wait_for(&child, false, "next: ACK seq=1 ack=1"));
    struct rs_packet reset = {.source = rs_endpoint_ipv4(127, 0, 0, 1, 1712),
                              .destination = rs_endpoint_ipv4(127, 0, 0, 1, 40010),
                              .ip = {.ttl = 64},
                              .segment = {.seq = their_isn(&child) + 1, .flags = RS_RST}};
    size_t size = rs_packet_build(&reset, bytes, sizeof bytes);
    struct link door = raw_link_door(&raw);
    assert_int_equal(door.send(door.self, &reset.destination, bytes, size), 0);
    assert_true(live_wait_for(&child, false, "is needless now"));
    struct result r = live_finish(&child, 10);
    live_expect(&r, 1, "RST ends the connection at once", "ECONNRESET");
    live_free(&r);
    live_server_end(server);
    raw_link_close(&raw);
}

static void greet_late(int listener) {
    int fd = accept(listener, NULL, NULL);
    usleep(400000);
    (void)!send(fd, "hello", 5, 0);
    pause();
}

// What arrives while a segment is held changes the segment: the new one is shown and asked about.
static void test_what_arrives_changes_what_is_held(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, greet_late);
    struct child child = live_start(WORDS("connect", "--step", "--linger", "0"));
    press(&child, "\n\n");
    assert_true(live_wait_for(&child, false, "next: PSH,ACK seq=1 ack=1 len=13"));
    assert_true(live_wait_for(&child, false, "The server has sent data."));
    press(&child, "\n");
    assert_true(live_wait_for(&child, false, "next: PSH,ACK seq=1 ack=6 len=13"));
    struct result r = live_finish(&child, 10);
    live_expect(&r, 1, "PSH,ACK seq=1 ack=6 len=13 ", "has not closed its side"); // sent once, as shown the second time
    live_free(&r);
    live_server_end(server);
}

// ---- a terminal

// Ctrl-C is typed; the others are sent. Whatever ends it, RST leaves and the terminal is as it was.
static void test_signals_at_the_prompt(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int status;
        pid_t server = live_server(1712, serve_to_the_end);
        struct terminal t = terminal_start(100, WORDS("connect", "--step"));
        assert_true(terminal_shows(&t, "? help: "));
        assert_true(terminal_is_raw(&t));
        assert_int_equal(write(t.master, "\r", 1), 1);
        assert_true(terminal_shows(&t, "next: ACK"));
        assert_true(terminal_shows(&t, "? help: "));
        if (numbers[i] == SIGINT)
            assert_int_equal(write(t.master, "\003", 1), 1);
        else
            kill(t.pid, numbers[i]);
        assert_true(terminal_shows(&t, "RST,ACK seq=1"));
        assert_int_equal(waitpid(t.pid, &status, 0), t.pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
        assert_false(terminal_is_raw(&t));
        close(t.master);
        live_server_end(server);
    }
}

// What a terminal gets in three environments: colour and lines, no colour, no UTF-8.
static void test_what_the_terminal_can_show(void **state) {
    static const struct {
        const char *name, *value;
        bool color, utf8;
    } cases[] = {{NULL, NULL, true, true},
                 {"NO_COLOR", "1", false, true},
                 {"NO_COLOR", "", true, true},
                 {"TERM", "dumb", false, true},
                 {"LC_ALL", "C", true, false}};
    (void)state;
    live_or_skip();
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t server = live_server(1712, serve_to_the_end);
        if (cases[i].name)
            setenv(cases[i].name, cases[i].value, 1);
        struct terminal t = terminal_start(100, WORDS("connect"));
        assert_true(terminal_shows(&t, "(--time-wait SECONDS stays)"));
        assert_int_equal(strchr(terminal_text, '\033') != NULL, cases[i].color);
        assert_int_equal(strstr(terminal_text, "\xe2\x96\xb6") != NULL, cases[i].utf8); // the arrow's head
        waitpid(t.pid, NULL, 0);
        close(t.master);
        live_server_end(server);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("TERM", "xterm", 1);
        unsetenv("NO_COLOR");
    }
}

static void test_ctrl_z_and_back(void **state) {
    int status;
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct terminal t = terminal_start(100, WORDS("connect", "--step"));
    assert_true(terminal_shows(&t, "? help: "));
    assert_int_equal(write(t.master, "\032", 1), 1); // Ctrl-Z
    assert_int_equal(waitpid(t.pid, &status, WUNTRACED), t.pid);
    assert_true(WIFSTOPPED(status));
    assert_false(terminal_is_raw(&t)); // the shell gets its terminal back as it was
    kill(t.pid, SIGCONT);
    assert_true(terminal_shows(&t, "? help: ")); // asked again
    assert_true(terminal_is_raw(&t));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(write(t.master, "\r", 1), 1);
        assert_true(terminal_shows(&t, i < 3 ? "? help: " : "TIME-WAIT"));
    }
    kill(t.pid, SIGKILL);
    waitpid(t.pid, &status, 0);
    close(t.master);
    live_server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter_sends_and_the_end_of_input_goes_on_alone),
        cmocka_unit_test(test_each_key),
        cmocka_unit_test(test_expected_against_received),
        cmocka_unit_test(test_a_resent_syn_ack),
        cmocka_unit_test(test_the_server_gives_up),
        cmocka_unit_test(test_a_reset_while_the_ack_is_held),
        cmocka_unit_test(test_what_arrives_changes_what_is_held),
        cmocka_unit_test(test_signals_at_the_prompt),
        cmocka_unit_test(test_what_the_terminal_can_show),
        cmocka_unit_test(test_ctrl_z_and_back),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
