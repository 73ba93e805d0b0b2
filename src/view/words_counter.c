// SPDX-License-Identifier: MIT
//
// What the kernel's counters say, in words: a sentence for each that can matter to somebody who learns TCP. Each is
// true whenever the kernel counts it, whoever made it do so. What is not in the table is shown with its name and
// number: better no word than a wrong one. Used by the narrator and the page.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/words.h"

struct sentence {
    const char *name, *text; // text: what the kernel has done; NULL: traffic that needs no sentence
};

static const struct sentence sentences[] = {
    // What every conversation moves.
    {"TcpInSegs", NULL},
    {"TcpOutSegs", NULL},
    {"TcpExtTCPPureAcks", NULL},
    {"TcpExtTCPHPHits", NULL},
    {"TcpExtTCPHPAcks", NULL},
    {"TcpExtTCPOrigDataSent", NULL},
    {"TcpExtTCPDelivered", NULL},
    {"TcpExtTCPRcvCoalesce", NULL},
    {"TcpExtTCPBacklogCoalesce", NULL},
    {"TcpExtTCPAutoCorking", NULL},
    // Opening.
    {"TcpActiveOpens", "began to open a connection: a socket went from CLOSED to SYN-SENT"},
    {"TcpPassiveOpens", "made the socket of a connection that a client has opened"},
    {"TcpAttemptFails", "gave up a connection before it was established"},
    {"TcpExtTCPSynRetrans", "sent a SYN or SYN-ACK again: no answer had come in time, or the SYN came twice"},
    {"TcpExtListenOverflows", "had no place for a connection: the queue of those that wait for accept() was full"},
    {"TcpExtListenDrops", "dropped, at a listening socket, what would have made or completed a connection"},
    {"TcpExtSyncookiesSent", "answered a SYN with a cookie for its sequence number, and kept nothing of it in memory"},
    {"TcpExtSyncookiesRecv", "got back a cookie that it had sent: the ACK itself proves that there was a SYN"},
    {"TcpExtSyncookiesFailed", "got an ACK whose number was no cookie that it could have sent"},
    {"TcpExtEmbryonicRsts", "gave up a half-open connection, because something came that resets it"},
    {"TcpExtTCPReqQFullDoCookies",
     "had its queue of half-open connections full, and answered with cookies from then on"},
    {"TcpExtTCPReqQFullDrop", "dropped a SYN: its queue of half-open connections was full"},
    {"TcpExtTCPDeferAcceptDrop",
     "left an ACK without data alone: its program wants to see data first (TCP_DEFER_ACCEPT)"},
    {"TcpExtTCPFastOpenActive", "had its SYN's data accepted (TCP Fast Open, RFC 7413)"},
    {"TcpExtTCPFastOpenPassive", "took in data that came with a SYN (TCP Fast Open, RFC 7413)"},
    {"TcpExtTCPFastOpenCookieReqd", "was asked for a cookie of TCP Fast Open (RFC 7413)"},
    // What was refused, and why.
    {"TcpInCsumErrors", "dropped the segment because its checksum did not match"},
    {"TcpInErrs", "threw a segment away as faulty; a wrong checksum is one of such faults"},
    {"IpExtInECT0Pkts", "got a packet on which routers may mark congestion (ECN)"},
    {"IpExtInCEPkts", "got a packet whose mark says that there was congestion on its way (ECN)"},
    {"IpExtInCsumErrors", "dropped a packet because the checksum of its IP header did not match"},
    {"IpInHdrErrors", "dropped a packet because of its IP header"},
    {"IpInAddrErrors", "dropped a packet because of its address"},
    {"IpInDiscards", "dropped a packet that was in order, for a reason of its own"},
    {"IpOutDiscards", "did not send a packet that was in order, for a reason of its own"},
    {"IpReasmReqds", "got a fragment of a packet, to be put together"},
    {"IpReasmOKs", "put a packet together from its fragments"},
    {"IpReasmFails", "could not put a packet together from its fragments"},
    {"TcpExtBeyondWindow", "got a segment that reaches beyond the window which it had offered"},
    {"TcpExtPAWSActive", "refused an answer to its SYN: the timestamp in it echoes none that it has sent"},
    {"TcpExtPAWSEstab", "refused a segment whose timestamp is older than one that it has seen (PAWS, RFC 7323)"},
    {"TcpExtPAWSOldAck", "refused an old ACK whose timestamp had been overtaken (PAWS, RFC 7323)"},
    {"TcpExtPAWSTimewait", "refused a segment in TIME-WAIT whose timestamp had been overtaken (PAWS, RFC 7323)"},
    {"TcpExtTSEcrRejected", "refused a segment whose timestamp echoes none that it can have sent"},
    {"TcpExtTCPZeroWindowDrop", "dropped data that came although its window was closed"},
    {"TcpExtTCPRcvQDrop", "dropped data because its receive queue had no room"},
    {"TcpExtTCPBacklogDrop", "dropped a segment: too many were waiting for a socket that a program was using"},
    {"TcpExtTCPMinTTLDrop", "dropped a segment whose TTL was smaller than its socket demands"},
    {"TcpExtIPReversePathFilter", "dropped a packet because no answer would have gone back the same way"},
    {"TcpExtOutOfWindowIcmps", "ignored an ICMP error that quotes a number which is not on its way"},
    {"TcpExtLockDroppedIcmps", "dropped an ICMP error because a program was using the socket at that moment"},
    // What is suspicious.
    {"TcpExtTCPChallengeACK", "answered a suspicious segment with an ACK that asks: was that really you? (RFC 5961)"},
    {"TcpExtTCPSYNChallenge", "got a SYN in the middle of a connection, and asked back with an ACK (RFC 5961)"},
    {"TcpExtTCPACKSkippedSynRecv", "left out an answer in SYN-RECEIVED: it had given such answers often enough"},
    {"TcpExtTCPACKSkippedPAWS", "left out the ACK for an outdated timestamp: it had sent such ACKs often enough"},
    {"TcpExtTCPACKSkippedSeq", "left out the ACK for a number outside the window: it had sent such ACKs often enough"},
    {"TcpExtTCPACKSkippedFinWait2", "left out an ACK in FIN-WAIT-2: it had sent such ACKs often enough"},
    {"TcpExtTCPACKSkippedTimeWait", "left out an ACK in TIME-WAIT: it had sent such ACKs often enough"},
    {"TcpExtTCPACKSkippedChallenge", "left out an ACK that asks back: it had sent such ACKs often enough"},
    // Acknowledging and ordering.
    {"TcpExtDelayedACKs", "sent an ACK that it had held back for company, because none came in time"},
    {"TcpExtDelayedACKLocked", "put a held-back ACK off once more: a program was using the socket at that moment"},
    {"TcpExtDelayedACKLost", "got a segment again that it had had already, as if its ACK for it had been lost"},
    {"TcpExtTCPAckCompressed", "left out an ACK because a later one would say the same and more"},
    {"TcpExtTCPOFOQueue", "kept data that came before its turn, until the gap in front of it is filled"},
    {"TcpExtTCPOFODrop", "dropped data that came before its turn, for want of memory"},
    {"TcpExtTCPOFOMerge", "found data out of order that it had kept in part already"},
    {"TcpExtTCPDSACKOldSent", "said in a SACK block that it got data which it had had already (RFC 2883)"},
    {"TcpExtTCPDSACKOfoSent",
     "said in a SACK block that it got data out of order which it had kept already (RFC 2883)"},
    {"TcpExtTCPDSACKRecv", "was told that data which it had sent arrived twice (RFC 2883)"},
    {"TcpExtTCPDSACKOfoRecv", "was told that data which it had sent arrived twice, out of order (RFC 2883)"},
    {"TcpExtTCPDSACKRecvSegs", "learned of a segment of its own that it need not have sent again (RFC 2883)"},
    {"TcpExtTCPSACKDiscard", "ignored a SACK block that cannot be"},
    {"TcpExtTCPSACKReneging", "found that the other end no longer has what its SACK blocks had named"},
    {"TcpExtPruneCalled", "tidied up a receive queue that took too much memory"},
    {"TcpExtRcvPruned", "dropped a segment because a receive queue took too much memory"},
    {"TcpExtOfoPruned", "dropped data that it had kept out of order, because it took too much memory"},
    // Losses.
    {"TcpRetransSegs", "sent a segment again"},
    {"TcpExtTCPTimeouts", "waited in vain for an ACK until its retransmission timer ran out"},
    {"TcpExtTCPLostRetransmit", "found that what it had sent again was lost again"},
    {"TcpExtTCPFastRetrans", "sent a segment again before the timer ran out, because there were signs of its loss"},
    {"TcpExtTCPSlowStartRetrans", "sent a segment again in slow start, after the timer had run out"},
    {"TcpExtTCPRenoRecovery", "began to repair a loss that duplicate ACKs had shown"},
    {"TcpExtTCPSackRecovery", "began to repair a loss that SACK blocks had shown"},
    {"TcpExtTCPLossProbes", "sent something again early, to find out whether the last segment was lost (RFC 8985)"},
    {"TcpExtTCPLossProbeRecovery", "learned that its probe had repaired a loss (RFC 8985)"},
    {"TcpExtTCPSpuriousRTOs", "found out that its retransmission timer had run out too early"},
    {"TcpExtTCPRetransFail", "could not send a segment again at that moment"},
    {"TcpExtTcpTimeoutRehash",
     "chose another hash for its packets after a timeout, in case that gives them another way"},
    {"TcpExtTcpDuplicateDataRehash", "chose another hash for its packets, because data came that it had had already"},
    // Windows.
    {"TcpExtTCPToZeroWindowAdv", "closed its window: its buffer is full"},
    {"TcpExtTCPFromZeroWindowAdv", "opened its window again, which had been closed"},
    {"TcpExtTCPWantZeroWindowAdv", "had a full buffer, but could not take back a window that it had offered"},
    {"TcpExtTCPWinProbe", "asked with a probe whether a closed window is open again"},
    {"TcpExtTCPKeepAlive", "asked with a keepalive whether the other end is still there"},
    // Closing and breaking off.
    {"TcpOutRsts", "sent a RST"},
    {"TcpEstabResets", "went from ESTABLISHED or CLOSE-WAIT straight to CLOSED: the connection was broken off"},
    {"TcpExtTCPAbortOnData", "broke a connection off: data came for a program that had closed it"},
    {"TcpExtTCPAbortOnClose", "broke a connection off: its program closed it and left data unread"},
    {"TcpExtTCPAbortOnMemory", "broke a connection off for want of memory"},
    {"TcpExtTCPAbortOnTimeout", "broke a connection off: it had waited too long for the other end"},
    {"TcpExtTCPAbortOnLinger", "broke a connection off: its program did not want to wait for the other end's FIN"},
    {"TcpExtTCPAbortFailed", "wanted to send a RST, and could not"},
    {"TcpExtTW",
     "keeps what is left of a closed connection in a small place of its own (TIME-WAIT; FIN-WAIT-2 counts too)"},
    {"TcpExtTWKilled", "keeps what is left of a closed connection for a few seconds only"},
    {"TcpExtTWRecycled", "gave the four numbers of a connection in TIME-WAIT to a new one"},
    {"TcpExtTCPTimeWaitOverflow", "had no place for one more connection in TIME-WAIT, and forgot it at once"},
};

