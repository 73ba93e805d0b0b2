// SPDX-License-Identifier: MIT
//
// Events as JSON (view/json.h): known lines, every kind held against the schema, names that follow the table of fields,
// and bytes that would break a line if they could.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "../help/bytes.h"
#include "../help/cm.h"
#include "../help/events.h"
#include "../help/live.h"
#include "view/json.h"
#include "view/json_names.h"
#include "view/json_write.h"

static struct json_view view;
static struct events events;
static char room[EVENTS_MAX * 4096 + 2 * JSON_LINE_MAX];
static struct text text;

static void clear(size_t size) {
    text = (struct text){.bytes = room, .size = size};
    json_init(&view, &text);
}

// The event's line alone, NUL-terminated, without its end.
static const char *line(const struct trace_event *event) {
    const struct trace_sink sink = json_sink(&view);
    clear(sizeof room - 1);
    sink.take(sink.self, event);
    assert_true(text.used > 0 && text.lost == 0);
    assert_int_equal(room[text.used - 1], '\n');
    room[text.used - 1] = '\0';
    assert_int_equal(strlen(room), text.used - 1);
    return room;
}

#define HEAD(n, name)                                                                                                  \
    "{\"number\":" #n ",\"connection\":1,\"event\":\"" name "\",\"time\":{\"s\":1700000000,\"ns\":12345679" #n         \
    "},\"at_us\":" #n "00,"

// Numbers of one digit, so that the time above is right: wall_ns ends in 6789 + number.
static const char *line_of(struct trace_event event) {
    events.count = 0;
    struct trace_event *added = events_add(&events, event);
    added->wall_ns = UINT64_C(1700000000123456791);
    return line(added);
}

static void test_known_lines(void **state) {
    (void)state;
    assert_string_equal(
        line_of((struct trace_event){
            .kind = TRACE_RETURN,
            .u.call = {.call = TRACE_SENDALL, .message_bytes = 13, .remote = rs_endpoint_ipv4(127, 0, 0, 1, 1712)}}),
        HEAD(1, "return") "\"call\":\"sendall\",\"remote\":{\"family\":\"ipv4\",\"address\":"
                          "\"127.0.0.1\",\"port\":1712},\"error\":null,\"taken_bytes\":13,"
                          "\"sentence\":null}");
    assert_string_equal(line_of((struct trace_event){.kind = TRACE_OMITTED, .u.omitted = {9, 8, 7}}),
                        HEAD(1, "omitted") "\"omitted_events\":9,\"omitted_segments\":8,\"omitted_data_bytes\":7,"
                                           "\"sentence\":\"Here 8 segments with 7 bytes of data are left "
                                           "out: there was no room to keep all.\"}");
    assert_string_equal(
        line_of((struct trace_event){.kind = TRACE_DATA, .u.data = {(const uint8_t *)"Hi \"\\\n\xff", 7}}),
        HEAD(1, "data") "\"data\":{\"bytes\":7,\"hex\":\"486920225c0aff\",\"text\":\"Hi \\\\\\\"\\\\\\\\\\\\n\\\\xff\","
                        "\"cut\":false},\"sentence\":\"recv() would return 7 bytes: "
                        "b\\\"Hi \\\\\\\"\\\\\\\\\\\\n\\\\xff\\\"\"}");
    assert_string_equal(
        line_of((struct trace_event){.kind = TRACE_PEER, .u.peer = {.known = false, .why_not = "it is far away"}}),
        HEAD(1, "peer") "\"known\":false,\"why_not\":\"it is far "
                        "away\",\"client_state\":null,\"server_state\":null,\"unread_bytes\":null,"
                        "\"accepted\":null,\"existed\":false,\"sentence\":null}");
    assert_string_equal(
        line_of((struct trace_event){.kind = TRACE_DECISION,
                                     .u.decision = {RS_TIMER_SET, RS_SYN_SENT, RS_SYN_SENT, 1000000}}),
        HEAD(1,
             "decision") "\"reason\":{\"name\":\"timer-set\",\"section\":\"RFC 6298 5.1\",\"sentence\":\"Something is "
                         "on its way: if no ACK comes in this time, it will be sent again.\"},"
                         "\"before\":\"SYN-SENT\",\"after\":\"SYN-SENT\",\"value\":1000000,\"unit\":\"us\","
                         "\"sentence\":null}");
}

