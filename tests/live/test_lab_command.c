// SPDX-License-Identifier: MIT
//
// The command lab, as the user who runs the tests: its list, its options, the prediction, step mode, signals, and what
// it leaves behind. Whether the experiments come out is for tests/lab. Nothing here enters a private network: that is
// the lab's own affair.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"
#include "../help/terminal.h"
#include "lab/run.h"
#include "view/text.h"

enum { PROCESSES_MAX = 1024 };

static void test_the_list(void **state) {
    (void)state;
    struct result r = live_run(NULL, WORDS("lab"));
    live_expect(&r, 0, "\nOpening\n", NULL);
    const char *at = r.out;
    for (size_t i = 0; i < lab_course_count; i++) {
        char line[200];
        snprintf(line, sizeof line, "\n  %-20s  %s\n", lab_course[i]->name, lab_course[i]->question);
        at = strstr(at, line);
        if (!at)
            print_error("not in the list, at its place: %s", line);
        assert_non_null(at);
    }
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_words_that_make_no_sense(void **state) {
    static const struct {
        const char *words[8], *told;
    } cases[] = {
        {{"lab", "closed-prot"}, "experiment 'closed-prot': unknown: did you mean 'closed-port'?"},
        {{"lab", "qqqqqqqqqqqq"}, "experiment 'qqqqqqqqqqqq': unknown: 'rawshake lab' lists them"},
        {{"lab", ""}, "experiment '': unknown: 'rawshake lab' lists them"},
        {{"lab", "closed-port", "no-ack"}, "'no-ack': one experiment at a time, or --all"},
        {{"lab", "closed-port", "--all"}, "--all and 'closed-port': one or the other"},
        {{"lab", "--all", "--step"}, "--all prints a table"},
        {{"lab", "--all", "--ask"}, "--all prints a table"},
        {{"lab", "--all", "--predict", "a"}, "--all prints a table"},
        {{"lab", "--all", "-v"}, "--all prints a table"},
        {{"lab", "--all", "--json"}, "--all prints a table"},
        {{"lab", "--all", "-w", "/nowhere/at/all"}, "--all prints a table"},
        {{"lab", "--control"}, "--control: of which experiment?"},
        {{"lab", "--step"}, "which experiment?"},
        {{"lab", "--ask"}, "which experiment?"},
        {{"lab", "--predict", "b"}, "which experiment?"},
        {{"lab", "--html", "/nowhere/at/all"}, "which experiment?"},
        {{"lab", "closed-port", "--predict", "x"}, "--predict 'x': not the letter of a choice"},
        {{"lab", "closed-port", "--predict", "ab"}, "--predict 'ab': not the letter of a choice"},
        {{"lab", "closed-port", "--predict", ""}, "--predict '': not the letter of a choice"},
        {{"lab", "closed-port", "--predict", "a", "--ask"}, "--predict and --ask"},
        {{"lab", "closed-port", "--control", "--ask"}, "nothing to predict: leave --ask out"},
        {{"lab", "closed-port", "--control", "--predict", "a"}, "nothing to predict: leave --predict out"},
        {{"lab", "closed-port", "--fix-checksums"}, "--fix-checksums"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result r = live_run(NULL, cases[i].words);
        live_expect(&r, 2, NULL, cases[i].told);
        assert_true(live_one_line(r.err));
        assert_string_equal(r.out, "");
        live_free(&r);
    }
}

static void test_there_is_no_quiet_experiment(void **state) {
    (void)state;
    struct result r = live_run(NULL, WORDS("lab", "closed-port", "-q"));
    live_expect(&r, 2, NULL, "option '-q': unknown");
    live_free(&r);
}

// ---- the prediction

static const struct experiment *first(void) { return lab_course[0]; }

// "b, as you predicted": what stands before the right choice.
static void expect_answer(const struct result *r, const char *verdict) {
    char line[300];
    snprintf(line, sizeof line, "\nAnswer: %c%s: ", 'a' + (int)first()->right, verdict);
    live_expect(r, 0, line, NULL);
    live_expect(r, 0, "Verdict: as expected", NULL);
}

static void letters(char right[2], char wrong[2]) {
    right[0] = (char)('a' + first()->right);
    wrong[0] = first()->right == 0 ? 'b' : 'a';
    right[1] = wrong[1] = '\0';
}

static void test_a_prediction_on_the_command_line(void **state) {
    char right[2], wrong[2], though[40];
    (void)state;
    live_private_or_skip();
    letters(right, wrong);
    struct result r = live_run(NULL, WORDS("lab", first()->name, "--predict", right));
    expect_answer(&r, ", as you predicted");
    assert_null(strstr(r.out, "Your prediction"));
    live_free(&r);
    r = live_run(NULL, WORDS("lab", first()->name, "--predict", wrong));
    snprintf(though, sizeof though, " (you predicted %s)", wrong);
    expect_answer(&r, though);
    live_free(&r);
    unsigned choices = 0;
    while (choices < LAB_CHOICES_MAX && first()->choices[choices])
        choices++;
    if (choices == LAB_CHOICES_MAX)
        return;
    r = live_run(NULL, WORDS("lab", first()->name, "--predict", "d"));
    live_expect(&r, 2, NULL, "has fewer choices than that");
    live_free(&r);
}

static unsigned count(const char *text, const char *what) {
    unsigned n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void expect_asked(const char *input, const char *verdict, unsigned times) {
    struct result r = live_run(input, WORDS("lab", first()->name, "--ask"));
    expect_answer(&r, verdict);
    assert_int_equal(count(r.out, "Your prediction (a, b"), times);
    live_free(&r);
}

static void test_answers_from_a_pipe(void **state) {
    char right[2], wrong[2], line[64], though[40], nonsense[200] = "";
    (void)state;
    live_private_or_skip();
    letters(right, wrong);
    snprintf(line, sizeof line, "%s\n", right);
    expect_asked(line, ", as you predicted", 1);
    snprintf(line, sizeof line, "%c\n", right[0] - 'a' + 'A');
    expect_asked(line, ", as you predicted", 1);
    snprintf(though, sizeof though, " (you predicted %s)", wrong);
    expect_asked(wrong, though, 1); // no newline, but an end
    expect_asked("\n", "", 1);
    expect_asked(NULL, "", 1); // nothing, but an end
    snprintf(line, sizeof line, "what?\n7\n%s\n", right);
    expect_asked(line, ", as you predicted", 3);
    for (int i = 0; i < 50; i++)
        strcat(nonsense, "x\n");
    expect_asked(nonsense, "", 20); // and no more
}

// What is waited for, and how long, gives the answer away.
static void test_a_setting_is_told_behind_the_prediction(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run("a\n", WORDS("lab", "pulled-cable", "--ask"));
    const char *asked = strstr(r.out, "Your prediction"), *setting = strstr(r.out, "Setting: ");
    assert_non_null(asked);
    assert_non_null(setting);
    assert_true(asked < setting);
    live_free(&r);
}

static void test_nobody_is_asked_without_a_terminal(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run("a\n", WORDS("lab", first()->name));
    expect_answer(&r, "");
    assert_null(strstr(r.out, "Your prediction"));
    live_free(&r);
    r = live_run("\n\n\n\n\n\n\n\n\n\n\n\n", WORDS("lab", first()->name, "--control", "--step"));
    live_expect(&r, 1, "Control: without the deviation, all the evidence", NULL);
    assert_null(strstr(r.out, "Your prediction"));
    live_free(&r);
}

// ---- step mode

static void test_step_from_a_pipe(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_shell("yes '' | \"$RAWSHAKE\" lab rst-near --step", 30);
    live_expect(&r, 0, "Verdict: as expected", NULL);
    assert_int_equal(count(r.out, "Your prediction"), 1);
    live_free(&r);
    r = live_run(NULL, WORDS("lab", "rst-near", "--step")); // the end of the input: on without asking
    live_expect(&r, 0, "Verdict: as expected", NULL);
    live_free(&r);
}

static void test_each_key(void **state) {
    (void)state;
    live_private_or_skip();
    struct result r = live_run("\nf\nb\ns\n?\nx\n\na\n", WORDS("lab", "rst-near", "--step"));
    live_expect(&r, 1, "TCP header, 40 bytes", "the experiment was broken off: nothing can be said of it");
    live_expect(&r, 1, "The TCP checksum:", NULL);
    live_expect(&r, 1, "server: ", NULL);
    live_expect(&r, 1, "RST,ACK seq=1", NULL);
    assert_int_equal(count(r.out, "Enter  send the segment"), 2); // '?' and a key that is none
    assert_null(strstr(r.out, "Verdict:"));
    assert_null(strstr(r.out, "Evidence"));
    assert_true(live_one_line(r.err));
    live_free(&r);
}

// ---- a terminal

static void test_a_prediction_on_a_terminal(void **state) {
    char right[2], wrong[2];
    (void)state;
    live_private_or_skip();
    letters(right, wrong);
    struct terminal t = terminal_start(100, WORDS("lab", first()->name, "--color=never"));
    assert_true(terminal_shows(&t, "without one): "));
    assert_true(terminal_is_raw(&t));
    terminal_type(&t, "\033[A?"); // an arrow key, and one that is no answer
    assert_true(terminal_shows(&t, "without one): "));
    terminal_type(&t, right);
    assert_true(terminal_shows(&t, ", as you predicted"));
    assert_int_equal(terminal_read_all(&t), 0);
    assert_false(terminal_is_raw(&t));
    close(t.master);
}

static void test_ctrl_d_at_the_prediction(void **state) {
    (void)state;
    live_private_or_skip();
    struct terminal t = terminal_start(100, WORDS("lab", first()->name, "--color=never"));
    assert_true(terminal_shows(&t, "without one): "));
    terminal_type(&t, "\004");
    assert_true(terminal_shows(&t, "Verdict: as expected"));
    assert_int_equal(terminal_read_all(&t), 0);
    assert_false(terminal_is_raw(&t));
    close(t.master);
}

static void test_signals_at_the_prediction(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    (void)state;
    live_private_or_skip();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct terminal t = terminal_start(100, WORDS("lab", first()->name, "--color=never"));
        assert_true(terminal_shows(&t, "without one): "));
        if (numbers[i] == SIGINT)
            terminal_type(&t, "\003");
        else
            kill(t.pid, numbers[i]);
        assert_int_equal(terminal_read_all(&t), 128 + numbers[i]);
        assert_null(strstr(terminal_text, "Evidence"));
        assert_false(terminal_is_raw(&t));
        close(t.master);
    }
}

static void test_ctrl_z_at_the_prediction(void **state) {
    int status;
    (void)state;
    live_private_or_skip();
    struct terminal t = terminal_start(100, WORDS("lab", first()->name, "--color=never"));
    assert_true(terminal_shows(&t, "without one): "));
    terminal_type(&t, "\032");
    assert_int_equal(waitpid(t.pid, &status, WUNTRACED), t.pid);
    assert_true(WIFSTOPPED(status));
    assert_false(terminal_is_raw(&t)); // the shell gets its terminal back as it was
    kill(t.pid, SIGCONT);
    assert_true(terminal_shows(&t, "without one): ")); // asked again
    assert_true(terminal_is_raw(&t));
    terminal_type(&t, "\r");
    assert_true(terminal_shows(&t, "Verdict: as expected"));
    assert_int_equal(terminal_read_all(&t), 0);
    close(t.master);
}

static void expect_lines_to_fit(char *text, unsigned columns) {
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        if (text_width(line) > columns)
            print_error("%u columns: %s\n", text_width(line), line);
        assert_true(text_width(line) <= columns);
    }
}

static void test_80_columns_are_enough(void **state) {
    (void)state;
    live_private_or_skip();
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    const char *const *const runs[] = {
        WORDS("lab"),          WORDS("lab", "no-guard", "--predict", "a"), WORDS("lab", "rst-near", "--control"),
        WORDS("lab", "--all"), WORDS("lab", "--all", "--control"),         WORDS("lab", "--help")};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct terminal t = terminal_start(80, runs[i]);
        terminal_read_all(&t);
        assert_true(strlen(terminal_text) > 200);
        expect_lines_to_fit(terminal_text, 80);
        close(t.master);
    }
    unsetenv("NO_COLOR");
}

