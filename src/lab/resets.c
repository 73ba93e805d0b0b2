// SPDX-License-Identifier: MIT
//
// Experiments with RST: whose is believed, and what it costs. Each is a script and its entry in the table (see lab.h).
#include <errno.h>

#include "lab/experiments.h"

// A RST written by hand: so many numbers beyond the next one, which is the one that the server expects.
struct rst {
    uint32_t beyond;
    const char *purpose;
};

static const struct rst exact = {0, "Written by hand: RST with exactly the number that the server expects next."};

// Our end's own TCP does not know of it.
static void forge_rst(struct lab *lab, struct lab_end *client, const struct rst *rst) {
    struct forged forged = lab_segment_now(client, RS_RST);
    forged.packet.segment.seq += rst->beyond;
    forged.purpose = rst->purpose;
    lab_forge(client, &forged);
    lab_pass(lab, 100 * LAB_MS_US);
}

// The frame of the three that ask whether a RST counts: it comes at a connection that stands. Then what was seen, and
// after that whether the message still gets through.
static size_t rst_comes(struct lab *lab, struct lab_end *client, const struct rst *rst) {
    lab_connect(client, LAB_SECOND_US);
    lab_server_accept(lab);
    const size_t mark = lab_mark(lab);
    if (rst)
        forge_rst(lab, client, rst);
    return mark;
}

static void message_follows(struct lab_end *client) {
    lab_send(client, "Hello server!", 300 * LAB_MS_US);
    lab_finish(client);
}

// ---- rst-exact

static void rst_exact(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = rst_comes(lab, client, lab_deviates(lab) ? &exact : NULL);
    lab_server_recv(lab);
    lab_sees_failure(lab, ECONNRESET, 0);
    lab_sees_silence(client, mark, LAB_EITHER_WAY);
    lab_sees_state(client, RS_LISTEN, 0);
    lab_sees_counter(lab, "TcpEstabResets", 1, 0);
    message_follows(client);
    const struct lab_segment *rst = lab_arrived(client, mark, RS_RST, 0);
    lab_evidence(lab, TRACE_ON_THE_WIRE, rst != NULL, 0, "RST answers our message", rst ? "RST" : "no RST came");
}

const struct experiment lab_rst_exact = {
    .name = "rst-exact",
    .chapter = LAB_CLOSING,
    .question = "What does a RST do to a connection that stands?",
    .situation = "The connection stands. A RST comes that has exactly the number which the server expects next. The "
                 "server's program then calls recv().",
    .choices = {"It is a FIN in a hurry: recv() returns end of file",
                "The server's kernel answers with FIN, and recv() waits for our ACK",
                "The connection is gone at once, and recv() fails",
                "Nothing, until the server's program sends something"},
    .right = 2,
    .deviation = "a RST leaves that has exactly the next number",
    .answer = "A RST with the exact number is believed at once. It is not answered, nobody waits for anything, there "
              "is no TIME-WAIT: the server's end is gone. Its program must not take that for an orderly end, so "
              "recv() fails with ECONNRESET instead of returning end of file. Our own TCP did not write this RST and "
              "does not know of it: its next segment meets no connection, and RST answers.",
    .section = "RFC 9293, sections 3.5.3 and 3.10.7.4",
    .run = rst_exact,
};

// ---- rst-near

static void rst_near(struct lab *lab) {
    static const struct rst near = {
        100, "Written by hand: RST in the window, but 100 numbers beyond the one that the server expects."};
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = rst_comes(lab, client, lab_deviates(lab) ? &near : &exact);
    lab_sees_answer(client, mark, RS_ACK, 0);
    lab_sees_counter(lab, "TcpExtTCPChallengeACK", 1, 0);
    lab_sees_state(client, RS_ESTABLISHED, 0);
    message_follows(client);
    lab_sees_read(lab, "Hello server!", 0);
}

const struct experiment lab_rst_near = {
    .name = "rst-near",
    .chapter = LAB_CLOSING,
    .question = "Does a RST count whose number is only nearly right?",
    .situation = "The connection stands. A RST comes whose number lies in the server's window, but is not exactly the "
                 "next one.",
    .choices = {"It ends the connection", "The server asks back: is that really you?", "It is dropped without a word"},
    .right = 1,
    .deviation = "the RST's number is 100 beyond the next one",
    .answer = "Somebody who cannot see the connection could send such a RST: he needs to hit the window only, not the "
              "number. So the server believes the exact number alone. It answers with a challenge ACK: a true end that "
              "has really lost the connection would answer that with RST and the number that fits.",
    .section = "RFC 9293, section 3.10.7.4; RFC 5961, section 3.2",
    .run = rst_near,
};

