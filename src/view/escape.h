// SPDX-License-Identifier: MIT
//
// Bytes that came from somewhere else, made safe to show: a terminal acts on some bytes, and a stranger may send them.
#ifndef VIEW_ESCAPE_H
#define VIEW_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writes bytes as Python would between b" and ": printable ASCII as it is, \n \r \t \\ \" and \xNN for the rest. Stops
// before room is full; always NUL-terminated. Returns how many of the bytes are shown.
size_t escape_bytes(const uint8_t *bytes, size_t size, char *out, size_t room);

// Writes text for reading: as escape_bytes, but quotes stay, and where utf8 is true well-formed UTF-8 stays too, except
// characters that a terminal acts on (C1 controls, marks that change the direction of writing, line separators).
size_t escape_text(const uint8_t *bytes, size_t size, bool utf8, char *out, size_t room);

// The character of two to four bytes that begins at size > 0 bytes, if it is well-formed UTF-8 (RFC 3629, section 4):
// returns how many bytes it takes and sets *code; otherwise 0.
size_t escape_character(const uint8_t *bytes, size_t size, uint32_t *code);

// False for characters that a terminal acts on: controls, marks that change the direction of writing, line separators.
bool escape_is_harmless(uint32_t code);

#endif
