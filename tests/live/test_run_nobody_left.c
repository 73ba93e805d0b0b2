// SPDX-License-Identifier: MIT
//
// Nothing is left behind (run/keeper.h): of a program's children that have hidden in sessions of their own, and
// whoever is killed. Each case has a word of its own, and is over when no process on this machine has it.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/keeping.h"
#include "../help/live.h"
#include "run/filter.h"

// Three of them: the program, a child, and one in a session of its own whose parent has ended.
#define FAMILY "sh -c 'while :; do sleep 1; done' $0 & (setsid sh -c 'trap : TERM; while :; do sleep 1; done' $0 &); "
enum { IN_FAMILY = 3 };

struct scene {
    struct keeper k;
    pid_t program, server;
    int listener, output;
    char word[64];
};

static void name(struct scene *s) {
    static unsigned counter;
    snprintf(s->word, sizeof s->word, "rawshake-left-%d-%u", (int)getpid(), counter++);
}

// then: what the program does when it has started its family; NULL: it has none.
static bool start_all(struct scene *s, const char *then) {
    struct net_error error;
    char script[512], command[512], shell[] = "sh", option[] = "-c";
    int status;
    if (then)
        snprintf(script, sizeof script, FAMILY "%s", then);
    else
        snprintf(script, sizeof script, "while :; do read -r line; done <>/dev/null");
    snprintf(command, sizeof command, "exec sh -c 'trap : TERM; while :; do sleep 1; done' %s", s->word);
    return keeper_start(&s->k, &error) && keeper_start_server(&s->k, command, &s->server, &s->output, &error) &&
           keeper_start_program(&s->k, (char *[]){shell, option, script, s->word, NULL}, &s->program, &s->listener,
                                &status, &error);
}

static void begin(struct scene *s, const char *then) {
    struct net_error passing;
    if (!connect_filter_possible(&passing))
        skip();
    name(s);
    assert_true(start_all(s, then));
}

static void finish(struct scene *s) {
    close(s->listener);
    close(s->output);
    assert_int_equal(keeping_count(s->word), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

// The program ends by itself; its children do not. SIGTERM is not enough for all.
static void test_children_of_the_program(void **state) {
    struct scene s;
    (void)state;
    begin(&s, "exit 5");
    struct keeper_event event = keeping_wait(&s.k);
    assert_int_equal(event.news, KEEPER_PROGRAM_ENDED);
    assert_int_equal(event.status, 5);
    assert_true(keeping_comes_to(s.word, IN_FAMILY)); // two, and the server
    assert_true(keeping_end(&s.k) >= 2);              // and perhaps their sleep(1)s
    finish(&s);
}

static void test_the_program_runs_still(void **state) {
    struct scene s;
    (void)state;
    begin(&s, "wait");
    assert_true(keeping_comes_to(s.word, IN_FAMILY + 1));
    assert_int_equal(keeping_end(&s.k), 0); // it has left nobody: it was there
    finish(&s);
}

static void test_the_program_is_stopped(void **state) {
    struct scene s;
    (void)state;
    begin(&s, "wait");
    assert_true(keeping_comes_to(s.word, IN_FAMILY + 1));
    assert_true(keeper_signal(&s.k, SIGSTOP));
    keeping_end(&s.k);
    finish(&s);
}

static void test_the_program_is_killed(void **state) {
    struct scene s;
    (void)state;
    begin(&s, "wait");
    assert_true(keeping_comes_to(s.word, IN_FAMILY + 1));
    kill(s.program, SIGKILL);
    assert_int_equal(keeping_wait(&s.k).status, 128 + SIGKILL);
    assert_true(keeping_end(&s.k) >= 2);
    finish(&s);
}

// The program and the server die with it; all others come to us. A child of ours that was there before is not touched.
static void test_the_keeper_is_killed(void **state) {
    struct scene s;
    (void)state;
    pid_t ours = fork();
    if (ours == 0) {
        pause();
        _exit(0);
    }
    begin(&s, "wait");
    assert_true(keeping_comes_to(s.word, IN_FAMILY + 1));
    kill(s.k.pid, SIGKILL);
    assert_int_equal(keeping_wait(&s.k).news, KEEPER_GONE);
    assert_int_equal(keeping_end(&s.k), 0);
    assert_int_equal(waitpid(ours, NULL, WNOHANG), 0);
    kill(ours, SIGKILL);
    assert_int_equal(waitpid(ours, NULL, 0), ours);
    finish(&s);
}

// A process plays the supervisor and tells its pids; then some of all three are killed.
static void kill_some(bool supervisor, bool keeper, bool program, const char *then, unsigned count) {
    struct scene s;
    pid_t pids[2];
    int ends[2];
    struct net_error passing;
    if (!connect_filter_possible(&passing))
        skip();
    name(&s);
    assert_int_equal(pipe(ends), 0);
    pid_t player = fork();
    if (player == 0) {
        bool started = start_all(&s, then);
        pids[0] = s.k.pid;
        pids[1] = s.program;
        if (!started || write(ends[1], pids, sizeof pids) != (ssize_t)sizeof pids)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], pids, sizeof pids), sizeof pids);
    close(ends[0]);
    assert_true(keeping_comes_to(s.word, count));
    if (supervisor)
        kill(player, SIGKILL);
    if (keeper)
        kill(pids[0], SIGKILL);
    if (program)
        kill(pids[1], SIGKILL);
    assert_true(keeping_comes_to(s.word, 0));
    assert_int_equal(waitpid(player, NULL, 0), player);
}

static void test_the_supervisor_is_killed(void **state) {
    (void)state;
    kill_some(true, false, false, "wait", IN_FAMILY + 1);
}

static void test_the_supervisor_and_the_program_are_killed(void **state) {
    (void)state;
    kill_some(true, false, true, "wait", IN_FAMILY + 1);
}

// Whom the keeper has started dies with it; these have no children that could be left.
static void test_all_are_killed(void **state) {
    (void)state;
    kill_some(true, true, true, NULL, 2);
}

static void test_the_supervisor_and_the_keeper_are_killed(void **state) {
    (void)state;
    kill_some(true, true, false, NULL, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_children_of_the_program),
        cmocka_unit_test(test_the_program_runs_still),
        cmocka_unit_test(test_the_program_is_stopped),
        cmocka_unit_test(test_the_program_is_killed),
        cmocka_unit_test(test_the_keeper_is_killed),
        cmocka_unit_test(test_the_supervisor_is_killed),
        cmocka_unit_test(test_the_supervisor_and_the_program_are_killed),
        cmocka_unit_test(test_all_are_killed),
        cmocka_unit_test(test_the_supervisor_and_the_keeper_are_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
