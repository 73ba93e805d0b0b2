// SPDX-License-Identifier: MIT
//
// The link door over raw sockets (raw(7)). Sending: IPPROTO_RAW means that we bring the IP header ourselves
// (IP_HDRINCL). Receiving: a raw socket for TCP gets a copy of each segment that arrives at this machine, IP header and
// all; a packet filter in the kernel keeps out what is not for our port.
#include "raw.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "address.h"

enum { QUEUE_BYTES = 4 << 20, KEEP_ALL = 0x40000, MANY = 64 };

// Keeps what is for our port; a segment too short to have one is not kept.
static bool filter(int fd, uint16_t port) {
    struct sock_filter to_our_port[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),          // x = length of the IP header, from its first byte
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),           // a = TCP destination port
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1), // ours?
        BPF_STMT(BPF_RET | BPF_K, KEEP_ALL),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = {.len = sizeof to_our_port / sizeof *to_our_port, .filter = to_our_port};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static bool open_receiver(struct raw_link *raw, uint16_t port) {
    const int on = 1, queue = QUEUE_BYTES;
    raw->receive_fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (raw->receive_fd < 0)
        return false;
    // Past the system's limit where we may, up to it where we may not; a lost packet is counted in either case.
    if (setsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0)
        setsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    if (getsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUF, &raw->queue_bytes, &(socklen_t){sizeof(int)}) != 0)
        return false;
    return filter(raw->receive_fd, port) && setsockopt(raw->receive_fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0;
}

bool raw_link_open(struct raw_link *raw, uint16_t port, struct net_error *error) {
    *raw = (struct raw_link){.send_fd = -1, .receive_fd = -1};
    raw->send_fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
    if (raw->send_fd >= 0 && open_receiver(raw, port))
        return true;
    int number = errno;
    raw_link_close(raw);
    if (number == EPERM || number == EACCES)
        return net_fail(error, number, net_hint_permission, "a raw socket needs the capability CAP_NET_RAW");
    return net_fail(error, number, NULL, "a raw socket");
}

static int raw_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    const struct raw_link *raw = self;
    struct rs_endpoint host = *to;
    host.port = 0; // a raw socket has no ports; the real one stands in the packet
    struct sockaddr_in in = address_to_ipv4(&host);
    ssize_t sent = sendto(raw->send_fd, packet, size, 0, (struct sockaddr *)&in, sizeof in);
    return sent < 0 ? errno : 0;
}

static size_t raw_send_many(void *self, const struct rs_endpoint *to, const struct iovec *packets, size_t count,
                            int *failure) {
    const struct raw_link *raw = self;
    struct rs_endpoint host = *to;
    host.port = 0;
    struct sockaddr_in in = address_to_ipv4(&host);
    struct mmsghdr messages[MANY];
    count = count < MANY ? count : MANY;
    for (size_t i = 0; i < count; i++) {
        struct iovec *part = (struct iovec *)(uintptr_t)&packets[i]; // it is only read: sendmmsg() knows no const
        messages[i].msg_hdr =
            (struct msghdr){.msg_name = &in, .msg_namelen = sizeof in, .msg_iov = part, .msg_iovlen = 1};
    }
    int sent = sendmmsg(raw->send_fd, messages, (unsigned)count, 0);
    if (sent < 0)
        *failure = errno;
    return sent < 0 ? 0 : (size_t)sent;
}

// The kernel counts what did not fit in our queue, and tells with the next packet (SO_RXQ_OVFL, socket(7)).
static void read_lost(struct raw_link *raw, struct msghdr *message) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        uint32_t count;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&count, CMSG_DATA(c), sizeof count);
        raw->lost = count;
    }
}

static ssize_t raw_receive(void *self, uint8_t *packet, size_t room) {
    struct raw_link *raw = self;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint32_t))];
    struct iovec part = {.iov_base = packet, .iov_len = room};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(raw->receive_fd, &message, 0);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    read_lost(raw, &message);
    return size;
}

static uint64_t raw_lost(void *self) {
    const struct raw_link *raw = self;
    return raw->lost;
}

struct link raw_link_door(struct raw_link *raw) {
    return (struct link){.self = raw,
                         .send = raw_send,
                         .send_many = raw_send_many,
                         .receive = raw_receive,
                         .lost = raw_lost,
                         .fd = raw->receive_fd,
                         .send_fd = raw->send_fd};
}

void raw_link_close(struct raw_link *raw) {
    if (raw->send_fd >= 0)
        close(raw->send_fd);
    if (raw->receive_fd >= 0)
        close(raw->receive_fd);
    raw->send_fd = raw->receive_fd = -1;
}