// ---- rst-far

static void rst_far(struct lab *lab) {
    static const struct rst far = {1000000,
                                   "Written by hand: RST a million numbers beyond the one that the server expects."};
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = rst_comes(lab, client, lab_deviates(lab) ? &far : &exact);
    lab_sees_state(client, RS_ESTABLISHED, 0);
    lab_sees_silence(client, mark, LAB_EITHER_WAY);
    lab_sees_counter(lab, "TcpExtTCPChallengeACK", 0, LAB_EITHER_WAY);
    lab_sees_counter(lab, "TcpEstabResets", 0, 0);
    message_follows(client);
    lab_sees_read(lab, "Hello server!", 0);
}

const struct experiment lab_rst_far = {
    .name = "rst-far",
    .chapter = LAB_CLOSING,
    .question = "And a RST whose number is far off?",
    .situation = "The connection stands. A RST comes whose number lies a million beyond the next one, far outside the "
                 "server's window.",
    .choices = {"It ends the connection: RST is RST", "The server asks back with a challenge ACK, as in rst-near",
                "The server answers with RST", "It is dropped without a word, and the connection stands"},
    .right = 3,
    .deviation = "the RST's number is a million beyond the next one",
    .answer =
        "What lies outside the window is old, wrong or forged. Other such segments are answered with an ACK; a RST "
        "is not: it asks for no answer, and whoever guesses numbers learns nothing. Our message goes "
        "through as if nothing had been.",
    .section = "RFC 9293, section 3.10.7.4; RFC 5961, section 3.2",
    .run = rst_far,
};

// ---- rst-while-data-waits

static void rst_while_data_waits(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    lab_send(client, "Hello server!", LAB_SECOND_US);
    lab_server_accept(lab);
    const size_t mark = lab_mark(lab);
    if (lab_deviates(lab))
        forge_rst(lab, client, &exact);
    const struct peer now = lab_peer(client);
    lab_server_recv(lab);
    const size_t bytes = lab_program(lab)->last.size;
    lab_server_recv(lab);
    const int error = lab_program(lab)->last.error;
    lab_server_recv(lab);
    const bool over = lab_program(lab)->last.call == TRACE_SERVER_END_OF_FILE;
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, bytes == 13 && error == ECONNRESET, LAB_LINUX, "13 bytes, ECONNRESET",
                 "%zu bytes, %s", bytes, error == ECONNRESET ? "ECONNRESET" : "no ECONNRESET");
    lab_saw_state(lab, &now, RS_LISTEN, 0);
    lab_sees_counter(lab, "TcpEstabResets", 1, 0);
    lab_evidence(lab, TRACE_IN_THE_PROGRAM, over, LAB_LINUX, "recv() once more: b\"\"",
                 over ? "b\"\"" : "no end of file");
    lab_sees_silence(client, mark, LAB_EITHER_WAY);
}

const struct experiment lab_rst_while_data_waits = {
    .name = "rst-while-data-waits",
    .chapter = LAB_CLOSING,
    .question = "RST comes while data waits unread: is it lost?",
    .situation = "Our message has arrived: its 13 bytes wait in the server's kernel, unread. A RST with the exact "
                 "number comes. Only then does the server's program call recv().",
    .choices = {"recv() fails: the bytes are thrown away", "recv() returns the bytes, and fails the next time",
                "recv() returns the bytes, and then end of file, as after a FIN"},
    .right = 1,
    .deviation = "a RST leaves while the message waits unread",
    .answer = "The connection itself is gone at once, as in rst-exact. What becomes of the bytes is another matter. "
              "RFC 9293 says that all queues should be flushed: then the first recv() would fail. Linux keeps what "
              "had arrived in order, hands it out first, and tells of the RST after that. A "
              "program should build on neither.",
    .differs = "Linux hands out what had arrived before it tells of the RST; RFC 9293 says that it should be flushed.",
    .section = "RFC 9293, section 3.10.7.4",
    .run = rst_while_data_waits,
};
