// SPDX-License-Identifier: MIT
//
// rawshake serve: the tutorial's server, with ordinary sockets: accept, a loop of recv(1024) that prints, close. It
// listens on every address that its own name has: on localhost that is one for each family of IP.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/complain.h"
#include "net/privileges.h"
#include "net/resolve.h"
#include "net/server.h"
#include "term/term.h"
#include "view/escape.h"

enum { BIND, PORT, ONLY_IPV4, ONLY_IPV6, ONCE, QUIET };

static const struct option_spec options[] = {
    {'b', "bind", "ADDRESS", "listen on this address (localhost)", BIND},
    {'p', "port", "PORT", "listen on this port (1712)", PORT},
    {'4', "ipv4", NULL, "IPv4 only", ONLY_IPV4},
    {'6', "ipv6", NULL, "IPv6 only", ONLY_IPV6},
    {0, "once", NULL, "end after one client", ONCE},
    {'q', "quiet", NULL, "say nothing but errors; what arrives goes to standard output as it is", QUIET},
    PARSE_HELP_OPTION,
};

struct serve {
    const char *address; // NULL: localhost
    uint16_t port;
    unsigned family; // RS_IPV4, RS_IPV6, or 0: both
    bool once, quiet, utf8;
    struct pollfd listeners[ADDRESSES_MAX];
    nfds_t count;
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

// The listener that a client has come to; -1 with errno set if poll() fails.
static int wait_for_client(struct serve *s) {
    for (;;) {
        if (poll(s->listeners, s->count, -1) < 0 && errno != EINTR)
            return -1;
        for (nfds_t i = 0; i < s->count; i++)
            if (s->listeners[i].revents != 0)
                return s->listeners[i].fd;
    }
}

static int serve(struct serve *s) {
    char why[96];
    for (;;) {
        struct rs_endpoint from;
        int listener = wait_for_client(s), fd = listener < 0 ? -1 : server_accept(listener, &from);
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

static bool take(const struct parse *parse, int id, void *self) {
    struct serve *s = self;
    uint64_t port;
    switch (id) {
    case BIND:
        s->address = parse->argument;
        return true;
    case PORT:
        if (!parse_number("port", parse->argument, 1, 65535, &port))
            return false;
        s->port = (uint16_t)port;
        return true;
    case ONLY_IPV4:
    case ONLY_IPV6:
        return choose_family(id == ONLY_IPV4 ? RS_IPV4 : RS_IPV6, &s->family);
    case ONCE:
        return s->once = true;
    case QUIET:
        return s->quiet = true;
    default:
        complain("'%.40s': one word too many: see 'rawshake serve --help'", parse->argument);
        return false;
    }
}

// localhost is known without asking the resolver, whose files often lack one of the two.
static bool find_addresses(const struct serve *s, struct addresses *out, struct net_error *error) {
    struct addresses ipv6;
    if (s->address)
        return resolve_host(s->address, s->port, s->family, out, error);
    if (s->family != 0)
        return resolve_host(s->family == RS_IPV6 ? "::1" : "127.0.0.1", s->port, 0, out, error);
    if (!resolve_host("127.0.0.1", s->port, 0, out, error) || !resolve_host("::1", s->port, 0, &ipv6, error))
        return false;
    out->list[out->count++] = ipv6.list[0];
    return true;
}

// A machine without IPv6 has a localhost all the same: then IPv4's is enough, unless IPv6 was asked for.
static bool is_dispensable(const struct serve *s, const struct address *at, int number) {
    return !s->address && s->family == 0 && at->endpoint.family == RS_IPV6 &&
           (number == EADDRNOTAVAIL || number == EAFNOSUPPORT);
}

static bool listen_on_all(struct serve *s, const struct addresses *at, struct net_error *error) {
    for (size_t i = 0; i < at->count; i++) {
        int fd = server_listen(&at->list[i], error);
        if (fd >= 0)
            s->listeners[s->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        else if (!is_dispensable(s, &at->list[i], error->number))
            return false;
    }
    return true;
}

static void close_listeners(struct serve *s) {
    while (s->count > 0)
        close(s->listeners[--s->count].fd);
}

static void say_where(const struct serve *s) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    struct address at;
    printf(SERVE_FIRST_WORDS);
    for (nfds_t i = 0; i < s->count; i++)
        if (address_of_socket(s->listeners[i].fd, &at))
            printf("%s%s", i > 0 ? " and " : " ", rs_endpoint_text(&at.endpoint, text, sizeof text));
    printf(" (backlog 1); Ctrl-C ends it.\n");
    fflush(stdout);
}

static int run(const struct command *command, int argc, char **argv) {
    struct serve s = {.port = 1712, .utf8 = term_is_utf8()};
    struct addresses at;
    struct net_error error;
    int status = parse_words(command, argc, argv, take, &s);
    if (status >= 0)
        return status;
    // Privileges go when the ports are ours; what comes then are a stranger's bytes.
    if (!find_addresses(&s, &at, &error) || !listen_on_all(&s, &at, &error) || !privileges_drop(&error)) {
        close_listeners(&s);
        return complain_net(&error);
    }
    if (!s.quiet)
        say_where(&s);
    status = serve(&s);
    close_listeners(&s);
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
