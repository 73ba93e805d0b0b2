// SPDX-License-Identifier: MIT
//
// The fuzzers' corpus, run once through the same functions with whatever compiler there is: what a fuzzer has found
// once stays found.
//
// With a fuzzer's name and a file as its arguments the program runs that one: conn build/fuzz/crash-...
#include <dirent.h>
#include <stdio.h>

#include "../help/cm.h"
#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, FILES_MIN = 10 };

typedef const char *fuzz_function(const uint8_t *bytes, size_t size);

// Runs a file's bytes, in memory of exactly their size.
static const char *run_file(fuzz_function *run, const char *path) {
    static uint8_t buffer[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return "it cannot be opened";
    size_t size = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        return "no memory";
    memcpy(copy, buffer, size);
    const char *broken = run(copy, size);
    free(copy);
    return broken;
}

static void run_corpus(fuzz_function *run, const char *name) {
    char folder[100], path[400];
    int count = 0;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    DIR *files = opendir(folder);
    assert_non_null(files); // tests run where the Makefile is
    for (struct dirent *file; (file = readdir(files));) {
        if (file->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        const char *broken = run_file(run, path);
        if (broken)
            fail_msg("%s: %s", path, broken);
        count++;
    }
    closedir(files);
    assert_true(count >= FILES_MIN);
}

static void test_packets(void **state) {
    (void)state;
    run_corpus(fuzz_packet, "packet");
}

static void test_connections(void **state) {
    (void)state;
    run_corpus(fuzz_conn, "conn");
}

static void test_captures(void **state) {
    (void)state;
    run_corpus(fuzz_capture, "capture");
}

static void test_wanted(void **state) {
    (void)state;
    run_corpus(fuzz_wanted, "wanted");
}

static void test_notifications(void **state) {
    (void)state;
    run_corpus(fuzz_notification, "notification");
}

static int run_one(const char *name, const char *path) {
    const char *broken = run_file(strcmp(name, "conn") == 0           ? fuzz_conn
                                  : strcmp(name, "capture") == 0      ? fuzz_capture
                                  : strcmp(name, "wanted") == 0       ? fuzz_wanted
                                  : strcmp(name, "notification") == 0 ? fuzz_notification
                                                                      : fuzz_packet,
                                  path);
    printf("%s: %s\n", path, broken ? broken : "all properties hold");
    return broken != NULL;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets), cmocka_unit_test(test_connections),   cmocka_unit_test(test_captures),
        cmocka_unit_test(test_wanted),  cmocka_unit_test(test_notifications),
    };
    if (argc == 3)
        return run_one(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
