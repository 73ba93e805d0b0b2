// SPDX-License-Identifier: MIT
//
// Parsing a command's words by its table (see options.h). Called by every command.
#include "cmd/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/complain.h"

enum { NAMES_MAX = 64, WORD_MAX = 32, USAGE_COLUMNS = 80 };

static size_t least_of(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

// How many letters must be changed, put in or left out (Levenshtein); SIZE_MAX where a word is too long to be compared.
static size_t distance(const char *a, const char *b) {
    size_t rows[2][WORD_MAX + 1], n = strlen(b);
    if (strlen(a) > WORD_MAX || n > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 0; a[i]; i++) {
        const size_t *above = rows[i % 2];
        size_t *row = rows[(i + 1) % 2];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++)
            row[j + 1] = least_of(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] != b[j]));
    }
    return rows[strlen(a) % 2][n];
}

const char *nearest_name(const char *typed, const char *const *names, size_t count) {
    const char *best = NULL;
    size_t best_distance = strlen(typed) / 2 + 1;
    if (!typed[0]) // the beginning of every name, and so of none
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d = strncmp(names[i], typed, strlen(typed)) == 0 ? 0 : distance(typed, names[i]);
        if (d < best_distance) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}

static int wrong(const struct parse *p, const char *dashes, size_t length, const char *word, const char *why) {
    const char *names[NAMES_MAX];
    char typed[WORD_MAX + 1], what[96];
    size_t count = 0;
    snprintf(typed, sizeof typed, "%.*s", (int)length, word);
    snprintf(what, sizeof what, "option '%s%s'", dashes, typed);
    for (size_t i = 0; i < p->command->options_count && count < NAMES_MAX; i++)
        names[count++] = p->command->options[i].name;
    const char *near = strcmp(dashes, "--") == 0 && !strcmp(why, "unknown") ? nearest_name(typed, names, count) : NULL;
    if (near)
        complain("%s: %s: did you mean '--%s'?", what, why, near);
    else
        complain("%s: %s: see 'rawshake %s --help'", what, why, p->command->name);
    usage_command(p->command, stderr);
    return PARSE_ERROR;
}

static int found(struct parse *p, const struct option_spec *spec, const char *attached, const char *dashes) {
    p->argument = NULL;
    if (!spec->argument)
        return attached ? wrong(p, dashes, strlen(spec->name), spec->name, "takes no value") : spec->id;
    bool may_miss = spec->argument[0] == '[';
    if (!attached && !may_miss && p->next >= p->argc)
        return wrong(p, "--", strlen(spec->name), spec->name, "needs a value");
    p->argument = attached ? attached : may_miss ? NULL : p->argv[p->next++];
    return spec->id;
}

static int parse_long(struct parse *p, const char *word) {
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < p->command->options_count; i++) {
        const struct option_spec *spec = &p->command->options[i];
        if (strlen(spec->name) == length && strncmp(spec->name, word, length) == 0)
            return found(p, spec, word[length] == '=' ? word + length + 1 : NULL, "--");
    }
    return wrong(p, "--", length, word, "unknown");
}

static int parse_letter(struct parse *p) {
    char letter = *p->bundle++;
    for (size_t i = 0; i < p->command->options_count; i++) {
        const struct option_spec *spec = &p->command->options[i];
        if (spec->letter != letter)
            continue;
        const char *attached = spec->argument && *p->bundle ? p->bundle : NULL;
        if (attached)
            p->bundle = "";
        return found(p, spec, attached, "-");
    }
    return wrong(p, "-", 1, p->bundle - 1, "unknown");
}

int parse_next(struct parse *p) {
    if (p->bundle && *p->bundle)
        return parse_letter(p);
    if (p->next >= p->argc)
        return PARSE_END;
    const char *word = p->argv[p->next++];
    if (p->only_arguments || word[0] != '-' || word[1] == '\0') {
        p->argument = word;
        p->words++;
        return PARSE_ARGUMENT;
    }
    if (word[1] != '-') {
        p->bundle = word + 1;
        return parse_letter(p);
    }
    if (word[2] == '\0') {
        p->only_arguments = true;
        return parse_next(p);
    }
    return parse_long(p, word + 2);
}

void usage_line(FILE *out, const char *word, unsigned width, const char *meaning) {
    unsigned begin = 2 + width + 1, column = begin;
    fprintf(out, "  %-*s", (int)width, word);
    while (*meaning) {
        unsigned length = (unsigned)strcspn(meaning, " ");
        if (column > begin && column + length > USAGE_COLUMNS) {
            fprintf(out, "\n%*s", (int)begin - 1, "");
            column = begin;
        }
        fprintf(out, " %.*s", (int)length, meaning);
        column += length + 1;
        meaning += length + strspn(meaning + length, " ");
    }
    fputc('\n', out);
}

void usage_command(const struct command *c, FILE *out) {
    fprintf(out, "usage: rawshake %s%s%s%s\n%s\n", c->name, c->options_count ? " [OPTION...]" : "",
            c->arguments[0] ? " " : "", c->arguments, c->summary);
    for (size_t i = 0; i < c->options_count; i++) {
        const struct option_spec *o = &c->options[i];
        char left[48], letter[8] = "    ";
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        const char *between = !o->argument ? "" : o->argument[0] == '[' ? "" : " ";
        if (o->argument && o->argument[0] == '[')
            snprintf(left, sizeof left, "%s--%s[=%s", letter, o->name, o->argument + 1);
        else
            snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, between, o->argument ? o->argument : "");
        usage_line(out, left, 26, o->help);
    }
}

int parse_words(const struct command *command, int argc, char **argv,
                bool (*take)(const struct parse *parse, int id, void *self), void *self) {
    struct parse parse = {.command = command, .argc = argc, .argv = argv};
    int id;
    while ((id = parse_next(&parse)) != PARSE_END) {
        if (id == PARSE_HELP) {
            usage_command(command, stdout);
            return complain_unless_written();
        }
        if (id == PARSE_ERROR || !take(&parse, id, self))
            return EXIT_USAGE;
    }
    return -1;
}

bool parse_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    char *end;
    errno = 0;
    bool digits = text[0] >= '0' && text[0] <= '9';
    int base = digits && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    unsigned long long value = digits ? strtoull(text, &end, base) : 0;
    if (digits && *end == '\0' && errno == 0 && value >= least && value <= most) {
        *out = value;
        return true;
    }
    complain("%s '%.40s': not a number from %llu to %llu", what, text, (unsigned long long)least,
             (unsigned long long)most);
    return false;
}

const char *parse_decimal(const char *text, double *out) {
    char *end;
    size_t digits = strspn(text, "0123456789."); // what strtod() takes beyond these, nobody would write
    *out = strtod(text, &end);
    return digits > 0 && end == text + digits ? end : NULL;
}

bool parse_seconds(const char *what, const char *text, uint64_t *out) {
    double value;
    const char *end = parse_decimal(text, &value);
    if (end && *end == '\0' && value <= 86400) {
        *out = (uint64_t)(value * 1e6 + 0.5); // the nearest: 0.000249 is just below 249 when multiplied
        return true;
    }
    complain("%s '%.40s': not a number of seconds from 0 to 86400", what, text);
    return false;
}

bool choose_family(enum rs_family family, unsigned *chosen) {
    if (*chosen != 0 && *chosen != family) {
        complain("--ipv4 and --ipv6: they exclude each other: choose one, or neither for both");
        return false;
    }
    *chosen = family;
    return true;
}