static void test_no_escapes_and_no_unicode_where_none_is_wanted(void **state) {
    (void)state;
    live_private_or_skip();
    setenv("LC_ALL", "C.UTF-8", 1);
    struct result r = live_run(NULL, WORDS("lab", "no-guard"));
    assert_null(strchr(r.out, '\033'));
    live_free(&r);
    r = live_run(NULL, WORDS("lab", "no-guard", "--color=always", "--ascii"));
    assert_non_null(strchr(r.out, '\033'));
    for (const char *c = r.out; *c; c++)
        assert_true(*c > 0);
    live_free(&r);
    r = live_run(NULL, WORDS("lab", "--all"));
    assert_null(strchr(r.out, '\033'));
    live_free(&r);
}

// ---- the views

static void expect_shell(const char *script, int status, const char *in_out, const char *in_err) {
    struct result r = live_shell(script, 60);
    live_expect(&r, status, in_out, in_err);
    live_free(&r);
}

static void test_each_view_and_all_together(void **state) {
    (void)state;
    live_private_or_skip();
    expect_shell(
        "d=$(mktemp -d) && trap 'rm -r \"$d\"' EXIT && cd \"$d\" &&"
        "\"$RAWSHAKE\" lab rst-near --json=j -w w.pcapng --html h --diagram d.svg -v &&"
        "\"$RAWSHAKE\" lab rst-near --diagram d.mmd >/dev/null &&"
        "for f in j w.pcapng h d.svg d.mmd; do [ -s $f ] || exit 9; done;"
        "grep -q TCPChallengeACK h && grep -q '\"event\":\"evidence\"' j && grep -q '</svg>' d.svg &&"
        "{ ! command -v tshark >/dev/null || tshark -r w.pcapng -Y tcp.flags.reset==1 2>/dev/null | grep -q RST; }",
        0, "Verdict: as expected", NULL);
}

