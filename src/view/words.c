// SPDX-License-Identifier: MIT
//
// The words (see words.h): what happened. What the header fields mean stands in words_field.c. Called by the narrator.
#include "view/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_RTO_US = 1000000, RTO_AFTER_LOST_SYN_US = 3000000, OPEN_LIMIT_US = 183000000, DATA_LIMIT_US = 120000000 };

void words_time(uint64_t us, char *out, size_t room) {
    if (us < 1000)
        snprintf(out, room, "%u us", (unsigned)us);
    else if (us < 1000000 && us % 1000 == 0)
        snprintf(out, room, "%u ms", (unsigned)(us / 1000));
    else if (us < 1000000)
        snprintf(out, room, "%u.%u ms", (unsigned)(us / 1000), (unsigned)(us % 1000 / 100));
    else if (us % 1000000 == 0 || us >= 100 * UINT64_C(1000000))
        snprintf(out, room, "%" PRIu64 " s", us / 1000000);
    else
        snprintf(out, room, "%u.%02u s", (unsigned)(us / 1000000), (unsigned)(us % 1000000 / 10000));
}

void words_bytes(uint64_t count, char *out, size_t room) {
    snprintf(out, room, "%" PRIu64 " byte%s", count, count == 1 ? "" : "s");
}

void words_peer(const struct trace_peer *peer, enum rs_state last_shown, char *out, size_t room) {
    if (!peer->known)
        snprintf(out, room, "?");
    else if (peer->existed && (peer->state == RS_LISTEN || peer->state == RS_CLOSED))
        snprintf(out, room, "CLOSED");
    else if (peer->state != last_shown || peer->unread_bytes == 0 || peer->state == RS_LISTEN)
        snprintf(out, room, "%s", rs_state_name(peer->state));
    else if (peer->unread_bytes < 100)
        snprintf(out, room, "%u %s unread", (unsigned)peer->unread_bytes, peer->unread_bytes == 1 ? "byte" : "bytes");
    else
        snprintf(out, room, "%u unread", (unsigned)peer->unread_bytes);
}

static const char *after_connect(const struct trace_peer *peer) {
    if (!peer || !peer->known)
        return "";
    if (peer->state == RS_SYN_RECEIVED)
        return " The server's kernel has not taken our ACK yet: connect() does not wait for that.";
    if (peer->state != RS_ESTABLISHED)
        return "";
    if (peer->accepted)
        return " The server's program has called accept() already.";
    return peer->others ? " The server's program has not called accept() for this connection yet: its kernel did all "
                          "this alone."
                        : " The server's program has not called accept() yet: its kernel did all this alone.";
}

static void after_sendall(size_t bytes, const struct trace_peer *peer, char *out, size_t room) {
    char queued[40], unread[40];
    words_bytes(bytes, queued, sizeof queued);
    if (bytes == 0) {
        snprintf(out, room, "sendall() of nothing sends nothing: there is no such thing as an empty message in TCP.");
        return;
    }
    int used = snprintf(
        out, room, "sendall() returns as soon as our end has taken the %s. It does not say that they have arrived.",
        queued);
    if (!peer || !peer->known || peer->unread_bytes == 0 || peer->state == RS_LISTEN || (size_t)used >= room)
        return;
    words_bytes(peer->unread_bytes, unread, sizeof unread);
    snprintf(out + used, room - (size_t)used, " The server's kernel says that %s wait%s in its queue, unread%s.",
             unread, peer->unread_bytes == 1 ? "s" : "",
             peer->accepted ? ""
             : peer->others ? ", though its program has not even called accept() for this connection"
                            : ", though its program has not even called accept()");
}

