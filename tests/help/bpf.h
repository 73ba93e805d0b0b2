// SPDX-License-Identifier: MIT
//
// Classic BPF, as far as a seccomp filter of ours has it: so that the filter can be asked about calls that this machine
// cannot make.
#ifndef HELP_BPF_H
#define HELP_BPF_H

#include <stdbool.h>
#include <stdint.h>

struct seccomp_data;

// What the filter (run/filter.h) returns for this call. What no filter may do ends the program.
uint32_t bpf_run_filter(const struct seccomp_data *data);

#endif
