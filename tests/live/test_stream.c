// SPDX-License-Identifier: MIT
//
// The stream both ways: connect -q -f in the place of netcat. What comes out is what was sent, to the byte, whoever is
// slow; and nobody waits for somebody who waits for him.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"

enum { MUCH = 100000000, PIECE = 1 << 16, TIMES = 4 };

// How many bytes come before the end of the stream, or the first that is wrong.
static uint64_t right_bytes(int fd) {
    static uint8_t bytes[PIECE];
    uint64_t at = 0;
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < got; i++, at++)
            if (bytes[i] != stream_byte(at))
                return at;
    return at;
}

static pid_t run_connect(const char *const *more, int input, int output) {
    char *argv[16] = {(char[]){"rawshake"}, (char[]){"connect"}, (char[]){"-q"}};
    pid_t pid = fork();
    for (size_t i = 0; more[i]; i++)
        argv[3 + i] = (char *)(uintptr_t)more[i];
    if (pid == 0) {
        dup2(input, 0);
        dup2(output, 1);
        execv(getenv("RAWSHAKE"), argv);
        _exit(127);
    }
    return pid;
}

static int status_of(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- a page from a web server

static void fetch(const char *name, const char *file) {
    char script[600];
    snprintf(script, sizeof script,
             "printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' | $RAWSHAKE connect -q -f - localhost 8000 >answer || exit 9; "
             "tail -c $(wc -c <%s) answer | cmp - %s && head -c 15 answer",
             name, file, file);
    struct result r = live_shell(script, 60);
    live_expect(&r, 0, "HTTP/1.0 200 OK", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_a_page_from_a_web_server(void **state) {
    char place[] = "/tmp/rawshake-test-XXXXXX", before[512];
    (void)state;
    live_or_skip();
    if (!live_has("python3"))
        skip();
    assert_non_null(getcwd(before, sizeof before));
    assert_non_null(mkdtemp(place));
    chmod(place, 0777);
    assert_int_equal(chdir(place), 0);
    struct result made = live_shell("echo hello >page; head -c 100000000 /dev/urandom >big; chmod 644 page big", 30);
    live_free(&made);
    struct child server = live_start_program("python3", WORDS("-m", "http.server", "8000"));
    for (int i = 0; i < 1000 && !live_listens(8000); i++)
        usleep(10000);
    fetch("page", "page");
    fetch("big", "big");
    kill(server.pid, SIGKILL);
    struct result served = live_finish(&server, 5);
    live_free(&served);
    unlink("page");
    unlink("big");
    unlink("answer");
    assert_int_equal(chdir(before), 0);
    rmdir(place);
}

// ---- both ways at once

static void both_ways(int listener) {
    int fd = accept(listener, NULL, NULL);
    pid_t writer = fork();
    if (writer == 0) {
        stream_write(fd, 0, MUCH);
        shutdown(fd, SHUT_WR);
        _exit(0);
    }
    uint64_t right = right_bytes(fd);
    _exit(status_of(writer) == 0 && right == MUCH ? 0 : 1);
}

static void test_both_ends_stream_at_once(void **state) {
    int in[2], out[2];
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, both_ways);
    assert_int_equal(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
    pid_t client = run_connect(WORDS("-f", "-"), in[0], out[1]);
    pid_t writer = fork();
    if (writer == 0) {
        stream_write(in[1], 0, MUCH);
        _exit(0);
    }
    close(in[0]);
    close(in[1]);
    close(out[1]);
    assert_int_equal(right_bytes(out[0]), MUCH);
    close(out[0]);
    assert_int_equal(status_of(writer), 0);
    assert_int_equal(status_of(client), 0);
    assert_int_equal(status_of(server), 0);
}

// Nobody reads what we write for a while: our window closes, the server stops reading, its window closes too. When the
// reader comes, all of it goes on.
static void test_an_echo_and_a_reader_that_comes_late(void **state) {
    const char *const *const ways[] = {WORDS("-f", "-"), WORDS("-f", "-", "--window", "30000")};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 2; i++) {
        int in[2], out[2];
        pid_t server = live_server(1712, serve_echo);
        assert_int_equal(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
        pid_t client = run_connect(ways[i], in[0], out[1]);
        pid_t writer = fork();
        if (writer == 0) {
            stream_write(in[1], 0, MUCH / 4);
            _exit(0);
        }
        close(in[0]);
        close(in[1]);
        close(out[1]);
        usleep(1500000); // longer than the first probe of a closed window takes
        assert_int_equal(right_bytes(out[0]), MUCH / 4);
        close(out[0]);
        assert_int_equal(status_of(writer), 0);
        assert_int_equal(status_of(client), 0);
        live_server_end(server);
    }
}

// ---- the ends of the two streams

// Says something, waits for the end of our stream, and goes on in drops for longer than --linger.
static void drip(int listener) {
    char byte;
    int fd = accept(listener, NULL, NULL);
    while (read(fd, &byte, 1) > 0) {
    }
    for (int i = 0; i < TIMES; i++) {
        usleep(600000);
        if (write(fd, "drop ", 5) != 5)
            _exit(1);
    }
}

static void test_linger_counts_from_what_came_last(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, drip);
    struct result r = live_run("x", WORDS("connect", "-q", "-f", "-", "--linger", "1"));
    live_expect(&r, 0, "drop drop drop drop ", NULL);
    live_free(&r);
    live_server_end(server);
    server = live_server(1712, drip);
    r = live_run("x", WORDS("connect", "-q", "-f", "-", "--linger", "0.3"));
    live_expect(&r, 1, NULL, "the server has not closed its side within 300 ms");
    live_free(&r);
    live_server_end(server);
}

static void tell_size(int listener) {
    static uint8_t bytes[PIECE];
    char text[32];
    uint64_t size = 0;
    ssize_t got;
    int fd = accept(listener, NULL, NULL);
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        size += (uint64_t)got;
    int length = snprintf(text, sizeof text, "got %llu.", (unsigned long long)size);
    if (write(fd, text, (size_t)length) != length)
        _exit(1);
}

static void test_kinds_of_input(void **state) {
    static const struct {
        const char *script, *wanted;
    } runs[] = {
        {"$RAWSHAKE connect -q -f - </dev/null", "got 0."},
        {": | $RAWSHAKE connect -q -f -", "got 0."},
        {"$RAWSHAKE connect -q -f - <$RAWSHAKE", NULL},
        {"$RAWSHAKE connect -q -f $RAWSHAKE", NULL},
        {"(echo one; sleep 0.3; echo two) | $RAWSHAKE connect -q -f -", "got 8."},
        {"$RAWSHAKE connect -q", "got 13."},
        {"$RAWSHAKE connect -q <&-", "got 13."},
    };
    char own[32];
    struct stat status;
    (void)state;
    live_or_skip();
    assert_int_equal(stat(getenv("RAWSHAKE"), &status), 0);
    snprintf(own, sizeof own, "got %lld.", (long long)status.st_size);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        pid_t server = live_server(1712, tell_size);
        struct result r = live_shell(runs[i].script, 20);
        live_expect(&r, 0, NULL, NULL);
        assert_string_equal(r.out, runs[i].wanted ? runs[i].wanted : own);
        assert_string_equal(r.err, "");
        live_free(&r);
        live_server_end(server);
    }
}

static void stream_for_ever(int listener) { stream_write(accept(listener, NULL, NULL), 0, UINT64_MAX); }

// The reader has seen enough: the download ends, and the server learns it.
static void test_a_reader_that_goes_away(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, stream_for_ever);
    struct result r = live_shell("{ $RAWSHAKE connect -q -f - </dev/null; echo rc=$? >&2; } | head -c 5 | wc -c", 20);
    live_expect(&r, 0, "5", "standard output: Broken pipe (EPIPE): the connection was ended with RST\nrc=1");
    live_free(&r);
    int status;
    assert_int_equal(waitpid(server, &status, 0), server);
    assert_int_equal(WEXITSTATUS(status), 1);
}