// What only experiments bring.
static void test_known_lines_of_an_experiment(void **state) {
    (void)state;
    assert_string_equal(line_of((struct trace_event){.kind = TRACE_NOTE, .u.note.text = "Now once more."}),
                        HEAD(1, "note") "\"text\":\"Now once more.\",\"sentence\":\"Now once more.\"}");
    assert_string_equal(
        line_of(
            (struct trace_event){.kind = TRACE_EVIDENCE,
                                 .u.evidence = {TRACE_IN_THE_COUNTERS, "TcpOutRsts +1", "none", false, true, false}}),
        HEAD(1, "evidence") "\"place\":\"in_the_counters\",\"expected\":\"TcpOutRsts +1\",\"seen\":\"none\","
                            "\"holds\":false,\"of_linux\":true,\"either_way\":false,\"sentence\":\"Evidence, its "
                            "counters: expected TcpOutRsts +1; seen none. It is NOT as expected. No RFC demands it: it "
                            "is Linux's own way.\"}");
    assert_string_equal(
        line_of((struct trace_event){.kind = TRACE_SERVER,
                                     .u.server = {.call = TRACE_SERVER_RECV_URGENT, .error = EINVAL}}),
        HEAD(1, "server") "\"call\":\"recv_urgent\",\"error\":{\"number\":22,\"name\":\"EINVAL\",\"text\":\"Invalid "
                          "argument\"},\"sentence\":\"The server's program: recv(1, MSG_OOB) fails: EINVAL, Invalid "
                          "argument.\"}");
    assert_string_equal(
        line_of((struct trace_event){
            .kind = TRACE_SERVER, .u.server = {.call = TRACE_SERVER_SEND, .bytes = (const uint8_t *)"Hi", .size = 2}}),
        HEAD(1, "server") "\"call\":\"send\",\"error\":null,\"data\":{\"bytes\":2,\"hex\":\"4869\",\"text\":\"Hi\","
                          "\"cut\":false},\"sentence\":\"The server's program: send(b\\\"Hi\\\"): its kernel has taken "
                          "2 bytes.\"}");
}

static void assert_has(const char *json, const char *part) {
    if (!strstr(json, part))
        fail_msg("no %s in %s", part, json);
}

// Absolute and relative numbers, beyond the end of the circle too; a window in units; every option.
static void test_numbers_of_a_segment(void **state) {
    const struct rs_segment ack = {.seq = EVENTS_ISS + 1,
                                   .ack = EVENTS_IRS + 10,
                                   .flags = RS_ACK,
                                   .window = 1000,
                                   .options = {.sack_blocks = 1, .sack = {{EVENTS_IRS + 20, EVENTS_IRS + 30}}}};
    (void)state;
    events.count = events.packets_count = 0;
    const char *json = line(events_segment(&events, TRACE_SENT, RS_IPV4, true, &ack));
    assert_has(json, "\"seq\":1001,\"seq_relative\":1,\"ack\":4,\"ack_relative\":10,\"window_shift\":7,"
                     "\"window_bytes\":128000,\"checksum\":\"good\"");
    assert_has(json, "\"flags\":[\"ACK\"]");
    assert_has(json, "\"blocks\":[{\"left\":14,\"right\":24,\"left_relative\":20,\"right_relative\":30}]");
    assert_has(json, "\"acknowledgment_number\":4,\"data_offset\":8,");
    assert_has(json, "\"hex\":\"450000340007400040");
    assert_has(json, "\"from\":\"client\",\"direction\":\"outbound\",\"source\":{\"family\":\"ipv4\",\"address\":"
                     "\"192.0.2.1\",\"port\":45708}");
}

