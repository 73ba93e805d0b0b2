// SPDX-License-Identifier: MIT
//
// rawshake makes a TCP connection by hand and shows every step of it. This file is the table of commands, and what to
// do with a first word that is none of them. Each command is a file in src/cmd.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "rawshake/rawshake.h"

static const struct command *const commands[] = {&command_demo,    &command_connect, &command_run,
                                                 &command_compare, &command_lab,     &command_serve,
                                                 &command_listen,  &command_watch,   &command_read};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out) {
    fprintf(out, "usage: rawshake COMMAND [OPTION...] [ARGUMENT...]\n"
                 "Makes a TCP connection by hand, over a raw socket, and shows what connect() does.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        usage_line(out, commands[i]->name, 9, commands[i]->summary);
    fprintf(out, "\n  rawshake COMMAND --help tells a command's options;\n"
                 "  the man page (docs/rawshake.1) tells all.\n"
                 "  rawshake --version prints the version.\n"
                 "  New here? Run: rawshake demo\n");
}

static int unknown(const char *word) {
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = nearest_name(word, names, COMMANDS);
    if (near)
        complain("%s '%.40s': unknown: did you mean '%s'?", word[0] == '-' ? "option" : "command", word, near);
    else
        complain("%s '%.40s': unknown: the commands are below", word[0] == '-' ? "option" : "command", word);
    usage(stderr);
    return EXIT_USAGE;
}

static int print(void (*what)(FILE *)) {
    what(stdout);
    return complain_unless_written();
}

static void version(FILE *out) { fprintf(out, "rawshake %s\n", RS_VERSION); }

// A standard descriptor that is closed would be given to the next socket, and narration would go over the network. So
// each gets something that can be neither read from (0) nor written to (1, 2).
static void hold_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static void nothing(int number) { (void)number; }

// A reader that has gone away is an error to be reported. A handler does that as well as ignoring the signal would, and
// what we start has the signal as we found it: exec undoes a handler.
static void hear_of_gone_readers(void) {
    const struct sigaction act = {.sa_handler = nothing};
    struct sigaction found;
    if (sigaction(SIGPIPE, NULL, &found) == 0 && found.sa_handler == SIG_DFL)
        sigaction(SIGPIPE, &act, NULL);
}

int main(int argc, char **argv) {
    hold_standard_descriptors();
    hear_of_gone_readers();
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return print(usage);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return print(version);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 2, argv + 2);
    return unknown(argv[1]);
}
