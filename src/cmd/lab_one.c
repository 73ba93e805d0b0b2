// SPDX-License-Identifier: MIT
//
// One experiment, shown (see lab_one.h): the question and the prediction stand before, the ladder and the evidence come
// from the trace, the answer stands behind. Called by lab.c.
#include "cmd/lab_one.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/lab_table.h"
#include "cmd/show.h"
#include "cmd/signals.h"
#include "cmd/step.h"
#include "lab/run.h"

enum { INDENT = 2, CHOICE_INDENT = 5, PREDICTION_TRIES = 20 };

struct lab_one {
    const struct lab_options *options;
    const struct experiment *experiment;
    struct show show;
    struct step step;
    struct lab *lab;
    struct lab_outcome outcome;
    int signal_fd, signal; // signal: which one ended us, or 0
    char predicted;        // the letter of a choice, or 0
};

// ---- before

static void tell_line(struct text *text, const char *what, const char *prose) {
    text_color(text, TEXT_STRONG);
    text_add(text, "%s ", what);
    text_color(text, TEXT_PLAIN);
    text_wrap(text, (unsigned)strlen(what) + 1, true, INDENT, prose);
}

// Behind the prediction, for what is waited for, and how long, gives it away.
static void tell_settings(struct text *text, const struct lab_stage *stage) {
    char line[300];
    for (size_t i = 0; i < LAB_SETTINGS_MAX && stage->settings[i].name; i++) {
        const struct lab_setting *s = &stage->settings[i];
        snprintf(line, sizeof line, "in this network %s is %s: %s.", s->name, s->value, s->effect);
        tell_line(text, "Setting:", line);
    }
}

static void tell_question(struct lab_one *one) {
    const struct experiment *e = one->experiment;
    struct text *text = &one->show.screen.text;
    char title[120], deviation[300];
    snprintf(title, sizeof title, "%s (%s, experiment %u of %zu)", e->name, lab_table_chapter(e->chapter),
             one->options->number, lab_course_count);
    text_color(text, TEXT_STRONG);
    text_add(text, "%s\n", title);
    text_color(text, TEXT_PLAIN);
    text_wrap(text, INDENT, false, INDENT, e->situation);
    snprintf(deviation, sizeof deviation,
             one->options->control ? "nothing, for this is the control run. Otherwise: %s." : "%s.", e->deviation);
    tell_line(text, "One thing is done differently:", deviation);
    tell_line(text, "Question:", e->question);
    for (unsigned i = 0; i < LAB_CHOICES_MAX && e->choices[i]; i++) {
        text_add(text, "  %c  ", 'a' + i);
        text_wrap(text, CHOICE_INDENT, true, CHOICE_INDENT, e->choices[i]);
    }
}

static bool is_choice(const struct experiment *e, int key) {
    return key >= 'a' && key < 'a' + LAB_CHOICES_MAX && e->choices[key - 'a'];
}

// Ctrl-Z: the terminal goes back to the shell as it was, and is taken again afterwards.
static void stop_and_continue(struct lab_one *one, struct term_keys *keys) {
    term_keys_raw(keys, false);
    text_add(&one->show.screen.text, "\n");
    screen_finish(&one->show.screen, one->signal_fd);
    raise(SIGSTOP);
    term_keys_raw(keys, true);
}

// One key, or a line of a pipe. 0: none that counts; -1: the end of the input, or of everything.
static int read_choice(struct lab_one *one, struct term_keys *keys) {
    struct pollfd ready[] = {{.fd = keys->fd, .events = POLLIN}, {.fd = one->signal_fd, .events = POLLIN}};
    while (poll(ready, 2, -1) < 0)
        if (errno != EINTR)
            return -1;
    const int number = ready[1].revents ? signals_read(one->signal_fd) : 0;
    if (number == SIGTSTP) {
        stop_and_continue(one, keys);
        return 0;
    }
    one->signal = number;
    return number != 0 ? -1 : ready[0].revents ? term_keys_read(keys) : 0;
}

// "a, b or c"
static void letters(const struct experiment *e, char *out, size_t room) {
    size_t used = 0;
    for (unsigned i = 0; i < LAB_CHOICES_MAX && e->choices[i] && used < room; i++) {
        const bool last = i + 1 == LAB_CHOICES_MAX || !e->choices[i + 1];
        used += (size_t)snprintf(out + used, room - used, "%s%c", i == 0 ? "" : last ? " or " : ", ", 'a' + i);
    }
}

