// SPDX-License-Identifier: MIT
//
// rawshake run: another program's connect() made by hand. The program runs under a filter that announces its calls;
// each is made by hand, and the connection given to the kernel, in the program's own socket. Three processes besides
// it:
//
//   this one      reads the calls and what comes from the network; has no privilege left by then
//   the helper    keeps CAP_NET_ADMIN, gets sockets and numbers, and hands over (net/handover.h)
//   the keeper    parent of the program and of the servers of --with; ends them all, should we be killed (run/keeper.h)
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/run.h"
#include "cmd/signals.h"
#include "net/clock.h"
#include "net/namespace.h"
#include "net/privileges.h"
#include "run/filter.h"

enum { ROUNDS_MAX = 64 };

static_assert((int)HANDSHAKES_MAX <= (int)NARRATOR_KEPT, "every connection that is in progress can be told of");

uint64_t run_now_us(void) {
    const struct clock clock = clock_real();
    return clock.monotonic_us(clock.self);
}

// ---- opening: what needs privileges, and where all runs

static bool enter_network(struct run *r, struct net_error *error) {
    r->private_network = r->options.private_network || !privileges_has(CAP_NET_RAW) || !privileges_has(CAP_NET_ADMIN);
    if (r->private_network && !namespace_enter(&r->through_user, error))
        return false;
    if (r->private_network && r->options.step)
        namespace_be_patient();
    return handover_possible(error);
}

// A machine may lack one family.
static bool open_links(struct run *r, struct net_error *error) {
    static const enum rs_family families[] = {RS_IPV4, RS_IPV6};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (raw_link_open(&r->links[r->links_count], families[i], 0, error))
            r->links_count++;
        else if (error->number == EPERM)
            return false;
    return r->links_count > 0;
}

