// SPDX-License-Identifier: MIT
//
// The tables of names (see json_names.h). Called by json.c and its parts; a test holds the fields' keys against the
// names in rawshake/fields.h.
#include "view/json_names.h"

#define NAME_OF(table, at) ((size_t)(at) < sizeof table / sizeof *table ? table[at] : NULL)

const char *json_kind_name(enum trace_kind kind) {
    static const char *const names[] = {
        [TRACE_BEGIN] = "begin",         [TRACE_CALL] = "call",         [TRACE_RETURN] = "return",
        [TRACE_SENT] = "sent",           [TRACE_RECEIVED] = "received", [TRACE_SEEN] = "seen",
        [TRACE_IGNORED] = "ignored",     [TRACE_ICMP] = "icmp",         [TRACE_UNSENT] = "unsent",
        [TRACE_UNTAKEN] = "untaken",     [TRACE_HELD] = "held",         [TRACE_PEER] = "peer",
        [TRACE_COUNTERS] = "counters",   [TRACE_DECISION] = "decision", [TRACE_DATA] = "data",
        [TRACE_SERVER] = "server",       [TRACE_PENDING] = "pending",   [TRACE_WITHDRAWN] = "withdrawn",
        [TRACE_PEER_GONE] = "peer_gone", [TRACE_LOST] = "lost",         [TRACE_WAITING] = "waiting",
        [TRACE_NOTE] = "note",           [TRACE_SOCKET] = "socket",     [TRACE_EVIDENCE] = "evidence",
        [TRACE_OMITTED] = "omitted",     [TRACE_END] = "end",
    };
    _Static_assert(sizeof names / sizeof *names == TRACE_KINDS, "each kind has a name");
    return NAME_OF(names, kind);
}

const char *json_source_name(enum trace_source source) {
    static const char *const names[] = {[TRACE_BY_HAND] = "by_hand",
                                        [TRACE_BY_KERNEL] = "by_kernel",
                                        [TRACE_WATCHED] = "watched",
                                        [TRACE_READ] = "read",
                                        [TRACE_HANDED] = "handed_over"};
    return NAME_OF(names, source);
}

const char *json_call_name(enum trace_call call) {
    static const char *const names[] = {[TRACE_CONNECT] = "connect",
                                        [TRACE_SENDALL] = "sendall",
                                        [TRACE_SHUTDOWN] = "shutdown",
                                        [TRACE_CLOSE] = "close",
                                        [TRACE_ACCEPT] = "accept"};
    return NAME_OF(names, call);
}

const char *json_server_name(enum trace_server_call call) {
    static const char *const names[] = {[TRACE_SERVER_ACCEPT] = "accept",           [TRACE_SERVER_RECV] = "recv",
                                        [TRACE_SERVER_END_OF_FILE] = "end_of_file", [TRACE_SERVER_CLOSE] = "close",
                                        [TRACE_SERVER_RECV_URGENT] = "recv_urgent", [TRACE_SERVER_SEND] = "send",
                                        [TRACE_SERVER_SHUTDOWN] = "shutdown"};
    return NAME_OF(names, call);
}

const char *json_place_name(enum trace_place place) {
    static const char *const names[] = {[TRACE_ON_THE_WIRE] = "on_the_wire",
                                        [TRACE_IN_THE_KERNEL] = "in_the_kernel",
                                        [TRACE_IN_THE_COUNTERS] = "in_the_counters",
                                        [TRACE_IN_THE_PROGRAM] = "in_the_program",
                                        [TRACE_AT_OUR_END] = "at_our_end"};
    return NAME_OF(names, place);
}

const char *json_opening_name(enum trace_opening opening) {
    static const char *const names[] = {
        [TRACE_OPENING_NOT_SEEN] = "not_seen", [TRACE_OPENED] = "opened",       [TRACE_OPENED_BOTH] = "opened_by_both",
        [TRACE_HALF_OPEN] = "half_open",       [TRACE_NO_ANSWER] = "no_answer", [TRACE_OPENING_REFUSED] = "refused"};
    return NAME_OF(names, opening);
}

const char *json_ending_name(enum trace_ending ending) {
    static const char *const names[] = {
        [TRACE_STILL_OPEN] = "still_open", [TRACE_CLOSED] = "closed",   [TRACE_HALF_CLOSED] = "half_closed",
        [TRACE_RESET] = "reset",           [TRACE_REFUSED] = "refused", [TRACE_FORGOTTEN] = "forgotten"};
    return NAME_OF(names, ending);
}

