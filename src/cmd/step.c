// SPDX-License-Identifier: MIT
//
// The prompt of step mode and its keys (see step.h). Called by handmade.c, and by the lab.
#include "cmd/step.h"

#include <inttypes.h>

static struct text *text_of(struct step *step) { return step->narrator->text; }

static struct session *held(struct step *step) { return step->target.held(step->target.self); }

void step_open(struct step *step, int fd, const struct step_target *target, struct narrator *narrator) {
    *step = (struct step){.target = *target, .narrator = narrator, .ended = fd < 0};
    term_keys_open(&step->keys, fd);
    step_terminal(step, true);
}

void step_terminal(struct step *step, bool on) {
    if (!step->ended)
        term_keys_raw(&step->keys, on);
    if (!on && step->prompt_is_out) {
        text_add(text_of(step), "\n");
        step->prompt_is_out = false;
    }
}

static void end_prompt(struct step *step) {
    if (step->prompt_is_out)
        text_add(text_of(step), "\n");
    step->prompt_is_out = false;
}

static void see(void *self, const struct trace_event *event) {
    (void)event;
    end_prompt(self);
}

struct trace_sink step_sink(struct step *step) {
    return (struct trace_sink){.self = step, .take = see};
}

// From here on nobody is asked: the keys have ended.
static void go_on_alone(struct step *step) {
    term_keys_raw(&step->keys, false);
    step->ended = true;
    step->target.go_on(step->target.self);
}

void step_ask(struct step *step) {
    if (!held(step) || step->prompt_is_out)
        return;
    if (step->ended) {
        go_on_alone(step);
        return;
    }
    struct text *text = text_of(step);
    text_color(text, TEXT_STRONG);
    text_add(text, "   Enter sends it. ");
    text_color(text, TEXT_PLAIN);
    text_add(text, "f fields, b bytes, s states, a abort, ? help: ");
    step->prompt_is_out = true;
}

static void show_our_state(struct text *t, const struct session *s) {
    struct rs_conn_facts f;
    rs_conn_facts(&s->conn, &f);
    bool unsent = f.snd_nxt == f.iss && !s->config.we_listen; // open() was called, but the SYN is still held
    if (s->config.no_engine) {
        text_add(t, "     we:     CLOSED: no TCP is at our end, each segment is written by hand\n");
        return;
    }
    text_add(t, "     we:     %s\n", unsent ? "CLOSED (SYN-SENT as soon as the SYN has left)" : rs_state_name(f.state));
    text_add(t, "             ISS %" PRIu32 ", SND.UNA %" PRIu32 ", SND.NXT %" PRIu32 ", SND.WND %" PRIu32 "\n", f.iss,
             f.snd_una, f.snd_nxt, f.snd_wnd);
    if (f.irs_known)
        text_add(t, "             IRS %" PRIu32 ", RCV.NXT %" PRIu32 ", RCV.WND %" PRIu32 "\n", f.irs, f.rcv_nxt,
                 f.rcv_wnd);
    else
        text_add(t, "             IRS and RCV.NXT unknown: no SYN of the server's has come\n");
}

static void show_states(struct step *step, struct session *s) {
    struct text *t = text_of(step);
    const struct trace_peer *peer = &step->narrator->now.peer;
    const char *who = s->config.we_listen ? "client" : "server";
    const char *whose = step->narrator->now.about.both_by_hand ? "engine" : "kernel";
    session_ask_peer(s);
    show_our_state(t, s);
    if (!peer->known)
        text_add(t, "     %s: ? (%s)\n", who, peer->why_not ? peer->why_not : "nobody asked");
    else if (peer->existed && (peer->state == RS_LISTEN || peer->state == RS_CLOSED))
        text_add(t, "     %s: CLOSED: its %s knows this connection no longer\n", who, whose);
    else
        text_add(t, "     %s: %s, %" PRIu32 " bytes unread%s (its %s says so)\n", who, rs_state_name(peer->state),
                 peer->state == RS_LISTEN ? 0 : peer->unread_bytes,
                 peer->state == RS_LISTEN || s->config.we_listen ? ""
                 : peer->accepted                                ? ", accepted"
                                                                 : ", not yet accepted",
                 whose);
}

// What the other end does while a person reads.
static const char *meanwhile(const struct step *step, const struct session *session) {
    if (session->config.we_listen)
        return "     While you read, our end's clock stands still. The client's does not:\n"
               "     it may send again, and in the end give up.\n";
    if (step->narrator->now.about.both_by_hand)
        return "     While you read, our end's clock stands still. The server's does not:\n"
               "     it may send again, and after three minutes give up a half-open connection.\n";
    return "     While you read, our end's clock stands still. The server's does not:\n"
           "     it may send again, and in the end give up a half-open connection\n"
           "     (after about a minute; in our private network, hours).\n";
}

static void show_help(struct step *step, const struct session *session) {
    text_add(text_of(step),
             "     Enter  send the segment that was shown\n"
             "     f      its header fields, each with its meaning\n"
             "     b      its bytes, the RFC's boxes, and the checksum's arithmetic\n"
             "     s      the state of both ends now\n"
             "     a      abort: end it now; RST tells the %s, where it knows of us\n"
             "     ?      this\n%s",
             session->config.we_listen ? "client" : "server", meanwhile(step, session));
}

void step_key(void *self) {
    struct step *step = self;
    int key = term_keys_read(&step->keys);
    struct session *session = held(step);
    if (key == 0 || !session)
        return;
    end_prompt(step);
    switch (key) {
    case -1:
        go_on_alone(step);
        break;
    case '\n':
        session_permit(session);
        break;
    case 'f':
        narrator_show_fields(step->narrator);
        break;
    case 'b':
        narrator_show_bytes(step->narrator);
        break;
    case 's':
        show_states(step, session);
        break;
    case 'a':
        step->target.abort(step->target.self);
        break;
    default:
        show_help(step, session);
        break;
    }
}
