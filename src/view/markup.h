// SPDX-License-Identifier: MIT
//
// Text inside of HTML, SVG and Mermaid. Whatever is not written down in this program, and all that stands between
// quotes, goes through here: what comes from the network, from files or from a command line must never become markup.
#ifndef VIEW_MARKUP_H
#define VIEW_MARKUP_H

#include "view/text.h"

// Writes size bytes as text of HTML or XML, for an element's content or an attribute between double quotes: & < > " and
// ' become references; what is no harmless character of UTF-8 (view/escape.h) becomes "\xNN". The rest stays.
void markup_bytes(struct text *text, const void *bytes, size_t size);

// The same for a string.
void markup_string(struct text *text, const char *string);

// The same, of text that is put together as by printf: at most 1,000 bytes of it.
void markup_add(struct text *text, const char *form, ...) __attribute__((format(printf, 2, 3)));

// Writes data as Python writes bytes, without the b and the quotes, at most `most` bytes of it; then it is made safe as
// above. Returns how many of the bytes are shown.
size_t markup_data(struct text *text, const uint8_t *bytes, size_t size, size_t most);

// Writes a string for a message or a note of Mermaid: letters, digits, blanks and . , = ( ) - + ' / stay as they are,
// and so does a colon; everything else becomes one of its references, "#60;" for "<", by its bytes as escape_text
// writes them.
void markup_mermaid(struct text *text, const char *string);

#endif
