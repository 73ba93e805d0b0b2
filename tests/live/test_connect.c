// SPDX-License-Identifier: MIT
//
// connect against real servers and a real kernel: what a user does and sees.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"

// The tutorial's server for one client.
static void test_our_own_server(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "--once"));
    assert_true(live_wait_for(&server, false, "Listening on 127.0.0.1:1712"));
    struct result client = live_run(NULL, WORDS("connect", "localhost", "1712"));
    struct result served = live_finish(&server, 10);
    live_expect(&client, 0, "SYN,ACK seq=0 ack=1", NULL);
    live_expect(&client, 0, "TIME-WAIT", NULL);
    assert_string_equal(client.err, "");
    live_expect(&served, 0, "FROM: 127.0.0.1:", NULL);
    live_expect(&served, 0, "MESSAGE: Hello server!\n", NULL);
    live_free(&client);
    live_free(&served);
}

static const char python_server[] = "import socket\n"
                                    "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
                                    "s.bind(('localhost', 1712))\n"
                                    "s.listen(1)\n"
                                    "print('ready', flush=True)\n"
                                    "c, a = s.accept()\n"
                                    "while True:\n"
                                    "    d = c.recv(1024)\n"
                                    "    if not d: break\n"
                                    "    print('FROM:', a)\n"
                                    "    print('MESSAGE:', d)\n"
                                    "c.close()\n"
                                    "print('end of file')\n";

// The tutorial's server in Python gets the message and a clean end of file, never ConnectionResetError.
static void test_the_python_server(void **state) {
    (void)state;
    live_or_skip();
    if (!live_has("python3"))
        skip();
    struct child server = live_start_program("python3", WORDS("-c", python_server));
    assert_true(live_wait_for(&server, false, "ready"));
    struct result client = live_run(NULL, WORDS("connect", "localhost", "1712"));
    struct result served = live_finish(&server, 10);
    live_expect(&client, 0, NULL, NULL);
    live_expect(&served, 0, "MESSAGE: b'Hello server!'\nend of file\n", NULL);
    assert_string_equal(served.err, "");
    live_free(&client);
    live_free(&served);
}

static void test_quiet_says_nothing(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-q"));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "");
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
}

static void answer_with_escape(int listener) {
    char bytes[1024];
    int fd = accept(listener, NULL, NULL);
    (void)!recv(fd, bytes, sizeof bytes, 0);
    (void)!send(fd, "\033[31mred\n", 9, 0);
    close(fd);
}

// What the server sends is shown escaped, and with -q as it is.
static void test_what_the_server_sends(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, answer_with_escape);
    struct result r = live_run(NULL, WORDS("connect", "--color=never"));
    live_expect(&r, 0, "recv() would return 9 bytes: b\"\\x1b[31mred\\n\"", NULL);
    assert_null(strchr(r.out, '\033'));
    live_free(&r);
    live_server_end(server);
    server = live_server(1712, answer_with_escape);
    r = live_run(NULL, WORDS("connect", "-q"));
    live_expect(&r, 0, NULL, NULL);
    assert_string_equal(r.out, "\033[31mred\n");
    live_free(&r);
    live_server_end(server);
}

static void test_the_crafters_options(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-v", "--color=never", "--source-port", "40001", "--isn",
                                           "4294967295", "--ttl", "7", "--window", "1000", "--mss", "500"));
    live_expect(&r, 0, "Sequence Number       4294967295", NULL);
    live_expect(&r, 0, "number (ISN), chosen", NULL);
    live_expect(&r, 0, "Source Port           40001", NULL);
    live_expect(&r, 0, "Time to Live          7 ", NULL);
    live_expect(&r, 0, "Window                1000 ", NULL);
    live_expect(&r, 0, "Maximum Segment Size  500 ", NULL);
    live_free(&r);
    live_server_end(server);
}

static void test_each_option_of_the_syn_can_be_left_out(void **state) {
    static const struct {
        const char *name, *words;
    } rows[] = {{"mss", "Maximum Segment Size"},
                {"window-scale", "Window Scale"},
                {"sack", "SACK permitted"},
                {"timestamps", "Timestamps"}};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pid_t server = live_server(1712, serve_to_the_end);
        struct result r = live_run(NULL, WORDS("connect", "-v", "--color=never", "--without", rows[i].name));
        live_expect(&r, 0, "CLOSED", NULL);
        const char *syn = strstr(r.out, "TCP options"), *end = strstr(r.out, "SYN,ACK");
        assert_non_null(syn);
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++) {
            const char *found = strstr(syn, rows[j].words);
            assert_int_equal(found && found < end, i != j);
        }
        live_free(&r);
        live_server_end(server);
    }
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-v", "--without", "timestamps,sack,mss,window-scale"));
    live_expect(&r, 0, "TCP header, 20 bytes", NULL);
    assert_null(strstr(r.out, "Timestamps"));
    live_free(&r);
    live_server_end(server);
}

static char received[400000];

// Reads slowly enough that its window closes, then checks every byte.
static void read_late(int listener) {
    size_t total = 0;
    const int small = 4096;
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    int fd = accept(listener, NULL, NULL);
    usleep(300000);
    for (ssize_t n; (n = recv(fd, received + total, sizeof received - total, 0)) > 0;)
        total += (size_t)n;
    for (size_t i = 0; i < total; i++)
        if (received[i] != (char)('a' + i % 26))
            _exit(2);
    _exit(total == 300000 ? 0 : 3);
}