static const struct sentence *find(const char *name) {
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (strcmp(sentences[i].name, name) == 0)
            return &sentences[i];
    return NULL;
}

static uint64_t theirs(const struct trace_counter *c) { return c->ours < c->moved ? c->moved - c->ours : 0; }

static bool is_traffic(const struct trace_counter *c) {
    const struct sentence *known = find(c->name);
    return known && !known->text;
}

bool words_counter(const struct trace_counter *counter, const char *who, char *out, size_t room) {
    uint64_t count = theirs(counter);
    const struct sentence *known = find(counter->name);
    if (count == 0 || (known && !known->text))
        return false;
    if (!known)
        snprintf(out, room, "%s +%" PRIu64 ".", counter->name, count);
    else if (count == 1)
        snprintf(out, room, "%s +1: %s %s.", counter->name, who, known->text);
    else
        snprintf(out, room, "%s +%" PRIu64 ": that many times, %s %s.", counter->name, count, who, known->text);
    return true;
}

// "TcpInSegs +1, TcpOutSegs +1"; returns how many are named.
static size_t name_them(const struct trace_counter *list, size_t count, bool ours, char *out, size_t room) {
    size_t used = 0, named = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        uint64_t moved = ours ? list[i].ours : is_traffic(&list[i]) ? theirs(&list[i]) : 0;
        if (moved == 0 || used >= room)
            continue;
        int more = snprintf(out + used, room - used, "%s%s +%" PRIu64, named++ > 0 ? ", " : "", list[i].name, moved);
        used += more > 0 ? (size_t)more : 0;
    }
    return named;
}

bool words_counters_traffic(const struct trace_counter *list, size_t count, const char *who, char *out, size_t room) {
    char names[400];
    if (name_them(list, count, false, names, sizeof names) == 0)
        return false;
    snprintf(out, room, "%c%s counted: %s.", who[0] == 't' ? 'T' : who[0], who + 1, names);
    return true;
}

bool words_counters_ours(const struct trace_counter *list, size_t count, char *out, size_t room) {
    char names[400];
    if (name_them(list, count, true, names, sizeof names) == 0)
        return false;
    snprintf(out, room, "Taken out, because it is ours: %s (what the guard on our port dropped).", names);
    return true;
}

const char *words_counters_who(const struct trace_about *about) {
    if (about->source == TRACE_BY_KERNEL || about->source == TRACE_HANDED)
        return "the kernel of both ends";
    return about->source == TRACE_BY_HAND && about->guarded ? "the server's kernel"
                                                            : "the kernel, at one end or the other,";
}