const char *json_direction_name(enum trace_direction way) {
    static const char *const names[] = {
        [TRACE_DIRECTION_UNKNOWN] = "unknown", [TRACE_INBOUND] = "inbound", [TRACE_OUTBOUND] = "outbound"};
    return NAME_OF(names, way);
}

const char *json_checksum_name(enum rs_checksum verdict) {
    static const char *const names[] = {
        [RS_CHECKSUM_GOOD] = "good", [RS_CHECKSUM_UNFINISHED] = "unfinished", [RS_CHECKSUM_BAD] = "bad"};
    return NAME_OF(names, verdict);
}

const char *json_error_name(enum rs_wire_error error) {
    static const char *const names[] = {
        [RS_WIRE_OK] = "ok",
        [RS_WIRE_SHORT_IP] = "short_ip",
        [RS_WIRE_NOT_IPV4] = "not_ipv4",
        [RS_WIRE_BAD_IHL] = "bad_ihl",
        [RS_WIRE_BAD_TOTAL_LENGTH] = "bad_total_length",
        [RS_WIRE_BAD_IP_CHECKSUM] = "bad_ip_checksum",
        [RS_WIRE_FRAGMENT] = "fragment",
        [RS_WIRE_NOT_TCP] = "not_tcp",
        [RS_WIRE_SHORT_TCP] = "short_tcp",
        [RS_WIRE_BAD_DATA_OFFSET] = "bad_data_offset",
        [RS_WIRE_BAD_TCP_CHECKSUM] = "bad_tcp_checksum",
        [RS_WIRE_NOT_IPV6] = "not_ipv6",
        [RS_WIRE_BAD_EXTENSION] = "bad_extension",
        [RS_WIRE_NOT_ICMP] = "not_icmp",
        [RS_WIRE_SHORT_ICMP] = "short_icmp",
        [RS_WIRE_BAD_ICMP_CHECKSUM] = "bad_icmp_checksum",
        [RS_WIRE_BAD_QUOTE] = "bad_quote",
        [RS_WIRE_NOT_OURS] = "not_ours",
    };
    _Static_assert(sizeof names / sizeof *names == RS_WIRE_ERRORS, "each error has a name");
    return NAME_OF(names, error);
}

const char *json_option_name(enum rs_option_kind kind) {
    static const char *const names[] = {[RS_OPTION_END] = "end",
                                        [RS_OPTION_NOP] = "nop",
                                        [RS_OPTION_MSS] = "mss",
                                        [RS_OPTION_WINDOW_SCALE] = "window_scale",
                                        [RS_OPTION_SACK_PERMITTED] = "sack_permitted",
                                        [RS_OPTION_SACK] = "sack",
                                        [RS_OPTION_TIMESTAMPS] = "timestamps"};
    const char *name = NAME_OF(names, kind);
    return name ? name : "unknown";
}

const char *json_field_key(enum rs_field_id id) {
    static const char *const keys[] = {
        [RS_FIELD_IP_VERSION] = "version",
        [RS_FIELD_IP_IHL] = "header_length",
        [RS_FIELD_IP_DSCP] = "dscp",
        [RS_FIELD_IP_ECN] = "ecn",
        [RS_FIELD_IP_TOTAL_LENGTH] = "total_length",
        [RS_FIELD_IP_ID] = "identification",
        [RS_FIELD_IP_RESERVED] = "reserved",
        [RS_FIELD_IP_DF] = "dont_fragment",
        [RS_FIELD_IP_MF] = "more_fragments",
        [RS_FIELD_IP_FRAGMENT_OFFSET] = "fragment_offset",
        [RS_FIELD_IP_TTL] = "time_to_live",
        [RS_FIELD_IP_PROTOCOL] = "protocol",
        [RS_FIELD_IP_CHECKSUM] = "header_checksum",
        [RS_FIELD_IP_SOURCE] = "source_address",
        [RS_FIELD_IP_DESTINATION] = "destination_address",
        [RS_FIELD_IP6_VERSION] = "version",
        [RS_FIELD_IP6_DSCP] = "dscp",
        [RS_FIELD_IP6_ECN] = "ecn",
        [RS_FIELD_IP6_FLOW_LABEL] = "flow_label",
        [RS_FIELD_IP6_PAYLOAD_LENGTH] = "payload_length",
        [RS_FIELD_IP6_NEXT_HEADER] = "next_header",
        [RS_FIELD_IP6_HOP_LIMIT] = "hop_limit",
        [RS_FIELD_IP6_SOURCE] = "source_address",
        [RS_FIELD_IP6_DESTINATION] = "destination_address",
        [RS_FIELD_TCP_SOURCE_PORT] = "source_port",
        [RS_FIELD_TCP_DESTINATION_PORT] = "destination_port",
        [RS_FIELD_TCP_SEQ] = "sequence_number",
        [RS_FIELD_TCP_ACK] = "acknowledgment_number",
        [RS_FIELD_TCP_DATA_OFFSET] = "data_offset",
        [RS_FIELD_TCP_RESERVED] = "reserved",
        [RS_FIELD_TCP_CWR] = "cwr",
        [RS_FIELD_TCP_ECE] = "ece",
        [RS_FIELD_TCP_URG] = "urg",
        [RS_FIELD_TCP_ACK_BIT] = "ack",
        [RS_FIELD_TCP_PSH] = "psh",
        [RS_FIELD_TCP_RST] = "rst",
        [RS_FIELD_TCP_SYN] = "syn",
        [RS_FIELD_TCP_FIN] = "fin",
        [RS_FIELD_TCP_WINDOW] = "window",
        [RS_FIELD_TCP_CHECKSUM] = "checksum",
        [RS_FIELD_TCP_URGENT] = "urgent_pointer",
    };
    _Static_assert(sizeof keys / sizeof *keys == RS_FIELDS, "each field has a key");
    return NAME_OF(keys, id);
}