// A script has a purpose, and no reason; where no TCP is at our end, nothing was expected.
static void test_what_a_script_has_written(void **state) {
    const struct rs_segment ack = {.seq = EVENTS_ISS, .ack = EVENTS_IRS, .flags = RS_ACK};
    (void)state;
    events.count = events.packets_count = 0;
    struct trace_event *event = events_segment(&events, TRACE_SENT, RS_IPV4, true, &ack);
    assert_has(line(event), "\"reason\":{\"name\":\"sent-data\"");
    assert_has(line(event), "\"bent\":[],\"bent_us\":0,\"purpose\":null,");
    event->u.segment.bent = TRACE_BENT_FORGED | TRACE_BENT_ALTERED;
    event->u.segment.purpose = "An ACK of nothing.";
    assert_has(line(event), "\"reason\":null,");
    assert_has(line(event), "\"bent\":[\"altered\",\"forged\"],\"bent_us\":0,\"purpose\":\"An ACK of nothing.\",");
    assert_has(line(event), "\"sentence\":\"An ACK of nothing.\"}");
    event = events_segment(&events, TRACE_RECEIVED, RS_IPV4, false, &ack);
    assert_has(line(event), "\"expected\":null,");
    event->u.segment.expected.flags = RS_ACK;
    assert_has(line(event), "\"expected\":{");
}

// After a BEGIN the sentences are those of its connection.
static void test_an_experiment_names_no_option(void **state) {
    const struct trace_about lab = {.experiment = "made-up", .server_is = "a script"};
    const struct trace_sink sink = json_sink(&view);
    struct trace_event list[] = {{.kind = TRACE_BEGIN, .u.about = &lab}, {.kind = TRACE_END}};
    list[1].u.end.state = RS_TIME_WAIT;
    (void)state;
    clear(sizeof room - 1);
    for (size_t i = 0; i < COUNT(list); i++)
        sink.take(sink.self, &list[i]);
    room[text.used] = '\0';
    assert_has(room, "\"experiment\":\"made-up\",\"control\":false,\"server_is\":\"a script\",\"client_is\":null,");
    assert_has(room, "we leave now.\"");
}

// What has no beginning to be counted from has no relative number.
static void test_unknown_beginnings_give_no_relative_number(void **state) {
    const struct rs_segment rst = {.seq = 0, .ack = EVENTS_ISS + 1, .flags = RS_RST | RS_ACK};
    (void)state;
    events.count = events.packets_count = 0;
    struct trace_event *event = events_segment(&events, TRACE_RECEIVED, RS_IPV4, false, &rst);
    event->u.segment.irs_known = false;
    assert_has(line(event), "\"seq\":0,\"seq_relative\":null,\"ack\":1001,\"ack_relative\":1,");
    event->kind = TRACE_IGNORED;
    assert_has(line(event), "\"seq\":0,\"seq_relative\":null,\"ack\":1001,\"ack_relative\":null,");
}

// "Don't Fragment" -> "dont_fragment". A name on the screen may change; then its key stays, and is named here.
static void snake(const char *name, char *out) {
    for (; *name; name++)
        if (isalnum((unsigned char)*name))
            *out++ = (char)tolower((unsigned char)*name);
        else if (*name == ' ')
            *out++ = '_';
    *out = '\0';
}

static void expect_keys(const struct rs_field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char expected[64];
        snake(fields[i].name, expected);
        assert_string_equal(json_field_key(fields[i].id), expected);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(json_field_key(fields[k].id), expected);
    }
}

static void test_keys_follow_the_table_of_fields(void **state) {
    (void)state;
    expect_keys(rs_fields_ipv4, rs_fields_ipv4_count);
    expect_keys(rs_fields_ipv6, rs_fields_ipv6_count);
    expect_keys(rs_fields_tcp, rs_fields_tcp_count);
}

static void test_every_kind_is_made_up_here(void **state) {
    bool there[TRACE_KINDS] = {false};
    (void)state;
    events_of_every_kind(&events);
    for (size_t i = 0; i < events.count; i++)
        there[events.list[i].kind] = true;
    for (size_t i = 0; i < TRACE_KINDS; i++)
        assert_true(there[i]);
}

// No byte that a terminal would act on, none above ASCII that is no UTF-8, and one end, at the end.
static void test_nothing_breaks_a_line(void **state) {
    (void)state;
    events_of_every_kind(&events);
    for (size_t i = 0; i < events.count; i++)
        for (const char *c = line(&events.list[i]); *c; c++)
            if ((uint8_t)*c < 0x20 || *c == 0x7f)
                fail_msg("byte %02x in the line of event %zu", (unsigned)(uint8_t)*c, i);
}

