// SPDX-License-Identifier: MIT
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include "doors.h"

// The kernel's clocks: CLOCK_MONOTONIC and CLOCK_REALTIME. A time jump of the wall clock never reaches the engine.
struct clock clock_real(void);

#endif
