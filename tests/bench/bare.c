// SPDX-License-Identifier: MIT
//
// The tutorial's client with nothing around it: what process.c compares the whole program with.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(1712)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof in) != 0 || send(fd, "Hello server!", 13, 0) != 13)
        return 1;
    return close(fd) == 0 ? 0 : 1;
}