static void test_json_on_standard_output_moves_the_narration(void **state) {
    (void)state;
    live_private_or_skip();
    const char *const *const runs[] = {WORDS("lab", "rst-near", "--json"), WORDS("lab", "rst-near", "--json=-")};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct result r = live_run(NULL, runs[i]);
        live_expect(&r, 0, "\"event\":\"evidence\"", "Verdict: as expected");
        for (const char *line = r.out; *line; line = strchr(line, '\n') + 1)
            assert_int_equal(*line, '{');
        live_free(&r);
    }
}

// ---- what ends it, and what is left

// This process and all that it and its children have started. Returns how many.
static size_t family(pid_t pid, pid_t *out, size_t room) {
    size_t found = 1;
    out[0] = pid;
    for (size_t at = 0; at < found; at++) {
        char path[64];
        int child;
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)out[at], (int)out[at]);
        FILE *f = fopen(path, "re");
        while (f && found < room && fscanf(f, "%d", &child) == 1)
            out[found++] = child;
        if (f)
            fclose(f);
    }
    return found;
}

// The network vanishes with its last process and its last descriptor.
static void test_one_run_leaves_nothing_behind(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
    (void)state;
    live_private_or_skip();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct child child = live_start(WORDS("lab", "no-ack"));
        assert_true(live_wait_for(&child, false, "SYN,ACK seq=0")); // and now it would wait for seconds
        pid_t server = live_child_of(child.pid);
        assert_true(server > 0);
        kill(child.pid, numbers[i]);
        struct result r = live_finish(&child, 3); // not only when the server gives up
        assert_int_equal(r.status, 128 + numbers[i]);
        assert_null(strstr(r.out, "Verdict"));
        assert_string_equal(r.err, "");
        live_free(&r);
        assert_true(live_ends_soon(server));
    }
}

