// SPDX-License-Identifier: MIT
//
// A small C program that calls connect() in one way or another: the test program itself, started again with
// CALLER_WORD and the name of a case. Its exit status is the errno that it got, 0 for success.
#ifndef HELP_CALLER_H
#define HELP_CALLER_H

#define CALLER_WORD "--caller"

enum {
    CALLER_PORT = 1712,
    CALLER_THREADS = 100, // of the case "threads": thread n connects to CALLER_PORT + n, and wants caller_wants(n)
    CALLER_WRONG = 250,   // something else than what the case is about has gone wrong
    CALLER_CANNOT = 251   // the kernel does not let us try it
};

// What thread n is to get: 0, ECONNREFUSED or ETIMEDOUT in turn.
int caller_wants(unsigned n);

// If the words are CALLER_WORD and a case: plays it and returns its exit status. Otherwise -1.
int caller_main(int argc, char **argv);

#endif
