// SPDX-License-Identifier: MIT
//
// A client without a libc of the system: built with musl, static. static ADDRESS PORT says Hello to speaker.py, and
// prints what came.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sockaddr_in to = {.sin_family = AF_INET};
    char words[256];
    ssize_t size;
    if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
        return 2;
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || write(fd, "Hello\n", 6) != 6) {
        perror("static");
        return 1;
    }
    shutdown(fd, SHUT_WR);
    while ((size = read(fd, words, sizeof words)) > 0)
        if (write(STDOUT_FILENO, words, (size_t)size) != size)
            return 1;
    close(fd);
    return size < 0;
}
