// SPDX-License-Identifier: MIT
//
// Making strange bytes safe (see escape.h). Called wherever a view shows payload, and by serve.
#include "view/escape.h"

#include <string.h>

enum { LONGEST = 4 }; // "\xNN", or one character of UTF-8

// One byte as Python writes it; returns the length.
static size_t escape_one(uint8_t byte, bool quotes, char out[LONGEST + 1]) {
    const char *special = "\n\r\t\\\"", *letters = "nrt\\\"", *found = byte ? strchr(special, byte) : NULL;
    if (found && (byte != '"' || quotes)) {
        out[0] = '\\';
        out[1] = letters[found - special];
        return 2;
    }
    if (byte >= 0x20 && byte < 0x7f) {
        out[0] = (char)byte;
        return 1;
    }
    static const char digits[] = "0123456789abcdef";
    memcpy(out, "\\x", 2);
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
    return LONGEST;
}

size_t escape_character(const uint8_t *p, size_t size, uint32_t *out) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > size)
        return 0;
    uint32_t code = p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    *out = code;
    return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

bool escape_is_harmless(uint32_t code) {
    return !(code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
             (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff ||
             code == 0x61c);
}

// The character of several bytes that begins here, if it is well-formed and harmless; returns its length or 0.
static size_t harmless_character(const uint8_t *p, size_t size) {
    uint32_t code;
    size_t length = escape_character(p, size, &code);
    return length > 0 && escape_is_harmless(code) ? length : 0;
}

static size_t escape(const uint8_t *bytes, size_t size, bool quotes, bool utf8, char *out, size_t room) {
    size_t used = 0, i = 0;
    while (i < size) {
        char one[LONGEST + 1];
        size_t taken = 1, length = utf8 && bytes[i] >= 0x80 ? harmless_character(bytes + i, size - i) : 0;
        if (length > 0) {
            memcpy(one, bytes + i, length);
            taken = length;
        } else {
            length = escape_one(bytes[i], quotes, one);
        }
        if (used + length + 1 > room)
            break;
        memcpy(out + used, one, length);
        used += length;
        i += taken;
    }
    if (room > 0)
        out[used] = '\0';
    return i;
}

size_t escape_bytes(const uint8_t *bytes, size_t size, char *out, size_t room) {
    return escape(bytes, size, true, false, out, room);
}

size_t escape_text(const uint8_t *bytes, size_t size, bool utf8, char *out, size_t room) {
    return escape(bytes, size, false, utf8, out, room);
}
