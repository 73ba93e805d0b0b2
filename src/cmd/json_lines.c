// SPDX-License-Identifier: MIT
//
// Lines of JSON that are no events (see json_lines.h). Called by the commands read and lab.
#include "cmd/json_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/options.h"
#include "cmd/screen.h"

struct json_lines {
    const char *name;
    struct screen screen;
};

static struct json_lines *fail(struct json_lines *lines, const char *name, int number) {
    char why[96];
    complain("--json '%.200s': %s", name, errno_text(number, why, sizeof why));
    free(lines);
    return NULL;
}

struct json_lines *json_lines_open(const char *name) {
    struct json_lines *lines = calloc(1, sizeof *lines);
    bool standard = strcmp(name, "-") == 0;
    if (!lines)
        return fail(lines, name, ENOMEM);
    int fd = standard ? STDOUT_FILENO : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0 || !screen_open(&lines->screen, fd))
        return fail(lines, name, fd < 0 ? errno : ENOMEM);
    lines->name = name;
    return lines;
}

void json_lines_put(struct json_lines *lines, const struct json *line) {
    struct text *text = &lines->screen.text;
    // Between two lines, so that a file has whole lines at every moment.
    if (line->used + 1 > text->size - text->used)
        screen_finish_whole(&lines->screen);
    text_put(text, line->bytes, line->used);
    text_put(text, "\n", 1);
}

void json_lines_flush(struct json_lines *lines) {
    if (lines)
        screen_finish_whole(&lines->screen);
}

int json_lines_close(struct json_lines *lines) {
    int status = EXIT_DONE;
    if (!lines)
        return status;
    screen_finish_whole(&lines->screen);
    if (lines->screen.error) {
        char why[96];
        complain("--json '%.200s': %s", lines->name, errno_text(lines->screen.error, why, sizeof why));
        status = EXIT_CONNECTION;
    }
    screen_close(&lines->screen);
    free(lines);
    return status;
}
