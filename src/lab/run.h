// SPDX-License-Identifier: MIT
//
// Running one experiment, for whoever shows it: the command lab. A run is opened while there are privileges, which it
// gives up; then its script is played, and everything that happens goes into a trace of the caller's.
#ifndef LAB_RUN_H
#define LAB_RUN_H

#include "lab/lab.h"
#include "live/loop.h"
#include "net/namespace.h"

enum { LAB_CLAIMS_MAX = 12, LAB_CLAIM_TEXT = 96 };

// A piece of evidence, as TRACE_EVIDENCE has it.
struct lab_claim {
    enum trace_place place;
    bool holds, of_linux, either_way;
    bool unknown; // it could not be looked at, so it does not hold; seen says why
    char expected[LAB_CLAIM_TEXT], seen[LAB_CLAIM_TEXT];
};

// What came of a run.
struct lab_outcome {
    bool finished;   // the script was played to its end; otherwise nothing can be said
    int stopped_by;  // the signal that stopped it, or 0
    int failure;     // the errno with which our own kernel refused to send, or 0
    bool as_the_rfc; // all that an RFC demands was seen
    size_t decisive; // how many claims depend on the deviation, and are an RFC's or could be looked at; and
    size_t missing;  // how many of these were seen not to hold: in a control, all
    size_t failed;   // how many of all claims were seen not to hold, and
    size_t unknown;  // how many could not be looked at
    size_t count;
    struct lab_claim claims[LAB_CLAIMS_MAX];
};

// Who shows the run. idle is called before each wait: what is to be written is written, descriptors are watched, and
// the person at the keyboard is asked about the segment that lab_held's session holds.
struct lab_host {
    void *self;
    void (*idle)(void *self, struct lab *lab);
};

struct lab_config {
    const struct experiment *experiment;
    bool control, step, through_user;
    const struct namespace_proof *proof; // that this network is private: without it nothing is opened
    struct trace *trace;                 // with its sinks; the lab adds one of its own
    struct lab_host host;                // .idle NULL: nobody
};

// Opens all that the experiment needs, in the private network that this process is in, and gives up privileges. NULL
// with *error filled in.
struct lab *lab_new(const struct lab_config *config, struct net_error *error);

// Plays the script, and ends what is open. Once.
void lab_play(struct lab *lab, struct lab_outcome *outcome);

// Of use to a host: the loop in which the lab waits; the session that holds a segment in step mode, or NULL; stopping
// the run because of a signal (0: because it was asked for).
struct loop *lab_loop(struct lab *lab);
struct session *lab_held(struct lab *lab);
void lab_stop(struct lab *lab, int number);

// Step mode ends: what is held leaves, and all that follows.
void lab_go_on_alone(struct lab *lab);

// Closes everything, the guards last. NULL is nothing.
void lab_free(struct lab *lab);

#endif
