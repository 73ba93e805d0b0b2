// SPDX-License-Identifier: MIT
//
// From a seed to a whole simulated run: who opens, how large the buffers are, which options are on, what the programs
// do, and how bad the network is.
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "network.h"

// Runs this seed. Returns what went wrong, or NULL. verbose: tells each packet on standard output.
const char *scenario_run(uint64_t seed, bool verbose);

// The same with somebody who sees the packets pass; a seed with a hostile peer is run with a good one instead.
// Strangers send nothing if `alone` is true. The network is good until the next run.
const struct network *scenario_watched(uint64_t seed, bool alone, const struct network_watcher *watcher);

// One line about it, printed after "seed N: ": what was wrong, in which states, when.
void scenario_explain(char *text, size_t room);

#endif
