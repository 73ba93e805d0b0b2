// SPDX-License-Identifier: MIT
//
// Why the engine does what it does: every decision has a reason from this one table. The narration prints the
// sentence, a test asserts the name, and the section tells where the rule stands. Nothing else in the project says why.
//
// X(identifier, name, section, sentence)
#ifndef RAWSHAKE_REASON_H
#define RAWSHAKE_REASON_H

#ifdef __cplusplus
extern "C" {
#endif

// clang-format off
#define RS_REASONS(X)                                                                                                  \
    /* what was sent */                                                                                                \
    X(SENT_SYN, "sent-syn", "RFC 9293 3.10.1",                                                                         \
      "A connection begins with a SYN: it tells the other end the number that our bytes will be counted from.")        \
    X(SENT_SYN_ACK, "sent-syn-ack", "RFC 9293 3.10.7.2",                                                               \
      "One segment does two jobs: it acknowledges their SYN and sends our own.")                                       \
    X(SENT_HANDSHAKE_ACK, "sent-handshake-ack", "RFC 9293 3.10.7.3",                                                   \
      "The third segment says that their SYN has arrived: now both ends know both numbers.")                           \
    X(SENT_DATA, "sent-data", "RFC 9293 3.10.2",                                                                       \
      "Queued bytes leave as soon as the other end's window has room for them.")                                       \
    X(SENT_FIN, "sent-fin", "RFC 9293 3.10.4",                                                                         \
      "FIN says: I have nothing more to send. It is numbered like a byte, so that it can be acknowledged.")            \
    X(SENT_ACK, "sent-ack", "RFC 9293 3.10.7.4",                                                                       \
      "An ACK names the next number that we expect; all before it has arrived.")                                       \
    X(SENT_ACK_OF_FIN, "sent-ack-of-fin", "RFC 9293 3.10.7.4",                                                         \
      "Their FIN took one sequence number, so our ACK is one higher than their last byte.")                            \
    X(SENT_DELAYED_ACK, "sent-delayed-ack", "RFC 9293 3.8.6.3", \
      "We had waited for data of ours that could carry this ACK, or for more of theirs. None came, so it leaves alone.") \
    X(SENT_DUPLICATE_ACK, "sent-duplicate-ack", "RFC 5681 4.2", \
      "Bytes before these are missing, so the same ACK goes out again, at once: it tells the other end of the gap.") \
    X(SENT_WINDOW_UPDATE, "sent-window-update", "RFC 9293 3.8.6.2.2",                                                  \
      "The program has read, so there is room again; we say so, because the other end may be waiting for it.")         \
    X(RESENT_SYN, "resent-syn", "RFC 9293 3.8.1",                                                                      \
      "No answer came in time, so the same SYN goes out again.")                                                       \
    X(RESENT_SYN_ACK, "resent-syn-ack", "RFC 9293 3.8.1",                                                              \
      "Our SYN,ACK was not acknowledged in time, so it goes out again.")                                               \
    X(RESENT_DATA, "resent-data", "RFC 9293 3.8.1",                                                                    \
      "These bytes were not acknowledged in time, so they go out again, with the same numbers.")                       \
    X(RESENT_FAST, "resent-fast", "RFC 5681 3.2", \
      "The segment that is missing goes out again at once, without waiting for the timer.") \
    X(RESENT_FIN, "resent-fin", "RFC 9293 3.8.1",                                                                      \
      "Our FIN was not acknowledged in time, so it goes out again, with the same number.")                             \
    X(SENT_PROBE, "sent-probe", "RFC 9293 3.8.6.1",                                                                    \
      "Their window is closed. One byte, or the FIN, is sent all the same: the answer tells us whether it has opened.")             \
    X(SENT_RESET, "sent-reset", "RFC 9293 3.5.2",                                                                      \
      "RST answers a segment that belongs to no connection we have.")                                                  \
    X(SENT_ABORT, "sent-abort", "RFC 9293 3.10.5",                                                                     \
      "RST ends the connection at once, without waiting for anything.")                                                \
    X(SENT_CHALLENGE_ACK, "sent-challenge-ack", "RFC 5961 3.2",                                                        \
      "A segment that might be forged is answered by an ACK with our true numbers: a real peer will know what to do.") \
    /* what arriving segments did */                                                                                   \
    X(SYN_ACKED, "syn-acked", "RFC 9293 3.10.7.3",                                                                     \
      "The SYN,ACK acknowledges our SYN and brings theirs: the connection stands at our end.")                         \
    X(SIMULTANEOUS_OPEN, "simultaneous-open", "RFC 9293 3.5",                                                          \
      "A SYN came where a SYN,ACK was expected: both ends open at once.")                                              \
    X(PEER_OPENED, "peer-opened", "RFC 9293 3.10.7.2",                                                                 \
      "A SYN came to our listening end.")                                                                              \
    X(HANDSHAKE_DONE, "handshake-done", "RFC 9293 3.10.7.4",                                                           \
      "Our SYN,ACK is acknowledged: the connection stands at our end.")                                                \
    X(DATA_ACKED, "data-acked", "RFC 9293 3.10.7.4",                                                                   \
      "The ACK covers bytes that we sent: they need not be kept any longer.")                                          \
    X(FIN_ACKED, "fin-acked", "RFC 9293 3.10.7.4",                                                                     \
      "Our FIN is acknowledged: the other end knows that no more bytes will come from us.")                            \
    X(DATA_ARRIVED, "data-arrived", "RFC 9293 3.10.7.4",                                                               \
      "Bytes arrived in order and were put where the program can read them.")                                          \
    X(FIN_ARRIVED, "fin-arrived", "RFC 9293 3.10.7.4",                                                                 \
      "Their FIN arrived after all their bytes: our program will read end of file.")                                   \
    X(WINDOW_CLOSED, "window-closed", "RFC 9293 3.8.6.1",                                                              \
      "The other end's window is now zero: it has no room for more.")                                                  \
    X(WINDOW_OPENED, "window-opened", "RFC 9293 3.8.6.1",                                                              \
      "The other end has room again.")                                                                                 \
    X(KEPT_OUT_OF_ORDER, "kept-out-of-order", "RFC 9293 3.10.7.4", \
      "What comes before this is missing. It is kept, and counts once the gap is filled.") \
    X(GAP_FILLED, "gap-filled", "RFC 9293 3.10.7.4", \
      "That was what had been missing: the bytes that were kept behind it can now be read too.") \
    X(ACK_DELAYED, "ack-delayed", "RFC 9293 3.8.6.3", \
      "The ACK waits a moment: data of ours may carry it, or a second segment of theirs may share it.") \
    X(FAST_RETRANSMIT, "fast-retransmit", "RFC 5681 3.2", \
      "The same ACK has come three times more: one segment is missing, but others behind it get through.") \
    X(RECOVERED, "recovered", "RFC 6582 3.2", \
      "All that was on its way when the loss was noticed has arrived. From here we send half as much at once as before.") \
    X(ICMP_NOTED, "icmp-noted", "RFC 9293 3.9.2.2", \
      "An ICMP error about our segment is only noted: it may pass, so nothing ends because of it.") \
    X(ICMP_IGNORED, "icmp-ignored", "RFC 5927 4.1", \
      "This ICMP error changes nothing: it tells nothing new, is of a kind that TCP does not heed, or quotes nothing of ours that is on its way (anybody can send one).") \
    X(PATH_MTU_LOWERED, "path-mtu-lowered", "RFC 1191 6.4", \
      "A router on the way cannot take packets as large as ours. From now on they are smaller, and the lost ones go out again.") \
    X(NO_MSS_OPTION, "no-mss-option", "RFC 9293 3.7.1",                                                                \
      "Their SYN has no MSS option; that means 536 bytes over IPv4, and 1220 over IPv6.")                             \
    /* what was dropped, and why */                                                                                    \
    X(DROPPED_BAD_ACK, "dropped-bad-ack", "RFC 9293 3.10.7.3",                                                         \
      "It acknowledges what we never sent, or what is long past: it is late, wrong or forged, and changes nothing.")                       \
    X(DROPPED_NOT_OURS, "dropped-not-ours", "RFC 9293 3.10.7.3",                                                       \
      "It has neither SYN nor RST: it says nothing to an end that is opening.")                                        \
    X(DROPPED_OUTSIDE_WINDOW, "dropped-outside-window", "RFC 9293 3.10.7.4",                                           \
      "Its numbers lie outside our window: old, doubled or wrong. We answer with our true numbers.")                   \
    X(DROPPED_NO_ACK, "dropped-no-ack", "RFC 9293 3.10.7.4",                                                           \
      "Every segment of an open connection carries ACK; this one does not.")                                           \
    X(DROPPED_OUT_OF_ORDER, "dropped-out-of-order", "RFC 9293 3.10.7.4",                                               \
      "What comes before this is missing, and there are too many gaps to remember one more; the other end will send it again.")                        \
    X(DROPPED_OLD_TIMESTAMP, "dropped-old-timestamp", "RFC 7323 5.3", \
      "Its numbers fit, but its timestamp is older than what has arrived already: an old duplicate.") \
    X(DROPPED_NO_TIMESTAMP, "dropped-no-timestamp", "RFC 7323 3.2", \
      "Both ends have agreed on timestamps, and this segment has none: it is not of this connection.") \
    X(DROPPED_RST, "dropped-rst", "RFC 5961 3.2",                                                                      \
      "A RST whose numbers do not fit may be forged: it is not believed.")                                             \
    X(DROPPED_STALE, "dropped-stale", "RFC 9293 3.10.7.1",                                                             \
      "The connection is over; this segment belongs to nothing.")                                                      \
    X(URGENT_SEEN, "urgent-seen", "RFC 9293 3.8.5",                                                                    \
      "It says that some of its data is urgent. The data is read in order all the same.")                              \
    /* timers */                                                                                                       \
    X(TIMER_SET, "timer-set", "RFC 6298 5.1",                                                                          \
      "Something is on its way: if no ACK comes in this time, it will be sent again.")                                 \
    X(TIMED_OUT, "timed-out", "RFC 6298 5.5",                                                                          \
      "No ACK of it came in time, so it has to go out again.")                                                          \
    X(STILL_TRYING, "still-trying", "RFC 9293 3.8.3", \
      "Three times in a row no ACK came in time: something is wrong on the way, or at the other end. We go on trying.") \
    X(PERSIST_SET, "persist-set", "RFC 9293 3.8.6.1", \
      "Something waits, their window has no room worth using, and nothing is on its way whose ACK could tell of more.") \
    X(PERSIST_AGAIN, "persist-again", "RFC 9293 3.8.6.1", \
      "If no answer opens the window, another probe follows.") \
    X(RTT_MEASURED, "rtt-measured", "RFC 6298 2.2",                                                                    \
      "The time between a segment and its ACK sets how long to wait before sending again.")                            \
    X(TIME_WAIT_BEGINS, "time-wait-begins", "RFC 9293 3.6.1",                                                          \
      "Both directions are closed. Now comes a wait, in case our last ACK was lost and their FIN comes again.")                 \
    X(TIME_WAIT_RESTARTED, "time-wait-restarted", "RFC 9293 3.10.7.4",                                                 \
      "Their FIN came again, so our last ACK was lost: we acknowledge once more and wait from the start.")             \
    X(TIME_WAIT_OVER, "time-wait-over", "RFC 9293 3.10.8",                                                             \
      "The wait is over: no segment of this connection can be on its way any more.")                                  \
    /* how it ended */                                                                                                 \
    X(CLOSED_BOTH, "closed-both", "RFC 9293 3.6",                                                                      \
      "Both ends have closed and both FINs are acknowledged.")                                                         \
    X(CLOSED_OPENING, "closed-opening", "RFC 9293 3.10.4",                                                             \
      "close() before any answer came: there is no connection to end, so nothing is sent.")                            \
    X(REFUSED, "refused", "RFC 9293 3.10.7.3",                                                                         \
      "RST answered our SYN: the connection is refused.")                                \
    X(RESET, "reset", "RFC 9293 3.10.7.4",                                                                             \
      "The other end sent RST: the connection is over at once; what was not read yet may be lost.")                      \
    X(GAVE_UP, "gave-up", "RFC 9293 3.8.3",                                                                            \
      "Nothing was acknowledged for too long: we stop trying.")                                                        \
    X(ICMP_REFUSED, "icmp-refused", "RFC 9293 3.9.2.2", \
      "An ICMP error says that nothing will ever answer there: the connection cannot be opened.") \
    X(ICMP_GAVE_UP, "icmp-gave-up", "RFC 5461 4.2", \
      "The RFC would go on trying, for this may pass. Linux lets such an error end a connection that is only being opened, and so do we.") \
    X(ABORTED, "aborted", "RFC 9293 3.10.5",                                                                           \
      "We ended the connection ourselves, at once.")
// clang-format on

enum rs_reason {
#define RS_REASON_ID(id, name, section, sentence) RS_##id,
    RS_REASONS(RS_REASON_ID)
#undef RS_REASON_ID
        RS_REASON_COUNT
};

// The short name, for tests and machines: "sent-syn". Never NULL.
const char *rs_reason_name(enum rs_reason reason);

// One or more sentences for a learner. Never NULL.
const char *rs_reason_sentence(enum rs_reason reason);

// Where the rule stands: "RFC 9293 3.10.1". Never NULL.
const char *rs_reason_section(enum rs_reason reason);

#ifdef __cplusplus
}
#endif

#endif
