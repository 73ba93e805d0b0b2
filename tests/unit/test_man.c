// SPDX-License-Identifier: MIT
//
// The man page and the usage texts name the same commands and options: neither may know what the other does not.
#include <ctype.h>
#include <stdio.h>

#include "../help/cm.h"

enum { TEXT_BYTES = 1 << 16, NAME_BYTES = 48, HELPS_MAX = 32 };

// A usage text: of the program (no command), or of one command.
struct help {
    char command[NAME_BYTES];
    char text[TEXT_BYTES];
};

static struct {
    char manual[TEXT_BYTES];
    struct help helps[HELPS_MAX]; // the first is the program's own
    size_t count;
} all;

static bool in_name(char c) { return isalnum((unsigned char)c) || c == '-' || c == '_'; }

// Copies the name that begins at text; returns its length.
static size_t take_name(const char *text, char out[NAME_BYTES]) {
    size_t size = 0;
    while (in_name(text[size]) && size + 1 < NAME_BYTES) {
        out[size] = text[size];
        size++;
    }
    out[size] = '\0';
    return size;
}

// True if phrase stands in text as whole words.
static bool stands_in(const char *text, const char *phrase) {
    size_t size = strlen(phrase);
    for (const char *at = text; (at = strstr(at, phrase)) != NULL; at++)
        if ((at == text || !in_name(at[-1])) && !in_name(at[size]))
            return true;
    return false;
}