const char *json_mark_name(unsigned at) {
    static const char *const names[] = {
        "midway",
        "retransmission",
        "partial_retransmission",
        "fills_gap",
        "gap",
        "missed",
        "duplicate_ack",
        "window_update",
        "window_closed",
        "window_probe",
        "keepalive",
        "beyond_window",
        "simultaneous",
        "refuses",
        "resets",
        "stray",
        "cut",
        "merged",
        "split_handshake",
        "reused",
    };
    _Static_assert(1 << (sizeof names / sizeof *names - 1) == TRACE_MARK_REUSED, "each mark has a name");
    return NAME_OF(names, at);
}

const char *json_bent_name(unsigned at) {
    static const char *const names[] = {"dropped",   "copy",      "corrupted", "delayed",
                                        "reordered", "overtaken", "altered",   "forged"};
    _Static_assert(1 << (sizeof names / sizeof *names - 1) == TRACE_BENT_FORGED, "each bend has a name");
    return NAME_OF(names, at);
}

const char *json_flag_name(unsigned at, uint8_t *flag) {
    static const char *const names[] = {"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    static const uint8_t flags[] = {RS_SYN, RS_FIN, RS_RST, RS_PSH, RS_ACK, RS_URG, RS_ECE, RS_CWR};
    *flag = at < sizeof flags ? flags[at] : 0;
    return NAME_OF(names, at);
}

const char *json_value_unit(enum rs_reason reason) {
    switch (reason) {
    case RS_SENT_SYN:
    case RS_RESENT_SYN:
    case RS_SENT_SYN_ACK:
    case RS_RESENT_SYN_ACK:
    case RS_TIMER_SET:
    case RS_TIMED_OUT:
    case RS_PERSIST_SET:
    case RS_PERSIST_AGAIN:
    case RS_ACK_DELAYED:
    case RS_RTT_MEASURED:
    case RS_TIME_WAIT_BEGINS:
    case RS_TIME_WAIT_RESTARTED:
        return "us";
    case RS_SENT_DATA:
    case RS_RESENT_DATA:
    case RS_RESENT_FAST:
    case RS_SENT_FIN:
    case RS_RESENT_FIN:
    case RS_SENT_PROBE:
    case RS_DATA_ACKED:
    case RS_DATA_ARRIVED:
    case RS_KEPT_OUT_OF_ORDER:
    case RS_DROPPED_OUT_OF_ORDER:
    case RS_GAP_FILLED:
    case RS_WINDOW_OPENED:
    case RS_RECOVERED:
    case RS_NO_MSS_OPTION:
    case RS_PATH_MTU_LOWERED:
    case RS_URGENT_SEEN:
        return "bytes";
    case RS_ICMP_NOTED:
    case RS_ICMP_REFUSED:
    case RS_ICMP_GAVE_UP:
    case RS_REFUSED:
    case RS_RESET:
    case RS_GAVE_UP:
    case RS_ABORTED:
        return "errno";
    case RS_FAST_RETRANSMIT:
    case RS_STILL_TRYING:
        return "times";
    default:
        return NULL;
    }
}
