// SPDX-License-Identifier: MIT
//
// Where a program may ask for connect() on this machine. A kernel has several doors (ABIs), and a system call's number
// means something only together with its door: 42 is connect() on x86-64 and pipe() on i386. Seccomp tells the door as
// an architecture; x32's alone has x86-64's, and bit 30 in its numbers.
//
//   ABI_OWN            our own, whose connect() is made by hand
//   ABI_OTHER          the 32-bit programs' on the same kernel, whose connect() is not
//   ABI_..._SOCKETCALL i386's old way: one number for all that concerns sockets, and which of it is meant comes first
//
// Where a machine lacks one, connect()'s own number stands for it, which has been asked for before.
#ifndef RUN_ABI_H
#define RUN_ABI_H

#include <linux/audit.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ABI_OWN AUDIT_ARCH_X86_64
#define ABI_OTHER AUDIT_ARCH_I386
#define ABI_OTHER_CONNECT 362u
#define ABI_OTHER_SOCKETCALL 102u
#define ABI_X32_CONNECT (0x40000000u | SYS_connect)
#elif defined(__aarch64__) && !defined(__ILP32__) && defined(__AARCH64EL__)
#define ABI_OWN AUDIT_ARCH_AARCH64
#define ABI_OTHER AUDIT_ARCH_ARM
#define ABI_OTHER_CONNECT 283u
#define ABI_OTHER_SOCKETCALL ABI_OTHER_CONNECT
#define ABI_X32_CONNECT SYS_connect
#else
#define ABI_UNKNOWN
#define ABI_OWN 0u
#define ABI_OTHER 0u
#define ABI_OTHER_CONNECT SYS_connect
#define ABI_OTHER_SOCKETCALL ABI_OTHER_CONNECT
#define ABI_X32_CONNECT SYS_connect
#endif

enum {
    ABI_IO_URING_SETUP = 425, // behind every door: calls newer than Linux 5.0 have one number
    ABI_SOCKETCALL_CONNECT = 3
};

#endif
