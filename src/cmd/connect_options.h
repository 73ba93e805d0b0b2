// SPDX-License-Identifier: MIT
//
// The options that connect and demo share.
#ifndef CMD_CONNECT_OPTIONS_H
#define CMD_CONNECT_OPTIONS_H

#include "cmd/options.h"
#include "cmd/view_options.h"
#include "live/weather.h"
#include "rawshake/endpoint.h"

enum { WINDOW_MOST = 4 << 20 };

struct connect_options {
    const char *host; // NULL: this machine
    unsigned family;  // RS_IPV4 or RS_IPV6: that one only; 0: either
    uint16_t port;
    const char *message;
    size_t message_bytes;
    const char *file; // NULL: the message; "-": standard input
    bool message_set, kernel, both, handover, no_guard, quiet, step;
    struct view_options view;
    bool isn_set, linger_set, time_wait_set;
    uint32_t isn;
    uint16_t source_port, mss; // 0: not chosen
    uint32_t window;           // 0: not chosen
    unsigned without;          // bits of enum without
    uint8_t ttl;
    bool ttl_set;
    struct weather weather;
    bool seed_set;
    uint64_t timeout_us, linger_us, time_wait_us; // timeout 0: the full schedule
};

// Both tables: the same options, but --kernel means more in demo, where what passes is watched.
enum { CONNECT_OPTIONS = 33, DEMO_OPTIONS = CONNECT_OPTIONS + 1 };
enum { COMPARE_OPTIONS = VIEW_OPTIONS + 10 };
extern const struct option_spec compare_option_specs[COMPARE_OPTIONS]; // those that make sense there
extern const struct option_spec connect_option_specs[CONNECT_OPTIONS], demo_option_specs[DEMO_OPTIONS];

// The host that was named, or this machine's address of the family that was chosen (IPv4 if none was).
const char *connect_options_host(const struct connect_options *options);

// True if somebody wants to see the segments: with --kernel they must be watched then.
bool connect_options_watched(const struct connect_options *options);

// Parses a command's words. Returns -1 to go on, or the exit status (0 after --help).
int connect_options_parse(const struct command *command, int argc, char **argv, struct connect_options *out);

#endif
