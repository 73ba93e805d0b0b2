// SPDX-License-Identifier: MIT
//
// All experiments by name; the files that define them are one a chapter, or one a theme. Included by course.c, and by
// those files.
#ifndef LAB_EXPERIMENTS_H
#define LAB_EXPERIMENTS_H

#include "lab/lab.h"

enum { LAB_SECOND_US = 1000000, LAB_MS_US = 1000 };

// opening.c
extern const struct experiment lab_closed_port, lab_syn_checksum, lab_no_guard, lab_wrong_ack, lab_no_ack,
    lab_stale_syn, lab_syn_twice;

// syns.c
extern const struct experiment lab_syn_with_data, lab_ack_with_data, lab_ecn_asked, lab_odd_options;

// simultaneous.c
extern const struct experiment lab_simultaneous_open;

// crowds.c
extern const struct experiment lab_backlog, lab_syn_flood_in_a_jar;

// probes.c
extern const struct experiment lab_null_probe, lab_xmas_probe, lab_fin_probe, lab_ack_probe;

// pieces.c
extern const struct experiment lab_one_byte_segments, lab_backwards, lab_overlap;

// fast.c
extern const struct experiment lab_fast_retransmit;

// data.c
extern const struct experiment lab_lost_data, lab_data_checksum, lab_beyond_window, lab_paws;

// windows.c
extern const struct experiment lab_zero_window;

// flags.c
extern const struct experiment lab_urgent, lab_psh_or_not;

// router.c
extern const struct experiment lab_ttl_1;

// closing.c
extern const struct experiment lab_half_close, lab_fin_lost, lab_last_ack_lost, lab_both_close;

// resets.c
extern const struct experiment lab_rst_exact, lab_rst_near, lab_rst_far, lab_rst_while_data_waits;

// afterwards.c
extern const struct experiment lab_pulled_cable, lab_time_wait, lab_late_segment;

#endif