static const char *string(const char *value) {
    static char bytes[256];
    struct json j = json_line(bytes, sizeof bytes - 1);
    json_string(&j, NULL, value);
    assert_false(j.full);
    bytes[j.used] = '\0';
    return bytes;
}

static void test_strings(void **state) {
    (void)state;
    assert_string_equal(string(""), "\"\"");
    assert_string_equal(string("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    assert_string_equal(string("\n\r\t\x01\x1f\x7f"), "\"\\n\\r\\t\\u0001\\u001f\\u007f\"");
    assert_string_equal(string("\xc3\xa9 \xe2\x86\x92 \xf0\x9f\xa6\x80"), "\"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\xa6\x80\"");
    assert_string_equal(string("\xc2\x9b \xe2\x80\xae \xe2\x80\xa8"), "\"\\u009b \\u202e \\u2028\"");
    // Cut short, too long for what they say, halves of pairs, above the last, and bytes that never stand anywhere.
    assert_string_equal(string("\xe2\x86"), "\"\\ufffd\\ufffd\"");
    assert_string_equal(string("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
    assert_string_equal(string("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
    assert_string_equal(string("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    assert_string_equal(string("\xff"), "\"\\ufffd\"");
    assert_string_equal(string(NULL), "null");
}

static void test_numbers_survive_a_double(void **state) {
    static const struct {
        uint64_t value;
        const char *json;
    } rows[] = {{0, "0"},
                {4294967295, "4294967295"},
                {9007199254740991, "9007199254740991"},
                {9007199254740992, "9007199254740991"},
                {UINT64_MAX, "9007199254740991"}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char bytes[32] = "";
        struct json j = json_line(bytes, sizeof bytes - 1);
        json_number(&j, NULL, rows[i].value);
        assert_string_equal(bytes, rows[i].json);
    }
}

// However little room there is, a line goes in whole or is counted as lost.
static void test_a_line_goes_in_whole_or_not_at_all(void **state) {
    (void)state;
    events_of_every_kind(&events);
    const struct trace_sink sink = json_sink(&view);
    size_t whole = strlen(line(&events.list[0])) + 1;
    for (size_t size = 0; size <= whole; size++) {
        clear(size);
        sink.take(sink.self, &events.list[0]);
        assert_int_equal(text.used, size < whole ? 0 : whole);
        assert_int_equal(text.lost, size < whole ? whole : 0);
    }
}

// Every kind at once, held against docs/events.schema.json; and each line no longer fits it when it is changed.
static void test_every_kind_fits_the_schema(void **state) {
    char path[] = "/tmp/rawshake-json.XXXXXX", command[200];
    const struct trace_sink sink = json_sink(&view);
    (void)state;
    if (!live_has("python3"))
        skip();
    clear(sizeof room);
    events_of_every_kind(&events);
    for (size_t i = 0; i < events.count; i++)
        sink.take(sink.self, &events.list[i]);
    assert_int_equal(text.lost, 0);
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(file);
    assert_int_equal(fwrite(room, 1, text.used, file), text.used);
    fclose(file);
    snprintf(command, sizeof command, "python3 tests/json/check.py --mutate docs/events.schema.json %s >&2", path);
    int status = system(command);
    remove(path);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_lines),
        cmocka_unit_test(test_known_lines_of_an_experiment),
        cmocka_unit_test(test_what_a_script_has_written),
        cmocka_unit_test(test_an_experiment_names_no_option),
        cmocka_unit_test(test_numbers_of_a_segment),
        cmocka_unit_test(test_unknown_beginnings_give_no_relative_number),
        cmocka_unit_test(test_keys_follow_the_table_of_fields),
        cmocka_unit_test(test_every_kind_is_made_up_here),
        cmocka_unit_test(test_nothing_breaks_a_line),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers_survive_a_double),
        cmocka_unit_test(test_a_line_goes_in_whole_or_not_at_all),
        cmocka_unit_test(test_every_kind_fits_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