static void ask(struct lab_one *one) {
    struct text *text = &one->show.screen.text;
    struct term_keys keys;
    char which[32];
    int key = 0;
    letters(one->experiment, which, sizeof which);
    term_keys_open(&keys, STDIN_FILENO);
    term_keys_raw(&keys, true);
    // Whatever writes nonsense without an end is not asked for ever.
    for (int tries = 0; tries < PREDICTION_TRIES; tries++) {
        text_add(text, "Your prediction (%s; Enter goes on without one): ", which);
        screen_finish(&one->show.screen, one->signal_fd);
        key = tolower(read_choice(one, &keys));
        if (is_choice(one->experiment, key))
            text_add(text, "%c", key);
        text_add(text, "\n");
        if (key == '\n' || key < 0 || is_choice(one->experiment, key))
            break;
    }
    term_keys_raw(&keys, false);
    one->predicted = is_choice(one->experiment, key) ? (char)key : 0;
}

// Without the deviation there is nothing to predict.
static bool is_asked(const struct lab_options *o) {
    return !o->predicted && !o->control &&
           (o->ask || o->step || (isatty(STDIN_FILENO) && isatty(view_options_narration_fd(&o->view))));
}

// ---- while it runs

static void take_signal(void *self) {
    struct lab_one *one = self;
    int number = signals_read(one->signal_fd);
    if (number == SIGTSTP) { // the terminal goes back to the shell as it was
        step_terminal(&one->step, false);
        show_flush(&one->show, lab_loop(one->lab));
        raise(SIGSTOP);
        step_terminal(&one->step, true);
    } else if (number != 0) {
        one->signal = number;
        lab_stop(one->lab, number);
    }
}

static void idle(void *self, struct lab *lab) {
    struct lab_one *one = self;
    struct loop *loop = lab_loop(lab);
    if (one->options->step)
        step_ask(&one->step);
    show_flush(&one->show, loop);
    loop_watch(loop, one->signal_fd, POLLIN, take_signal, one);
    if (one->options->step && lab_held(lab) && !one->step.ended)
        loop_watch(loop, one->step.keys.fd, POLLIN, step_key, &one->step);
    else if (one->options->step)
        loop_unwatch(loop, one->step.keys.fd);
}

static struct session *held(void *self) {
    struct lab_one *one = self;
    return one->lab ? lab_held(one->lab) : NULL;
}

static void go_on(void *self) {
    struct lab_one *one = self;
    lab_go_on_alone(one->lab);
}

static void abort_run(void *self) {
    struct lab_one *one = self;
    lab_stop(one->lab, 0);
}

// ---- behind

static void tell_right(struct lab_one *one) {
    const struct experiment *e = one->experiment;
    const char *choice = e->choices[e->right];
    const char right = (char)('a' + e->right), *stop = strchr("?!.", choice[strlen(choice) - 1]) ? "" : ".";
    char line[300];
    if (one->predicted == right)
        snprintf(line, sizeof line, "%c, as you predicted: %s%s", right, choice, stop);
    else if (one->predicted)
        snprintf(line, sizeof line, "%c (you predicted %c): %s%s", right, one->predicted, choice, stop);
    else
        snprintf(line, sizeof line, "%c: %s%s", right, choice, stop);
    tell_line(&one->show.screen.text, "Answer:", line);
}

// What could not be looked at has come out neither way.
static void tell_unknown(struct lab_one *one) {
    char line[200];
    snprintf(
        line, sizeof line,
        "nothing can be said. %zu of the %zu pieces of evidence could not be looked at, for the reason that stands "
        "above; all others are as expected.",
        one->outcome.unknown, one->outcome.count);
    tell_line(&one->show.screen.text, "Verdict:", line);
}

// What was expected is what the RFC says, or Linux as we know it. Why it was not seen is not known here.
static void tell_otherwise(struct lab_one *one) {
    const struct lab_outcome *o = &one->outcome;
    struct utsname kernel;
    char line[400], unknown[60] = "";
    if (uname(&kernel) != 0)
        kernel.release[0] = '\0';
    if (o->unknown > 0)
        snprintf(unknown, sizeof unknown, ", and %zu could not be looked at", o->unknown);
    snprintf(line, sizeof line,
             "%zu of the %zu pieces of evidence came out otherwise%s. In this run, with Linux %.60s, we have %s. What "
             "was seen stands above.",
             o->failed, o->count, unknown, kernel.release,
             o->as_the_rfc ? "seen all that the RFC says, but not all that Linux does as we know it"
                           : "not seen all that the RFC says");
    tell_line(&one->show.screen.text, "Verdict:", line);
}

// An older kernel may lack a counter, and what Linux counts no RFC demands.
static void tell_expected(struct lab_one *one) {
    const struct lab_outcome *o = &one->outcome;
    const char *differs = one->experiment->differs;
    char line[1200], how_many[160];
    snprintf(how_many, sizeof how_many, "all %zu pieces of evidence.", o->count);
    if (o->unknown > 0)
        snprintf(how_many, sizeof how_many,
                 "%zu of the %zu pieces of evidence. What could not be looked at is Linux's own way, and no RFC "
                 "demands it.",
                 o->count - o->unknown, o->count);
    snprintf(line, sizeof line, "as expected, in %s%s%s", how_many, differs ? " Expected of Linux, that is: " : "",
             differs ? differs : "");
    tell_line(&one->show.screen.text, "Verdict:", line);
}

