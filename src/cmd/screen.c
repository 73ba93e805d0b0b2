// SPDX-License-Identifier: MIT
//
// Writing the narration without ever waiting for it (see screen.h). Called by connect and demo, between two waits.
#include "cmd/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

static void take_quietly(void *self, const struct trace_event *event) {
    struct text *text = self;
    if (event->kind != TRACE_DATA || event->u.data.size > text->size - text->used)
        return;
    memcpy(text->bytes + text->used, event->u.data.bytes, event->u.data.size);
    text->used += event->u.data.size;
}

struct trace_sink screen_quiet_sink(struct screen *s) {
    return (struct trace_sink){.self = &s->text, .take = take_quietly, .only_data = true};
}

static void forget(struct screen *s) { s->text.used = s->written = 0; }

// What has been written makes room.
static void move_up(struct screen *s) {
    s->text.used -= s->written;
    memmove(s->text.bytes, s->text.bytes + s->written, s->text.used);
    s->written = 0;
}

// Moving what is left for each write would cost more than the writes.
static void advance(struct screen *s, size_t size) {
    s->written += size;
    if (s->written == s->text.used)
        forget(s);
    if (s->written >= s->text.size / 2)
        move_up(s);
}

// Writes once; returns false if nothing more goes now.
static bool write_some(struct screen *s) {
    size_t size = s->text.used - s->written;
    if (s->may_block) {
        struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
        if (poll(&ready, 1, 0) != 1)
            return false;
        size = size < PIPE_BUF ? size : PIPE_BUF; // that much goes whole, or poll() would not have said so; where the
                                                  // reader has gone, write() says it
    }
    ssize_t written = write(s->fd, s->text.bytes + s->written, size);
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        s->error = errno;
        forget(s);
    }
    if (written <= 0)
        return written < 0 && errno == EINTR;
    s->gone += (size_t)written;
    advance(s, (size_t)written);
    return true;
}

static void ready(void *self) {
    struct screen *s = self;
    while (s->text.used > 0 && write_some(s)) {
    }
}

// The buffer is full, and the next flush may be far: what goes now, goes now. Waiting is for others to decide.
static void make_room(void *self, struct text *text) {
    struct screen *s = self;
    (void)text;
    ready(s);
    if (s->written > 0)
        move_up(s);
}

bool screen_open(struct screen *screen, int fd) {
    char path[40];
    struct stat status = {0};
    *screen = (struct screen){.fd = fd};
    screen->text.bytes = malloc(BUFFER_BYTES);
    screen->text.size = BUFFER_BYTES;
    screen->text.drain = make_room;
    screen->text.drain_self = screen;
    // O_NONBLOCK belongs to the open file, which we share with the shell that started us; so we open it once more.
    // A file never blocks, and a second opening of it would begin at its start.
    if (fstat(fd, &status) == 0 && (isatty(fd) || S_ISFIFO(status.st_mode))) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int again = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        screen->own = again >= 0;
        screen->may_block = again < 0;
        screen->fd = again >= 0 ? again : fd;
    } else {
        screen->may_block = S_ISSOCK(status.st_mode);
    }
    return screen->text.bytes != NULL;
}

void screen_flush(struct screen *s, struct loop *loop) {
    if (s->error)
        forget(s);
    ready(s);
    if (s->text.used > 0)
        loop_watch(loop, s->fd, POLLOUT, ready, s);
    else
        loop_unwatch(loop, s->fd);
}

void screen_finish(struct screen *s, int interrupt_fd) {
    while (!s->error && s->text.used > 0) {
        if (write_some(s))
            continue;
        struct pollfd fds[] = {{.fd = s->fd, .events = POLLOUT}, {.fd = interrupt_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) > 0 && fds[1].revents != 0)
            return;
    }
    if (s->text.lost > 0 && !s->error) {
        uint64_t lost = s->text.lost;
        s->text.lost = 0;
        text_add(&s->text, "(%" PRIu64 " bytes of narration were left out: the screen was too slow)\n", lost);
        screen_finish(s, interrupt_fd);
    }
}

// The file's last bytes, if they are still its last, are taken away.
static void take_back(const struct screen *s, uint64_t bytes) {
    struct stat status;
    off_t at = lseek(s->fd, 0, SEEK_CUR);
    if (bytes > 0 && fstat(s->fd, &status) == 0 && S_ISREG(status.st_mode) && at == status.st_size &&
        (uint64_t)at >= bytes)
        (void)!ftruncate(s->fd, at - (off_t)bytes); // there is no other way; that it is full is told in any case
}

void screen_finish_whole(struct screen *s) {
    const uint64_t before = s->gone;
    screen_finish(s, -1);
    if (s->error)
        take_back(s, s->gone - before);
}

void screen_close(struct screen *s) {
    if (s->own)
        close(s->fd);
    free(s->text.bytes);
    s->text.bytes = NULL;
}
