// SPDX-License-Identifier: MIT
//
// One exchange with a server, made by hand or by the kernel, and watched: for tests that put the two side by side.
#ifndef HELP_EXCHANGE_H
#define HELP_EXCHANGE_H

#include <stdbool.h>

#include "capture.h"

enum { EXCHANGE_PORT = 1712 };

// Where it happens: the client is in the place "here", the server in "there", and "device" is the client's.
struct scene {
    int here, there;
    const char *device, *host; // the server's address
    bool ipv6;
};

struct script {
    const char *name;
    void (*serve)(int fd); // what the server's program does with its connection; NULL: nobody listens
    const char *send;      // what the client sends; NULL: nothing
    bool stream;           // the client then shuts down its side and reads to the end; otherwise it calls close()
    uint32_t
        hears; // a stream: the client sends, or closes, when so much has come (a FIN counts as one) and is acknowledged
    bool stays;       // by hand too, in TIME-WAIT, as the kernel does
    const char *lose; // nftables: which segments the server's place loses on their way in; NULL: none
    int status;       // the client's exit status
};

// A scene of one place, and one with a cable of this MTU between two.
struct scene scene_loopback(bool ipv6);
struct scene scene_cable(bool ipv6, unsigned mtu);
void scene_close(struct scene *scene);

// A socket that listens on EXCHANGE_PORT of the server's place.
int scene_listen(const struct scene *scene);

// Plays the script once and captures it. by_kernel: with socket(), connect() and so on.
void exchange_run(const struct scene *scene, const struct script *script, bool by_kernel, struct capture *out);

#endif