static void tell_control(struct lab_one *one) {
    const struct lab_outcome *o = &one->outcome;
    char line[300];
    if (o->missing == o->decisive)
        snprintf(line, sizeof line,
                 "without the deviation, all the evidence that depends on it is missing (%zu of %zu), as it should "
                 "be: the deviation brings it about.",
                 o->missing, o->decisive);
    else
        snprintf(line, sizeof line,
                 "without the deviation, only %zu of the %zu pieces of evidence that depend on it are known to be "
                 "missing. All of them should be.",
                 o->missing, o->decisive);
    tell_line(&one->show.screen.text, "Control:", line);
}

static void tell_answer(struct lab_one *one) {
    const struct experiment *e = one->experiment;
    struct text *text = &one->show.screen.text;
    char line[1200];
    text_add(text, "\n");
    if (one->options->control) {
        tell_control(one);
        return;
    }
    if (one->outcome.failed > 0) {
        tell_otherwise(one);
        return;
    }
    if (!one->outcome.as_the_rfc) {
        tell_unknown(one);
        return;
    }
    tell_right(one);
    snprintf(line, sizeof line, "%s (%s)", e->answer, e->section);
    text_wrap(text, INDENT, false, INDENT, line);
    tell_expected(one);
}

// ---- all of it

static int play(struct lab_one *one) {
    if (one->options->step)
        step_terminal(&one->step, true);
    lab_play(one->lab, &one->outcome);
    step_terminal(&one->step, false);
    if (!one->outcome.finished)
        screen_finish(&one->show.screen, one->signal_fd); // what was shown stands above the complaint
    if (one->outcome.failure != 0)
        complain("the lab: our own kernel refused to send a segment: %s", strerror(one->outcome.failure));
    else if (!one->outcome.finished && one->signal == 0)
        complain("the lab: the experiment was broken off: nothing can be said of it");
    if (one->outcome.finished)
        tell_answer(one);
    return one->outcome.finished && one->outcome.as_the_rfc ? EXIT_DONE : EXIT_CONNECTION;
}

// Whoever reads the question has no privileges left, and whatever could fail has not.
static int ask_and_play(struct lab_one *one) {
    const struct lab_options *o = one->options;
    const struct step_target target = {one, held, go_on, abort_run};
    if (o->step) {
        step_open(&one->step, STDIN_FILENO, &target, &one->show.narrator);
        step_terminal(&one->step, false); // first comes the prediction
    }
    tell_question(one);
    if (is_asked(o))
        ask(one);
    if (one->signal != 0)
        return EXIT_CONNECTION;
    tell_settings(&one->show.screen.text, &one->experiment->stage);
    text_add(&one->show.screen.text, "\n");
    return play(one);
}

static int in_private_network(struct lab_one *one, bool through_user, const struct namespace_proof *proof) {
    const struct lab_options *o = one->options;
    const struct show_settings show = {.views = &o->view,
                                       .way = SHOW_ONE,
                                       .interface = "rawshake",
                                       .step = o->step,
                                       .before = o->step ? step_sink(&one->step) : (struct trace_sink){.self = NULL}};
    const struct lab_config config = {.experiment = one->experiment,
                                      .control = o->control,
                                      .step = o->step,
                                      .through_user = through_user,
                                      .proof = proof,
                                      .trace = &one->show.trace,
                                      .host = {one, idle}};
    struct net_error error;
    if (!show_open(&one->show, &show))
        return EXIT_CONNECTION;
    one->lab = lab_new(&config, &error);
    if (!one->lab)
        return complain_net(&error);
    int status = ask_and_play(one);
    int shown = show_finish(&one->show, one->signal_fd); // what ends us a second time ends waiting for a reader too
    return status == EXIT_DONE ? shown : status;
}

int lab_one_run(const struct lab_options *options) {
    struct namespace_proof proof;
    struct net_error error;
    bool through_user;
    if (!namespace_enter_with_proof(&through_user, &proof, &error)) {
        complain_net(&error);
        return EXIT_PERMISSION;
    }
    struct lab_one *one = calloc(1, sizeof *one); // a narrator is large
    if (!one) {
        complain("memory: not enough");
        return EXIT_CONNECTION;
    }
    one->options = options;
    one->experiment = options->experiment;
    one->predicted = options->predicted;
    one->step.ended = true;
    one->signal_fd = signals_open(options->step || is_asked(options));
    int status = in_private_network(one, through_user, &proof);
    int number = one->signal;
    lab_free(one->lab);
    show_close(&one->show);
    free(one);
    if (number != 0)
        signals_end(number);
    return status;
}
