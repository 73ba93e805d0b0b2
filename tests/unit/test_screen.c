// SPDX-License-Identifier: MIT
//
// The screen: what finds no room in its buffer is written if that goes without waiting, and lost, and counted, if not.
// And a file ends with something whole also if the disk is full.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../help/cm.h"
#include "cmd/screen.h"

enum { PIECE = 1024 };

static void open_pipe(struct screen *screen, int ends[2]) {
    assert_int_equal(pipe(ends), 0);
    assert_true(screen_open(screen, ends[1]));
}

static void close_all(struct screen *screen, const int ends[2]) {
    screen_close(screen);
    close(ends[0]);
    close(ends[1]);
}

static void add_pieces(struct screen *screen, size_t count) {
    static const char piece[PIECE] = {0};
    for (size_t i = 0; i < count; i++)
        text_put(&screen->text, piece, sizeof piece);
}

// Nobody flushes, but the pipe still has room.
static void test_a_full_buffer_is_written(void **state) {
    struct screen screen;
    int ends[2];
    (void)state;
    open_pipe(&screen, ends);
    size_t fits = screen.text.size / PIECE;
    add_pieces(&screen, fits);
    assert_int_equal(screen.text.lost, 0);
    add_pieces(&screen, 1);
    assert_int_equal(screen.text.lost, 0);
    assert_int_equal(screen.error, 0);
    close_all(&screen, ends);
}

// Nor does anybody read: then it is not waited for.
static void test_what_nobody_reads_is_lost(void **state) {
    struct screen screen;
    int ends[2];
    (void)state;
    open_pipe(&screen, ends);
    size_t fits = screen.text.size / PIECE;
    add_pieces(&screen, 4 * fits);
    assert_true(screen.text.lost >= 2 * fits * PIECE);
    assert_true(screen.text.lost < 3 * fits * PIECE);
    close_all(&screen, ends);
}

static long long bytes_in(FILE *file) {
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    return (long long)status.st_size;
}

// Half a line, half a packet: whoever reads the file would stumble over it.
static void test_what_a_full_disk_has_cut_is_taken_back(void **state) {
    FILE *file = tmpfile();
    struct screen screen;
    struct rlimit before;
    (void)state;
    assert_non_null(file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit full = {.rlim_cur = 2 * PIECE + PIECE / 2, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    assert_true(screen_open(&screen, fileno(file)));
    for (size_t i = 0; i < 4; i++) {
        add_pieces(&screen, 1);
        screen_finish_whole(&screen);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(screen.error, EFBIG);
    assert_int_equal(bytes_in(file), 2 * PIECE);
    screen_close(&screen);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_buffer_is_written),
        cmocka_unit_test(test_what_nobody_reads_is_lost),
        cmocka_unit_test(test_what_a_full_disk_has_cut_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
