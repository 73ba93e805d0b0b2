// SPDX-License-Identifier: MIT
//
// Reading the options of the views (see view_options.h). Called by every command that shows a connection.
#include "cmd/view_options.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/complain.h"

static bool take_color(const char *text, enum term_when *out) {
    static const char *const names[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum term_when)i;
            return true;
        }
    complain("--color '%.40s': not one of auto, always and never", text);
    return false;
}

static bool take_file(const char *option, const char *text, const char **out) {
    if (!text[0])
        complain("%s '': a file has a name", option);
    else if (*out)
        complain("%s '%.200s': given twice: one file is enough", option, text);
    else
        *out = text;
    return *out == text;
}

bool view_option_is(int id) { return id >= VIEW_VERBOSE && id <= VIEW_FIX_CHECKSUMS; }

bool view_option_take(int id, const char *text, struct view_options *o) {
    switch (id) {
    case VIEW_VERBOSE:
        o->verbosity++;
        return true;
    case VIEW_ASCII:
        return o->ascii = true;
    case VIEW_COLOR:
        return take_color(text, &o->color);
    case VIEW_JSON:
        return take_file("--json", text ? text : "-", &o->json);
    case VIEW_PCAPNG:
        return take_file("--write", text, &o->pcapng);
    case VIEW_HTML:
        return take_file("--html", text, &o->html);
    case VIEW_DIAGRAM:
        return take_file("--diagram", text, &o->diagram);
    default:
        return o->fix_checksums = true;
    }
}

enum { FILES = 4 };

// The files in the order of their options.
static void list_files(const struct view_options *o, const char *files[FILES]) {
    files[0] = o->json;
    files[1] = o->pcapng;
    files[2] = o->html;
    files[3] = o->diagram;
}

static const char *const names[FILES] = {"--json", "--write", "--html", "--diagram"};

bool view_options_agree(const struct view_options *o) {
    const char *files[FILES];
    list_files(o, files);
    for (size_t i = 0; i < FILES; i++)
        for (size_t j = i + 1; j < FILES; j++)
            if (files[i] && files[j] && strcmp(files[i], files[j]) == 0) {
                complain("%s and %s: both would go to %s%.200s%s: name another file for one of them", names[i],
                         names[j], strcmp(files[i], "-") == 0 ? "standard output" : "'",
                         strcmp(files[i], "-") == 0 ? "" : files[i], strcmp(files[i], "-") == 0 ? "" : "'");
                return false;
            }
    if (o->fix_checksums && !o->pcapng) {
        complain("--fix-checksums: there is no capture whose checksums could be finished: -w FILE writes one");
        return false;
    }
    return true;
}

bool view_options_spare(const struct view_options *o, int fd) {
    const char *files[FILES];
    struct stat input, output;
    list_files(o, files);
    if (fstat(fd, &input) != 0 || !S_ISREG(input.st_mode))
        return true;
    for (size_t i = 0; i < FILES; i++) {
        const bool standard = files[i] && strcmp(files[i], "-") == 0;
        if (!files[i] || (standard ? fstat(STDOUT_FILENO, &output) : stat(files[i], &output)) != 0)
            continue;
        if (output.st_dev != input.st_dev || output.st_ino != input.st_ino)
            continue;
        complain("%s %s%.200s%s: it is the file that is read, and would be lost", names[i], standard ? "" : "'",
                 standard ? "standard output" : files[i], standard ? "" : "'");
        return false;
    }
    return true;
}

bool view_options_take_stdout(const struct view_options *o) {
    const char *files[FILES];
    list_files(o, files);
    for (size_t i = 0; i < FILES; i++)
        if (files[i] && strcmp(files[i], "-") == 0)
            return true;
    return false;
}

int view_options_standard_fd(const struct view_options *o) {
    return o->standard_fd > 0 ? o->standard_fd : STDOUT_FILENO;
}

int view_options_narration_fd(const struct view_options *o) {
    if (o->standard_fd > 0)
        return o->standard_fd;
    return view_options_take_stdout(o) ? STDERR_FILENO : STDOUT_FILENO;
}

bool view_options_any(const struct view_options *o) { return o->json || o->pcapng || o->html || o->diagram; }
