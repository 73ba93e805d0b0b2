// SPDX-License-Identifier: MIT
//
// Somebody on the path who hears a connection, and forges segments and ICMP errors towards the client. He knows ports
// and addresses, and about where the numbers are.
//
// A TCP cannot tell what is right in everything, so each forgery here has at least one thing wrong by which RFC 9293,
// RFC 5961, RFC 7323 or RFC 5927 say that it must be refused. That is so by construction, not by luck:
//
// - RST, SYN and SYN,ACK never have the very number that the client waits for. The server sends even amounts only, in
//   segments of even size, so that number is always an odd distance from the ISN, as is the forger's base; he adds
//   odd numbers to it.
// - Data, ACK and FIN with a number within the window, or near it, have an ACK of what was never sent or of what was
//   acknowledged 2^30 bytes ago, or no timestamp where both ends agreed on them, or one that is too old.
// - Those with all of that right have a number at least 2^28 away from the window, or a wrong checksum.
#ifndef HELP_FORGER_H
#define HELP_FORGER_H

#include <stdbool.h>

#include "rawshake/packet.h"

enum forgery {
    FORGED_RST,
    FORGED_SYN,
    FORGED_DATA,
    FORGED_ACK,
    FORGED_FIN,
    FORGED_OPTIONS,
    FORGED_CHECKSUM,
    FORGED_ICMP,
    FORGERIES
};

struct forger {
    int hears, sends;
    uint32_t seed; // of all that is chosen; not 0
    struct rs_endpoint server, client;
    uint32_t next, unacked; // what the client waits for, and what the server waits for, as last heard
    uint32_t clock, echo;   // the server's timestamp, and the client's that it gave back
    unsigned sent[FORGERIES];
};

// Takes place between these two. Hears on a device of the client's place, which is the one that this process is in;
// sends from the socket's place: open with sends made in the server's place by forger_socket.
int forger_socket(enum rs_family family);
void forger_open(struct forger *forger, int sends, const char *device, const struct rs_endpoint *server,
                 const struct rs_endpoint *client);
void forger_close(struct forger *forger);

// Takes in what the server has said since. False until it has heard something.
bool forger_listen(struct forger *forger);

// Sends one forgery.
void forger_send(struct forger *forger, enum forgery what);

#endif
