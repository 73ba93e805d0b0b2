// SPDX-License-Identifier: MIT
//
// Quoting the command line (see command_line.h). Called by views.c.
#include "cmd/command_line.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_BYTES = 4096 };

struct line {
    char *out;
    size_t room, used;
};

static void put(struct line *l, char c) {
    if (l->used + 1 < l->room)
        l->out[l->used++] = c;
    else if (l->room > 3)
        memcpy(l->out + l->room - 4, "...", 3);
}

// What means nothing to a shell.
static bool is_plain(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%";
    return word[0] && strspn(word, plain) == strlen(word);
}

static void put_word(struct line *l, const char *word) {
    bool quoted = !is_plain(word);
    if (quoted)
        put(l, '\'');
    for (; *word; word++) {
        unsigned char c = (unsigned char)*word;
        if (c == '\'')
            for (const char *end = "'\\'"; *end; end++)
                put(l, *end);
        put(l, c < 0x20 || c >= 0x7f ? '?' : *word);
    }
    if (quoted)
        put(l, '\'');
}

void command_line_quote(const char *words, size_t size, char *out, size_t room) {
    struct line line = {out, room, 0};
    memset(out, 0, room);
    for (size_t at = 0; at < size; at += strlen(words + at) + 1) {
        if (at > 0)
            put(&line, ' ');
        put_word(&line, words + at);
    }
}

void command_line(char *out, size_t room) {
    char words[WORDS_BYTES + 1] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, words, WORDS_BYTES) : 0;
    if (fd >= 0)
        close(fd);
    command_line_quote(words, size > 0 ? (size_t)size : 0, out, room);
}
