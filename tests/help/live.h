// SPDX-License-Identifier: MIT
//
// Running the program against a real kernel, in a network of the test's own: no root is needed, nothing outside is
// touched, and nothing is left behind.
#ifndef HELP_LIVE_H
#define HELP_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// A process under test, its output in files.
struct child {
    pid_t pid;
    int input; // its standard input, or -1
    char out_path[32], err_path[32];
};

// What came of it. out and err are NUL-terminated and freed by live_free.
struct result {
    int status; // exit status, or 128 + the signal that ended it
    char *out, *err;
    size_t out_bytes;
};

// A group's setup: enters a private network, with capabilities that programs started here keep. Where that is refused,
// every test skips itself through live_or_skip.
int live_enter(void **state);

// Skips the test unless there is a private network.
void live_or_skip(void);

// For tests of what makes a private network itself: skips the test unless the kernel lets this process have one. The
// kernel is asked, not the program: a program that fails must not look like a refusal.
void live_private_or_skip(void);

// Starts $RAWSHAKE with these words (NULL ends them), standard input from a pipe that child.input writes to.
struct child live_start(const char *const *words);

// Starts any program found by PATH.
struct child live_start_program(const char *program, const char *const *words);

// Runs a shell script; in it, $RAWSHAKE is the program.
struct result live_shell(const char *script, unsigned seconds);

// A pipe that is full: whoever writes to pipe[1] waits, until somebody reads from pipe[0].
void live_full_pipe(int pipe[2]);

// Waits for its end, at most seconds; then it is killed and the status is 128 + 9.
struct result live_finish(struct child *child, unsigned seconds);

// Both of the above, with this on standard input (NULL: nothing).
struct result live_run(const char *input, const char *const *words);

void live_free(struct result *result);

// Runs the program where the kernel refuses private networks: in a user namespace whose own limit is set to zero, as an
// ordinary user.
struct result live_run_refused(const char *const *words);

// A process's first child, or 0; and whether a process ends within five seconds.
pid_t live_child_of(pid_t pid);
bool live_ends_soon(pid_t pid);

// Waits until the child's output (err: standard error) holds the text; false after ten seconds.
bool live_wait_for(const struct child *child, bool err, const char *text);

// Starts a process that runs serve(fd) with a socket listening on 127.0.0.1:port, then ends. Returns its pid.
pid_t live_server(uint16_t port, void (*serve)(int listener));

// The same on another address of this machine, of either family ("::": of both).
pid_t live_server_at(const char *address, uint16_t port, void (*serve)(int listener));

// Waits for a server to end by itself, or ends it.
void live_server_end(pid_t pid);

// Asserts on a result, telling all of it where it does not hold.
void live_expect(const struct result *r, int status, const char *in_out, const char *in_err);

// True if err is exactly one line that begins with "rawshake: ".
bool live_one_line(const char *err);

// Takes the loopback's address away (and with it the route), or gives it back.
void live_loopback_address(bool there);

// Brings the loopback up or down; adds a route for address/24 to lo, where packets vanish.
void live_loopback(bool up);
void live_route_to_nowhere(const char *address);

// True if a socket listens on this port here; asks without connecting.
bool live_listens(uint16_t port);

// What /etc/hosts says from now on to this process and its children; nobody else sees it. Returns false where that is
// not permitted.
bool live_hosts(const char *text);

// Runs a shell command; fails unless it succeeds.
void live_do(const char *command);

// One of the kernel's counters in /proc/net/snmp or /proc/net/netstat: ("Tcp:", "OutRsts").
unsigned long live_counter(const char *group, const char *name);

// Writes a setting of the private network's own kernel.
void live_setting(const char *path, const char *value);

// True if a program of this name is in PATH.
bool live_has(const char *program);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
