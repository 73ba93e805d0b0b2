// SPDX-License-Identifier: MIT
//
// What breaks programs like this one: slow readers, closed descriptors, strange arguments, signals at bad moments. Each
// was once a bug here, or is one in a respected tool.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/servers.h"
#include "net/raw.h"
#include "rawshake/packet.h"

enum { MUCH = 5000000, OPENINGS = 300 };

static void send_much(int listener) {
    static char bytes[65536];
    char byte;
    int fd = accept(listener, NULL, NULL);
    while (recv(fd, &byte, 1, 0) > 0) {
    }
    for (int left = MUCH; left > 0;) {
        ssize_t sent = send(fd, bytes, left < (int)sizeof bytes ? (size_t)left : sizeof bytes, 0);
        if (sent <= 0)
            _exit(1);
        left -= (int)sent;
    }
    close(fd);
}

// A reader that sleeps longer than --linger loses no byte, and the server is not blamed for it.
static void test_a_slow_reader_of_quiet_output(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, send_much);
    struct result r = live_shell("{ $RAWSHAKE connect -q --linger 1; echo rc=$? >&2; } | { sleep 3; wc -c; }", 30);
    live_expect(&r, 0, "5000000", "rc=0");
    live_free(&r);
    live_server_end(server);
}

// The reader never reads and the connection is over: SIGTERM still ends the program.
static void test_a_signal_while_the_reader_blocks(void **state) {
    int pair[2], status = 0;
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    live_full_pipe(pair);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pair[1], 1);
        execl(getenv("RAWSHAKE"), "rawshake", "connect", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(server, &status, 0), server); // the connection is over
    usleep(100000);
    kill(pid, SIGTERM);
    for (int i = 0; i < 1000 && waitpid(pid, &status, WNOHANG) == 0; i++)
        usleep(5000);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(pair[0]);
    close(pair[1]);
}

// With standard descriptors closed no socket takes their place: nothing of ours is sent as if it were a message.
static void test_closed_descriptors(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_shell("$RAWSHAKE demo -q <&- && $RAWSHAKE demo --step <&-", 30);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    r = live_shell("$RAWSHAKE demo <&- >&-; echo rc=$?", 30);
    live_expect(&r, 0, "rc=1", "standard output: Bad file descriptor");
    live_free(&r);
    r = live_shell("$RAWSHAKE demo -f - <&-; echo rc=$?", 30);
    live_expect(&r, 0, "rc=1", "file '-': Bad file descriptor (EBADF)");
    live_free(&r);
    r = live_shell("$RAWSHAKE --help >/dev/full; echo rc=$?; $RAWSHAKE demo --help >/dev/full; echo rc=$?", 30);
    live_expect(&r, 0, "rc=1\nrc=1\n", "standard output: No space left on device (ENOSPC)");
    live_free(&r);
}

static void test_arguments_that_would_move_the_cursor(void **state) {
    static const char strange[] = "x\033]0;pwn\007\033[31m\nline2\r";
    const char *const *const runs[] = {
        WORDS("connect", strange),
        WORDS("connect", "-f", strange),
        WORDS("connect", "127.0.0.1", strange),
        WORDS(strange),
        WORDS("demo", strange),
        WORDS("demo", "--color", strange),
        WORDS("demo", "--isn", strange),
        WORDS("serve", "-b", strange),
        WORDS("connect", "--kernel", "-f", strange),
    };
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct result r = live_run(NULL, runs[i]);
        assert_true(r.status == 1 || r.status == 2);
        const char *first_end = strchr(r.err, '\n');
        assert_non_null(first_end);
        assert_null(memchr(r.err, '\033', strlen(r.err)));
        assert_null(memchr(r.err, '\r', strlen(r.err)));
        assert_null(memmem(r.err, (size_t)(first_end - r.err), "line2\n", 6));
        live_free(&r);
    }
}

// Started with SIGHUP ignored, as nohup does, it stays ignored.
static void test_ignored_signals_stay_ignored(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    struct child child = live_start_program(
        "sh", WORDS("-c", "trap '' HUP; exec $RAWSHAKE connect -f -")); // the message ends when we say so
    assert_true(live_wait_for(&child, false, "connect() returns"));
    kill(child.pid, SIGHUP);
    usleep(100000);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "TIME-WAIT", NULL);
    live_free(&r);
    live_server_end(server);
}

// The file is the invoking user's affair: sudo opens no file that the user could not.
static void test_files_are_opened_as_the_user(void **state) {
    char path[] = "/tmp/rawshake-test-XXXXXX";
    (void)state;
    live_or_skip();
    if (getuid() != 0)
        skip();
    int fd = mkostemp(path, O_CLOEXEC);
    assert_int_equal(fchmod(fd, 0600), 0);
    close(fd);
    setenv("SUDO_UID", "1234", 1);
    setenv("SUDO_GID", "1234", 1);
    const char *const *const runs[] = {WORDS("connect", "-f", path), WORDS("connect", "--kernel", "-f", path)};
    for (size_t i = 0; i < 2; i++) {
        struct result r = live_run(NULL, runs[i]);
        live_expect(&r, 1, NULL, "Permission denied (EACCES): nothing was sent");
        live_free(&r);
    }
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    unlink(path);
}

