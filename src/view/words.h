// SPDX-License-Identifier: MIT
//
// The words that a learner reads, apart from the engine's own reasons (rawshake/reason.h): what happened (words.c), one
// sentence an event (words_event.c), what was done to a segment on purpose (words_bent.c), what the server's program
// did (words_program.c), what an experiment finds (words_lab.c), how the
// kernel describes a socket (words_socket.c), what a header field means (words_field.c for TCP,
// words_ip.c) or an option (words_option.c), what the tracker proves of a segment (words_seen.c), what any segment is
// (words_segment.c), and what stands above the ladder (preface.c). Where we are the server they speak of the client
// (words_roles.c). Every function writes a sentence or a clause into
// out; each is true in every case in which it can appear.
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include "rawshake/fields.h"
#include "trace/trace.h"

// An end of a connection, as a sentence names it: "we", "our", "us", or "the client", "the client's", "the client".
struct words_end_name {
    const char *name, *whose, *them;
    bool is_us; // then a verb has no s: we send, the server sends
};

// Who sent a segment, and to whom.
struct words_ends {
    struct words_end_name sender, receiver;
};
struct words_ends words_ends(const struct trace_segment *segment);

// One or two sentences that explain any segment (SENT, RECEIVED, SEEN, IGNORED, UNSENT, UNTAKEN, HELD, PENDING) to
// whoever sees it alone. about: the connection's, or NULL. ASCII, no newline at the end. 1500 bytes are enough.
void words_segment(const struct trace_event *event, const struct trace_about *about, char *out, size_t room);

// SEEN: a sentence for each of the marks that are also in `which`, one after the other; "" if there is none.
void words_marks(const struct trace_segment *segment, uint32_t which, char *out, size_t room);

// The same as a few words: "again, duplicate ack".
void words_marks_in_short(const struct trace_segment *segment, uint32_t which, char *out, size_t room);

// What a field's value means in this segment, and why it has that value. about: the connection's. Of a segment that an
// experiment has altered or written, only what the field says is told, not that it is so.
void words_field(enum rs_field_id id, uint32_t value, const struct trace_segment *segment,
                 const struct trace_about *about, char *out, size_t room);

// Says of the client what a sentence says of the server: for a connection in which we are the server. Not for what has
// somebody's bytes in it.
void words_exchange_roles(char *text);

// The part of words_field that is about IP's fields, of either family.
void words_ip_field(enum rs_field_id id, uint32_t value, const struct trace_segment *segment,
                    const struct trace_about *about, char *out, size_t room);

// What an option means here; bytes begin at its kind.
void words_option(const struct rs_option *option, const uint8_t *bytes, const struct trace_segment *segment, char *out,
                  size_t room);

// An option's name: "Maximum Segment Size".
const char *words_option_name(enum rs_option_kind kind);

// True for a kind that we know with a length that it cannot have: it is not believed.
bool words_option_is_misshapen(const struct rs_option *option);

// An option's value where it is short: "1460", "2 blocks"; otherwise "". bytes begin at its kind.
void words_option_value(const struct rs_option *option, const uint8_t *bytes, char *out, size_t room);

// A call as the program writes it: sendall(b"Hello"), with at most `most` characters (4 to 60) of the message.
void words_call(const struct trace_event *event, size_t most, char *out, size_t room);

// What just happened when a call of the program returned (accept() where we listen); left: our last segment did leave;
// peer is the last that the server's kernel said, or NULL.
void words_return(enum trace_call call, size_t bytes, bool left, const struct trace_peer *peer, char *out, size_t room);

// The same of a connect() that another program has called, which fails with this errno or (0) does not.
void words_return_to_program(int error, char *out, size_t room);

// The sentence for an event that is told in one: OMITTED, UNSENT, ICMP, IGNORED, DATA, SERVER, LOST, WAITING,
// PEER_GONE, WITHDRAWN, NOTE, SOCKET, EVIDENCE. about: the connection's, or NULL; in an experiment no sentence names an
// option of the command line, and less is certain.
void words_event(const struct trace_event *event, const struct trace_about *about, char *out, size_t room);

// What a bend did to a segment, and what follows from it, or its purpose; kind: SENT, UNSENT, RECEIVED, UNTAKEN, HELD
// or PENDING. The purpose of one that has waited was told when it was put aside (HELD), and is not told again.
// WORDS_PURPOSE + 400 bytes are enough.
enum { WORDS_PURPOSE = 400 }; // bytes of a purpose, its NUL counted; what is longer may be cut
void words_bent(const struct trace_segment *segment, enum trace_kind kind, char *out, size_t room);

// True for a segment that an experiment has altered or written: what stands in it need not be so.
bool words_is_made_up(const struct trace_segment *segment);

// SENT, RECEIVED: true if a bend has put it aside before.
bool words_has_waited(const struct trace_segment *segment, enum trace_kind kind);