void words_return(enum trace_call call, size_t bytes, bool left, const struct trace_peer *peer, char *out,
                  size_t room) {
    out[0] = '\0';
    if (call == TRACE_CONNECT && !left)
        snprintf(
            out, room,
            "connect() returns: the SYN-ACK has come, and for our end its ACK is on its way. The server waits for it "
            "still, but connect() does not wait for the server.");
    else if (call == TRACE_CONNECT)
        snprintf(out, room, "connect() returns: the SYN-ACK has come and our ACK has left.%s", after_connect(peer));
    else if (call == TRACE_SENDALL)
        after_sendall(bytes, peer, out, room);
    else if (call == TRACE_ACCEPT)
        snprintf(
            out, room,
            "accept() returns: our SYN,ACK is acknowledged, so the connection stands. A client's connect() returns "
            "a little before: when the SYN,ACK has come and its ACK has left.");
}

// Where we are the server: what a client does next is its own affair, and what we close it has closed before.
static const char *expectation_of_client(enum rs_reason reason) {
    switch (reason) {
    case RS_SENT_SYN_ACK:
    case RS_RESENT_SYN_ACK:
        return "We expect an ACK: the third segment. It moves our end to ESTABLISHED, and may bring data already.";
    case RS_SENT_FIN:
    case RS_RESENT_FIN:
        return "We expect an ACK of our FIN. The client has closed its side already, so nothing is left then.";
    case RS_SENT_PROBE:
        return "We expect an ACK that tells the size of the client's window.";
    case RS_SENT_ACK_OF_FIN:
        return "We expect nothing. If this ACK is lost, the client's FIN will come again.";
    default:
        return NULL;
    }
}

const char *words_expectation(const struct trace_segment *segment) {
    const enum rs_reason reason = segment->why;
    const uint8_t flags = segment->packet->segment.flags;
    const char *of_client = segment->we_listen ? expectation_of_client(reason) : NULL;
    if (of_client)
        return of_client;
    switch (reason) {
    case RS_SENT_SYN:
    case RS_RESENT_SYN:
        return "We expect SYN,ACK if a program listens there, RST if none does. Silence means a lost packet, a "
               "firewall "
               "or no such machine; then the SYN is sent again.";
    case RS_SENT_HANDSHAKE_ACK:
        return "We expect nothing: an ACK without data is not acknowledged. It is to move the server to ESTABLISHED.";
    case RS_SENT_DATA:
    case RS_RESENT_DATA:
    case RS_RESENT_FAST:
        return flags & RS_FIN ? "We expect an ACK for the bytes and for the FIN."
                              : "We expect an ACK that names the number after the last of these bytes.";
    case RS_SENT_FIN:
    case RS_RESENT_FIN:
        return "We expect an ACK of our FIN, and a FIN of the server's own when its program closes; both may come in "
               "one "
               "segment.";
    case RS_SENT_PROBE:
        return "We expect an ACK that tells the size of the server's window.";
    case RS_SENT_ACK_OF_FIN:
        return "We expect nothing. If this ACK is lost, the server's FIN will come again.";
    case RS_SENT_RESET:
    case RS_SENT_ABORT:
        return "We expect nothing: RST is never answered.";
    default:
        return "We expect nothing: an ACK without data is not acknowledged.";
    }
}

static const char *surprise(const struct trace_segment *segment) {
    const struct rs_segment *seg = &segment->packet->segment;
    if (seg->flags & RS_RST)
        return "RST ends the connection at once.";
    if ((seg->flags & RS_SYN) && (seg->flags & RS_ACK) && segment->irs_known && seg->seq == segment->irs &&
        !segment->expected.any_seq)
        return "The server's SYN comes again: our ACK of it has not reached the server yet, or was not taken.";
    if ((seg->flags & (RS_SYN | RS_ACK)) == RS_SYN && segment->we_listen && !segment->expected.any_seq)
        return "The client has sent its SYN again: our SYN,ACK has not reached it yet, or was not taken.";
    if ((seg->flags & RS_FIN) && !(segment->expected.flags & RS_FIN))
        return seg->seq == segment->expected.seq
                   ? "The server has closed its side: its FIN says that no more bytes will "
                     "come."
                   : "The server has sent its FIN again: it has not seen our ACK.";
    if (segment->expected.flags & RS_FIN && !(seg->flags & RS_FIN))
        return "The server has not closed its side yet.";
    if (rs_segment_data_bytes(seg) > 0)
        return "The server has sent data.";
    return NULL;
}

