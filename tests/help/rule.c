// SPDX-License-Identifier: MIT
//
// The log of rule.h: a line is "rule N PROGRAM TEST", "reason NAME PROGRAM TEST" or "defined NAME SECTION". Each is one
// write to a file that is opened for appending, so programs may run at the same time.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cm.h"

static struct {
    const char *name;
    bool seen[RS_REASON_COUNT]; // a line for each reason is enough
} test;

int rule_test_begins(void **state) {
    memset(&test, 0, sizeof test);
    test.name = *state;
    *state = NULL; // as it would be without us
    return 0;
}

static void log_line(const char *line) {
    const char *path = getenv("RULES_LOG");
    if (!path)
        return;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    ssize_t size = (ssize_t)strlen(line);
    if (fd < 0 || write(fd, line, (size_t)size) != size)
        fail_msg("%s: %s", path, strerror(errno));
    close(fd);
}

// "unit/test_open", or NULL if this program's tests do not count.
static const char *program(void) {
    const char *at = strstr(program_invocation_name, "unit/test_");
    return at ? at : strstr(program_invocation_name, "sim/test_");
}

static void log_shown(const char *kind, const char *what) {
    char line[256];
    if (!program() || !test.name)
        return;
    snprintf(line, sizeof line, "%s %s %s %s\n", kind, what, program(), test.name);
    log_line(line);
}

void rule_shown(const char *rule) { log_shown("rule", rule); }

void rule_reason(enum rs_reason reason) {
    if (test.seen[reason])
        return;
    test.seen[reason] = true;
    log_shown("reason", rs_reason_name(reason));
}

void rule_all_reasons(void) {
    char line[256];
    for (int i = 0; i < RS_REASON_COUNT; i++) {
        enum rs_reason reason = (enum rs_reason)i;
        snprintf(line, sizeof line, "defined %s %s\n", rs_reason_name(reason), rs_reason_section(reason));
        log_line(line);
    }
}
