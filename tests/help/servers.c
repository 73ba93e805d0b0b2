// SPDX-License-Identifier: MIT
//
// Programs of servers (see servers.h). Called by the live tests, in processes of their own.
#include "servers.h"

#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

void serve_to_the_end(int listener) {
    char bytes[1024];
    int fd = accept(listener, NULL, NULL);
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
}

static void write_all(int fd, const uint8_t *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t sent = write(fd, bytes + done, size - done);
        if (sent <= 0)
            _exit(1);
        done += (size_t)sent;
    }
}

void serve_echo(int listener) {
    static uint8_t bytes[PIECE];
    int fd = accept(listener, NULL, NULL);
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        write_all(fd, bytes, (size_t)got);
}

uint8_t stream_byte(uint64_t i) { return (uint8_t)((i * 2654435761u) >> 13); }

void stream_write(int fd, uint64_t at, size_t size) {
    static uint8_t bytes[PIECE];
    for (uint64_t end = at + size; at < end;) {
        size_t piece = end - at < PIECE ? (size_t)(end - at) : PIECE;
        for (size_t i = 0; i < piece; i++)
            bytes[i] = stream_byte(at + i);
        write_all(fd, bytes, piece);
        at += piece;
    }
}