void words_surprise(const struct trace_segment *segment, char *out, size_t room) {
    const char *why = surprise(segment);
    snprintf(out, room, "%s", why ? why : "");
    if (segment->we_listen)
        words_exchange_roles(out);
}

// Where the wait comes from.
static const char *why_this_wait(uint64_t us, const struct words_known *known) {
    if (us == LEAST_RTO_US)
        return ", the least that is allowed (RFC 6298, 2.4)";
    if (us == RTO_AFTER_LOST_SYN_US && !known->measured)
        return ", since the SYN had to be sent again (RFC 6298, 5.7)";
    if (known->backed_off)
        return ", still doubled: no round trip has been measured since (RFC 6298, 5.5)";
    return ", which the round trips that were measured call for (RFC 6298, 2.3)";
}

// How long it was tried.
static void limit(const struct trace_decision *decision, const struct words_known *known, char *out, size_t room) {
    bool opening = decision->before == RS_SYN_SENT || decision->before == RS_SYN_RECEIVED;
    char time[32];
    words_time(known->timeout_us > 0 ? known->timeout_us : opening ? OPEN_LIMIT_US : DATA_LIMIT_US, time, sizeof time);
    if (known->limit_is)
        snprintf(out, room, "The limit was %s (%s).", time, known->limit_is);
    else
        snprintf(out, room, "The limit was %s%s.", time, known->experiment || known->we_listen ? "" : " (--timeout)");
}

static const char *who_refused(const struct words_known *known) {
    if (!known->local)
        return "No program sent it: the kernel over there did, since no socket listens on that port, or a firewall "
               "answered in its place.";
    if (known->server == RS_LISTEN)
        return known->experiment // what was sent may have been such that a listener refuses it
                   ? ""
                   : "Yet a socket does listen on that port: a firewall rule of this machine has answered in its "
                     "place.";
    return known->server == RS_CLOSED
               ? "No program sent it: the kernel of this machine did, since no socket listens on that port."
               : "No program sent it: the kernel of this machine did, since no socket listens on that port, or a "
                 "firewall rule answered in its place.";
}

// What an end has to be told with.
static void ending(const struct trace_decision *decision, const struct words_known *known, char *out, size_t room) {
    switch (decision->reason) {
    case RS_ICMP_REFUSED:
    case RS_ICMP_GAVE_UP:
        snprintf(out, room, "%s: %s.", known->we_listen ? "The handshake ends here" : "connect() fails",
                 strerror((int)decision->value));
        break;
    case RS_GAVE_UP:
        limit(decision, known, out, room);
        break;
    case RS_REFUSED:
        snprintf(out, room, "%s", who_refused(known));
        break;
    case RS_RESET:
        if (!known->guarded)
            snprintf(out, room,
                     "There was no guard, so our own kernel had answered the SYN-ACK with RST (a raw socket sees what "
                     "arrives, not that). Our ACK then met no connection, and this RST is the answer to it.");
        break;
    default:
        break;
    }
}

enum { FIRST_WAIT_US = 1000000 }; // RFC 6298, section 2.1

