// SPDX-License-Identifier: MIT
//
// The supervisor (run/supervisor.h) and programs that call connect() in all the ways there are: a small one of ours
// (help/caller.c), a shell's, and Python. Behind the door stands a fake that makes no connection: what counts is what
// comes to it, and what the program gets.
#include "run/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/caller.h"
#include "../help/cm.h"
#include "../help/live.h"
#include "run/filter.h"
#include "run/keeper.h"
#include "run/peek.h"

enum { TURN_US = 20000, TURNS_MOST = 750, QUIET_TURNS = 15, KEPT_MOST = 128 };

// What the fake does with a call that is to be made by hand.
enum habit {
    AT_ONCE,       // answers
    LATE,          // answers when nothing has come for a while
    NOT_THE_FIRST, // answers all but the first
    TOGETHER,      // answers all that have come, each by its port, when nothing more comes
    NEVER,         // leaves them alone
    TRULY          // connects
};

struct scene {
    enum habit habit;
    int answer; // of those that give the same one always
    int signal; // for the program when a call has come; 0: none
    struct keeper keeper;
    pid_t pid; // the program's
    struct loop loop;
    struct supervisor supervisor;
    int gone_with;
    unsigned calls, gone, most_at_once, let_through[NOTIFICATION_KINDS];
    struct notification last;  // that came through the door
    struct notification other; // that the kernel went on with, the last
    uint64_t ids[KEPT_MOST];   // TOGETHER: still to be answered
    uint16_t ports[KEPT_MOST];
    unsigned kept;
    bool quiet;   // nothing has come in this turn
    bool hung_up; // at the end, nobody had the filter any more
};

static struct scene s;

// The kernel's own connect(), on the program's socket; late enough for a signal to have come.
static int connect_truly(const struct notification *call) {
    const struct kernel_address to = address_to_kernel(&call->to.endpoint, call->to.zone);
    usleep(250000);
    return address_connect(call->fd, &to) == 0 ? 0 : errno;
}

static int connect_by_hand(void *self, const struct notification *call) {
    assert_ptr_equal(self, &s);
    assert_true(call->fd >= 0 && call->cookie != 0);
    s.calls++;
    s.last = *call;
    s.quiet = false;
    if (s.signal && s.calls == 1)
        kill(s.pid, s.signal);
    if (s.habit == TRULY)
        return connect_truly(call);
    if (s.habit == TOGETHER || s.habit == LATE) {
        assert_true(s.kept < KEPT_MOST);
        s.ids[s.kept] = call->id;
        s.ports[s.kept++] = call->to.endpoint.port;
        s.most_at_once = s.kept > s.most_at_once ? s.kept : s.most_at_once;
    }
    return s.habit == AT_ONCE || (s.habit == NOT_THE_FIRST && s.calls > 1) ? s.answer : SUPERVISOR_LATER;
}

static void call_gone(void *self, const struct notification *call, int number) {
    assert_ptr_equal(self, &s);
    assert_true(call->fd >= 0);
    s.gone++;
    s.gone_with = number;
}

static void call_let_through(void *self, const struct notification *call) {
    assert_ptr_equal(self, &s);
    assert_true(call->kind < NOTIFICATION_KINDS);
    s.let_through[call->kind]++;
    s.other = *call;
}

// The last that came is answered first.
static void answer_all(void) {
    while (s.kept > 0) {
        s.kept--;
        int number = s.habit == LATE ? s.answer : caller_wants(s.ports[s.kept] - CALLER_PORT);
        assert_true(supervisor_answer(&s.supervisor, s.ids[s.kept], number));
        assert_false(supervisor_answer(&s.supervisor, s.ids[s.kept], number)); // there is one answer to a call
    }
}

