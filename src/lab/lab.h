// SPDX-License-Identifier: MIT
//
// The lab: experiments that break one rule and see what the kernel says. This is all that an experiment is written
// with. It is an entry in a table, and a script: straight lines of code over one or more ends of ours (each an engine
// with a raw link, or a hand that writes segments) and the server's program. The script's last lines are its evidence:
// what was expected, and what was seen in this very run.
//
//     static void syn_checksum(struct lab *lab) {
//         struct lab_rule damaged = {
//             .flags = RS_SYN, .count = 1, .bent = {.copies = 1, .flip = true, .purpose = "..."}};
//         struct lab_end *client = lab_end(lab, 0);
//         if (lab_deviates(lab))
//             lab_bend(client, &damaged);
//         lab_connect(client, 3 * LAB_SECOND_US);
//         lab_sees_counter(lab, "TcpInCsumErrors", 1, 0);
//     }
//
// Whatever stops a run (Ctrl-C, a failure of our own kernel) makes every further verb do nothing, so no script needs to
// look after it.
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "live/program.h"
#include "live/session.h"

enum lab_chapter { LAB_OPENING, LAB_TALKING, LAB_CLOSING, LAB_CHAPTERS };

enum {
    LAB_ENDS_MAX = 5,
    LAB_CHOICES_MAX = 4,
    LAB_SETTINGS_MAX = 3,
    LAB_COURSE_MAX = 96,
    LAB_PORT = 1712,
    LAB_CLOSED_PORT = 1713
};

struct lab;
struct lab_end;

// A setting of the kernel in our own network, by which waiting that teaches nothing is shortened.
struct lab_setting {
    const char *name, *value; // as sysctl(8) has them
    const char *effect;       // a clause: "the server gives up after 7 seconds instead of a minute"
};

// What must be there before privileges go. Zero is what most experiments need.
struct lab_stage {
    unsigned ends;      // how many ends of ours, each with a port, a guard and raw sockets; 0: one
    int backlog;        // of listen(); 0: 1, as in the tutorial
    int receive_buffer; // of the server's socket, in bytes; 0: the kernel's choice
    bool without_guard; // our own kernel may answer; not in a control
    bool behind_router; // the server is in a network of its own, and a router between
    bool timers;        // when something goes out again is what it is about: the timers are told
    struct lab_setting settings[LAB_SETTINGS_MAX];
};

// What becomes of certain segments of an end's, on their way out or in: the session's bend as data.
struct lab_rule {
    bool incoming;
    uint8_t flags, without; // those that have all these flags, and none of those,
    bool with_data;         // and data,
    unsigned first, count;  // of them from the first-th on (0: from the first) so many (0: all)
    struct bent bent;       // .purpose says what is done, and why, as a sentence. .copies 0 drops it
    void (*alter)(struct rs_packet *packet, void *self); // NULL: nothing in it is changed
    void *alter_self;
    unsigned seen; // how many have been met; begins with 0
};

// One experiment. All strings are ASCII; sentences end with a full stop.
struct experiment {
    const char *name;
    enum lab_chapter chapter;
    const char *question;  // one line, at most 60 characters
    const char *situation; // what is done, up to the moment at which the answer is open
    const char *choices[LAB_CHOICES_MAX];
    unsigned right;        // which of them it is
    const char *deviation; // the one thing that is done differently, as a clause: "the SYN's checksum is wrong"
    const char *answer;    // what it means, if all evidence is there
    const char *differs;   // where Linux, as we know it, does otherwise than an RFC says, as a sentence; or NULL
    const char *section;   // "RFC 9293, section 3.10.7.3": every RFC that the answer stands on
    struct lab_stage stage;
    void (*run)(struct lab *lab);
};

// The course: every experiment, in order.
extern const struct experiment *const lab_course[];
extern const size_t lab_course_count;

// ---- what a script says and does. Times are microseconds; a step that a person holds up does not count.

// True unless this is a control, in which the one deviation is left out.
bool lab_deviates(const struct lab *lab);

// An end of ours. Its first verb (lab_open, lab_listen or lab_by_hand) begins a connection with a number of its own in
// the trace; beginning again ends the one before.
struct lab_end *lab_end(struct lab *lab, unsigned which);
struct session *lab_session(struct lab_end *end);

