// SPDX-License-Identifier: MIT
//
// All experiments by name; the files that define them are one a chapter, or one a theme. Included by course.c, and by
// those files.
#ifndef LAB_EXPERIMENTS_H
#define LAB_EXPERIMENTS_H

#include "lab/lab.h"

enum { LAB_SECOND_US = 1000000, LAB_MS_US = 1000 };

// opening.c
extern const struct experiment lab_closed_port, lab_syn_checksum, lab_no_guard, lab_wrong_ack, lab_no_ack;

// resets.c
extern const struct experiment lab_rst_near;

#endif
