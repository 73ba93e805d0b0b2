// SPDX-License-Identifier: MIT
//
// A connection as a line of JSON (see read_json.h). Called by read.c.
#include "cmd/read_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/complain.h"
#include "cmd/options.h"
#include "cmd/screen.h"
#include "view/json_names.h"
#include "view/json_parts.h"
#include "view/json_write.h"

enum { LINE_BYTES = 2048 };

struct read_json {
    const char *name;
    struct screen screen;
};

static void drain(void *self, struct text *text) {
    (void)text;
    screen_finish_whole(self); // it is called between two lines
}

static struct read_json *fail(struct read_json *json, const char *name, int number) {
    char why[96];
    complain("--json '%.200s': %s", name, errno_text(number, why, sizeof why));
    free(json);
    return NULL;
}

struct read_json *read_json_open(const char *name) {
    struct read_json *json = calloc(1, sizeof *json);
    bool standard = strcmp(name, "-") == 0;
    if (!json)
        return fail(json, name, ENOMEM);
    int fd = standard ? STDOUT_FILENO : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0 || !screen_open(&json->screen, fd))
        return fail(json, name, fd < 0 ? errno : ENOMEM);
    json->name = name;
    json->screen.text.drain = drain;
    json->screen.text.drain_self = &json->screen;
    return json;
}

static void both(struct json *line, const char *key, const uint64_t values[2]) {
    json_object(line, key);
    json_number(line, "client", values[0]);
    json_number(line, "server", values[1]);
    json_object_end(line);
}

static void moment(struct json *line, const char *key, uint64_t ns) {
    static const uint64_t second = 1000000000;
    json_object(line, key);
    json_number(line, "s", ns / second);
    json_number(line, "ns", ns % second);
    json_object_end(line);
}

void read_json_line(struct read_json *json, const struct tracker_summary *s) {
    char bytes[LINE_BYTES];
    struct json line = json_line(bytes, sizeof bytes - 1);
    json_object(&line, NULL);
    json_number(&line, "connection", s->number);
    json_endpoint(&line, "client", &s->client);
    json_endpoint(&line, "server", &s->server);
    json_bool(&line, "roles_guessed", s->roles_guessed);
    json_bool(&line, "has_holes", s->has_holes);
    json_string(&line, "opening", json_opening_name(s->opening));
    json_string(&line, "ending", json_ending_name(s->ending));
    both(&line, "segments", s->segments);
    both(&line, "resent_segments", s->resent);
    both(&line, "data_bytes", s->bytes);
    if (s->handshake_timed)
        json_number(&line, "handshake_ns", s->handshake_ns);
    else
        json_null(&line, "handshake_ns");
    moment(&line, "first", s->first_ns);
    moment(&line, "last", s->last_ns);
    json_object_end(&line);
    bytes[line.used] = '\n';
    text_put(&json->screen.text, bytes, line.used + 1);
}

void read_json_flush(struct read_json *json) {
    if (json)
        screen_finish_whole(&json->screen);
}

int read_json_close(struct read_json *json) {
    int status = EXIT_DONE;
    if (!json)
        return status;
    screen_finish_whole(&json->screen);
    if (json->screen.error) {
        char why[96];
        complain("--json '%.200s': %s", json->name, errno_text(json->screen.error, why, sizeof why));
        status = EXIT_CONNECTION;
    }
    screen_close(&json->screen);
    free(json);
    return status;
}
