// SPDX-License-Identifier: MIT
//
// The views of a run besides its narration: JSON, capture file, page, diagram. They are opened here, joined to the
// trace, and finished. Used by every command that shows a connection.
#ifndef CMD_VIEWS_H
#define CMD_VIEWS_H

#include "cmd/screen.h"
#include "cmd/view_options.h"
#include "trace/trace.h"
#include "view/html.h"
#include "view/json.h"
#include "view/pcapng.h"

struct views;

// Opens the files, as whoever we are now: after privileges have gone. interface: what -w calls the place that packets
// come from. waits: where a reader is slow we may wait for it, because nothing else does (read); otherwise what it does
// not take in time is left out, and counted. Returns NULL after a complaint.
struct views *views_open(const struct view_options *options, const char *interface, bool waits);

// Adds their sinks to a trace. To be called last, when the narration's sink is there.
void views_add(struct views *views, struct trace *trace);

// Writes what goes without waiting; watches what does not.
void views_flush(struct views *views, struct loop *loop);

// True if one of them cannot be written any more: its reader has gone, or the disk is full. views_finish says which.
bool views_broken(const struct views *views);

// True if each has room for one more event, however much it says of it.
bool views_have_room(const struct views *views);

// Waits until all that was told is written, or until this descriptor has something to read.
void views_wait(struct views *views, int interrupt_fd);

// Writes what is left, and the views that are written at the end. Gives up waiting for a reader when interrupt_fd
// becomes readable (-1: never). Returns EXIT_DONE, or EXIT_CONNECTION after a complaint about a file.
int views_finish(struct views *views, int interrupt_fd);

// Closes and frees. NULL is nothing.
void views_close(struct views *views);

#endif
