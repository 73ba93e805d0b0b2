// SPDX-License-Identifier: MIT
//
// Who is meant (see words.h): of a segment made by hand, one end is us; of one that others exchange, the ends are the
// client and the server. Called by whoever explains a segment.
#include "view/words.h"

struct words_ends words_ends(const struct trace_segment *segment) {
    static const struct words_end_name us = {.name = "we", .whose = "our", .them = "us", .is_us = true},
                                       client = {.name = "the client", .whose = "the client's", .them = "the client"},
                                       server = {.name = "the server", .whose = "the server's", .them = "the server"};
    const struct words_end_name *near = segment->of_others ? &client : &us;
    return segment->ours ? (struct words_ends){*near, server} : (struct words_ends){server, *near};
}
