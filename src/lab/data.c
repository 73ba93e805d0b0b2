// SPDX-License-Identifier: MIT
//
// Experiments in which the message is not taken at the first try: it is lost, damaged, or does not fit. Each is a
// script and its entry in the table (see lab.h).
#include "lab/talking.h"
#include "view/words.h"

enum { SOON_US = 300 * LAB_MS_US }; // well before our timer, which is a second

// ---- lost-data

// The pauses before the second and the third try.
static void sees_backoff(struct lab *lab, size_t mark) {
    const struct lab_segment *tries[3];
    char first[32], second[32];
    for (size_t i = 0; i < 3; i++)
        tries[i] = talking_sending(lab, mark, i);
    const char *expected = "again after 1 s, then 2 s";
    if (!tries[2]) {
        lab_evidence(lab, TRACE_ON_THE_WIRE, false, 0, expected, "sent %s", tries[1] ? "twice" : "once");
        return;
    }
    const uint64_t pause = tries[1]->at_us - tries[0]->at_us, then = tries[2]->at_us - tries[1]->at_us;
    words_time(pause, first, sizeof first);
    words_time(then, second, sizeof second);
    const bool doubled = pause >= 900 * LAB_MS_US && pause <= 1900 * LAB_MS_US && then > pause + pause / 2;
    lab_evidence(lab, TRACE_ON_THE_WIRE, doubled, 0, expected, "after %s, then %s", first, second);
}

static void lost_data(struct lab *lab) {
    struct lab_rule lost = {.with_data = true,
                            .count = 2,
                            .bent = {.copies = 0, .purpose = "Lost on purpose: it never reaches the server."}};
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = talking_bent(lab, &lost, SOON_US);
    const struct peer early = lab_peer(client);
    const bool heard = lab_arrived(client, mark, 0, 0) != NULL;
    lab_until_acked(client, 6 * LAB_SECOND_US);
    sees_backoff(lab, mark);
    lab_evidence(lab, TRACE_ON_THE_WIRE, !heard, 0, "silence until then", heard ? "an ACK at once" : "silence");
    lab_kernel_evidence(lab, &early, early.unread_bytes == 0, 0, "knows nothing of it", "%u bytes unread",
                        (unsigned)early.unread_bytes);
    const size_t expired = lab_decided(lab, RS_TIMED_OUT);
    lab_evidence(lab, TRACE_AT_OUR_END, expired == 2, 0, "the timer expires twice", "%zu times", expired);
    lab_finish(client);
    lab_sees_read(lab, TALKING_MESSAGE, LAB_EITHER_WAY);
}

const struct experiment lab_lost_data = {
    .name = "lost-data",
    .chapter = LAB_TALKING,
    .question = "When does a lost segment go out again?",
    .situation = "Our program calls sendall() and its work is done. But the network loses the segment, and the second "
                 "try as well.",
    .choices = {"At once: the network says that it has lost it",
                "After a second, and then every second until it is acknowledged",
                "After a second, and then after two more: each pause is twice as long",
                "Never: our program has to call sendall() again"},
    .right = 2,
    .deviation = "the segment with the message is lost twice",
    .answer = "A network loses segments without a word. So whoever sends keeps the bytes, and a timer, until they are "
              "acknowledged. When it expires they go out again, with the same numbers. Each time the pause doubles: "
              "if the network is crowded, haste would make it worse. The server notices nothing but a delay.",
    .section = "RFC 9293, section 3.8.1; RFC 6298, sections 2 and 5.5",
    .stage = {.timers = true},
    .run = lost_data,
};

// ---- data-checksum

static void data_checksum(struct lab *lab) {
    struct lab_rule damaged = {
        .with_data = true,
        .count = 1,
        .bent = {.copies = 1, .flip = true, .purpose = "On its way one bit of the message is turned round."}};
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = talking_bent(lab, &damaged, SOON_US);
    lab_sees_silence(client, mark, 0);
    lab_sees_counter(lab, "TcpInCsumErrors", 1, 0);
    talking_sees_unread(lab, client, 0, 0);
    talking_again(lab, client, mark);
}

