// SPDX-License-Identifier: MIT
//
// run --follow: when the follower (follower.h) may look, and for how long. What it tells must find room on the screen,
// and stand in its place among what is told of the handshakes. Called by run.c.
#include "cmd/run.h"

enum {
    // Before a new call: in a flood, the call is not to wait for its end.
    TURNS_MOST = 16,
    // When the program has ended: how long without a segment until nothing more is to come, and how long in all.
    SILENCE_US = 1000000,
    PATIENCE_US = 3000000
};

enum trace_after run_follow_begins(void *self, const struct handshake *handshake) {
    return follower_begins(&((struct run *)self)->follower, handshake);
}

void run_follow_is_over(void *self, const struct handshake *handshake) {
    follower_is_over(&((struct run *)self)->follower, handshake);
}

static void nothing(void *self) { (void)self; } // being woken is enough

// What could not be shown waits where it is.
static bool has_room(const struct run *r) {
    const struct text *text = &r->show.screen.text;
    return !show_tells(&r->show) || r->show.screen.error != 0 || text->used <= text->size / 2;
}

bool run_follow(struct run *r) {
    if (!r->options.follow)
        return false;
    if (!has_room(r)) {
        loop_unwatch(&r->loop, r->follower.tap.fd);
        return false;
    }
    loop_watch(&r->loop, r->follower.tap.fd, POLLIN, nothing, r);
    return follower_take(&r->follower);
}

void run_follow_catch_up(struct run *r) {
    for (int i = 0; i < TURNS_MOST && run_follow(r); i++)
        show_flush(&r->show, &r->loop);
}

// The program's last bytes and its FIN may be on their way; and the server answers.
void run_follow_last_segments(struct run *r) {
    const uint64_t began = run_now_us();
    r->follower.passed_at = began;
    while (follower_open_count(&r->follower) > 0 && run_now_us() - r->follower.passed_at < SILENCE_US &&
           run_now_us() - began < PATIENCE_US)
        if (!run_wait(r, SILENCE_US / 10))
            return;
}

void run_follow_end(struct run *r) {
    const size_t silent = follower_end(&r->follower);
    if (silent > 0)
        run_say(r, "On %zu connection%s nothing has passed since the kernel had %s.", silent, silent == 1 ? "" : "s",
                silent == 1 ? "it" : "them");
}
