// SPDX-License-Identifier: MIT
//
// The views besides the narration, as options: where each goes, what they leave to standard output, what happens when a
// file cannot be written. What stands in them is tested elsewhere.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/live.h"

// A directory of the test's own, and a file in it.
static char folder[] = "/tmp/rawshake-views-XXXXXX", file[64];

static int enter(void **state) {
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/view", folder);
    return live_enter(state);
}

static int leave(void **state) {
    (void)state;
    unlink(file);
    return rmdir(folder);
}

static long file_bytes(void) {
    struct stat status;
    return stat(file, &status) == 0 ? (long)status.st_size : -1;
}

// Every line of text begins with { and ends with }.
static bool is_json_lines(const char *text) {
    const char *end;
    for (; *text; text = end + 1) {
        end = strchr(text, '\n');
        if (!end || *text != '{' || end[-1] != '}')
            return false;
    }
    return true;
}

static void test_json_takes_standard_output_and_the_narration_gives_way(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "--json"));
    live_expect(&r, 0, "{", "connect() returns");
    assert_true(is_json_lines(r.out));
    assert_non_null(strstr(r.err, "MESSAGE: Hello server!"));
    live_free(&r);
}

static void test_json_in_a_file_leaves_the_narration_where_it_is(void **state) {
    (void)state;
    live_or_skip();
    char option[80];
    snprintf(option, sizeof option, "--json=%s", file);
    struct result r = live_run(NULL, WORDS("demo", option));
    live_expect(&r, 0, "connect() returns", NULL);
    assert_string_equal(r.err, "");
    assert_true(file_bytes() > 1000);
    live_free(&r);
}

static void test_quiet_with_a_view_on_standard_output_says_nothing_else(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "-q", "--json"));
    live_expect(&r, 0, "{", NULL);
    assert_true(is_json_lines(r.out));
    assert_string_equal(r.err, "");
    live_free(&r);
}

static void test_each_view_is_written_and_none_is_empty(void **state) {
    static const char *const options[] = {"-w", "--html", "--diagram"};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 3; i++) {
        unlink(file);
        struct result r = live_run(NULL, WORDS("demo", options[i], file));
        live_expect(&r, 0, "connect() returns", NULL);
        assert_true(file_bytes() > 500);
        live_free(&r);
    }
}

static void test_a_file_that_cannot_be_opened_is_one_sentence_before_anything_is_sent(void **state) {
    static const char *const options[] = {"-w", "--html", "--diagram"};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 3; i++) {
        struct result r = live_run(NULL, WORDS("demo", options[i], "/nowhere/file"));
        live_expect(&r, 1, NULL, "'/nowhere/file': No such file or directory");
        assert_true(live_one_line(r.err));
        assert_string_equal(r.out, "");
        live_free(&r);
    }
}

static void test_a_full_disk_is_told_and_the_connection_finished(void **state) {
    static const char *const options[] = {"--json=/dev/full", "--write=/dev/full", "--html=/dev/full",
                                          "--diagram=/dev/full"};
    (void)state;
    live_or_skip();
    for (size_t i = 0; i < 4; i++) {
        struct result r = live_run(NULL, WORDS("demo", options[i]));
        live_expect(&r, 1, "MESSAGE: Hello server!", "No space left on device");
        assert_true(live_one_line(r.err));
        live_free(&r);
    }
}

static void test_files_are_opened_as_whoever_called_us(void **state) {
    struct stat status;
    (void)state;
    live_or_skip();
    if (getuid() != 0)
        skip();
    setenv("SUDO_UID", "1234", 1);
    setenv("SUDO_GID", "1234", 1);
    unlink(file);
    struct result r = live_run(NULL, WORDS("demo", "-w", file)); // a folder that only root may write to
    live_expect(&r, 1, NULL, "Permission denied");
    assert_true(live_one_line(r.err));
    live_free(&r);
    assert_int_equal(chmod(folder, 0777), 0);
    r = live_run(NULL, WORDS("demo", "-w", file));
    live_expect(&r, 0, "connect() returns", NULL);
    live_free(&r);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_uid, 1234);
    assert_int_equal(status.st_gid, 1234);
    unlink(file);
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    assert_int_equal(chmod(folder, 0700), 0);
    r = live_run(NULL, WORDS("demo", "-w", file)); // root without sudo is itself
    live_expect(&r, 0, "connect() returns", NULL);
    live_free(&r);
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_uid, 0);
}

static void refuses(const char *in_err, const char *const *words) {
    struct result r = live_run(NULL, words);
    live_expect(&r, 2, NULL, in_err);
    assert_string_equal(r.out, "");
    live_free(&r);
}

static void test_views_that_cannot_go_together(void **state) {
    (void)state;
    refuses("both would go to standard output", WORDS("demo", "--json", "-w", "-"));
    refuses("both would go to 'x'", WORDS("demo", "--html", "x", "--diagram", "x"));
    refuses("given twice", WORDS("demo", "--html", "x", "--html", "y"));
    refuses("-w FILE writes one", WORDS("demo", "--fix-checksums"));
    refuses("a file has a name", WORDS("demo", "--html", ""));
    refuses("the kernel decides", WORDS("connect", "--kernel", "--mss", "500"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_takes_standard_output_and_the_narration_gives_way),
        cmocka_unit_test(test_json_in_a_file_leaves_the_narration_where_it_is),
        cmocka_unit_test(test_quiet_with_a_view_on_standard_output_says_nothing_else),
        cmocka_unit_test(test_each_view_is_written_and_none_is_empty),
        cmocka_unit_test(test_a_file_that_cannot_be_opened_is_one_sentence_before_anything_is_sent),
        cmocka_unit_test(test_a_full_disk_is_told_and_the_connection_finished),
        cmocka_unit_test(test_files_are_opened_as_whoever_called_us),
        cmocka_unit_test(test_views_that_cannot_go_together),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
