// SPDX-License-Identifier: MIT
//
// One segment, looked at closely: its fields (-v), and its bytes, the RFC's boxes and the checksum's sum (-vv).
#ifndef VIEW_EXPLAIN_H
#define VIEW_EXPLAIN_H

#include "trace/trace.h"
#include "view/text.h"
#include "view/words.h"

// Every field of both headers and every option: name, value, bits, meaning here.
void explain_fields(struct text *text, const struct trace_segment *segment, const struct words_choices *choices);

// The headers as the RFCs draw them, with the values in the boxes.
void explain_boxes(struct text *text, const struct trace_segment *segment);

// The bytes in hexadecimal, each run beside the fields that it holds.
void explain_bytes(struct text *text, const struct trace_segment *segment);

// The checksum's arithmetic: the words shown are the words summed, by the function that sums them.
void explain_checksum(struct text *text, const struct trace_segment *segment);

// Step mode: what was expected beside what came, field by field.
void explain_arrival(struct text *text, const struct trace_segment *segment);

#endif