static void test_all_of_them_leave_nothing_behind(void **state) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGKILL};
    pid_t all[PROCESSES_MAX];
    (void)state;
    live_private_or_skip();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct child child = live_start(WORDS("lab", "--all"));
        assert_true(live_wait_for(&child, false, "wrong-ack ")); // no-ack, the next row, takes seconds
        size_t found = family(child.pid, all, PROCESSES_MAX);
        assert_true(found > 2); // an experiment, and its server
        kill(child.pid, numbers[i]);
        struct result r = live_finish(&child, 10);
        assert_int_equal(r.status, 128 + numbers[i]);
        assert_null(strstr(r.out, "came out"));
        live_free(&r);
        for (size_t at = 1; at < found; at++)
            assert_true(live_ends_soon(all[at]));
    }
}

// An experiment that dies is a row that says so, and the others are not harmed.
static void test_an_experiment_that_crashes(void **state) {
    pid_t all[PROCESSES_MAX];
    (void)state;
    live_private_or_skip();
    struct child child = live_start(WORDS("lab", "--all"));
    assert_true(live_wait_for(&child, false, "wrong-ack "));
    size_t found = family(child.pid, all, PROCESSES_MAX), killed = 0;
    for (size_t at = 1; at < found && all[at] != 0; at++) { // its children come first: the experiments
        char path[64];
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)all[at]);
        FILE *f = fopen(path, "re");
        bool runs = f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) == 1 && parent == child.pid;
        if (f)
            fclose(f);
        if (runs && kill(all[at], SIGABRT) == 0) // SIGSEGV is caught by sanitizers
            killed++;
    }
    assert_true(killed > 0);
    struct result r = live_finish(&child, 70);
    live_expect(&r, 1, "its process crashed: Aborted", NULL);
    live_expect(&r, 1, "NO RESULT", NULL);
    live_expect(&r, 1, "closed-port ", NULL);
    live_expect(&r, 1, "experiments came out as the RFC says", NULL);
    live_free(&r);
}

