// SPDX-License-Identifier: MIT
//
// Any bytes are a capture file: reader, link layers and tracker must take them. What has been read lies in the file,
// lengths fit, and each connection that has begun is finished once, with events and without, and where there is hardly
// room for two at once.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/link.h"
#include "capture/tracker.h"
#include "fuzz.h"

static const char *broken;

static void expect(bool holds, const char *property) {
    if (!holds && !broken)
        broken = property;
}

// What one reading came to.
struct outcome {
    enum capture_status status;
    uint64_t frames, bytes, sum, events, finished;
};

static void take_event(void *self, const struct trace_event *event) {
    struct outcome *o = self;
    o->events++;
    if (event->kind != TRACE_SEEN)
        return;
    const struct trace_segment *s = &event->u.segment;
    const struct rs_span *data = &s->packet->segment.payload[0];
    expect(s->size <= s->wire_size, "no more is there of a packet than it had");
    expect(data->size == 0 || (data->bytes >= s->bytes && data->bytes + data->size <= s->bytes + s->size),
           "the data lie in the packet");
    for (size_t i = 0; i < s->size; i++)
        o->sum = o->sum * 31 + s->bytes[i];
}

static void take_summary(void *self, const struct tracker_summary *summary) {
    struct outcome *o = self;
    o->finished++;
    expect(summary->number > 0 && summary->client.family == summary->server.family,
           "a connection has a number and ends");
}

static void take_frame(struct tracker *tracker, const struct capture_frame *frame, struct outcome *o) {
    struct passing packet;
    enum link_found found = link_open(frame, &packet);
    o->frames++;
    o->bytes += frame->size;
    expect(frame->number >= o->frames, "packets are counted");
    expect(frame->size <= frame->wire_size && frame->size <= CAPTURE_FRAME_MAX, "a frame has a size that can be");
    expect(found < LINK_FOUND, "what was found has a name");
    for (size_t i = 0; i < frame->size; i++)
        o->sum = o->sum * 31 + frame->bytes[i];
    if (frame->lost > 0)
        tracker_lost(tracker, frame->lost);
    if (found != LINK_IP)
        return;
    expect(packet.bytes >= frame->bytes && packet.bytes + packet.size == frame->bytes + frame->size,
           "the packet lies at the end of the frame");
    expect(packet.size > 0 && packet.size <= packet.wire_size, "a packet has bytes");
    tracker_take(tracker, &packet);
}

// Reads it all; where events are made, for most_connections at once.
static struct outcome read_all(int fd, bool events, size_t most_connections) {
    struct outcome o = {0};
    struct trace trace = {.sinks_count = 0};
    static const struct trace_about about = {.source = TRACE_READ};
    const struct tracker_config config = {.trace = events ? &trace : NULL,
                                          .about = &about,
                                          .finished = take_summary,
                                          .finished_self = &o,
                                          .most_connections = most_connections};
    struct tracker *tracker = tracker_new(&config);
    struct capture *capture = capture_open(fd);
    struct capture_frame frame;
    trace_add(&trace, (struct trace_sink){.self = &o, .take = take_event});
    if (!tracker || !capture)
        abort();
    while ((o.status = capture_next(capture, &frame)) == CAPTURE_FRAME)
        take_frame(tracker, &frame, &o);
    bool told = capture_problem(capture)[0] != '\0';
    expect(told == (o.status == CAPTURE_FOREIGN || o.status == CAPTURE_DAMAGED),
           "what is wrong is said, and only that");
    tracker_finish(tracker);
    expect(tracker_open(tracker) == 0, "nothing is open at the end");
    expect(o.finished == tracker_counts(tracker).connections, "each connection is finished once");
    tracker_free(tracker);
    capture_free(capture);
    return o;
}

const char *fuzz_capture(const uint8_t *bytes, size_t size) {
    static int fd = -1; // one file, written over again
    broken = NULL;
    if (fd < 0)
        fd = memfd_create("capture", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        return NULL;
    lseek(fd, 0, SEEK_SET);
    struct outcome whole = read_all(fd, true, 64);
    lseek(fd, 0, SEEK_SET);
    struct outcome bare = read_all(fd, false, 64);
    expect(whole.status == bare.status && whole.frames == bare.frames && whole.bytes == bare.bytes,
           "a list reads what the events read");
    lseek(fd, 0, SEEK_SET);
    read_all(fd, true, 2);
    return broken;
}
