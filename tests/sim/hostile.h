// SPDX-License-Identifier: MIT
//
// An engine and a peer without manners: segments with numbers, bits, windows and options that are right, nearly right
// or wrong, calls at any moment, ticks early and late. Whatever it does, the invariants hold, and no byte is delivered
// that does not stand at its place in the peer's stream. In the end the peer is silent, or sends the one RST that
// counts, and the engine must come to rest.
#ifndef SIM_HOSTILE_H
#define SIM_HOSTILE_H

#include "end.h"

// Runs this seed. Returns what went wrong, or NULL.
const char *hostile_run(uint64_t seed, bool verbose);

void hostile_explain(char *text, size_t room);

#endif
