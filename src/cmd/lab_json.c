// SPDX-License-Identifier: MIT
//
// The course as lines of JSON (see lab_json.h): all that is said of an experiment before and after it runs. Called by
// lab.c.
#include "cmd/lab_json.h"

#include "cmd/lab_table.h"

enum { LINE_BYTES = 16384 };

static void choices(struct json *line, const struct experiment *e) {
    const char right[] = {(char)('a' + e->right), '\0'}; // as --predict takes it
    json_array(line, "choices");
    for (size_t i = 0; i < LAB_CHOICES_MAX && e->choices[i]; i++)
        json_string(line, NULL, e->choices[i]);
    json_array_end(line);
    json_string(line, "right", right);
}

static void settings(struct json *line, const struct lab_stage *stage) {
    json_array(line, "settings");
    for (size_t i = 0; i < LAB_SETTINGS_MAX && stage->settings[i].name; i++) {
        json_object(line, NULL);
        json_string(line, "name", stage->settings[i].name);
        json_string(line, "value", stage->settings[i].value);
        json_string(line, "effect", stage->settings[i].effect);
        json_object_end(line);
    }
    json_array_end(line);
}

static void experiment(struct json_lines *lines, unsigned number, const struct experiment *e) {
    char bytes[LINE_BYTES];
    struct json line = json_line(bytes, sizeof bytes);
    json_object(&line, NULL);
    json_number(&line, "number", number);
    json_string(&line, "name", e->name);
    json_string(&line, "chapter", lab_table_chapter(e->chapter));
    json_string(&line, "question", e->question);
    json_string(&line, "situation", e->situation);
    choices(&line, e);
    json_string(&line, "deviation", e->deviation);
    json_string(&line, "answer", e->answer);
    json_string(&line, "section", e->section);
    json_string(&line, "differs", e->differs); // null where it does not
    settings(&line, &e->stage);
    json_object_end(&line);
    json_lines_put(lines, &line);
}

void lab_json_course(struct json_lines *lines) {
    for (size_t i = 0; i < lab_course_count; i++)
        experiment(lines, (unsigned)i + 1, lab_course[i]);
}
