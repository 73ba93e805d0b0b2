// SPDX-License-Identifier: MIT
//
// libFuzzer's entry to the function FUZZ (fuzz_packet, fuzz_conn ...): a property that does not hold is a crash.
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const char *broken = FUZZ(bytes, size);
    if (broken) {
        fprintf(stderr, "does not hold: %s\n", broken);
        abort();
    }
    return 0;
}