// Choices for the next connection of this end; they hold until the end of the run.
void lab_towards(struct lab_end *end, const struct rs_endpoint *remote); // instead of the server
void lab_from(struct lab_end *end, const struct rs_endpoint *local);     // instead of the address that is its own
void lab_silent(struct lab_end *end); // its connections are not told: only what the other end sees of them is
void lab_configure(struct lab_end *end, void (*change)(struct rs_conn_config *config)); // e.g. an ISN

// From now on, also for a connection that has begun, until the run ends; NULL: no more. The rule stays the caller's,
// and must live as long: in a script, as a variable of its outermost function.
void lab_bend(struct lab_end *end, struct lab_rule *rule);

// Where the server listens, and where an end of ours is.
struct rs_endpoint lab_server_at(const struct lab *lab);
struct rs_endpoint lab_end_at(const struct lab_end *end);

// A sentence for the learner, at this place of the ladder.
void lab_say(struct lab *lab, const char *form, ...) __attribute__((format(printf, 2, 3)));

// connect(): open only calls it; connect waits until it stands or has failed, at most this long, and returns whether it
// stands.
void lab_open(struct lab_end *end);
bool lab_connect(struct lab_end *end, uint64_t most_us);

// An end that listens, and an end that has no TCP: only what lab_forge sends leaves it, nothing is answered.
void lab_listen(struct lab_end *end);
void lab_by_hand(struct lab_end *end);

// Our program's calls. lab_send waits until the server has acknowledged it all, at most this long; returns whether it
// has. What the server sends is read as it comes.
bool lab_send(struct lab_end *end, const char *message, uint64_t most_us);
void lab_queue(struct lab_end *end, const char *message); // send(), without waiting for anything
void lab_shutdown(struct lab_end *end);                   // both put FIN behind what was sent
void lab_close(struct lab_end *end);
void lab_abort(struct lab_end *end); // RST

// A segment of this end's four numbers, for lab_forge. seq and ack count from the beginning of each direction, as in
// the ladder; flags: RS_SYN ... With an engine, lab_segment_now is what the engine would say next.
struct forged lab_segment(const struct lab_end *end, uint8_t flags, uint32_t seq, uint32_t ack);
struct forged lab_segment_now(const struct lab_end *end, uint8_t flags);
void lab_forge(struct lab_end *end, const struct forged *forged); // returns when it has left

// A segment without data.
void lab_forge_bare(struct lab_end *end, uint8_t flags, uint32_t seq, uint32_t ack, const char *purpose);

// By hand: lab_by_hand and a SYN, or the whole handshake. Returns whether the SYN-ACK has come.
bool lab_syn_by_hand(struct lab_end *end, uint64_t most_us);
bool lab_shake_by_hand(struct lab_end *end, uint64_t most_us);

// A crowd: strangers with addresses of their own, all at this end's port. Those from the first-th on send a SYN each,
// of which no event tells, and nothing more. How many left (512 at most), and how many got a SYN-ACK; and how many of
// the first `count` the server's kernel holds half open now. Only where the server is on this machine.
struct lab_strangers {
    unsigned sent, answered;
};
struct rs_endpoint lab_stranger(const struct lab_end *end, unsigned n);
struct lab_strangers lab_strangers(struct lab_end *end, unsigned first, unsigned count);
unsigned lab_strangers_kept(struct lab_end *end, unsigned count);

// Waiting, at most this long. Each returns whether it came about.
bool lab_until_state(struct lab_end *end, enum rs_state state, uint64_t most_us);
bool lab_until_arrived(struct lab_end *end, uint8_t flags, size_t mark, uint64_t most_us); // all these flags at least
bool lab_until_acked(struct lab_end *end, uint64_t most_us);
bool lab_until_server(struct lab_end *end, enum rs_state state, uint64_t most_us); // its kernel is asked every 20 ms
void lab_pass(struct lab *lab, uint64_t us);                                       // this long, whatever comes

// The server's program (live/program.h): each makes one call, which is recorded.
void lab_server_accept(struct lab *lab);
void lab_server_recv(struct lab *lab);     // one recv(1024)
void lab_server_recv_all(struct lab *lab); // until nothing is there
void lab_server_recv_urgent(struct lab *lab);
void lab_server_send(struct lab *lab, const char *message);
void lab_server_shutdown(struct lab *lab);
void lab_server_close(struct lab *lab);
void lab_server_choose(struct lab *lab, unsigned n); // the n-th connection that it has accepted, from 0, is meant now
const struct program *lab_program(const struct lab *lab); // what came of it

