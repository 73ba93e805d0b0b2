// SPDX-License-Identifier: MIT
//
// SLOW is 1 where a run takes many times as long: under sanitizers, and where 'make coverage' says so. Then less is
// run.
#ifndef SIM_SLOW_H
#define SIM_SLOW_H

#ifndef SLOW
#ifdef __has_feature
#define SIM_HAS_ASAN __has_feature(address_sanitizer)
#else
#define SIM_HAS_ASAN 0
#endif
#if defined(__SANITIZE_ADDRESS__) || SIM_HAS_ASAN
#define SLOW 1
#else
#define SLOW 0
#endif
#endif

#endif
