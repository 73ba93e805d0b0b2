// SPDX-License-Identifier: MIT
//
// The views of a run (see views.h). Each has an output of its own, a buffer and a descriptor; a file is written after
// every event, so that a crash costs nothing, and what reads from a pipe gets it when nothing more urgent is to be
// done.
#include "cmd/views.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/command_line.h"
#include "cmd/complain.h"
#include "rawshake/rawshake.h"
#include "view/diagram.h"

enum {
    JSON,
    PCAPNG,
    HTML,
    DIAGRAM,
    OUTPUTS,
    DIAGRAM_BYTES = 64 << 20,
    DIAGRAMS_MAX = 64,
    COMMAND_BYTES = 1024,
    NAME_BYTES = 4096
};

struct output {
    const char *option, *name; // "--json", the file's name; NULL: not wanted
    struct screen screen;
    bool is_file;
};

struct views {
    const struct view_options *options;
    struct output outputs[OUTPUTS];
    struct json_view json;
    struct pcapng_view pcapng;
    struct html_view *html;
    struct diagram_view *diagram;
    char command[COMMAND_BYTES];
};

static bool fail(const struct output *o, int number) {
    char why[96];
    if (strcmp(o->name, "-") == 0)
        complain("%s: standard output: %s", o->option, errno_text(number, why, sizeof why));
    else
        complain("%s '%.200s': %s", o->option, o->name, errno_text(number, why, sizeof why));
    return false;
}

// Writes all there is, and waits for whoever is slow.
static void drain(void *self, struct text *text) {
    struct output *o = self;
    (void)text;
    screen_finish(&o->screen, -1);
}