static void addition(const struct trace_decision *decision, const struct words_known *known, char *out, size_t room) {
    char time[32];
    words_time(decision->value, time, sizeof time);
    out[0] = '\0';
    switch (decision->reason) {
    case RS_TIMED_OUT:
        if (decision->value <= FIRST_WAIT_US) // less than any wait that has doubled
            snprintf(out, room,
                     "This time, too, we wait up to %s. Linux has it so for its SYN (tcp_syn_linear_timeouts); the RFC "
                     "would double the wait.",
                     time);
        else
            snprintf(out, room, "This time we wait up to %s. The wait doubles each time, up to a minute.", time);
        break;
    case RS_TIMER_SET:
        snprintf(out, room, "The wait is %s%s.", time, why_this_wait(decision->value, known));
        break;
    case RS_PERSIST_SET:
        snprintf(out, room, "If nothing comes within %s, we ask: what fits goes out, at least one byte.", time);
        break;
    case RS_PERSIST_AGAIN:
        snprintf(out, room, "It leaves in %s. The wait doubles each time, up to a minute.", time);
        break;
    case RS_ACK_DELAYED:
        snprintf(out, room, "It waits %s at most.", time);
        break;
    case RS_PATH_MTU_LOWERED:
        snprintf(out, room, "A segment takes at most %u bytes of options and data now.", (unsigned)decision->value);
        break;
    case RS_ICMP_NOTED:
        if (decision->value != 0)
            snprintf(out, room, "If nothing gets through at last, this is what the program is told: %s.",
                     strerror((int)decision->value));
        break;
    case RS_TIME_WAIT_BEGINS:
        snprintf(out, room, "It is to last %s.", time);
        break;
    case RS_RTT_MEASURED:
        snprintf(out, room, "This time it was %s.", decision->value == 0 ? "too short to be measured" : time);
        break;
    case RS_SENT_SYN:
        snprintf(out, room, "If no answer comes within %s, it goes out again.", time);
        break;
    default:
        ending(decision, known, out, room);
        break;
    }
}

void words_decision(const struct trace_decision *decision, const struct words_known *known, char *out, size_t room) {
    addition(decision, known, out, room);
    if (known->we_listen)
        words_exchange_roles(out);
}

void words_timer_again(uint64_t us, char *out, size_t room) {
    char time[32];
    words_time(us, time, sizeof time);
    snprintf(out, room, "The timer runs anew: %s.", time);
}

void words_next_address(const struct rs_endpoint *tried, const char *why, char *out, size_t room) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    snprintf(out, room, "%s: %s. The host has another address, which is tried now.",
             rs_endpoint_text(tried, text, sizeof text), why);
}

static const char *after(enum trace_after after) {
    switch (after) {
    case TRACE_FOLLOWED:
        return ", and rawshake only looks on";
    case TRACE_ITSELF:
        return ", and rawshake sees no more of it: both ends are the same, and which of them sends cannot be seen";
    case TRACE_TOO_MANY:
        return ", and rawshake sees no more of it: so many are open that not all can be followed";
    default:
        return ", and rawshake sees no more of it (--follow tells the rest)";
    }
}

void words_end(const struct trace_event *event, const struct trace_about *about, char *out, size_t room) {
    out[0] = '\0';
    if (event->u.end.segments[0] + event->u.end.segments[1] > 0) // only of those of others they are counted
        words_ending(event, out, room);
    else if (event->u.end.handed_over)
        snprintf(out, room, "From here on the connection is the kernel's: our own TCP forgets it%s.",
                 about && about->process > 0 ? after(event->u.end.after) : "");
    else if (event->u.end.state == RS_TIME_WAIT)
        snprintf(
            out, room,
            "The end that closes first stays in TIME-WAIT: twice the longest life of a segment, four minutes by the "
            "RFC, 60 s in Linux. Then a late segment of this connection cannot be taken for one of the next with "
            "the same numbers. A kernel would sit it out after close() has long returned; we leave now%s.",
            about && (about->experiment || about->we_listen) ? "" : " (--time-wait SECONDS stays)");
    else if (event->u.end.state == RS_CLOSED && event->u.end.in_order)
        snprintf(out, room, "CLOSED: nothing is left of the connection at our end.");
    else if (about && about->we_listen && event->u.end.state == RS_LISTEN)
        snprintf(out, room, "No connection has come of it: our end listens, as before.");
    else if (about && about->we_listen && event->u.end.state == RS_SYN_RECEIVED)
        snprintf(out, room,
                 "It is forgotten half-open, without a word, as a kernel does it: no ACK has come of our SYN,ACK.");
}
