// SPDX-License-Identifier: MIT
//
// See keeping.h.
#include "keeping.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cm.h"
#include "run/filter.h"

void keeping_start(struct keeper *k) {
    struct net_error error;
    if (!connect_filter_possible(&error))
        skip();
    if (!keeper_start(k, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
}

pid_t keeping_start_program(struct keeper *k, char *const *words, int *listener) {
    struct net_error error;
    pid_t pid;
    int status;
    if (!keeper_start_program(k, words, &pid, listener, &status, &error))
        fail_msg("%s: %s", error.what, strerror(error.number));
    assert_true(pid > 0 && *listener >= 0);
    return pid;
}

struct keeper_event keeping_wait(struct keeper *k) {
    struct pollfd come = {.fd = k->pair, .events = POLLIN};
    struct keeper_event event = {.news = KEEPER_NOTHING};
    while (event.news == KEEPER_NOTHING) {
        assert_int_equal(poll(&come, 1, KEEPING_PATIENCE_MS), 1);
        event = keeper_next(k);
    }
    return event;
}

unsigned keeping_end(struct keeper *k) {
    unsigned left = 0, again = 1;
    keeper_end(k, &left);
    keeper_end(k, &again); // harms nobody
    assert_int_equal(again, 0);
    return left;
}

int keeping_run(char *const *words) {
    struct keeper k;
    int listener;
    keeping_start(&k);
    pid_t pid = keeping_start_program(&k, words, &listener);
    struct keeper_event event = keeping_wait(&k);
    assert_int_equal(event.news, KEEPER_PROGRAM_ENDED);
    assert_int_equal(event.pid, pid);
    close(listener);
    keeping_end(&k);
    return event.status;
}

void keeping_wait_for_nothing(int listener) {
    (void)listener;
    pause();
}

static bool has_word(const char *pid, const char *word) {
    char path[300], words[4096];
    snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    FILE *file = fopen(path, "re");
    size_t size = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file)
        fclose(file);
    words[size] = '\0';
    for (size_t at = 0; at < size; at += strlen(words + at) + 1)
        if (strcmp(words + at, word) == 0)
            return true;
    return false;
}

unsigned keeping_count(const char *word) {
    unsigned count = 0;
    DIR *all = opendir("/proc");
    assert_non_null(all);
    for (struct dirent *entry; (entry = readdir(all));)
        count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && has_word(entry->d_name, word);
    closedir(all);
    return count;
}

bool keeping_comes_to(const char *word, unsigned count) {
    for (int turn = 0; turn < KEEPING_PATIENCE_MS / 10; turn++) {
        if (keeping_count(word) == count)
            return true;
        usleep(10000);
    }
    return false;
}
