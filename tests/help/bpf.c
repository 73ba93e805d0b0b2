// SPDX-License-Identifier: MIT
//
// An accumulator, and an instruction after the other (Linux: Documentation/networking/filter.rst).
#include "bpf.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "run/filter.h"

static uint32_t load(const struct seccomp_data *data, uint32_t offset) {
    uint32_t word;
    if (offset % sizeof word != 0 || offset > sizeof *data - sizeof word)
        abort();
    memcpy(&word, (const uint8_t *)data + offset, sizeof word);
    return word;
}

uint32_t bpf_run_filter(const struct seccomp_data *data) {
    size_t count;
    const struct sock_filter *code = connect_filter_code(&count);
    uint32_t a = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sock_filter *now = &code[i];
        if (now->code == (BPF_LD | BPF_W | BPF_ABS))
            a = load(data, now->k);
        else if (now->code == (BPF_JMP | BPF_JEQ | BPF_K))
            i += a == now->k ? now->jt : now->jf;
        else if (now->code == (BPF_JMP | BPF_JSET | BPF_K))
            i += a & now->k ? now->jt : now->jf;
        else if (now->code == (BPF_RET | BPF_K))
            return now->k;
        else
            abort();
    }
    abort(); // a filter ends by a return
}
