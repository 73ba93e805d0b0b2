// SPDX-License-Identifier: MIT
//
// Real calls, by their numbers where the C library has no name for them (see around.h).
#include "around.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "caller.h"

enum { RING_PARAMS_BYTES = 120, IO_URING_SETUP = 425, SOCKETCALL_CONNECT = 3 };

static struct sockaddr_in here(void) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(CALLER_PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int outcome(long result) { return result >= 0 ? 0 : errno; }

static int tcp(void) { return socket(AF_INET, SOCK_STREAM, 0); }

int around_io_uring(void) {
    uint8_t params[RING_PARAMS_BYTES] = {0}, again[RING_PARAMS_BYTES] = {0};
    int first = outcome(syscall(IO_URING_SETUP, 1, params));
    return outcome(syscall(IO_URING_SETUP, 1, again)) == first ? first : CALLER_WRONG;
}

int around_sendto(void) {
    struct sockaddr_in to = here();
    return outcome(sendto(tcp(), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to));
}

static long send_message(int fd, int flags, int many) {
    struct sockaddr_in to = here();
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct mmsghdr list = {.msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &part, .msg_iovlen = 1}};
    return many ? sendmmsg(fd, &list, 1, flags) : sendmsg(fd, &list.msg_hdr, flags);
}

int around_sendmsg(void) { return outcome(send_message(tcp(), MSG_FASTOPEN, 0)); }
int around_sendmmsg(void) { return outcome(send_message(tcp(), MSG_FASTOPEN, 1)); }

int around_plain_sends(void) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = here();
    int first = outcome(sendto(fd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to));
    close(fd); // what it was told of a closed port is not for the others
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    int second = outcome(send_message(fd, MSG_NOSIGNAL, 0));
    close(fd);
    return first | second | outcome(send_message(socket(AF_INET, SOCK_DGRAM, 0), MSG_NOSIGNAL, 1));
}

#ifdef __x86_64__
static void cannot(int number) {
    (void)number;
    _exit(CALLER_CANNOT);
}

// int $0x80 makes a 32-bit program's call, from wherever it stands; where the kernel has no such door it is a fault.
static int call_32(long number, long a, long b, long c) {
    long result;
    signal(SIGSEGV, cannot);
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c)
                     : "memory", "r8", "r9", "r10", "r11");
    return (int)-result;
}

// What a 32-bit pointer can reach.
static void *low_memory(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (page == MAP_FAILED)
        _exit(CALLER_WRONG);
    return page;
}

int around_32_bit(void) {
    struct sockaddr_in *to = low_memory();
    *to = here();
    return call_32(362, tcp(), (long)to, sizeof *to);
}

int around_socketcall(void) {
    struct {
        uint32_t arguments[3];
        struct sockaddr_in to;
    } *low = low_memory();
    low->to = here();
    low->arguments[0] = (uint32_t)tcp();
    low->arguments[1] = (uint32_t)(uintptr_t)&low->to;
    low->arguments[2] = sizeof low->to;
    return call_32(102, SOCKETCALL_CONNECT, (long)low->arguments, 0);
}

int around_x32(void) {
    struct sockaddr_in to = here();
    return outcome(syscall(SYS_connect | 0x40000000, tcp(), &to, sizeof to));
}
#else
int around_32_bit(void) { return CALLER_CANNOT; }
int around_socketcall(void) { return CALLER_CANNOT; }
int around_x32(void) { return CALLER_CANNOT; }
#endif

static int install(unsigned flags) {
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = 1, .filter = &allow};
    return outcome(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program)); // no_new_privs is inherited
}

int around_listener(void) { return install(SECCOMP_FILTER_FLAG_NEW_LISTENER); }
int around_filter(void) { return install(0); }