static void test_descriptors_that_are_closed_or_full(void **state) {
    (void)state;
    live_private_or_skip();
    expect_shell("\"$RAWSHAKE\" lab >/dev/full", 1, NULL, "standard output: No space left on device (ENOSPC)");
    expect_shell("\"$RAWSHAKE\" lab closed-port >/dev/full", 1, NULL,
                 "standard output: No space left on device (ENOSPC)");
    expect_shell("\"$RAWSHAKE\" lab --all >/dev/full", 1, NULL, "standard output: No space left on device (ENOSPC)");
    expect_shell("\"$RAWSHAKE\" lab closed-port --json >/dev/full", 1, NULL, "--json: ");
    expect_shell("{ \"$RAWSHAKE\" lab syn-checksum; echo $? >&2; } | true", 0, NULL, "Broken pipe");
    expect_shell("\"$RAWSHAKE\" lab closed-port <&-", 0, "Verdict: as expected", NULL);
    expect_shell("\"$RAWSHAKE\" lab closed-port --ask <&-", 0, "Verdict: as expected", NULL);
    expect_shell("\"$RAWSHAKE\" lab closed-port --step <&-", 0, "Verdict: as expected", NULL);
    expect_shell("\"$RAWSHAKE\" lab closed-port >&- 2>&-", 1, NULL, NULL);
    expect_shell("\"$RAWSHAKE\" lab closed-port 2>&-", 0, "Verdict: as expected", NULL);
    expect_shell("\"$RAWSHAKE\" lab --all >&- 2>&- <&-", 1, NULL, NULL);
}

// ---- who may

static void test_as_nobody(void **state) {
    (void)state;
    live_private_or_skip();
    if (getuid() != 0 || !live_has("setpriv"))
        skip();
    const char *const as = "setpriv --reuid 65534 --regid 65534 --clear-groups \"$RAWSHAKE\" lab ";
    const char *const words[] = {"closed-port", "no-guard", "rst-near"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char script[200];
        snprintf(script, sizeof script, "%s%s", as, words[i]);
        expect_shell(script, 0, "Verdict: as expected", NULL);
    }
}

static void test_where_namespaces_are_refused(void **state) {
    (void)state;
    live_private_or_skip();
    const char *const *const runs[] = {WORDS("lab", "closed-port"), WORDS("lab", "--all"),
                                       WORDS("lab", "closed-port", "--step")};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct result r = live_run_refused(runs[i]);
        live_expect(&r, 3, NULL, "user.max_user_namespaces=0");
        assert_true(live_one_line(r.err));
        live_free(&r);
    }
    struct result r = live_run_refused(WORDS("lab")); // the list needs no network
    live_expect(&r, 0, "closed-port", NULL);
    live_free(&r);
}

