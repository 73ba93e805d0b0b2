// SPDX-License-Identifier: MIT
//
// The servers of run --with: started one after the other, waited for, and heard. What they print is theirs, so a word
// stands before each line. Called by run.c.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "cmd/run.h"
#include "view/escape.h"

enum {
    LOOK_US = 10000,         // how often a server is asked whether it listens
    PATIENCE_US = 10000000,  // how long one may take until it does
    QUIET_US = 150000,       // so long without a word: there are no last ones
    LAST_WORDS_US = 1000000, // how long last words may take in all
    ROOM = 4 * RUN_LINE_BYTES + 80
};

// ---- what they print

// Only where nothing else has the place for itself.
static struct text *shown_in(struct run *r) {
    return view_options_take_stdout(&r->options.view) ? NULL : &r->show.screen.text;
}

// Our own server says where it listens, as we do ourselves, and how to end it, which is not true here.
static bool is_said_by_us(struct run_server *s) {
    const size_t size = strlen(SERVE_FIRST_WORDS);
    const bool first = !s->has_said;
    s->has_said = true;
    return first && s->is_tutorial && s->used >= size && memcmp(s->line, SERVE_FIRST_WORDS, size) == 0;
}

static void show_line(struct run_server *s) {
    struct run *r = s->run;
    struct text *text = shown_in(r);
    char line[4 * RUN_LINE_BYTES + 1];
    if (!is_said_by_us(s) && text) {
        escape_text(s->line, s->used, text->style.utf8, line, sizeof line);
        text_color(text, TEXT_THEIRS);
        if (r->options.servers_count > 1)
            text_add(text, "server %zu| ", s->number);
        else
            text_add(text, "server| ");
        text_color(text, TEXT_PLAIN);
        text_add(text, "%s\n", line);
    }
    s->used = 0;
}

static void take_bytes(struct run_server *s, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            show_line(s);
            continue;
        }
        if (bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n')
            continue;
        s->line[s->used++] = bytes[i];
        if (s->used == sizeof s->line)
            show_line(s);
    }
}

static void end_output(struct run_server *s) {
    loop_unwatch(&s->run->loop, s->output);
    if (s->output >= 0)
        close(s->output);
    s->output = -1;
    if (s->used > 0)
        show_line(s);
}

// Returns false if there is nothing now.
static bool read_some(struct run_server *s) {
    uint8_t bytes[RUN_LINE_BYTES];
    const struct text *text = shown_in(s->run);
    if (s->output < 0 || (text && text->size - text->used < ROOM))
        return false;
    ssize_t size = read(s->output, bytes, sizeof bytes);
    if (size > 0) {
        s->run->servers_said_at = run_now_us();
        run_follow_catch_up(s->run); // what made it say so has passed
        take_bytes(s, bytes, (size_t)size);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        end_output(s);
    }
    return size > 0;
}

static void hear(void *self) {
    struct run_server *s = self;
    while (read_some(s)) {
    }
}

void run_servers_tell_ended(struct run *r) {
    for (size_t i = 0; i < r->servers_count; i++) {
        struct run_server *s = &r->servers[i];
        if (s->end_due)
            run_say(r, "The server '%s' has ended (exit status %d).", s->command, s->status);
        s->end_due = false;
    }
}

void run_servers_ended(struct run *r, pid_t pid, int status) {
    for (size_t i = 0; i < r->servers_count; i++) {
        struct run_server *s = &r->servers[i];
        if (s->pid != pid)
            continue;
        s->ended = true;
        s->status = status;
        hear(s);
        s->end_due = s->listens && r->runs;
        if (status != 0)
            run_servers_tell_ended(r);
    }
}

// ---- starting them

// Our own server is this very program.
static bool command_of(const struct run_server *s, char *out, size_t room) {
    char path[512];
    if (!s->is_tutorial)
        return snprintf(out, room, "%s", s->command) < (int)room;
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return size > 0 && !strchr(path, '\'') && snprintf(out, room, "exec '%s' serve", path) < (int)room;
}

static void say_where(struct run *r, const struct run_server *s) {
    char at[RS_ENDPOINT_TEXT_BYTES];
    run_say(r, "The server '%s' listens on %s.", s->command, rs_endpoint_text(&s->at, at, sizeof at));
}

static bool complain_of(struct run *r, const struct run_server *s, const char *what) {
    show_flush(&r->show, &r->loop); // what it has printed says why
    complain("--with '%.200s': %s", s->command, what);
    return false;
}

static bool wait_until_it_listens(struct run *r, struct run_server *s) {
    char what[100];
    const uint64_t began = run_now_us();
    while (!(s->listens = keeper_listens(&r->keeper, s->pid, &s->at))) {
        if (s->ended) {
            snprintf(what, sizeof what, "it has ended (exit status %d) before it listened", s->status);
            return complain_of(r, s, what);
        }
        if (run_now_us() - began > PATIENCE_US)
            return complain_of(r, s, "it does not listen on any TCP port after 10 seconds: is it a server?");
        if (!run_wait(r, LOOK_US) || r->signal != 0)
            return false;
    }
    say_where(r, s);
    return true;
}

static bool start(struct run *r, const char *named) {
    struct run_server *s = &r->servers[r->servers_count];
    struct net_error error;
    char command[4096];
    *s = (struct run_server){.run = r, .command = named, .number = r->servers_count + 1, .output = -1};
    s->is_tutorial = strcmp(named, "tutorial") == 0;
    if (!command_of(s, command, sizeof command))
        return complain_of(r, s, "the command is too long");
    if (!keeper_start_server(&r->keeper, command, &s->pid, &s->output, &error)) {
        complain_net(&error);
        return false;
    }
    r->servers_count++;
    loop_watch(&r->loop, s->output, POLLIN, hear, s);
    return wait_until_it_listens(r, s);
}

bool run_servers_start(struct run *r) {
    for (size_t i = 0; i < r->options.servers_count; i++)
        if (!start(r, r->options.servers[i]))
            return false;
    return true;
}

// ---- ending

// A server prints what it has read a moment after the program has sent it.
void run_servers_last_words(struct run *r) {
    const uint64_t began = run_now_us();
    r->servers_said_at = began;
    if (r->servers_count == 0)
        return;
    while (run_now_us() - r->servers_said_at < QUIET_US && run_now_us() - began < LAST_WORDS_US)
        if (!run_wait(r, LOOK_US))
            return;
}

void run_servers_close(struct run *r) {
    for (size_t i = 0; i < r->servers_count; i++)
        end_output(&r->servers[i]);
}
