// SPDX-License-Identifier: MIT
//
// The table of reasons, made from the one list in rawshake/reason.h. Called by views and tests.
#include "rawshake/reason.h"

static const struct {
    const char *name, *section, *sentence;
} reasons[] = {
#define ROW(id, name, section, sentence) [RS_##id] = {name, section, sentence},
    RS_REASONS(ROW)
#undef ROW
};

static enum rs_reason known(enum rs_reason reason) {
    return (unsigned)reason < RS_REASON_COUNT ? reason : RS_DROPPED_STALE;
}

const char *rs_reason_name(enum rs_reason reason) { return reasons[known(reason)].name; }

const char *rs_reason_sentence(enum rs_reason reason) { return reasons[known(reason)].sentence; }

const char *rs_reason_section(enum rs_reason reason) { return reasons[known(reason)].section; }