static bool open_log(struct run *r) {
    struct privileges_lent lent;
    struct net_error error;
    char why[96];
    r->log_fd = STDERR_FILENO;
    if (r->options.log) {
        if (!privileges_lend(&lent, &error))
            return complain_net(&error), false;
        r->log_fd = open(r->options.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
        const int number = errno;
        if (!privileges_take_back(&lent, &error))
            return complain_net(&error), false;
        if (r->log_fd < 0) {
            complain("--log '%.200s': %s", r->options.log, errno_text(number, why, sizeof why));
            return false;
        }
    }
    r->options.view.standard_fd = r->log_fd;
    return true;
}

static bool tells(const struct run *r) { return !r->options.quiet && !view_options_take_stdout(&r->options.view); }

static bool open_show(struct run *r) {
    const struct run_options *o = &r->options;
    const struct show_settings show = {.views = &o->view,
                                       .way = tells(r) ? SHOW_ONE : SHOW_NOTHING,
                                       .interface = "rawshake",
                                       .step = o->step,
                                       .before = o->step ? step_sink(&r->step) : (struct trace_sink){.self = NULL}};
    return show_open(&r->show, &show);
}

static bool open_handshakes(struct run *r) {
    const struct handshakes_config config = {
        .means = {.clock = clock_real(),
                  .trace = &r->show.trace,
                  .here = kernel_witness_door(&r->here),
                  .away = kernel_witness_door(&r->away),
                  .handover = &r->handover,
                  .step = r->options.step,
                  .hold_us = r->options.hold_us,
                  .private_network = r->private_network,
                  .through_user = r->through_user},
        .links = r->links,
        .links_count = r->links_count,
        .supervisor = &r->supervisor,
        .self = r,
        .not_begun = run_tell_not_begun,
        .begins = r->options.follow ? run_follow_begins : NULL,
        .is_over = r->options.follow ? run_follow_is_over : NULL,
    };
    kernel_witness_open(&r->here, true, 0);
    kernel_witness_open(&r->away, false, 0);
    if (handshakes_open(&r->handshakes, &config) &&
        (!r->options.follow || follower_start(&r->follower, &r->show.trace, &r->handshakes)))
        return true;
    complain("memory: not enough");
    return false;
}

// In this order: what is started has nothing of ours, and files are opened as whoever named them.
static int open_all(struct run *r) {
    struct net_error error;
    if (!connect_filter_possible(&error))
        return complain_net(&error);
    if (!enter_network(r, &error)) {
        complain_net(&error);
        return EXIT_PERMISSION;
    }
    if (!keeper_start(&r->keeper, &error) || !handover_helper_start(&r->handover, privileges_keep_to_caller, &error))
        return complain_net(&error);
    keeper_spare(&r->keeper, r->handover.pid);
    if (!open_links(r, &error) ||
        (r->options.follow && !follower_open(&r->follower, r->private_network, r->through_user, &error)))
        return complain_net(&error);
    if (!open_log(r) || !open_show(r))
        return EXIT_CONNECTION;
    if (!privileges_drop_to_caller(&error))
        return complain_net(&error);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // the program is the same user, and could take our raw sockets from us
    return run_keys_open(r) && open_handshakes(r) ? EXIT_DONE : EXIT_CONNECTION;
}

// ---- going round

// What the terminal sends goes to the program as well, and it is the program that decides; what somebody sends to us
// alone is passed on. Before there is a program, we decide; after it, nothing more is waited for.
static void take_signal(void *self) {
    struct run *r = self;
    struct signalfd_siginfo info;
    if (read(r->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP)
        run_keys_stop(r);
    else if (!r->began)
        r->signal = (int)info.ssi_signo;
    else if (!r->runs)
        r->hurried = true;
    else if (info.ssi_code != SI_KERNEL)
        keeper_signal(&r->keeper, (int)info.ssi_signo);
}

static void watch_what_matters_now(struct run *r) {
    handshakes_watch(&r->handshakes, &r->loop);
    if (r->options.step)
        run_keys_watch(r);
}

static uint64_t least_of(uint64_t a, uint64_t b) { return a < b ? a : b; }

bool run_wait(struct run *r, uint64_t wait_us) {
    bool busy = true;
    for (int i = 0; i < ROUNDS_MAX && busy; i++) // signals and keys get their turn in a flood too
        busy = handshakes_advance(&r->handshakes);
    const bool more = run_follow(r);
    if (r->options.step)
        run_keys_ask(r);
    show_flush(&r->show, &r->loop);
    watch_what_matters_now(r);
    if (busy || more ||
        (r->step.ended && handshakes_held(&r->handshakes))) // nobody is asked any more: the next round sends it
        wait_us = 0;
    wait_us = least_of(wait_us, handshakes_wait_us(&r->handshakes));
    wait_us = least_of(wait_us, run_follow_wait_us(r));
    return loop_wait(&r->loop, least_of(wait_us, supervisor_patience(&r->supervisor)));
}

static int connect_by_hand(void *self, const struct notification *call) {
    struct run *r = self;
    run_follow_catch_up(r); // what has passed comes before what is about to
    run_servers_tell_ended(r);
    return handshakes_connect(&r->handshakes, call);
}

static void gone(void *self, const struct notification *call, int number) {
    handshakes_gone(&((struct run *)self)->handshakes, call, number);
}

static void go_round(struct run *r) {
    const struct supervisor_door door = {
        .self = r, .connect_by_hand = connect_by_hand, .gone = gone, .let_through = run_tell_let_through};
    supervisor_start(&r->supervisor, r->listener, &r->loop, &door);
    while (r->runs) {
        supervisor_look(&r->supervisor);
        if (!run_wait(r, UINT64_MAX))
            break;
    }
    if (r->supervisor.error.what[0])
        complain_net(&r->supervisor.error);
}

static int run_program(struct run *r) {
    struct net_error error;
    pid_t pid;
    show_flush(&r->show, &r->loop);
    if (!keeper_start_program(&r->keeper, r->options.program, &pid, &r->listener, &r->status, &error)) {
        complain_net(&error);
        if (r->options.program[0][0] == '-')
            complain("options of run stand before '--'; behind it begins PROGRAM");
        return r->status;
    }
    r->began = r->runs = true;
    go_round(r);
    run_servers_last_words(r);
    run_follow_last_segments(r);
    return r->status;
}

// ---- all of it

static int go(struct run *r) {
    int status = EXIT_CONNECTION;
    r->signal_fd = signals_open(true);
    loop_watch(&r->loop, r->signal_fd, POLLIN, take_signal, r);
    run_keeper_watch(r);
    if (r->options.step)
        run_keys_start(r);
    if (run_servers_start(r))
        status = run_program(r);
    run_keys_end(r);
    return status;
}

static int end(struct run *r, int status) {
    unsigned left = 0;
    if (r->listener >= 0)
        supervisor_stop(&r->supervisor);
    handshakes_close(&r->handshakes);
    if (r->listener >= 0)
        close(r->listener);
    run_follow_end(r);
    keeper_end(&r->keeper, &left);
    run_tell_end(r, left);
    const int shown = show_finish(&r->show, r->signal_fd);
    tapping_complain(&r->follower.tapping);
    return status == EXIT_DONE ? shown : status;
}

static void close_all(struct run *r) {
    unsigned left;
    keeper_end(&r->keeper, &left);
    handover_helper_stop(&r->handover);
    run_servers_close(r);
    follower_close(&r->follower);
    kernel_witness_close(&r->here);
    kernel_witness_close(&r->away);
    show_close(&r->show);
    for (size_t i = 0; i < r->links_count; i++)
        raw_link_close(&r->links[i]);
}

static int run(const struct command *command, int argc, char **argv) {
    struct run *r = calloc(1, sizeof *r); // a narrator is large
    if (!r) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    r->handover.pid = r->handover.fd = r->here.fd = r->away.fd = r->follower.tap.fd = -1;
    r->keys_fd = r->signal_fd = r->child_fd = r->listener = -1;
    int status = run_options_parse(command, argc, argv, &r->options);
    if (status < 0) {
        status = open_all(r);
        if (status == EXIT_DONE)
            status = end(r, go(r));
        close_all(r);
    }
    const int number = r->signal;
    free(r);
    if (number != 0)
        signals_end(number);
    return status;
}

const struct command command_run = {
    .name = "run",
    .arguments = "[--] PROGRAM [ARGUMENT...]",
    .summary = "any program, unchanged: its connect() is made by hand, then the kernel has the connection",
    .options = run_option_specs,
    .options_count = RUN_OPTIONS,
    .run = run,
};