// Starts the program, goes round until it has ended, and returns what a shell would say.
static int run(enum habit habit, int answer, char *const *words) {
    static const struct supervisor_door door = {&s, connect_by_hand, call_gone, call_let_through};
    struct net_error error;
    int status = -1, not_started, listener = -1, signal_number = s.signal, quiet_turns = 0;
    unsigned left;
    live_or_skip();
    if (!connect_filter_possible(&error))
        skip();
    s = (struct scene){.habit = habit, .answer = answer, .signal = signal_number};
    if (!keeper_start(&s.keeper, &error) ||
        !keeper_start_program(&s.keeper, words, &s.pid, &listener, &not_started, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
    supervisor_start(&s.supervisor, listener, &s.loop, &door);
    for (int turn = 0; turn < TURNS_MOST && status < 0; turn++) {
        s.quiet = true;
        assert_true(loop_wait(&s.loop, TURN_US));
        if (s.supervisor.count > 0)
            assert_true(supervisor_patience(&s.supervisor) <= TURN_US);
        supervisor_look(&s.supervisor);
        quiet_turns = s.quiet ? quiet_turns + 1 : 0;
        if (quiet_turns > QUIET_TURNS)
            answer_all();
        const struct keeper_event event = keeper_next(&s.keeper);
        if (event.news == KEEPER_PROGRAM_ENDED) {
            status = event.status;
        }
    }
    for (int turn = 0; turn < TURNS_MOST && s.supervisor.count > 0; turn++) {
        usleep(TURN_US);
        supervisor_look(&s.supervisor);
    }
    assert_string_equal(s.supervisor.error.what, "");
    assert_int_equal(s.supervisor.count, 0); // nobody who waited has been forgotten
    loop_wait(&s.loop, 0);
    s.hung_up = s.supervisor.ended;
    supervisor_stop(&s.supervisor);
    assert_int_equal(s.loop.count, 0);
    close(listener);
    keeper_end(&s.keeper, &left);
    s.signal = 0;
    return status;
}

static int play(enum habit habit, int answer, const char *name) {
    char self[] = "/proc/self/exe", word[] = CALLER_WORD, copy[32];
    snprintf(copy, sizeof copy, "%s", name);
    return run(habit, answer, (char *[]){self, word, copy, NULL});
}

static void expect_to(const char *text) {
    char got[RS_ENDPOINT_TEXT_BYTES];
    assert_string_equal(rs_endpoint_text(&s.last.to.endpoint, got, sizeof got), text);
}

// By hand: answered, and what came through the door.
static void by_hand(const char *name, const char *to) {
    static const int answers[] = {0, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        assert_int_equal(play(AT_ONCE, answers[i], name), answers[i]);
        assert_int_equal(s.calls, 1);
        assert_int_equal(s.gone, 0);
        expect_to(to);
    }
}

static void test_tcp_is_made_by_hand(void **state) {
    (void)state;
    by_hand("plain", "127.0.0.1:1712");
    assert_int_equal(s.last.domain, AF_INET);
    assert_false(s.last.nonblocking);
    assert_int_equal(s.last.send_timeout_us, 0);
    assert_int_equal(s.last.bound.endpoint.port, 0);
    by_hand("ipv6", "[::1]:1712");
    assert_int_equal(s.last.domain, AF_INET6);
    by_hand("old-ipv6", "[::1]:1712");
    by_hand("longest", "127.0.0.1:1712");
}

static void test_ipv4_in_ipv6s_clothes(void **state) {
    (void)state;
    by_hand("mapped", "127.0.0.1:1712");
    assert_int_equal(s.last.domain, AF_INET6);
}

static void test_any_address_is_here(void **state) {
    (void)state;
    by_hand("any", "127.0.0.1:1712");
    by_hand("bound", "127.0.0.5:1712");
    assert_int_equal(s.last.bound.endpoint.port, 4321);
    assert_int_equal(s.last.bound.endpoint.addr[3], 5);
}

// The kernel goes on, and says what it always says.
static void by_kernel(const char *name, enum notification_kind kind, int result) {
    assert_int_equal(play(AT_ONCE, ENOTRECOVERABLE, name), result);
    assert_int_equal(s.calls, 0);
    assert_int_equal(s.let_through[kind], 1);
}

static void test_what_the_program_has_chosen(void **state) {
    (void)state;
    by_hand("nonblocking", "127.0.0.1:1712");
    assert_true(s.last.nonblocking);
    by_hand("with-timeout", "127.0.0.1:1712");
    assert_int_equal(s.last.send_timeout_us, 1500000);
    assert_int_equal(s.last.choices.ttl, 0);
    by_hand("with-ttl", "127.0.0.1:1712");
    assert_int_equal(s.last.choices.ttl, 5);
    by_kernel("in-pieces", NOTIFICATION_SPECIAL, ECONNREFUSED);
    assert_string_equal(s.other.choices.special, "a choice of its own for path MTU discovery");
}

static void test_what_is_not_tcp_goes_on_in_the_kernel(void **state) {
    (void)state;
    by_kernel("udp", NOTIFICATION_OTHER, 0);
    by_kernel("unix", NOTIFICATION_OTHER, 0);
    by_kernel("no-socket", NOTIFICATION_OTHER, ENOTSOCK);
}

static void test_bad_arguments_get_the_kernels_errno(void **state) {
    (void)state;
    by_kernel("no-file", NOTIFICATION_NO_FILE, EBADF);
    by_kernel("bad-pointer", NOTIFICATION_UNREADABLE, EFAULT);
    by_kernel("null-pointer", NOTIFICATION_UNREADABLE, EFAULT);
    by_kernel("half-readable", NOTIFICATION_UNREADABLE, EFAULT);
    by_kernel("empty", NOTIFICATION_NO_ADDRESS, EINVAL);
    by_kernel("one-byte", NOTIFICATION_NO_ADDRESS, EINVAL);
    by_kernel("too-short", NOTIFICATION_NO_ADDRESS, EINVAL);
    by_kernel("too-long", NOTIFICATION_NO_ADDRESS, EINVAL);
    by_kernel("negative", NOTIFICATION_NO_ADDRESS, EINVAL);
    by_kernel("other-family", NOTIFICATION_NO_ADDRESS, EAFNOSUPPORT);
    by_kernel("disconnect", NOTIFICATION_DISCONNECT, 0);
}

static void test_where_no_syn_would_go(void **state) {
    (void)state;
    by_kernel("multicast", NOTIFICATION_NO_ADDRESS, ENETUNREACH);
    by_kernel("mapped-but-only-ipv6", NOTIFICATION_NO_ADDRESS, ENETUNREACH);
    by_kernel("listening", NOTIFICATION_NOT_NEW, EISCONN);
    by_kernel("fast-open", NOTIFICATION_FAST_OPEN, ECONNREFUSED); // it sends its SYN at once, without a cookie
}

// A kernel without the other door says so by its own means, and then there is nothing to be seen.
static void around(const char *name, enum notification_kind kind, int result) {
    int status = play(AT_ONCE, ENOTRECOVERABLE, name);
    if (status == CALLER_CANNOT)
        return;
    assert_int_equal(status, result);
    assert_int_equal(s.calls, 0);
    assert_int_equal(s.let_through[kind], 1);
    assert_int_equal(s.other.process, s.pid);
}

static void test_what_goes_around_connect(void **state) {
    (void)state;
    around("fast-open-sendto", NOTIFICATION_AROUND_FAST_OPEN_SEND, ECONNREFUSED);
    assert_int_equal(s.other.type, SOCK_STREAM);
    around("fast-open-sendmsg", NOTIFICATION_AROUND_FAST_OPEN_SEND, ECONNREFUSED);
    around("fast-open-sendmmsg", NOTIFICATION_AROUND_FAST_OPEN_SEND, ECONNREFUSED);
    around("32-bit", NOTIFICATION_AROUND_OTHER_ABI, ECONNREFUSED);
    around("socketcall", NOTIFICATION_AROUND_OTHER_ABI, ECONNREFUSED);
    around("own-listener", NOTIFICATION_AROUND_OWN_LISTENER, EBUSY);
    assert_int_equal(play(AT_ONCE, 0, "plain-sends"), 0);
    assert_int_equal(s.let_through[NOTIFICATION_AROUND_FAST_OPEN_SEND], 0);
    assert_int_equal(play(AT_ONCE, 0, "own-filter"), 0);
    assert_int_equal(s.let_through[NOTIFICATION_AROUND_OWN_LISTENER], 0);
}

// Whether the kernel then makes one, or has x32, is its own matter.
static void test_what_the_kernel_may_not_have(void **state) {
    (void)state;
    play(AT_ONCE, ENOTRECOVERABLE, "io-uring");
    assert_int_equal(s.let_through[NOTIFICATION_AROUND_IO_URING], 1); // two rings, told once
    int status = play(AT_ONCE, ENOTRECOVERABLE, "x32");
    assert_int_equal(s.let_through[NOTIFICATION_AROUND_OTHER_ABI], status != CALLER_CANNOT);
    assert_int_equal(s.calls, 0);
}

static void test_who_calls(void **state) {
    (void)state;
    assert_int_equal(play(AT_ONCE, 0, "threads"), CALLER_WRONG); // each is answered by the same
    assert_true(s.last.process > 0 && s.last.process != s.last.thread);
    assert_string_equal(s.last.program, "exe"); // of /proc/self/exe
    assert_int_equal(play(AT_ONCE, 0, "named"), 0);
    assert_string_equal(s.last.program, "a\033\n\xff b");
    assert_int_equal(play(AT_ONCE, 0, "udp"), 0);
    assert_int_equal(s.other.domain, AF_INET);
    assert_int_equal(s.other.type, SOCK_DGRAM);
    assert_true(s.other.to_known && s.other.to.endpoint.port == CALLER_PORT);
    assert_int_equal(play(AT_ONCE, 0, "unix"), 0);
    assert_int_equal(s.other.domain, AF_UNIX);
    assert_false(s.other.to_known);
}

static void test_a_socket_of_another_network(void **state) {
    (void)state;
    int status = play(AT_ONCE, ENOTRECOVERABLE, "other-network");
    if (status == CALLER_CANNOT)
        skip();
    assert_int_equal(status, ENETUNREACH); // there, loopback is down
    assert_int_equal(s.let_through[NOTIFICATION_OTHER_NETWORK], 1);
}

// What is asked where the kernel does not tell a socket's network (before Linux 5.14).
static void test_who_is_in_another_network(void **state) {
    int told[2];
    char there = 0;
    (void)state;
    live_or_skip();
    assert_true(peek_shares_our_network(getpid()));
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        there = unshare(CLONE_NEWNET) == 0 ? 1 : 2;
        (void)!write(told[1], &there, 1);
        pause();
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(read(told[0], &there, 1), 1);
    bool shares = peek_shares_our_network(pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(told[0]);
    close(told[1]);
    assert_int_equal(shares, there == 2);
}

// The kernel keeps its memory and its sockets from its own user; not from root.
static void test_a_program_that_keeps_to_itself(void **state) {
    (void)state;
    int status = play(AT_ONCE, ETIMEDOUT, "not-dumpable");
    assert_int_equal(status, s.calls == 1 ? ETIMEDOUT : ECONNREFUSED);
    assert_int_equal(s.calls + s.let_through[NOTIFICATION_FORBIDDEN], 1);
}

static void accept_two(int listener) {
    for (int i = 0; i < 2; i++)
        close(accept(listener, NULL, NULL));
}

// The door may leave a call to the kernel as well.
static void test_connected_already(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(CALLER_PORT, accept_two);
    assert_int_equal(play(AT_ONCE, NOTIFICATION_KERNEL, "twice"), EISCONN);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.let_through[NOTIFICATION_NOT_NEW], 1);
    live_server_end(server);
}

// More at once than the supervisor keeps: the others wait in the kernel.
static void test_a_hundred_threads(void **state) {
    (void)state;
    assert_int_equal(play(TOGETHER, 0, "threads"), 0);
    assert_int_equal(s.calls, CALLER_THREADS);
    assert_int_equal(s.most_at_once, SUPERVISOR_CALLS_MAX);
    assert_int_equal(s.gone, 0);
}

// The first is answered after the second has come.
static void test_two_threads_and_one_socket(void **state) {
    (void)state;
    assert_int_equal(play(LATE, 0, "shared-blocking"), 0);
    assert_int_equal(s.calls, 1); // one connection for both
    assert_int_equal(play(LATE, ECONNREFUSED, "shared-blocking"), ECONNABORTED);
    assert_int_equal(s.calls, 1);
    assert_int_equal(play(LATE, 0, "shared-nonblocking"), EALREADY);
    assert_int_equal(s.calls, 1);
}

static void test_children_are_held_too(void **state) {
    (void)state;
    by_hand("child", "127.0.0.1:1712");
}

static void test_killed_in_the_middle(void **state) {
    (void)state;
    s.signal = SIGKILL;
    assert_int_equal(play(NEVER, 0, "plain"), RUN_SIGNAL + SIGKILL);
    assert_int_equal(s.calls, 1);
    assert_int_equal(s.gone, 1);
    s.signal = SIGKILL; // and it is answered all the same
    assert_int_equal(play(AT_ONCE, 0, "plain"), RUN_SIGNAL + SIGKILL);
    assert_int_equal(s.gone, 0);
}

static void test_exec_in_the_middle(void **state) {
    (void)state;
    assert_int_equal(play(NEVER, 0, "exec-meanwhile"), 0);
    assert_int_equal(s.gone, 1);
    assert_int_equal(play(NEVER, 0, "exec-from-a-thread"), 3);
    assert_int_equal(s.gone, 1);
}

static void test_a_thread_that_outlives_its_leader(void **state) {
    (void)state;
    int status = play(AT_ONCE, ETIMEDOUT, "without-leader");
    assert_int_equal(status, s.calls == 1 ? ETIMEDOUT : ECONNREFUSED); // before Linux 6.9 it is the kernel's
}

// A signal comes before an answer: EINTR, or the same call again. The caller calls again after EINTR, and gets 0: what
// is under way goes on for it, unless it was away for too long.
static void test_a_signal(void **state) {
    (void)state;
    assert_int_equal(play(LATE, 0, "interrupted"), EINTR);
    assert_int_equal(s.calls, 1 + s.gone);
    assert_int_equal(play(LATE, 0, "restarted"), 0);
    assert_int_equal(s.calls, 1 + s.gone);
}

// A signal comes, and the connection stands all the same: the next connect() hears of it.
static void test_a_signal_before_a_connection(void **state) {
    (void)state;
    live_or_skip();
    pid_t server = live_server(CALLER_PORT, accept_two);
    assert_int_equal(play(TRULY, 0, "interrupted"), EINTR);
    assert_int_equal(s.calls, 1);
    assert_int_equal(play(TRULY, 0, "restarted"), 0);
    assert_int_equal(s.calls, 1);
    live_server_end(server);
}

static int python(enum habit habit, int answer, const char *script) {
    char name[] = "python3", option[] = "-c", copy[512];
    live_or_skip();
    if (!live_has(name))
        skip();
    snprintf(copy, sizeof copy, "%s", script);
    return run(habit, answer, (char *[]){name, option, copy, NULL});
}

static void test_python(void **state) {
    static const char script[] = "import socket, sys\n"
                                 "try: socket.create_connection(('127.0.0.1', 1712))\n"
                                 "except OSError as e: sys.exit(e.errno)";
    (void)state;
    assert_int_equal(python(AT_ONCE, 0, script), 0);
    assert_int_equal(s.calls, 1);
    expect_to("127.0.0.1:1712");
    assert_int_equal(python(AT_ONCE, ECONNREFUSED, script), ECONNREFUSED);
    assert_int_equal(python(TOGETHER, 0, script), 0);
}

// With a timeout, Python's sockets do not block.
static void test_python_with_a_timeout(void **state) {
    static const char script[] = "import socket, sys\n"
                                 "try: socket.create_connection(('::1', 1712), timeout=5)\n"
                                 "except OSError as e: sys.exit(e.errno)";
    (void)state;
    assert_int_equal(python(AT_ONCE, 0, script), 0);
    assert_true(s.last.nonblocking);
    expect_to("[::1]:1712");
    assert_int_equal(python(AT_ONCE, EHOSTUNREACH, script), EHOSTUNREACH);
}

// From a shell: in the background, as a child, and by exec.
static void test_through_a_shell(void **state) {
    char name[] = "sh", option[] = "-c", script[1024], self[256] = {0};
    (void)state;
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    snprintf(script, sizeof script, "'%s' %s plain & wait $!; '%s' %s ipv6; exec '%s' %s mapped", self, CALLER_WORD,
             self, CALLER_WORD, self, CALLER_WORD);
    assert_int_equal(run(AT_ONCE, ECONNREFUSED, (char *[]){name, option, script, NULL}), ECONNREFUSED);
    assert_int_equal(s.calls, 3);
    expect_to("127.0.0.1:1712");
}

// Nobody has the filter any more: the loop must not go round for that.
static void test_the_listener_outlives_the_program(void **state) {
    (void)state;
    char name[] = "true";
    assert_int_equal(run(AT_ONCE, 0, (char *[]){name, NULL}), 0);
    assert_int_equal(s.calls, 0);
    assert_true(s.hung_up); // Linux 5.8
}

// A thread cannot be named itself (EINVAL), as before Linux 6.9. Nothing brings that back, so it comes last.
static bool forget_threads(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_EXCL, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static void test_threads_before_linux_6_9(void **state) {
    (void)state;
    if (!forget_threads())
        skip();
    assert_int_equal(play(AT_ONCE, ETIMEDOUT, "without-leader"), ECONNREFUSED);
    assert_int_equal(s.calls, 0);
    assert_int_equal(s.let_through[NOTIFICATION_FORBIDDEN], 1);
    assert_int_equal(play(AT_ONCE, ETIMEDOUT, "threads"), CALLER_WRONG); // each is answered by the same
    assert_true(s.last.process > 0 && s.last.process != s.last.thread);
}

int main(int argc, char **argv) {
    int as_caller = caller_main(argc, argv);
    if (as_caller >= 0)
        return as_caller;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_is_made_by_hand),
        cmocka_unit_test(test_ipv4_in_ipv6s_clothes),
        cmocka_unit_test(test_any_address_is_here),
        cmocka_unit_test(test_what_the_program_has_chosen),
        cmocka_unit_test(test_what_is_not_tcp_goes_on_in_the_kernel),
        cmocka_unit_test(test_bad_arguments_get_the_kernels_errno),
        cmocka_unit_test(test_where_no_syn_would_go),
        cmocka_unit_test(test_what_goes_around_connect),
        cmocka_unit_test(test_what_the_kernel_may_not_have),
        cmocka_unit_test(test_who_calls),
        cmocka_unit_test(test_a_socket_of_another_network),
        cmocka_unit_test(test_who_is_in_another_network),
        cmocka_unit_test(test_a_program_that_keeps_to_itself),
        cmocka_unit_test(test_connected_already),
        cmocka_unit_test(test_a_hundred_threads),
        cmocka_unit_test(test_two_threads_and_one_socket),
        cmocka_unit_test(test_children_are_held_too),
        cmocka_unit_test(test_killed_in_the_middle),
        cmocka_unit_test(test_exec_in_the_middle),
        cmocka_unit_test(test_a_thread_that_outlives_its_leader),
        cmocka_unit_test(test_a_signal),
        cmocka_unit_test(test_a_signal_before_a_connection),
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_python_with_a_timeout),
        cmocka_unit_test(test_through_a_shell),
        cmocka_unit_test(test_the_listener_outlives_the_program),
        cmocka_unit_test(test_threads_before_linux_6_9),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
