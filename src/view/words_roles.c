// SPDX-License-Identifier: MIT
//
// The roles exchanged. The words call the other end of a connection of ours "the server", as it is when we connect;
// where we listen it is the client. What is true of one is said of the other in the same words, so it is said once, and
// here the one word is put in place of the other: they are of one length. Only for sentences that the words themselves
// make: bytes that somebody has sent are never touched. Called by whoever makes a sentence about the other end.
#include <string.h>

#include "view/words.h"

void words_exchange_roles(char *text) {
    static const char server[] = "he server", client[] = "he client"; // "The server", "the server's"
    for (char *at = strstr(text, server); at; at = strstr(at, server))
        memcpy(at, client, sizeof client - 1);
}