// The tutorial's conversation in its two halves. lab_greet: connect, "Hello server!", accept, read. lab_finish, where
// the point has been made and the connection lives: accept, unless that has been done; read, close at both ends.
void lab_greet(struct lab_end *end);
void lab_finish(struct lab_end *end);

// ---- what has been recorded so far

struct lab_segment {
    uint32_t connection;
    bool ours, left; // ours and left: it was sent; ours and not left: a bend kept it; not ours: it arrived
    bool taken;      // not ours: it was not kept from us
    uint8_t flags, bent;
    uint32_t seq, ack; // counted from the beginning of each direction
    uint32_t raw_seq, raw_ack;
    size_t data;
    uint32_t window; // in bytes
    struct rs_options options;
    uint64_t at_us;
};

// How many there are, and the i-th. A mark is a count: what comes later has a larger number.
size_t lab_mark(const struct lab *lab);
const struct lab_segment *lab_recorded(const struct lab *lab, size_t i);

// The first and the number of those of this end that arrived (lab_sent: left) since the mark with all these flags, and
// none of those in `without`; NULL: none.
const struct lab_segment *lab_arrived(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without);
size_t lab_count_arrived(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without);
const struct lab_segment *lab_sent(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without);
size_t lab_count_sent(const struct lab_end *end, size_t mark, uint8_t flags, uint8_t without);

// A segment in a few words, for evidence: "RST,ACK seq=0 ack=1"; NULL: "silence".
void lab_words(const struct lab_segment *segment, char *out, size_t room);

// The last ICMP error that has arrived, or NULL.
const struct rs_icmp *lab_icmp(const struct lab *lab);

// How often our engine has decided this, in all.
size_t lab_decided(const struct lab *lab, enum rs_reason reason);

// What a counter of the kernel's has moved in this run, less what our own guard moved.
uint64_t lab_counter(struct lab *lab, const char *name);

// Whether our end of this connection has come through this state.
bool lab_has_been(const struct lab_end *end, enum rs_state state);

// What the server's kernel says now of this end's connection.
struct peer lab_peer(struct lab_end *end);

// ---- evidence. how: of these, or 0.
enum {
    LAB_EITHER_WAY = 1, // it is so without the deviation too
    LAB_LINUX = 2       // no RFC demands it: so does the kernel as we know it
};

// The general form. What was seen is what it is at this moment; all claims are shown together at the end. Both texts
// are a few words: "RST,ACK", "13 bytes".
void lab_evidence(struct lab *lab, enum trace_place place, bool holds, unsigned how, const char *expected,
                  const char *seen, ...) __attribute__((format(printf, 6, 7)));

// What the server's kernel told of a connection. Where it told nothing, the reason stands for what was seen.
void lab_kernel_evidence(struct lab *lab, const struct peer *told, bool holds, unsigned how, const char *expected,
                         const char *seen, ...) __attribute__((format(printf, 6, 7)));

// A state as the server's kernel tells it: where it knows no connection, there is none.
const char *lab_state_words(enum rs_state state);

// The usual ones. The first answer since the mark has these flags and no others but PSH; nothing has arrived since
// then; the server's kernel says this state now; a counter has moved by so much; the server's program has read just
// this in all; its last call failed with this errno (0: did not fail).
void lab_sees_answer(struct lab_end *end, size_t mark, uint8_t flags, unsigned how);
void lab_sees_silence(struct lab_end *end, size_t mark, unsigned how);
void lab_sees_state(struct lab_end *end, enum rs_state state, unsigned how);
void lab_saw_state(struct lab *lab, const struct peer *peer, enum rs_state state, unsigned how); // some time ago
void lab_sees_counter(struct lab *lab, const char *name, uint64_t moved, unsigned how);
void lab_sees_counter_at_least(struct lab *lab, const char *name, uint64_t moved, unsigned how);
void lab_sees_router_counter(struct lab *lab, const char *name, uint64_t moved, unsigned how); // of the router's kernel
void lab_sees_read(struct lab *lab, const char *message, unsigned how);
void lab_sees_failure(struct lab *lab, int error, unsigned how);

// The n-th (from 1) segment with just these flags, of those of this end that left (ours) or arrived, was followed by
// the next after this long. A busy machine may be late.
void lab_sees_again(struct lab_end *end, bool ours, uint8_t flags, size_t n, uint64_t after_us, unsigned how);

// Our own end's call connect() failed with this errno (0: it succeeded).
void lab_sees_connect(struct lab_end *end, int error, unsigned how);

#endif
