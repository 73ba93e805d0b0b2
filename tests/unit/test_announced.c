// SPDX-License-Identifier: MIT
//
// Which system calls are announced: the filter's own instructions (run/filter.h), run over calls of each architecture,
// and what is read from them (run/call.h). Both must say the same.
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../help/bpf.h"
#include "../help/cm.h"
#include "run/abi.h"
#include "run/call.h"

enum { PASSES = NOTIFICATION_KINDS }; // it is not announced

static void expect(int kind, struct seccomp_data data) {
    const bool announced = kind != PASSES;
    assert_int_equal(bpf_run_filter(&data), announced ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
    assert_int_equal(call_read(&data).kind, announced ? kind : NOTIFICATION_OTHER);
}

static void own(int kind, unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    expect(kind, (struct seccomp_data){.arch = ABI_OWN, .nr = (int)number, .args = {a, b, c, d}});
}

static void other(int kind, unsigned number, uint64_t a) {
    expect(kind, (struct seccomp_data){.arch = ABI_OTHER, .nr = (int)number, .args = {a}});
}

static void test_connect(void **state) {
    (void)state;
    const struct seccomp_data data = {
        .arch = ABI_OWN, .nr = SYS_connect, .args = {0x1200000003, 0x7fff12345678, 0x3400000010}};
    expect(NOTIFICATION_TCP, data);
    const struct call call = call_read(&data); // of an int the kernel looks at 32 bits
    assert_int_equal(call.fd, 3);
    assert_int_equal(call.address, 0x7fff12345678);
    assert_int_equal(call.size, 16);
}

static void test_calls_that_are_nothing_to_us(void **state) {
    static const unsigned numbers[] = {SYS_socket, SYS_bind, SYS_accept4, SYS_write, SYS_execve, SYS_exit, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        own(PASSES, numbers[i], 3, 3, 3, 3);
}

static void test_sends(void **state) {
    static const uint64_t high = UINT64_C(1) << 63 | UINT64_C(1) << 33; // a flag of no register that is an int
    (void)state;
    own(PASSES, SYS_sendto, MSG_FASTOPEN, MSG_FASTOPEN, MSG_FASTOPEN, MSG_NOSIGNAL | high);
    own(NOTIFICATION_AROUND_FAST_OPEN_SEND, SYS_sendto, 0, 0, 0, MSG_FASTOPEN | MSG_NOSIGNAL | high);
    own(PASSES, SYS_sendmmsg, MSG_FASTOPEN, MSG_FASTOPEN, MSG_FASTOPEN, MSG_DONTWAIT);
    own(NOTIFICATION_AROUND_FAST_OPEN_SEND, SYS_sendmmsg, 0, 0, 0, MSG_FASTOPEN);
    own(PASSES, SYS_sendmsg, MSG_FASTOPEN, MSG_FASTOPEN, MSG_MORE, MSG_FASTOPEN);
    own(NOTIFICATION_AROUND_FAST_OPEN_SEND, SYS_sendmsg, 0, 0, MSG_FASTOPEN, 0);
}

static void test_rings(void **state) {
    (void)state;
    own(NOTIFICATION_AROUND_IO_URING, SYS_io_uring_setup, 8, 0, 0, 0);
    own(PASSES, SYS_io_uring_enter, 8, 0, 0, 0);
    other(NOTIFICATION_AROUND_IO_URING, 425, 8);
}

static void test_other_listeners(void **state) {
    const uint64_t new_listener = SECCOMP_FILTER_FLAG_NEW_LISTENER, sync = SECCOMP_FILTER_FLAG_TSYNC;
    (void)state;
    own(NOTIFICATION_AROUND_OWN_LISTENER, SYS_seccomp, SECCOMP_SET_MODE_FILTER, new_listener, 0, 0);
    own(NOTIFICATION_AROUND_OWN_LISTENER, SYS_seccomp, SECCOMP_SET_MODE_FILTER, new_listener | sync, 0, 0);
    own(PASSES, SYS_seccomp, SECCOMP_SET_MODE_FILTER, sync, 0, 0);
    own(PASSES, SYS_seccomp, SECCOMP_SET_MODE_STRICT, new_listener, 0, 0);
    own(PASSES, SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, new_listener, 0, 0);
}

// The numbers of Linux's arch/x86/entry/syscalls/syscall_32.tbl and arch/arm64/tools/syscall_32.tbl.
static void test_32_bit_programs(void **state) {
    (void)state;
#ifdef __x86_64__
    assert_int_equal(ABI_OTHER, AUDIT_ARCH_I386);
    other(NOTIFICATION_AROUND_OTHER_ABI, 362, 3);
    other(NOTIFICATION_AROUND_OTHER_ABI, 102, 3); // socketcall(SYS_CONNECT, ...)
    for (uint64_t what = 0; what <= 20; what++)
        if (what != 3)
            other(PASSES, 102, what); // socket, bind, sendto ...
    other(PASSES, SYS_connect, 3);    // i386's pipe()
    own(PASSES, 362, 3, 0, 0, 0);
    own(PASSES, 102, 3, 0, 0, 0);                                             // getuid()
    own(NOTIFICATION_AROUND_OTHER_ABI, SYS_connect | 0x40000000, 3, 0, 0, 0); // x32
    own(PASSES, SYS_bind | 0x40000000, 3, 0, 0, 0);
#else
    assert_int_equal(ABI_OTHER, AUDIT_ARCH_ARM);
    other(NOTIFICATION_AROUND_OTHER_ABI, 283, 3);
    other(PASSES, SYS_connect, 3);
    own(PASSES, 283, 3, 0, 0, 0);
#endif
}

static void test_an_unknown_architecture(void **state) {
    static const unsigned list[] = {0, 3, 102, 425, AUDIT_ARCH_PPC64LE, AUDIT_ARCH_MIPS, 0xffffffff};
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        expect(PASSES, (struct seccomp_data){.arch = list[i], .nr = SYS_connect, .args = {3}});
        expect(PASSES, (struct seccomp_data){.arch = list[i], .nr = ABI_IO_URING_SETUP});
        expect(PASSES, (struct seccomp_data){.arch = list[i], .nr = ABI_OTHER_CONNECT});
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_calls_that_are_nothing_to_us),
        cmocka_unit_test(test_sends),
        cmocka_unit_test(test_rings),
        cmocka_unit_test(test_other_listeners),
        cmocka_unit_test(test_32_bit_programs),
        cmocka_unit_test(test_an_unknown_architecture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
