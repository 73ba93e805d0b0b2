// SPDX-License-Identifier: MIT
//
// The names that stand in JSON for our enumerations. They are a promise to whoever has written a filter: they do not
// change when a constant, or a word on the screen, does.
#ifndef VIEW_JSON_NAMES_H
#define VIEW_JSON_NAMES_H

#include "rawshake/fields.h"
#include "trace/trace.h"

// Each returns a name of small letters and underscores; NULL for what is no such value.
const char *json_kind_name(enum trace_kind kind);          // "sent"
const char *json_source_name(enum trace_source source);    // "by_hand"
const char *json_call_name(enum trace_call call);          // "connect"
const char *json_server_name(enum trace_server_call call); // "accept"
const char *json_opening_name(enum trace_opening opening); // "opened"
const char *json_ending_name(enum trace_ending ending);    // "closed"
const char *json_direction_name(enum trace_direction way); // "outbound"
const char *json_checksum_name(enum rs_checksum verdict);  // "unfinished"
const char *json_error_name(enum rs_wire_error error);     // "short_tcp"
const char *json_option_name(enum rs_option_kind kind);    // "mss"; never NULL: "unknown"
const char *json_field_key(enum rs_field_id id);           // "sequence_number"

// Sets: the name of the set's at-th bit in the order of the enumeration, from 0; NULL behind the last.
const char *json_mark_name(unsigned at); // "retransmission" for TRACE_MARK_AGAIN
const char *json_place_name(enum trace_place place);
const char *json_bent_name(unsigned at); // "dropped"

// The control bits in the order in which people say them: SYN before ACK. NULL behind the last.
const char *json_flag_name(unsigned at, uint8_t *flag);

// What a decision's value counts: "us", "bytes", "errno" or "times"; NULL: it has none.
const char *json_value_unit(enum rs_reason reason);

#endif
