// SPDX-License-Identifier: MIT
//
// Options: one table for each command drives parsing and the usage text, so neither can know what the other does not.
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rawshake/endpoint.h"

// The exit statuses, as the man page has them.
enum exit_status { EXIT_DONE = 0, EXIT_CONNECTION = 1, EXIT_USAGE = 2, EXIT_PERMISSION = 3 };

struct option_spec {
    char letter;          // 0: none
    const char *name;     // without the dashes
    const char *argument; // what stands for it in the usage, or NULL if it takes none; "[FILE]": only as --name=FILE
    const char *help;
    int id; // what the command's own switch calls it
};

struct command {
    const char *name, *arguments, *summary;
    const struct option_spec *options;
    size_t options_count;
    int (*run)(const struct command *command, int argc, char **argv); // argv begins after the command's name
};

// Where a parse stands.
struct parse {
    const struct command *command;
    int argc, next;
    char **argv;
    const char *bundle;   // the rest of "-vv"
    bool only_arguments;  // "--" was seen
    const char *argument; // of the option just found, or the plain word
    unsigned words;       // plain words so far
};

// Ids that no command has: --help is in every command's table.
enum { PARSE_END = -1, PARSE_ARGUMENT = -2, PARSE_ERROR = -3, PARSE_HELP = -4 };
#define PARSE_HELP_OPTION                                                                                              \
    { 'h', "help", NULL, "print this", PARSE_HELP }

// The next option's id, PARSE_ARGUMENT for a plain word (either way its text is in parse->argument), PARSE_END, or
// PARSE_ERROR after a message on standard error.
int parse_next(struct parse *parse);

// Goes through a command's words. Each option's id is handed to take(), and PARSE_ARGUMENT for a plain word; the text
// is in parse->argument. take() returns false after a complaint. Returns -1 to go on, or the exit status: of --help, or
// of a word that makes no sense.
int parse_words(const struct command *command, int argc, char **argv,
                bool (*take)(const struct parse *parse, int id, void *self), void *self);

// Writes a command's usage: what it is, its arguments and every option.
void usage_command(const struct command *command, FILE *out);

// Writes what a word means in a column of its own, broken between words to 80 columns; the word stands in `width`
// columns after two blanks.
void usage_line(FILE *out, const char *word, unsigned width, const char *meaning);

// Reads a whole number within [least, most]; on nonsense prints one sentence that names the option and the range.
bool parse_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *out);

// Reads a number as people write it, digits with at most one point among them. Returns what follows it, or NULL if
// there is none.
const char *parse_decimal(const char *text, double *out);

// Reads seconds, with a fraction if need be, up to a day, as microseconds.
bool parse_seconds(const char *what, const char *text, uint64_t *out);

// Takes -4 or -6 into *chosen, where 0 is neither so far; complains and returns false if it was the other.
bool choose_family(enum rs_family family, unsigned *chosen);

// The nearest of count names to what was typed, or NULL if none is near.
const char *nearest_name(const char *typed, const char *const *names, size_t count);

#endif