const struct experiment lab_data_checksum = {
    .name = "data-checksum",
    .chapter = LAB_TALKING,
    .question = "What does a server do with a damaged message?",
    .situation = "The connection stands. On its way to the server one bit of our message is turned round: the server "
                 "gets another letter than we sent.",
    .choices = {"It drops the segment without a word, and our end sends it again",
                "It asks our end to send the segment again",
                "It gives the message to its program, with the wrong letter", "It ends the connection with RST"},
    .right = 0,
    .deviation = "one bit of the message is turned round on the way",
    .answer = "The checksum covers each byte of the message, so the server's kernel notices. It cannot say \"again, "
              "please\": the numbers of the segment may be what is damaged. To drop it is enough. Our timer expires, "
              "for no ACK comes, and the message goes out once more.",
    .section = "RFC 9293, section 3.1, MUST-3; RFC 6298, section 5.4",
    .stage = {.timers = true},
    .run = data_checksum,
};

// ---- what beyond-window and paws have in common: the message is answered, but not taken

static void answered_not_taken(struct lab *lab, struct lab_rule *rule, const char *counter, unsigned how) {
    struct lab_end *client = lab_end(lab, 0);
    const size_t mark = talking_bent(lab, rule, SOON_US);
    talking_sees_nothing_acked(lab, client, mark, 0);
    talking_sees_unread(lab, client, 0, 0);
    lab_sees_counter(lab, counter, 1, how);
    talking_again(lab, client, mark);
}

// ---- beyond-window

static void go_beyond(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.seq += 100000;
}

static void beyond_window(struct lab *lab) {
    struct lab_rule shifted = {
        .with_data = true,
        .count = 1,
        .bent = {.copies = 1, .purpose = "Its number is altered on the way: 100000 is added to it."},
        .alter = go_beyond};
    answered_not_taken(lab, &shifted, "TcpExtBeyondWindow", LAB_LINUX);
}

const struct experiment lab_beyond_window = {
    .name = "beyond-window",
    .chapter = LAB_TALKING,
    .question = "What becomes of bytes that lie beyond the window?",
    .situation =
        "In each segment the server tells us its window: so many bytes, counted from the next one, it has room "
        "for. Our message comes with a number that lies far beyond it.",
    .choices = {"They are kept until all before them has come", "They are dropped without a word",
                "They are dropped, and the answer is RST", "They are dropped, and the answer is an ACK"},
    .right = 3,
    .deviation = "the message's number lies 100000 too far ahead",
    .answer = "The server keeps what lies in its window, for it has promised room for that, and nothing else. The ACK "
              "that answers says which number it is waiting for: two ends that have lost each other find together "
              "again that way. A RST would let anybody who guesses badly end connections. Then our timer sends the "
              "message with its right number.",
    .section = "RFC 9293, sections 3.4 and 3.10.7.4",
    .run = beyond_window,
};

// ---- paws

static void turn_clock_back(struct rs_packet *packet, void *self) {
    (void)self;
    packet->segment.options.ts_value -= 1000000;
}

static void paws(struct lab *lab) {
    struct lab_rule old = {
        .with_data = true,
        .count = 1,
        .bent = {.copies = 1, .purpose = "Its timestamp is altered: it says that it left 1000 seconds ago."},
        .alter = turn_clock_back};
    answered_not_taken(lab, &old, "TcpExtPAWSEstab", 0);
}

const struct experiment lab_paws = {
    .name = "paws",
    .chapter = LAB_TALKING,
    .question = "The number is right. May a segment still be too old?",
    .situation = "Both ends write the time of their own clock into each segment, as an option. Our message has exactly "
                 "the number that the server waits for, but its time is 1000 seconds before that of our ACK.",
    .choices = {"No: the number decides, and the time is only for measuring",
                "Yes: it is dropped, and an ACK says what is still missing", "Yes: it is dropped without a word",
                "Yes: it proves that somebody else sent it, so RST follows"},
    .right = 1,
    .deviation = "the message's timestamp is older than that of the segment before it",
    .answer =
        "There are 4294967296 numbers, and a fast connection has used them all up in seconds; then they come round. A "
        "segment that was held up somewhere for so long may carry a number that fits again, and wrong bytes. Its old "
        "timestamp gives it away. The rule is called PAWS: protection against wrapped sequence numbers. What it drops "
        "is answered by an ACK, so that an end that is only confused learns what the server waits for.",
    .section = "RFC 7323, section 5.3",
    .run = paws,
};