// While the input is still open, what the server says comes through at once.
static void greet(int listener) {
    char byte;
    int fd = accept(listener, NULL, NULL);
    if (write(fd, "220 ready\n", 10) != 10)
        _exit(1);
    while (read(fd, &byte, 1) > 0) {
    }
}

static void test_a_server_that_speaks_first(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, greet);
    struct child child = live_start(WORDS("connect", "-q", "-f", "-"));
    assert_true(live_wait_for(&child, false, "220 ready\n")); // its input is open all the while
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "220 ready\n", NULL);
    live_free(&r);
    live_server_end(server);
    server = live_server(1712, greet);
    r = live_run("QUIT", WORDS("connect", "-f", "-"));
    live_expect(&r, 0, "shutdown(SHUT_WR)", NULL);
    live_expect(&r, 0, "recv() would return 10 bytes", NULL);
    live_free(&r);
    live_server_end(server);
}

// ---- progress

static void slowly(int listener) {
    int fd = accept(listener, NULL, NULL);
    for (int i = 0; i < 12; i++) {
        usleep(100000);
        if (write(fd, "12345678", 8) != 8)
            _exit(1);
    }
}

static void thanks_late(int listener) {
    int fd = accept(listener, NULL, NULL);
    usleep(1200000);
    if (write(fd, "thanks", 6) != 6)
        _exit(1);
}