// Where /proc shows processes alone, no counter can be read: that none has moved is then not what was seen.
static void test_what_cannot_be_looked_at(void **state) {
    static const char hidden[] =
        "unshare -rmpf sh -c 'mount -t proc -o subset=pid proc /proc && exec \"$0\" lab \"$@\"' "
        "\"$RAWSHAKE\" ";
    char script[300];
    (void)state;
    live_private_or_skip();
    if (system("unshare -rmpf mount -t proc -o subset=pid proc /proc 2>/dev/null") != 0)
        skip();
    snprintf(script, sizeof script, "%s closed-port", hidden);
    expect_shell(script, 1, "the kernel does not tell it here", NULL);
    expect_shell(script, 1, "Verdict: nothing can be said.", NULL);
    snprintf(script, sizeof script, "%s rst-far --control", hidden);
    expect_shell(script, 1, "without the deviation, only ", NULL);
    snprintf(script, sizeof script, "%s --all", hidden);
    expect_shell(script, 1, " NOT TOLD\n", NULL);
}

static size_t descriptors(void) {
    size_t found = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d))
        found++;
    closedir(d);
    return found;
}

// Nothing can leave the private network, for outside one nothing is even opened.
static void test_the_lab_refuses_to_run_outside(void **state) {
    const struct namespace_proof none = {.entered = false};
    struct stat here; // the network that it says to have left is the one where we are
    assert_int_equal(stat("/proc/self/ns/net", &here), 0);
    const struct namespace_proof false_proof = {
        .entered = true, .outside = -1, .device = here.st_dev, .inode = here.st_ino};
    const struct namespace_proof *const proofs[] = {NULL, &none, &false_proof};
    (void)state;
    for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++)
        for (size_t which = 0; which < lab_course_count; which++) {
            struct trace trace = {.events = 0};
            struct net_error error;
            const struct lab_config config = {.experiment = lab_course[which], .proof = proofs[i], .trace = &trace};
            const size_t before = descriptors();
            const uid_t uid = geteuid();
            assert_null(lab_new(&config, &error));
            assert_non_null(strstr(error.why, "not a private one"));
            assert_int_equal(descriptors(), before);
            assert_int_equal(geteuid(), uid);
            assert_int_equal(live_child_of(getpid()), 0); // no server
            assert_int_equal(trace.events, 0);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_list),
        cmocka_unit_test(test_words_that_make_no_sense),
        cmocka_unit_test(test_there_is_no_quiet_experiment),
        cmocka_unit_test(test_a_prediction_on_the_command_line),
        cmocka_unit_test(test_answers_from_a_pipe),
        cmocka_unit_test(test_a_setting_is_told_behind_the_prediction),
        cmocka_unit_test(test_nobody_is_asked_without_a_terminal),
        cmocka_unit_test(test_step_from_a_pipe),
        cmocka_unit_test(test_each_key),
        cmocka_unit_test(test_a_prediction_on_a_terminal),
        cmocka_unit_test(test_ctrl_d_at_the_prediction),
        cmocka_unit_test(test_signals_at_the_prediction),
        cmocka_unit_test(test_ctrl_z_at_the_prediction),
        cmocka_unit_test(test_80_columns_are_enough),
        cmocka_unit_test(test_no_escapes_and_no_unicode_where_none_is_wanted),
        cmocka_unit_test(test_each_view_and_all_together),
        cmocka_unit_test(test_json_on_standard_output_moves_the_narration),
        cmocka_unit_test(test_one_run_leaves_nothing_behind),
        cmocka_unit_test(test_all_of_them_leave_nothing_behind),
        cmocka_unit_test(test_an_experiment_that_crashes),
        cmocka_unit_test(test_descriptors_that_are_closed_or_full),
        cmocka_unit_test(test_as_nobody),
        cmocka_unit_test(test_where_namespaces_are_refused),
        cmocka_unit_test(test_what_cannot_be_looked_at),
        cmocka_unit_test(test_the_lab_refuses_to_run_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
