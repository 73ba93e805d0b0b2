// SPDX-License-Identifier: MIT
//
// rawshake serve: the tutorial's server, with ordinary sockets: accept, a loop of recv(1024) that prints, close.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "net/server.h"
#include "term/term.h"
#include "view/escape.h"

enum { BIND, PORT, ONCE, QUIET, HELP };

static const struct option_spec options[] = {
    {'b', "bind", "ADDRESS", "listen on this address (localhost)", BIND},
    {'p', "port", "PORT", "listen on this port (1712)", PORT},
    {0, "once", NULL, "end after one client", ONCE},
    {'q', "quiet", NULL, "say nothing but errors; what arrives goes to standard output as it is", QUIET},
    {'h', "help", NULL, "print this", HELP},
};

struct serve {
    const char *address;
    uint16_t port;
    bool once, quiet, utf8;
};

// Prints what one recv() returned.
static bool print_message(const struct serve *s, const struct rs_endpoint *from, const uint8_t *bytes, size_t size) {
    char text[4 * 1024 + 1], where[RS_ENDPOINT_TEXT_BYTES];
    if (s->quiet) {
        fwrite(bytes, 1, size, stdout);
    } else {
        escape_text(bytes, size, s->utf8, text, sizeof text);
        printf("FROM: %s\nMESSAGE: %s\n", rs_endpoint_text(from, where, sizeof where), text);
    }
    return fflush(stdout) == 0;
}

static bool serve_client(const struct serve *s, int fd, const struct rs_endpoint *from) {
    uint8_t bytes[1024];
    ssize_t size;
    char where[RS_ENDPOINT_TEXT_BYTES], why[96];
    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
        if (!print_message(s, from, bytes, (size_t)size)) {
            complain("standard output: %s", errno_text(errno, why, sizeof why));
            return false;
        }
    if (size < 0)
        complain("recv from %s: %s", rs_endpoint_text(from, where, sizeof where), errno_text(errno, why, sizeof why));
    return true;
}

static int serve(const struct serve *s, int listener) {
    char why[96];
    for (;;) {
        struct rs_endpoint from;
        int fd = server_accept(listener, &from);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0) {
            complain("accept: %s", errno_text(errno, why, sizeof why));
            return EXIT_CONNECTION;
        }
        bool ok = serve_client(s, fd, &from);
        close(fd);
        if (!ok || s->once)
            return ok ? EXIT_DONE : EXIT_CONNECTION;
    }
}

static int parse(const struct command *command, int argc, char **argv, struct serve *s) {
    struct parse parse = {.command = command, .argc = argc, .argv = argv};
    uint64_t port;
    int id;
    while ((id = parse_next(&parse)) != PARSE_END) {
        switch (id) {
        case BIND:
            s->address = parse.argument;
            break;
        case PORT:
            if (!parse_number("port", parse.argument, 1, 65535, &port))
                return EXIT_USAGE;
            s->port = (uint16_t)port;
            break;
        case ONCE:
            s->once = true;
            break;
        case QUIET:
            s->quiet = true;
            break;
        case HELP:
            usage_command(command, stdout);
            return complain_unless_written();
        case PARSE_ARGUMENT:
            complain("'%.40s': one word too many: see 'rawshake serve --help'", parse.argument);
            return EXIT_USAGE;
        default:
            return EXIT_USAGE;
        }
    }
    return -1;
}

static int run(const struct command *command, int argc, char **argv) {
    struct serve s = {.address = "localhost", .port = 1712, .utf8 = term_is_utf8()};
    struct rs_endpoint at;
    struct net_error error;
    char text[RS_ENDPOINT_TEXT_BYTES];
    int status = parse(command, argc, argv, &s);
    if (status >= 0)
        return status;
    if (!resolve_host(s.address, s.port, &at, &error))
        return complain_net(&error);
    int listener = server_listen(&at, &error);
    if (listener < 0)
        return complain_net(&error);
    if (!privileges_drop(&error)) // the port is ours; what comes now are a stranger's bytes
        return complain_net(&error);
    if (!s.quiet)
        printf("Listening on %s (backlog 1); Ctrl-C ends it.\n", rs_endpoint_text(&at, text, sizeof text));
    fflush(stdout);
    status = serve(&s, listener);
    close(listener);
    return status;
}

const struct command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "the tutorial's server, with ordinary sockets, on localhost:1712",
    .options = options,
    .options_count = sizeof options / sizeof *options,
    .run = run,
};
