// SPDX-License-Identifier: MIT
//
// The demo's server (see demo_server.h): which calls of its program make up a turn of the tutorial's server. Called by
// demo and compare.
#include "cmd/demo_server.h"

#include "view/escape.h"

bool demo_server_start(struct demo_server *server, const struct address *at, struct net_error *error) {
    return program_start(&server->program, &(struct program_settings){.at = at}, error);
}

static bool has_ended(const struct program *program) { return program->last.call == TRACE_SERVER_END_OF_FILE; }

bool demo_server_read(struct demo_server *server, const struct program_listener *listener) {
    struct program *program = &server->program;
    if (!program_has_connection(program) && !program_accept(program, listener))
        return false;
    if (!program_has_connection(program) || has_ended(program)) // nobody has come, or there is nothing more
        return true;
    return program_recv_all(program, listener);
}

bool demo_server_finish(struct demo_server *server, const struct program_listener *listener) {
    if (!demo_server_read(server, listener))
        return false;
    return !has_ended(&server->program) || program_close(&server->program, listener); // another may follow
}

static void told_session(void *self, struct trace_event event) { session_record(self, event); }

static bool partner_read(void *self, struct session *session) {
    return demo_server_read(self, &(struct program_listener){session, told_session});
}

static bool partner_finish(void *self, struct session *session) {
    return demo_server_finish(self, &(struct program_listener){session, told_session});
}

struct partner demo_server_partner(struct demo_server *server) {
    return (struct partner){.self = server, .read = partner_read, .finish = partner_finish};
}

void demo_server_printed(const struct demo_server *server, bool utf8, FILE *out) {
    const struct program *program = &server->program;
    char text[512], from[RS_ENDPOINT_TEXT_BYTES];
    if (program->recvs == 0)
        return;
    size_t shown = escape_text(program->read, program->first_bytes, utf8, text, sizeof text);
    fprintf(out, "\nThe server's program printed:\n  FROM: %s\n  MESSAGE: %s%s\n",
            rs_endpoint_text(&program->from[0], from, sizeof from), text, shown < program->first_bytes ? "..." : "");
    if (program->recvs > 1)
        fprintf(out, "  and %llu times more, for what its other calls of recv(1024) returned\n",
                (unsigned long long)program->recvs - 1);
    fflush(out);
}

void demo_server_stop(struct demo_server *server) { program_stop(&server->program); }
