// SPDX-License-Identifier: MIT
//
// The initial sequence number (RFC 6528) and the offset of timestamps (RFC 7323), from a secret of the caller's. Called
// by who opens connections (src/cmd/handmade.c, other people's programs); the engine takes what it is given.
#include "rawshake/isn.h"

#include <string.h>

#include "siphash.h"

enum { ADDRESS_BYTES = 16, PORT_BYTES = 2, END_BYTES = ADDRESS_BYTES + PORT_BYTES, INPUT_BYTES = 2 * END_BYTES + 2 };

enum purpose { FOR_ISN, FOR_TIMESTAMPS }; // hashed too: one of the two numbers must not give the other away

// An address takes its 16 bytes in both families, the unused ones zero; ports are in network order.
static void put_end(uint8_t *out, const struct rs_endpoint *end) {
    memcpy(out, end->addr, rs_address_bytes(end->family));
    out[ADDRESS_BYTES] = (uint8_t)(end->port >> 8);
    out[ADDRESS_BYTES + 1] = (uint8_t)end->port;
}

static uint32_t keyed(const uint8_t *secret, const struct rs_endpoint *local, const struct rs_endpoint *remote,
                      enum purpose purpose) {
    uint8_t input[INPUT_BYTES] = {0};
    put_end(input, local);
    put_end(input + END_BYTES, remote);
    input[INPUT_BYTES - 2] = (uint8_t)local->family;
    input[INPUT_BYTES - 1] = (uint8_t)purpose;
    return (uint32_t)siphash(secret, input, sizeof input);
}

uint32_t rs_isn(const uint8_t *secret, const struct rs_endpoint *local, const struct rs_endpoint *remote,
                uint64_t now_us) {
    return keyed(secret, local, remote, FOR_ISN) + (uint32_t)(now_us / 4); // RFC 9293, section 3.4.1, MUST-8, SHLD-1
}

uint32_t rs_ts_offset(const uint8_t *secret, const struct rs_endpoint *local, const struct rs_endpoint *remote) {
    return keyed(secret, local, remote, FOR_TIMESTAMPS);
}
