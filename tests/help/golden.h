// SPDX-License-Identifier: MIT
//
// Output that is compared with a file, to the byte.
#ifndef TESTS_HELP_GOLDEN_H
#define TESTS_HELP_GOLDEN_H

#include <stddef.h>

// Fails unless bytes are what stands in tests/golden/NAME. With UPDATE_GOLDEN in the environment the file is written
// anew. Where they differ, what came is left in build/golden.out.
void golden_compare(const char *name, const char *bytes, size_t size);

#endif