// The number that stands first in a file of /proc behind a word, or at its beginning where word is NULL; -1: none.
static long number_in(const char *path, const char *word, int base) {
    char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size > 0 ? size : 0] = '\0';
    const char *at = word ? strstr(text, word) : text;
    return size <= 0 || !at ? -1 : strtol(at + (word ? strlen(word) : 0), NULL, base);
}

// What ends the client reaches the demo's server too, for both are the terminal's. It is the client who tells about it.
static void test_signals_are_not_for_the_demos_server(void **state) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    char path[64];
    (void)state;
    live_or_skip();
    struct child child = live_start(WORDS("demo", "--step"));
    assert_true(live_wait_for(&child, false, "next: SYN"));
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)child.pid, (int)child.pid);
    long server = number_in(path, NULL, 10);
    assert_true(server > 1);
    snprintf(path, sizeof path, "/proc/%ld/status", server);
    while (number_in(path, "NoNewPrivs:", 10) == 0)
        usleep(1000); // it is still at its beginning
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_int_equal(kill((pid_t)server, numbers[i]), 0);
    struct result r = live_finish(&child, 10);
    live_expect(&r, 0, "MESSAGE: Hello server!", NULL);
    live_free(&r);
}

// Where the file is set-user-ID root (nobody should do that: there is 'make setcap'), its caller is still the user, and
// not who the environment says.
static void test_an_environment_makes_no_other_user(void **state) {
    (void)state;
    live_or_skip();
    if (getuid() != 0 || !live_has("setpriv"))
        skip();
    struct result r = live_shell("d=$(mktemp -d /tmp/rawshake-test-XXXXXX) && cp \"$RAWSHAKE\" $d/rawshake &&"
                                 "chmod 4755 $d/rawshake && chmod 755 $d && echo secret > $d/file &&"
                                 "chmod 600 $d/file && chown 1234 $d/file;"
                                 "SUDO_UID=1234 SUDO_GID=1234 setpriv --reuid 65534 --regid 65534 --clear-groups "
                                 "$d/rawshake connect -f $d/file; status=$?; rm -r $d; exit $status",
                                 10);
    live_expect(&r, 1, NULL, "Permission denied (EACCES): nothing was sent");
    live_free(&r);
}

// Each number of open files ends in one sentence that names the limit, or in a connection.
static void test_few_files_may_be_open(void **state) {
    static const char closed[] =
        "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-"; // whoever runs the tests may have left some open
    char script[120];
    (void)state;
    live_or_skip();
    pid_t server = live_server(1712, serve_to_the_end);
    bool refused = false, done = false;
    for (int most = 4; most < 16 && !done; most++) {
        snprintf(script, sizeof script, "%s; ulimit -n %d; exec \"$RAWSHAKE\" connect", closed, most);
        struct result r = live_shell(script, 10);
        done = r.status == 0;
        refused |= !done;
        if (!done) {
            live_expect(&r, 1, NULL, "EMFILE");
            assert_null(strstr(r.err, "ip route"));
            assert_true(live_one_line(r.err));
        }
        live_free(&r);
    }
    assert_true(refused && done);
    live_server_end(server);
}

// A segment to the port of somebody else, over and over.
static _Noreturn void send_elsewhere(void) {
    struct net_error error;
    struct raw_link raw;
    uint8_t bytes[100];
    const struct rs_packet packet = {.source = rs_endpoint_ipv4(127, 0, 0, 1, 9),
                                     .destination = rs_endpoint_ipv4(127, 0, 0, 1, 9),
                                     .ip = {.ttl = 64},
                                     .segment = {.flags = RS_ACK}};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!raw_link_open(&raw, RS_IPV4, 9, &error))
        _exit(1);
    struct link link = raw_link_door(&raw);
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    for (;;)
        link.send(link.self, &packet.destination, bytes, size);
}

// A raw socket gets everybody's segments until its filter is there: what has come by then is not for our port.
static void test_nothing_from_before_the_filter(void **state) {
    static uint8_t bytes[RS_IPV6_PACKET_MAX];
    struct net_error error;
    struct raw_link raw;
    (void)state;
    live_or_skip();
    pid_t neighbour = fork();
    if (neighbour == 0)
        send_elsewhere();
    unsigned long before = live_counter("Tcp:", "InSegs");
    while (live_counter("Tcp:", "InSegs") == before) // until the neighbour is at it
        assert_int_equal(waitpid(neighbour, NULL, WNOHANG), 0);
    for (int i = 0; i < OPENINGS; i++) {
        assert_true(raw_link_open(&raw, RS_IPV4, 40009, &error));
        struct link link = raw_link_door(&raw);
        assert_int_equal(link.receive(link.self, bytes, sizeof bytes), 0);
        raw_link_close(&raw);
    }
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_reader_of_quiet_output),
        cmocka_unit_test(test_a_signal_while_the_reader_blocks),
        cmocka_unit_test(test_closed_descriptors),
        cmocka_unit_test(test_arguments_that_would_move_the_cursor),
        cmocka_unit_test(test_ignored_signals_stay_ignored),
        cmocka_unit_test(test_files_are_opened_as_the_user),
        cmocka_unit_test(test_an_environment_makes_no_other_user),
        cmocka_unit_test(test_signals_are_not_for_the_demos_server),
        cmocka_unit_test(test_few_files_may_be_open),
        cmocka_unit_test(test_nothing_from_before_the_filter),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
