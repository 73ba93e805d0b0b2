// SPDX-License-Identifier: MIT
//
// Why two connections differ, in words: a sentence for each reason (see difference.h). Those that are decisions of ours
// come from the list of known differences.
#include <stdio.h>

#include "view/difference.h"

static const char *const sentences[DIFFERENCE_WHYS] = {
    [DIFFERENCE_NONE] = "Alike.",
    [DIFFERENCE_IP_ID] =
        "The number of a packet, in case that it is cut in pieces. It is never cut, so any number will do: "
        "one that begins anywhere and counts on, or always 0 (RFC 6864).",
    [DIFFERENCE_FLOW_LABEL] =
        "Any number that stays the same for the whole connection, so that routers can tell it from "
        "others (RFC 6437).",
    [DIFFERENCE_PORT] =
        "The client's port: a free one, another for each connection. Two connections to the same server "
        "could not be told apart without it.",
    [DIFFERENCE_SEQ] =
        "Each connection counts from a first number of its own that nobody can guess (RFC 6528). Counted "
        "from there, both are the same.",
    [DIFFERENCE_ACK] = "It counts from the other end's first number, which is another for each connection (RFC 6528). "
                       "Counted from there, both are the same.",
    [DIFFERENCE_SACK] = "These numbers count from the other end's first one, which is another for each connection (RFC "
                        "6528). Counted from there, both are the same.",
    [DIFFERENCE_TS_VALUE] = "A clock in milliseconds, begun at a number that nobody can guess; and the two connections "
                            "were not made at the same time (RFC 7323).",
    [DIFFERENCE_TS_ECHO] = "The other end's clock, sent back (RFC 7323).",
    [DIFFERENCE_IP_CHECKSUM] = "It covers the IP header, in which something differs.",
    [DIFFERENCE_TCP_CHECKSUM] = "It covers the whole segment, in which something differs.",
    [DIFFERENCE_LENGTH] = "The options or the data differ, and so does the length.",
    [DIFFERENCE_UNFINISHED] =
        "One of them is unfinished: the rest was left to a network card. The other one is the whole sum.",
    [DIFFERENCE_SERVER_WINDOW] = "The server's buffer: how much of it was free at that moment.",
    [DIFFERENCE_SERVER_DATA] = "The server's own words, and how it cut them: a matter of moments.",
    [DIFFERENCE_UNCUT] =
        "Larger than any segment on the wire: the kernel leaves it to the network card to cut it, and we cut "
        "it ourselves.",
    [DIFFERENCE_FIN] =
        "A FIN goes with the last data if that has not left yet when the program closes, otherwise alone: a "
        "matter of moments.",
    [DIFFERENCE_PROGRESS] = "It says how much of the other end's bytes had come by then: a matter of moments.",
    [DIFFERENCE_ORDER] = "Both have it, but not at the same place among what the server says: a matter of moments.",
    [DIFFERENCE_SERVER_ACK] =
        "An ACK of the server's alone: whether it answers at once, or together with what its program "
        "says next, is a matter of moments.",
    [DIFFERENCE_LOST] = "It was sent again, because no ACK had come in time. What the way loses or delays is chance.",
    [DIFFERENCE_UNSEEN] = "By hand this could not be seen: an IPv6 raw socket does not hand over extension headers.",
    [DIFFERENCE_IP_ID_ZERO] =
        "Linux gives 0 to what it answers without a whole socket, as in TIME-WAIT; by hand the count goes on. A packet "
        "that is never cut may have any number (RFC 6864).",
    [DIFFERENCE_LONG] =
        "Where a long message is cut is the sender's own affair (RFC 9293, 3.7): the kernel cuts it as its program's "
        "bytes come and its memory has them, with PSH now and then; by hand, as the windows leave room, with PSH where "
        "the message ends. The bytes are the same, in order.",
    [DIFFERENCE_ASKED_ISN] = "Asked for: --isn chose the first number.",
    [DIFFERENCE_ASKED_TTL] = "Asked for: --ttl chose it.",
    [DIFFERENCE_ASKED_WINDOW] = "Asked for: --window chose another size for our buffer.",
    [DIFFERENCE_ASKED_MSS] =
        "Asked for: --mss chose another size of segments, and what is counted in segments follows it.",
    [DIFFERENCE_ASKED_WITHOUT] = "Asked for: --without leaves an option out, and the other end then does so too.",
    [DIFFERENCE_UNEXPLAINED] = "NOT EXPLAINED: nothing that is known of the two makes them differ here.",
};

static const struct {
    enum difference_why why;
    enum known known;
} decisions[] = {
    {DIFFERENCE_WINDOW, KNOWN_WINDOW},
    {DIFFERENCE_CUT, KNOWN_CUT},
    {DIFFERENCE_ACKS, KNOWN_ACKS},
    {DIFFERENCE_SYN_TIMER, KNOWN_SYN_TIMER},
    {DIFFERENCE_DATA_TIMER, KNOWN_DATA_TIMER},
    {DIFFERENCE_EARLY, KNOWN_SACK},
    {DIFFERENCE_STREAM, KNOWN_STREAM},
};

void words_difference(enum difference_why why, char *out, size_t room) {
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++)
        if (decisions[i].why == why) {
            const struct known_words *words = known_words(decisions[i].known);
            snprintf(out, room, "By the kernel: %s By hand: %s %s", words->kernel, words->hand, words->why);
            return;
        }
    snprintf(out, room, "%s", sentences[why]);
}

const char *words_difference_kind(enum difference_kind kind) {
    static const char *const names[DIFFERENCE_KINDS] = {
        [DIFFERENCE_IS_NONE] = "alike",
        [DIFFERENCE_IS_RANDOM] = "chosen at random",
        [DIFFERENCE_IS_CLOCK] = "a clock",
        [DIFFERENCE_IS_CONSEQUENCE] = "follows",
        [DIFFERENCE_IS_MOMENT] = "a moment",
        [DIFFERENCE_IS_UNSEEN] = "not seen",
        [DIFFERENCE_IS_DECISION] = "a decision",
        [DIFFERENCE_IS_ASKED] = "asked for",
        [DIFFERENCE_IS_UNEXPLAINED] = "NOT EXPLAINED",
    };
    return names[kind];
}
