// SPDX-License-Identifier: MIT
//
// The options that say how a run is to be shown; every command that shows one has them.
#ifndef CMD_VIEW_OPTIONS_H
#define CMD_VIEW_OPTIONS_H

#include "cmd/options.h"
#include "term/term.h"

// Their ids: out of the way of a command's own.
enum view_option {
    VIEW_VERBOSE = 1000,
    VIEW_ASCII,
    VIEW_COLOR,
    VIEW_JSON,
    VIEW_PCAPNG,
    VIEW_HTML,
    VIEW_DIAGRAM,
    VIEW_FIX_CHECKSUMS
};

// What stands in each command's table of options; verbose: what -v does there; standard: what "-" is, where standard
// output is another program's.
// clang-format off
#define VIEW_VERBOSE_FIELDS "explain every field; -vv: the bytes and the checksum's sum too"
#define VIEW_OPTION_SPECS(verbose) VIEW_OPTION_SPECS_TO("standard output", verbose)
#define VIEW_OPTION_SPECS_TO(standard, verbose)                                                                        \
    {'v', "verbose", NULL, verbose, VIEW_VERBOSE},                                                                     \
    {0, "json", "[FILE]", "tell every event as a line of JSON (" standard ")", VIEW_JSON},                             \
    {'w', "write", "FILE", "write a capture (pcapng) with a comment on each packet; '-': " standard, VIEW_PCAPNG},     \
    {0, "html", "FILE", "write the illustrated connection, a page for the browser", VIEW_HTML},                        \
    {0, "diagram", "FILE", "write the ladder as a drawing: SVG, or Mermaid if FILE ends in .mmd", VIEW_DIAGRAM},       \
    {0, "fix-checksums", NULL, "with -w: finish checksums that were left to a network card", VIEW_FIX_CHECKSUMS},      \
    {0, "ascii", NULL, "draw without arrows and lines of Unicode", VIEW_ASCII},                                        \
    {0, "color", "WHEN", "auto, always or never (auto)", VIEW_COLOR}
// clang-format on
enum { VIEW_OPTIONS = 8 };

struct view_options {
    unsigned verbosity; // 0, 1 (-v), 2 (-vv)
    bool ascii;
    enum term_when color;
    const char *json, *pcapng, *html, *diagram; // file names; "-" is standard output; NULL: not wanted
    bool fix_checksums;
    int standard_fd; // what "-" is, where standard output is another program's; 0: standard output
};

// True for an id of enum view_option.
bool view_option_is(int id);

// Takes one such option. Returns false after a complaint.
bool view_option_take(int id, const char *text, struct view_options *options);

// Whether they agree with each other; called when all are read. Returns false after a complaint.
bool view_options_agree(const struct view_options *options);

// Whether none of them would be written over the file that fd reads. Returns false after a complaint.
bool view_options_spare(const struct view_options *options, int fd);

// True if a view has standard output for itself: what is told to a person then goes to standard error.
bool view_options_take_stdout(const struct view_options *options);

// The descriptor that "-" means.
int view_options_standard_fd(const struct view_options *options);

// Where the narration goes: standard output, or standard error where a view has that for itself; or, where standard
// output is another program's, what "-" means, and then there is a narration only if no view has that.
int view_options_narration_fd(const struct view_options *options);

// True if any view besides the narration is wanted.
bool view_options_any(const struct view_options *options);

#endif