static bool open_output(struct output *o, int standard_fd, bool waits) {
    struct stat status = {0};
    o->screen.fd = -1;
    if (!o->name)
        return true;
    bool standard = strcmp(o->name, "-") == 0;
    int fd = standard ? standard_fd : open(o->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return fail(o, errno);
    if (!screen_open(&o->screen, fd))
        return fail(o, ENOMEM);
    if (!standard && o->screen.own) // it is open twice now
        close(fd);
    o->screen.own = !standard || o->screen.own;
    o->is_file = fstat(o->screen.fd, &status) == 0 && S_ISREG(status.st_mode);
    if (o->is_file || waits) {
        o->screen.text.drain = drain;
        o->screen.text.drain_self = o;
    }
    return true;
}

static bool is_mermaid(const char *name) {
    size_t length = strlen(name);
    return length >= 4 && strcmp(name + length - 4, ".mmd") == 0;
}

static bool start_views(struct views *v, const char *interface) {
    const struct html_settings html = {.version = RS_VERSION, .command = v->command};
    const struct pcapng_settings pcapng = {.version = RS_VERSION,
                                           .command = v->command,
                                           .interface = interface,
                                           .fix_checksums = v->options->fix_checksums};
    if (v->outputs[JSON].name)
        json_init(&v->json, &v->outputs[JSON].screen.text);
    if (v->outputs[PCAPNG].name)
        pcapng_init(&v->pcapng, &v->outputs[PCAPNG].screen.text, &pcapng);
    if (v->outputs[HTML].name)
        v->html = html_new(&html);
    if (v->outputs[DIAGRAM].name)
        v->diagram = diagram_new(is_mermaid(v->outputs[DIAGRAM].name));
    if ((v->outputs[HTML].name && !v->html) || (v->outputs[DIAGRAM].name && !v->diagram)) {
        complain("memory: not enough");
        return false;
    }
    return true;
}

struct views *views_open(const struct view_options *options, const char *interface, bool waits) {
    struct views *v = calloc(1, sizeof *v);
    if (!v) {
        complain("memory: not enough");
        return NULL;
    }
    v->options = options;
    v->outputs[JSON] = (struct output){.option = "--json", .name = options->json};
    v->outputs[PCAPNG] = (struct output){.option = "--write", .name = options->pcapng};
    v->outputs[HTML] = (struct output){.option = "--html", .name = options->html};
    v->outputs[DIAGRAM] = (struct output){.option = "--diagram", .name = options->diagram};
    command_line(v->command, sizeof v->command);
    bool good = true;
    for (size_t i = 0; i < OUTPUTS; i++) // all, so that each has a descriptor or -1
        good = good && open_output(&v->outputs[i], view_options_standard_fd(options), waits);
    if (good && start_views(v, interface))
        return v;
    views_close(v);
    return NULL;
}

static void write_files(void *self, const struct trace_event *event) {
    struct views *v = self;
    (void)event;
    for (size_t i = JSON; i <= PCAPNG; i++)
        if (v->outputs[i].is_file)
            screen_finish_whole(&v->outputs[i].screen);
}

void views_add(struct views *v, struct trace *trace) {
    if (v->outputs[JSON].name)
        trace_add(trace, json_sink(&v->json));
    if (v->outputs[PCAPNG].name)
        trace_add(trace, pcapng_sink(&v->pcapng));
    if (v->html)
        trace_add(trace, html_sink(v->html));
    if (v->diagram)
        trace_add(trace, diagram_sink(v->diagram));
    trace_add(trace, (struct trace_sink){.self = v, .take = write_files, .only_data = true});
}

void views_flush(struct views *v, struct loop *loop) {
    for (size_t i = 0; i < OUTPUTS; i++)
        if (v->outputs[i].name)
            screen_flush(&v->outputs[i].screen, loop);
}

// The largest event fills no more than a part of a half: a segment of 64 KB in figures.
bool views_have_room(const struct views *v) {
    for (size_t i = JSON; i <= PCAPNG; i++) {
        const struct output *o = &v->outputs[i];
        if (o->name && o->screen.error == 0 && o->screen.text.used > o->screen.text.size / 2)
            return false;
    }
    return true;
}

void views_wait(struct views *v, int interrupt_fd) {
    for (size_t i = JSON; i <= PCAPNG; i++)
        if (v->outputs[i].name)
            screen_finish(&v->outputs[i].screen, interrupt_fd);
}

bool views_broken(const struct views *v) {
    for (size_t i = 0; i < OUTPUTS; i++)
        if (v->outputs[i].name && v->outputs[i].screen.error != 0)
            return true;
    return false;
}

// What is written at the end may wait for its reader.
static void write_last(struct views *v) {
    struct output *page = &v->outputs[HTML], *diagram = &v->outputs[DIAGRAM];
    page->screen.text.drain = diagram->screen.text.drain = drain;
    page->screen.text.drain_self = page;
    diagram->screen.text.drain_self = diagram;
    if (v->html)
        html_write(v->html, &page->screen.text);
    if (v->diagram)
        diagram_write(v->diagram, &diagram->screen.text);
}

int views_finish(struct views *v, int interrupt_fd) {
    int status = EXIT_DONE;
    write_last(v);
    for (size_t i = 0; i < OUTPUTS; i++) {
        struct output *o = &v->outputs[i];
        if (!o->name)
            continue;
        uint64_t lost = o->screen.text.lost;
        o->screen.text.lost = 0; // told on standard error: the file has no room for it
        screen_finish(&o->screen, interrupt_fd);
        if (o->screen.error)
            fail(o, o->screen.error);
        else if (lost > 0)
            complain("%s: %" PRIu64 " bytes were left out: the reader was too slow", o->option, lost);
        if (o->screen.error || lost > 0)
            status = EXIT_CONNECTION;
    }
    return status;
}

void views_close(struct views *v) {
    if (!v)
        return;
    for (size_t i = 0; i < OUTPUTS; i++)
        if (v->outputs[i].name && v->outputs[i].screen.fd >= 0)
            screen_close(&v->outputs[i].screen);
    html_free(v->html);
    diagram_free(v->diagram);
    free(v);
}
