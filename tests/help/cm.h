// SPDX-License-Identifier: MIT
//
// cmocka, with the headers that it wants before it, and RULE.
#ifndef HELP_CM_H
#define HELP_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule.h"

#endif
