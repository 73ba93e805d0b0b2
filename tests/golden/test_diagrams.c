// SPDX-License-Identifier: MIT
//
// Both diagrams of whole conversations, compared with tests/golden/*.svg and *.mmd to the byte.
#include <stdio.h>

#include "../help/cm.h"
#include "../help/conversation.h"
#include "../help/golden.h"
#include "view/diagram.h"

enum { ROOM = 400000 };

static const struct drawn {
    const char *file;
    bool mermaid;
    struct conversation conversation;
} drawn[] = {
    {"by-hand.svg", false, {.source = TRACE_BY_HAND}},
    {"by-kernel.svg", false, {.source = TRACE_BY_KERNEL}},
    {"read-ipv6.svg", false, {.source = TRACE_READ, .ipv6 = true, .where = "run.pcapng"}},
    {"long.svg", false, {.source = TRACE_WATCHED, .rounds = 100}},
    {"by-hand.mmd", true, {.source = TRACE_BY_HAND}},
    {"strange.mmd", true, {.source = TRACE_BY_KERNEL, .message = "end; #35;\nNote over C: <b>\"x\"</b> %%{init"}},
    {"long.mmd", true, {.source = TRACE_WATCHED, .rounds = 100}},
};

static void test_diagram(void **state) {
    const struct drawn *d = *state;
    struct text text = {.bytes = malloc(ROOM), .size = ROOM, .style = {true, false, 100}};
    struct tape *tape = conversation_tape(&d->conversation);
    if (d->mermaid)
        diagram_mermaid(tape, true, &text);
    else
        diagram_svg(tape, &text);
    assert_int_equal(text.lost, 0);
    golden_compare(d->file, text.bytes, text.used);
    tape_free(tape);
    free(text.bytes);
}

int main(void) {
    enum { COUNT = sizeof drawn / sizeof *drawn };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){
            .name = drawn[i].file, .test_func = test_diagram, .initial_state = (void *)(uintptr_t)&drawn[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
