// SPDX-License-Identifier: MIT
//
// run --follow: when the follower (follower.h) may look, and for how long. What it tells must find room on the screen,
// and stand in its place among what is told of the handshakes. Called by run.c.
#include "cmd/run.h"

enum {
    // Calls of connect() and keys get their turn in a flood too; and a new call is not to wait for its end.
    SEGMENTS_A_TURN = 64,
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
static bool has_room(struct run *r) {
    if (!show_has_room(&r->show))
        show_flush(&r->show, &r->loop);
    return show_has_room(&r->show);
}

bool run_follow(struct run *r) {
    if (!r->options.follow)
        return false;
    loop_watch(&r->loop, r->follower.tap.fd, POLLIN, nothing, r);
    for (int i = 0; i < SEGMENTS_A_TURN; i++) {
        r->follow_waits = !has_room(r);
        if (r->follow_waits) {
            loop_unwatch(&r->loop, r->follower.tap.fd);
            return false;
        }
        if (!follower_take(&r->follower))
            return false;
    }
    return true;
}

uint64_t run_follow_wait_us(const struct run *r) {
    if (!r->options.follow)
        return UINT64_MAX;
    if (r->follow_waits) // since then there may be room
        return show_has_room(&r->show) ? 0 : UINT64_MAX;
    return follower_wait_us(&r->follower);
}

void run_follow_catch_up(struct run *r) {
    for (int i = 0; i < TURNS_MOST && run_follow(r); i++) {
    }
}

// The program's last bytes and its FIN may be on their way; and the server answers.
void run_follow_last_segments(struct run *r) {
    const uint64_t began = run_now_us();
    if (!r->options.follow)
        return;
    r->follower.passed_at = began;
    for (;;) {
        follower_settle(&r->follower);
        if (follower_open_count(&r->follower) == 0 || r->hurried ||
            run_now_us() - r->follower.passed_at >= SILENCE_US || run_now_us() - began >= PATIENCE_US ||
            !run_wait(r, SILENCE_US / 10))
            return;
    }
}

// What waits in the ring is told yet: now there is time, unless somebody does not want to wait.
static void tell_what_waits(struct run *r) {
    follower_no_later(&r->follower);
    do {
        if (!show_has_room(&r->show))
            show_wait(&r->show, r->signal_fd);
    } while (show_has_room(&r->show) && follower_take(&r->follower));
}

void run_follow_end(struct run *r) {
    if (!r->options.follow)
        return;
    tell_what_waits(r);
    const size_t silent = follower_end(&r->follower);
    if (silent > 0)
        run_say(r, "On %zu connection%s nothing %s since the kernel had %s.", silent, silent == 1 ? "" : "s",
                r->follower.tapping.lost > 0 ? "was caught" : "has passed", silent == 1 ? "it" : "them");
}
