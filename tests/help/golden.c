// SPDX-License-Identifier: MIT
//
// Comparing with a file (see golden.h). Called by the tests in tests/golden.
#include "golden.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cm.h"

enum { ROOM = 400000 };

static void leave(const char *path, const char *bytes, size_t size) {
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

void golden_compare(const char *name, const char *bytes, size_t size) {
    char path[64];
    char *wanted = malloc(ROOM);
    assert_non_null(wanted);
    snprintf(path, sizeof path, "tests/golden/%s", name);
    if (getenv("UPDATE_GOLDEN"))
        leave(path, bytes, size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, wanted, ROOM) : -1;
    if (fd >= 0)
        close(fd);
    bool same = got == (ssize_t)size && memcmp(wanted, bytes, size) == 0;
    free(wanted);
    if (!same) {
        leave("build/golden.out", bytes, size);
        print_error("%s: not the same: diff %s build/golden.out shows where\n", name, path);
    }
    assert_true(same);
}