// SERVER: a sentence that begins with the call: "accept() returns ...", "recv(1024) fails: ECONNRESET, ...".
void words_program(const struct trace_event *event, bool experiment, char *out, size_t room);

// A call of the server's program: "recv(1024)".
const char *words_program_call(enum trace_server_call call);

// An errno's name, "ECONNRESET", or NULL if it is none that sockets are known to give.
const char *words_errno_name(int number);

// EVIDENCE: all of it as sentences.
void words_evidence(const struct trace_event *event, char *out, size_t room);

// SOCKET: a row's name, as tcp_info has it (at most 11 columns), and what it means (at most 28).
const char *words_socket_name(enum trace_socket_row row);
const char *words_socket_meaning(const struct trace_socket *socket, enum trace_socket_row row);

// What call's result it is, as the table's title.
const char *words_socket_title(const struct trace_socket *socket);

// One of its values: "ESTABLISHED", "43 us"; "-" if it is not known. At most 11 columns.
void words_socket_value(enum trace_socket_row row, const struct trace_socket_cell *cell, char *out, size_t room);

// Why the kernel says afterwards something else than our TCP does; NULL where it says the same. Rows with the same
// reason get the same string.
const char *words_socket_why(const struct trace_socket *socket, enum trace_socket_row row);

// Where evidence was found: "the server's kernel". At most 20 columns.
const char *words_place(enum trace_place place);

// How many packets were ignored, at the end.
void words_ignored_count(uint64_t packets, char *out, size_t room);

// An ACK that says nothing but another window, in bytes, than the one before.
void words_window_only(uint32_t window, char *out, size_t room);

// Why the server's column shows "?".
void words_peer_unknown(const char *why_not, char *out, size_t room);

// Step mode: what a segment that is about to leave should bring back.
const char *words_expectation(const struct trace_segment *segment);

// Why an arrival that was not the expected one may have come; "" if nothing is to be said.
void words_surprise(const struct trace_segment *segment, char *out, size_t room);

// What the narrator knows of the connection when a decision is to be told.
struct words_known {
    bool local, guarded;  // the server is on this machine; the RST guard stands
    bool measured;        // a round trip, at some time
    enum rs_state server; // as its kernel last said; RS_STATE_UNKNOWN if it did not
    bool backed_off;      // a timeout has doubled the wait, and no round trip was measured since
    uint64_t timeout_us;  // when we stop trying; 0: the engine's own limits
    const char *limit_is; // whose limit that is, where it is not --timeout's; or NULL
    bool experiment;      // options of the command line are not named
    bool we_listen;       // the other end is the client
};

// A decision's own addition to its reason's sentence, with its value in it, or "".
void words_decision(const struct trace_decision *decision, const struct words_known *known, char *out, size_t room);

// The timer runs anew, for as long as the last time.
void words_timer_again(uint64_t us, char *out, size_t room);

// A host's address did not take the connection, and there is another. why: a clause.
void words_next_address(const struct rs_endpoint *tried, const char *why, char *out, size_t room);

// A segment whose checksum does not fit, or is unfinished: what that means; "" for all others.
void words_damage(const struct trace_segment *segment, char *out, size_t room);

// OMITTED: how much was left out.
void words_omitted(const struct trace_event *event, char *out, size_t room);

// The end of a connection of others: how, and what passed in all.
void words_ending(const struct trace_event *event, char *out, size_t room);
void words_totals(const struct trace_event *event, char *out, size_t room);

// How the connection's end is explained, whoever made it. about: the connection's, or NULL.
void words_end(const struct trace_event *event, const struct trace_about *about, char *out, size_t room);

// What the server's kernel says, for the ladder's column: at most 15 columns.
void words_peer(const struct trace_peer *peer, enum rs_state last_shown, char *out, size_t room);

// The kernel's counters (words_counter.c). who: words_counters_who. Each returns false if there is nothing to say; what
// is ours is taken out first.
//
// One that matters: "TcpOutRsts +1: the server's kernel sent a RST."
bool words_counter(const struct trace_counter *counter, const char *who, char *out, size_t room);
// All those that every conversation moves: "The server's kernel counted: TcpInSegs +1, TcpOutSegs +1."
bool words_counters_traffic(const struct trace_counter *list, size_t count, const char *who, char *out, size_t room);
// And what our own end has moved.
bool words_counters_ours(const struct trace_counter *list, size_t count, char *out, size_t room);

// Whose doing it is that a counter moves, once ours is taken out: in a connection made by hand, with the guard, the
// server's kernel's alone.
const char *words_counters_who(const struct trace_about *about);

// A span of time: "38 us", "12.3 ms", "2 s".
void words_time(uint64_t us, char *out, size_t room);

// "13 bytes", "1 byte".
void words_bytes(uint64_t count, char *out, size_t room);

#endif