static const char *next_line(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

static size_t read_all(FILE *in, char out[TEXT_BYTES]) {
    size_t size = fread(out, 1, TEXT_BYTES - 1, in);
    out[size] = '\0';
    assert_true(size < TEXT_BYTES - 1); // or the end is missing
    return size;
}

static void read_help(const char *command) {
    char line[1024];
    const char *program = getenv("RAWSHAKE");
    if (!program)
        fail_msg("RAWSHAKE must name the program");
    assert_true(all.count < HELPS_MAX);
    struct help *help = &all.helps[all.count++];
    snprintf(help->command, sizeof help->command, "%s", command);
    snprintf(line, sizeof line, "'%s' %s --help", program, command);
    FILE *in = popen(line, "r");
    assert_non_null(in);
    assert_true(read_all(in, help->text) > 0);
    assert_int_equal(pclose(in), 0);
}

// The commands stand in the program's usage, one a line, two spaces before each and at least two behind.
static bool is_command_line(const char *line, char name[NAME_BYTES]) {
    if (!line || strncmp(line, "  ", 2) != 0 || !islower((unsigned char)line[2]))
        return false;
    return strncmp(line + 2 + take_name(line + 2, name), "  ", 2) == 0;
}

static int read_texts(void **state) {
    char name[NAME_BYTES];
    (void)state;
    FILE *in = fopen("docs/rawshake.1", "r");
    assert_non_null(in);
    assert_true(read_all(in, all.manual) > 0);
    fclose(in);
    read_help("");
    for (const char *line = all.helps[0].text; line; line = next_line(line))
        if (is_command_line(line, name))
            read_help(name);
    assert_true(all.count > 1);
    return 0;
}

// True if an item of the man page's lists that begins with start has phrase in its first line.
static bool manual_lists(const char *start, const char *phrase) {
    for (const char *line = all.manual; line; line = next_line(line)) {
        char item[256];
        snprintf(item, sizeof item, "%.*s", (int)strcspn(line, "\n"), line);
        if (strncmp(item, start, strlen(start)) == 0 && stands_in(item, phrase))
            return true;
    }
    return false;
}

// Counts what is missing, and says it.
static unsigned expect_listed(const char *start, const char *phrase, const char *command) {
    if (manual_lists(start, phrase))
        return 0;
    print_error("docs/rawshake.1 lists no '%s', which stands in rawshake %s --help\n", phrase, command);
    return 1;
}

static void test_manual_has_every_command(void **state) {
    unsigned missing = 0;
    (void)state;
    for (size_t i = 1; i < all.count; i++) {
        char phrase[NAME_BYTES + 16];
        snprintf(phrase, sizeof phrase, "Cm %s", all.helps[i].command);
        missing += expect_listed(".It Cm ", phrase, "");
    }
    assert_int_equal(missing, 0);
}

static unsigned expect_long_options(const struct help *help) {
    unsigned missing = 0;
    for (const char *at = help->text; (at = strstr(at, "--")) != NULL; at += 2) {
        char name[NAME_BYTES], value[NAME_BYTES] = "", phrase[2 * NAME_BYTES + 16];
        size_t size = take_name(at + 2, name);
        if (!islower((unsigned char)at[2]))
            continue;
        const char *behind = at + 2 + size; // "--name VALUE"
        if (behind[0] == ' ' && isupper((unsigned char)behind[1]))
            take_name(behind + 1, value);
        snprintf(phrase, sizeof phrase, "Fl Fl %s%s%s", name, value[0] ? " Ar " : "", value);
        missing += expect_listed(".It Fl ", phrase, help->command);
    }
    return missing;
}

// "  -m, --message TEXT": the short options begin their lines.
static unsigned expect_short_options(const struct help *help) {
    unsigned missing = 0;
    for (const char *line = help->text; line; line = next_line(line)) {
        char phrase[8];
        if (strncmp(line, "  -", 3) != 0 || !isalnum((unsigned char)line[3]))
            continue;
        snprintf(phrase, sizeof phrase, "Fl %c", line[3]);
        missing += expect_listed(".It Fl ", phrase, help->command);
    }
    return missing;
}

static void test_manual_has_every_option(void **state) {
    unsigned missing = 0;
    (void)state;
    for (size_t i = 0; i < all.count; i++)
        missing += expect_long_options(&all.helps[i]) + expect_short_options(&all.helps[i]);
    assert_int_equal(missing, 0);
}

static bool any_help_has(const char *phrase) {
    for (size_t i = 0; i < all.count; i++)
        if (stands_in(all.helps[i].text, phrase))
            return true;
    return false;
}

// The options that one line of the man page's lists names: ".It Fl m Ar TEXT , Fl Fl message Ar TEXT".
static unsigned expect_known_options(const char *line) {
    unsigned missing = 0;
    const char *end = strchr(line, '\n');
    for (const char *at = line; (at = strstr(at, "Fl Fl ")) != NULL && end && at < end; at++) {
        char phrase[NAME_BYTES + 2] = "--";
        take_name(at + strlen("Fl Fl "), phrase + 2);
        if (any_help_has(phrase))
            continue;
        print_error("no --help names '%s', which stands in docs/rawshake.1\n", phrase);
        missing++;
    }
    return missing;
}

static void test_program_has_all_that_the_manual_lists(void **state) {
    unsigned missing = 0, lists = 0;
    (void)state;
    for (const char *line = all.manual; line; line = next_line(line)) {
        if (strncmp(line, ".It Fl ", 7) == 0) {
            lists++;
            missing += expect_known_options(line);
        }
    }
    assert_true(lists > 0);
    assert_int_equal(missing, 0);
}

static void test_program_has_every_command_of_the_manual(void **state) {
    unsigned missing = 0;
    char first[] = "The commands are:";
    (void)state;
    const char *line = strstr(all.manual, first);
    assert_non_null(line);
    for (; line && strncmp(line, ".El", 3) != 0; line = next_line(line)) {
        char name[NAME_BYTES], known[NAME_BYTES];
        bool found = false;
        if (strncmp(line, ".It Cm ", 7) != 0)
            continue;
        take_name(line + 7, name);
        for (const char *usage = all.helps[0].text; usage; usage = next_line(usage))
            found = found || (is_command_line(usage, known) && strcmp(known, name) == 0);
        if (!found)
            print_error("rawshake --help: no '%s', which stands in docs/rawshake.1\n", name);
        missing += !found;
    }
    assert_int_equal(missing, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manual_has_every_command),
        cmocka_unit_test(test_manual_has_every_option),
        cmocka_unit_test(test_program_has_all_that_the_manual_lists),
        cmocka_unit_test(test_program_has_every_command_of_the_manual),
    };
    return cmocka_run_group_tests(tests, read_texts, NULL);
}