// What the program writes on standard error, if that is a terminal.
static size_t on_terminal(const char *const *words, int output, char *out, size_t room) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC), kept = dup(2);
    dup2(slave, 2);
    pid_t pid = run_connect(words, nothing, output < 0 ? slave : output);
    dup2(kept, 2);
    close(kept);
    close(slave);
    size_t used = 0;
    for (ssize_t got; used + 1 < room && (got = read(master, out + used, room - used - 1)) > 0;)
        used += (size_t)got;
    out[used] = '\0';
    assert_int_equal(status_of(pid), 0);
    close(master);
    close(nothing);
    return used;
}

static void test_progress_is_for_terminals_only(void **state) {
    static const char last[] = "\r\033[K";
    char seen[4000];
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, slowly);
    size_t size = on_terminal(WORDS("-f", "-"), nothing, seen, sizeof seen);
    assert_non_null(strstr(seen, "\rsent 0 B, received "));
    assert_true(size > sizeof last && strcmp(seen + size - (sizeof last - 1), last) == 0); // and it is gone again
    assert_null(strchr(seen, '\n'));
    live_server_end(server);
    server = live_server(1712, slowly); // the data itself is on that terminal
    on_terminal(WORDS("-f", "-"), -1, seen, sizeof seen);
    assert_null(strstr(seen, "sent "));
    live_server_end(server);
    server = live_server(1712, thanks_late); // until the server says something, that terminal is free
    on_terminal(WORDS("-f", "-"), -1, seen, sizeof seen);
    assert_non_null(strstr(seen, "\rsent 0 B, received 0 B, "));
    assert_non_null(strstr(seen, "\r\033[Kthanks"));
    assert_string_equal(strstr(seen, "thanks"), "thanks"); // and nothing is behind it
    live_server_end(server);
    server = live_server(1712, slowly);
    struct result r = live_run("", WORDS("connect", "-q", "-f", "-"));
    live_expect(&r, 0, "12345678", NULL);
    assert_string_equal(r.err, "");
    live_free(&r);
    live_server_end(server);
    close(nothing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_from_a_web_server),
        cmocka_unit_test(test_both_ends_stream_at_once),
        cmocka_unit_test(test_an_echo_and_a_reader_that_comes_late),
        cmocka_unit_test(test_linger_counts_from_what_came_last),
        cmocka_unit_test(test_kinds_of_input),
        cmocka_unit_test(test_a_reader_that_goes_away),
        cmocka_unit_test(test_a_server_that_speaks_first),
        cmocka_unit_test(test_progress_is_for_terminals_only),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
