// SPDX-License-Identifier: MIT
//
// Experiments with RST: whose is believed. Each is a script and its entry in the table (see lab.h).
#include "lab/experiments.h"

// ---- rst-near

static void rst_near(struct lab *lab) {
    struct lab_end *client = lab_end(lab, 0);
    lab_connect(client, LAB_SECOND_US);
    const size_t mark = lab_mark(lab);
    struct forged rst = lab_segment(client, RS_RST, 101, 0);
    rst.purpose = "Written by hand: RST in the window, but 100 numbers beyond the one that the server expects.";
    if (lab_deviates(lab))
        lab_forge(client, &rst);
    lab_pass(lab, 100 * LAB_MS_US);
    lab_sees_answer(client, mark, RS_ACK, 0);
    lab_sees_counter(lab, "TcpExtTCPChallengeACK", 1, 0);
    lab_sees_state(client, RS_ESTABLISHED, LAB_EITHER_WAY);
    lab_send(client, "Hello server!", LAB_SECOND_US);
    lab_finish(client);
    lab_sees_read(lab, "Hello server!", LAB_EITHER_WAY);
}

const struct experiment lab_rst_near = {
    .name = "rst-near",
    .chapter = LAB_CLOSING,
    .question = "Does a RST count whose number is only nearly right?",
    .situation = "The connection stands. A RST comes whose number lies in the server's window, but is not exactly the "
                 "next one.",
    .choices = {"It ends the connection", "The server asks back: is that really you?", "It is dropped without a word"},
    .right = 1,
    .deviation = "a RST leaves that is 100 numbers beyond the next one",
    .answer = "Somebody who cannot see the connection could send such a RST: he needs to hit the window only, not the "
              "number. So the server believes the exact number alone. It answers with a challenge ACK: a true end that "
              "has really lost the connection would answer that with RST and the number that fits.",
    .section = "RFC 9293, section 3.10.7.4; RFC 5961, section 3.2",
    .run = rst_near,
};
