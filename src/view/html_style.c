// SPDX-License-Identifier: MIT
//
// What is the same in every page: its head with the styles (page.css), its end with the script (page.js). The page may
// load nothing at all, and run this one script alone, which is named by its hash (tests/page holds the two together).
// Called by html.c.
#include <stdio.h>

#include "view/markup.h"
#include "view/page.h"

#define SCRIPT_HASH "sha256-m08oYU9AiyIdgugaZGPsJR4ClaJ+Ejr8AfycUh1My8E="

static const char *const css[] = {
#include "view/pagecss.h"
};

static const char *const js[] = {
#include "view/pagejs.h"
};

void page_begin(struct text *text, const char *title) {
    text_add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                   "'unsafe-inline'; script-src '" SCRIPT_HASH "'; base-uri 'none'; form-action 'none'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    markup_string(text, title);
    text_add(text, "</title>\n<style>\n");
    drawing_styles(text);
    for (size_t i = 0; i < sizeof css / sizeof *css; i++)
        text_add(text, "%s", css[i]);
    text_add(text, "</style>\n</head>\n<body>\n");
}

void page_end(struct text *text) {
    text_add(text, "<script>");
    for (size_t i = 0; i < sizeof js / sizeof *js; i++)
        text_add(text, "%s", js[i]);
    text_add(text, "</script>\n</body>\n</html>\n");
}

void page_reference(struct text *text, const char *section) {
    unsigned number = 0;
    int used = 0;
    if (sscanf(section, "RFC %u %n", &number, &used) != 1 || used == 0)
        return;
    text_add(text, " <a class=\"rfcref\" href=\"https://www.rfc-editor.org/rfc/rfc%u", number);
    if (section[used])
        text_add(text, "#section-%s", section + used);
    text_add(text, "\">");
    markup_string(text, section);
    text_add(text, "</a>");
}
