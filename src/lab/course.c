// SPDX-License-Identifier: MIT
//
// The course: all experiments, in the order in which a class would do them. A new one is written in a chapter's file,
// declared in experiments.h, and put into its place here.
#include "lab/experiments.h"

const struct experiment *const lab_course[] = {
    // Opening: who answers, and with what
    &lab_closed_port,
    &lab_syn_checksum,
    &lab_no_guard,
    &lab_wrong_ack,
    &lab_no_ack,
    &lab_stale_syn,
    &lab_syn_twice,
    &lab_syn_with_data,
    &lab_ack_with_data,
    &lab_simultaneous_open,
    &lab_backlog,
    &lab_syn_flood_in_a_jar,
    &lab_null_probe,
    &lab_xmas_probe,
    &lab_fin_probe,
    &lab_ack_probe,
    &lab_ecn_asked,
    &lab_odd_options,
    &lab_ttl_1,
    // Talking: how bytes become a stream, and what is not taken
    &lab_one_byte_segments,
    &lab_backwards,
    &lab_overlap,
    &lab_lost_data,
    &lab_fast_retransmit,
    &lab_data_checksum,
    &lab_beyond_window,
    &lab_zero_window,
    &lab_paws,
    &lab_urgent,
    &lab_psh_or_not,
    // Closing: four segments, and what if one is lost
    &lab_half_close,
    &lab_fin_lost,
    &lab_last_ack_lost,
    &lab_both_close,
    // Closing: the other way out, and who may take it
    &lab_rst_exact,
    &lab_rst_near,
    &lab_rst_far,
    &lab_rst_while_data_waits,
    // Closing: what is left
    &lab_pulled_cable,
    &lab_time_wait,
    &lab_late_segment,
};

const size_t lab_course_count = sizeof lab_course / sizeof *lab_course;

_Static_assert(sizeof lab_course / sizeof *lab_course <= LAB_COURSE_MAX, "the course is longer than its tables");
