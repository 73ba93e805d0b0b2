// SPDX-License-Identifier: MIT
//
// The ladder's lines (view/ladder.h): whatever a segment's numbers are, its arrow keeps its width, and so does the
// line.
#include "../help/cm.h"
#include "view/ladder.h"

enum { ISS = 1000, IRS = 5000 };

// One line of ours or theirs with these numbers, as it is drawn.
static const char *line(bool ours, uint8_t flags, uint32_t seq, uint32_t ack, size_t data, unsigned columns) {
    static char bytes[1000];
    static const uint8_t payload[65535];
    struct text text = {.bytes = bytes, .size = sizeof bytes - 1, .style = {false, false, columns}};
    struct ladder ladder = {.text = &text, .server = RS_STATE_UNKNOWN, .server_text = " "};
    struct rs_packet packet = {.segment = {.seq = (ours ? ISS : IRS) + seq,
                                           .ack = (ours ? IRS : ISS) + ack,
                                           .flags = flags,
                                           .payload = {{payload, data}}}};
    struct trace_event event = {.kind = ours ? TRACE_SENT : TRACE_RECEIVED};
    event.u.segment = (struct trace_segment){
        .ours = ours, .packet = &packet, .iss = ISS, .irs = IRS, .irs_known = true, .state = RS_ESTABLISHED};
    ladder_segment(&ladder, &event);
    ladder_flush(&ladder);
    bytes[text.used] = '\0';
    return bytes;
}

// What is least needed goes first: data without its ack, then without its length; an ACK alone without its number.
static void test_long_labels_are_shortened(void **state) {
    (void)state;
    assert_non_null(strstr(line(true, RS_PSH | RS_ACK, 1, 1, 13, 100), "---- PSH,ACK seq=1 ack=1 len=13 -> "));
    assert_non_null(strstr(line(true, RS_PSH | RS_ACK, 15000, 1, 15000, 100), "- PSH,ACK seq=15000 len=15000 "));
    assert_non_null(
        strstr(line(true, RS_FIN | RS_PSH | RS_ACK, 16257, 1, 2637, 100), "- FIN,PSH,ACK seq=16257 len=2637 > "));
    assert_non_null(
        strstr(line(false, RS_FIN | RS_PSH | RS_ACK, 16257, 1, 2637, 100), "< FIN,PSH,ACK seq=16257 len=2637 - "));
    assert_non_null(
        strstr(line(true, RS_FIN | RS_PSH | RS_ACK, 4000000000, 1, 65495, 100), "---- FIN,PSH,ACK seq=4000000000 -> "));
    assert_non_null(strstr(line(false, RS_ACK, 4000000000, 4000000000, 0, 100), "<--- ACK ack=4000000000 -"));
}

static void test_each_line_is_as_wide_as_the_next(void **state) {
    static const uint32_t numbers[] = {0, 9999, 123456, 20000000, 700000000, 4294967295};
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++)
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            for (size_t data = 0; data < 66000; data = data * 9 + 1)
                for (unsigned columns = 80; columns <= 100; columns += 20) {
                    const char *mine = line(true, (uint8_t)flags, numbers[i], numbers[i], data, columns);
                    assert_int_equal(strlen(mine), columns + 1u - (columns == 80 ? 6u : 0));
                    const char *theirs = line(false, (uint8_t)flags, numbers[i], numbers[i], data, columns);
                    assert_int_equal(strlen(theirs), columns + 1u - (columns == 80 ? 6u : 0));
                }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_labels_are_shortened),
        cmocka_unit_test(test_each_line_is_as_wide_as_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