// Larger than a segment and larger than the server's window.
static void test_a_large_message(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    int status, fd;
    (void)state;
    live_or_skip();
    fd = mkstemp(path);
    for (int i = 0; i < 300000; i++)
        assert_int_equal(write(fd, &(char){(char)('a' + i % 26)}, 1), 1);
    fchmod(fd, 0644);
    close(fd);
    pid_t server = live_server(1712, read_late);
    struct result r = live_run(NULL, WORDS("connect", "-f", path));
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_int_equal(status, 0);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    unlink(path);
}

static void test_standard_input_as_message(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "--once"));
    assert_true(live_wait_for(&server, false, "Listening"));
    struct result r = live_run("from a pipe", WORDS("connect", "-f", "-"));
    struct result served = live_finish(&server, 10);
    live_expect(&r, 0, "sendall(b\"from a p...\")", NULL);
    live_expect(&served, 0, "MESSAGE: from a pipe\n", NULL);
    live_free(&r);
    live_free(&served);
}

static void test_an_empty_message(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-m", ""));
    live_expect(&r, 0, "sendall() of nothing sends nothing", NULL);
    assert_null(strstr(r.out, "PSH"));
    live_free(&r);
    live_server_end(server);
}

static void test_the_kernel_does_the_same(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "--once"));
    assert_true(live_wait_for(&server, false, "Listening"));
    struct result r = live_run(NULL, WORDS("connect", "--kernel"));
    struct result served = live_finish(&server, 10);
    live_expect(&r, 0, ", 127.0.0.1:1712)", NULL);
    live_expect(&r, 0, ", \"Hello server!\", 13)", NULL);
    live_expect(&served, 0, "MESSAGE: Hello server!\n", NULL);
    live_free(&r);
    live_free(&served);
}

// Watched, it is told like every other connection; what a packet shows can then be chosen too.
static void test_the_kernels_is_watched(void **state) {
    (void)state;
    live_or_skip();
    struct child server = live_start(WORDS("serve", "--once"));
    assert_true(live_wait_for(&server, false, "Listening"));
    struct result r = live_run(NULL, WORDS("connect", "--kernel", "-v", "--mss", "500", "127.0.0.1"));
    struct result served = live_finish(&server, 10);
    live_expect(&r, 0, "a program of ours; its kernel makes the connection", NULL);
    live_expect(&r, 0, "Maximum Segment Size  500", NULL);
    live_expect(&r, 0, "Both ends have closed", NULL);
    live_expect(&served, 0, "MESSAGE: Hello server!\n", NULL);
    live_free(&r);
    live_free(&served);
    r = live_run(NULL, WORDS("connect", "--kernel", "--json", "127.0.0.1", "1999"));
    live_expect(&r, 1, "\"ending\":\"refused\"", "ECONNREFUSED");
    live_free(&r);
}

// Without the guard our own kernel answers the SYN-ACK with RST, and the lesson says who did it.
static void test_no_guard(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "--no-guard"));
    live_expect(&r, 1, "left out (--no-guard)", "without the guard, our own kernel had sent RST");
    live_expect(&r, 1, "RST seq=", "ECONNRESET");
    assert_true(live_one_line(r.err));
    live_free(&r);
    live_server_end(server);
}

// With the guard not one RST leaves: the kernel's own counter says so.
static unsigned long resets_sent(void) {
    unsigned long values[16] = {0};
    char line[512];
    FILE *f = fopen("/proc/net/snmp", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "Tcp: ", 5) == 0 && line[5] >= '0' && line[5] <= '9')
            sscanf(line, "Tcp: %lu %lu %*d %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", &values[0], &values[1],
                   &values[2], &values[3], &values[4], &values[5], &values[6], &values[7], &values[8], &values[9],
                   &values[10], &values[11], &values[12]);
    if (f)
        fclose(f);
    return values[12]; // OutRsts
}

static void test_the_guard_keeps_our_kernel_silent(void **state) {
    (void)state;
    live_or_skip();
    unsigned long before = resets_sent();
    for (int i = 0; i < 20; i++) {
        pid_t server = live_server(1712, serve_to_the_end);
        struct result r = live_run(NULL, WORDS("connect", "-q"));
        live_expect(&r, 0, NULL, NULL);
        live_free(&r);
        live_server_end(server);
        assert_int_equal(resets_sent(), before);
    }
}

// Every line of every view fits; a terminal of 80 columns is tried in the transcripts.
static void test_lines_are_at_most_100_columns(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct result r = live_run(NULL, WORDS("connect", "-vv", "--ascii", "--color=never"));
    live_expect(&r, 0, NULL, NULL);
    for (char *line = strtok(r.out, "\n"); line; line = strtok(NULL, "\n")) {
        if (strlen(line) > 100)
            print_error("%zu columns: %s\n", strlen(line), line);
        assert_true(strlen(line) <= 100);
        for (char *c = line; *c; c++)
            assert_true(*c >= 32 && *c < 127);
    }
    live_free(&r);
    live_server_end(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_guard_keeps_our_kernel_silent), // first: in a network where nothing has happened yet
        cmocka_unit_test(test_our_own_server),
        cmocka_unit_test(test_the_python_server),
        cmocka_unit_test(test_quiet_says_nothing),
        cmocka_unit_test(test_what_the_server_sends),
        cmocka_unit_test(test_the_crafters_options),
        cmocka_unit_test(test_each_option_of_the_syn_can_be_left_out),
        cmocka_unit_test(test_a_large_message),
        cmocka_unit_test(test_standard_input_as_message),
        cmocka_unit_test(test_an_empty_message),
        cmocka_unit_test(test_the_kernel_does_the_same),
        cmocka_unit_test(test_the_kernels_is_watched),
        cmocka_unit_test(test_no_guard),
        cmocka_unit_test(test_lines_are_at_most_100_columns),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
