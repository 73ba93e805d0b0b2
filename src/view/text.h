// SPDX-License-Identifier: MIT
//
// Text for people, in one bounded buffer: views write, whoever owns the screen takes. Nothing here writes to a
// descriptor, so a blocked terminal can never hold up a view, and a view never a timer.
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the screen can show. Found out by src/term, used by every view.
struct view_style {
    bool utf8;        // arrows and lines; otherwise ASCII
    bool color;       // escape sequences for colour
    unsigned columns; // 76 to 100
};

enum text_color { TEXT_PLAIN, TEXT_OURS, TEXT_THEIRS, TEXT_BAD, TEXT_STRONG, TEXT_FAINT };

struct text {
    char *bytes; // the owner's
    size_t size, used;
    uint64_t lost; // bytes that found no room
    struct view_style style;
    // Called when there is no room for what is to be added: takes bytes[0..used) away and sets used to 0, or leaves it
    // as it is. NULL: what finds no room is lost. Where waiting harms nobody (a file), this is how nothing is.
    void (*drain)(void *self, struct text *text);
    void *drain_self;
};

// Bytes as they are, all or none of them: what does not fit whole is left out and counted.
void text_put(struct text *text, const void *bytes, size_t size);

// printf into the buffer. What does not fit whole is left out and counted.
void text_add(struct text *text, const char *form, ...) __attribute__((format(printf, 2, 3)));

// Switches the colour on or back to plain; nothing where the style has no colour.
void text_color(struct text *text, enum text_color color);

// Prose, broken between words to the width of the screen: the first line begins after `first` blanks, which the caller
// has already written if `written` is true, the others after `rest`. Ends with a newline.
void text_wrap(struct text *text, unsigned first, bool written, unsigned rest, const char *prose);

// count copies of a (possibly multi-byte) glyph.
void text_repeat(struct text *text, const char *glyph, unsigned count);

// Columns that a UTF-8 string takes, all glyphs being one wide.
unsigned text_width(const char *string);

#endif
