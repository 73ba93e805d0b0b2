// SPDX-License-Identifier: MIT
//
// The link door over raw sockets (raw(7)). Sending: IPPROTO_RAW means that we bring the IP header ourselves. Receiving:
// a raw socket for TCP gets a copy of each segment that arrives at this machine, one for ICMP each message; filters in
// the kernel keep out what is not for our port. IPv4 comes with its header, IPv6 without (see rebuild.h).
#include "raw.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "address.h"
#include "rawshake/ipv6.h"
#include "rebuild.h"

enum { QUEUE_BYTES = 4 << 20, MANY = 64, BEFORE_MOST = 100000 };

// What a packet of ours may weigh is for the engine to say, which looks at what an ICMP error quotes. Linux would
// believe any "fragmentation needed" that comes to a raw socket, forged ones too, and then refuse to send what it
// thinks too large: a forgery would end the connection, and a true one too, since Linux hears of it before we do, with
// packets still to send. Those are to be lost on their way, as any others are (ip(7), IP_MTU_DISCOVER).
static bool leave_mtu_to_us(const struct raw_link *raw, int fd) {
    const int ipv4 = IP_PMTUDISC_INTERFACE, ipv6 = IPV6_PMTUDISC_INTERFACE;
    return raw->family == RS_IPV6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &ipv6, sizeof ipv6) == 0
                                  : setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &ipv4, sizeof ipv4) == 0;
}

static int open_socket(const struct raw_link *raw, int protocol) {
    int fd = socket(address_family(raw->family), SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0 || leave_mtu_to_us(raw, fd))
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

static bool tells_header(const struct raw_link *raw, int fd) { return raw->family == RS_IPV4 || rebuild_ask(fd); }

// Until its filter was there, the socket got everybody's segments. (What ICMP says about somebody else's is passed over
// in any case.)
static void forget_what_came_before(int fd) {
    for (int i = 0; i < BEFORE_MOST && recv(fd, NULL, 0, MSG_TRUNC) >= 0; i++) {
    }
}

static bool open_receiver(struct raw_link *raw, const struct filter_ports *ports) {
    const int on = 1, queue = QUEUE_BYTES;
    raw->receive_fd = open_socket(raw, IPPROTO_TCP);
    if (raw->receive_fd < 0)
        return false;
    // Past the system's limit where we may, up to it where we may not; a lost packet is counted in either case.
    if (setsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0)
        setsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    if (getsockopt(raw->receive_fd, SOL_SOCKET, SO_RCVBUF, &raw->queue_bytes, &(socklen_t){sizeof(int)}) != 0)
        return false;
    if (!filter_segments(raw->receive_fd, raw->family, ports))
        return false;
    forget_what_came_before(raw->receive_fd);
    return tells_header(raw, raw->receive_fd) &&
           setsockopt(raw->receive_fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0;
}

static bool open_icmp(struct raw_link *raw, const struct filter_ports *ports) {
    raw->icmp_fd = open_socket(raw, raw->family == RS_IPV6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
    if (raw->icmp_fd < 0)
        return false;
    const bool filtered = ports->count > 0 ? filter_errors(raw->icmp_fd, raw->family, ports)
                                           : filter_all_errors(raw->icmp_fd, raw->family);
    return filtered && tells_header(raw, raw->icmp_fd);
}

bool raw_link_open(struct raw_link *raw, enum rs_family family, uint16_t port, struct net_error *error) {
    const struct filter_ports ports = {.list = {port}, .count = port > 0};
    *raw = (struct raw_link){.family = family, .send_fd = -1, .receive_fd = -1, .icmp_fd = -1};
    raw->send_fd = open_socket(raw, IPPROTO_RAW);
    if (raw->send_fd >= 0 && open_receiver(raw, &ports) && open_icmp(raw, &ports))
        return true;
    int number = errno;
    raw_link_close(raw);
    if (number == EPERM || number == EACCES)
        return net_fail(error, number, net_hint_permission, "a raw socket needs the capability CAP_NET_RAW");
    return net_fail(error, number, NULL, "a raw socket");
}

// A new filter takes the kernel more than ten microseconds: errors are too rare for one of their own.
bool raw_link_aim(struct raw_link *raw, const struct filter_ports *ports) {
    if (!filter_segments(raw->receive_fd, raw->family, ports))
        return false;
    if (ports->count == 0) { // otherwise what waits may be for those that stay
        forget_what_came_before(raw->receive_fd);
        forget_what_came_before(raw->icmp_fd);
    }
    return true;
}

// A raw socket has no ports; the real one stands in the packet.
static struct kernel_address host_of(const struct raw_link *raw, const struct rs_endpoint *to) {
    struct rs_endpoint host = *to;
    host.port = 0;
    return address_to_kernel(&host, raw->zone);
}

static int raw_send(void *self, const struct rs_endpoint *to, const uint8_t *packet, size_t size) {
    const struct raw_link *raw = self;
    const struct kernel_address there = host_of(raw, to);
    ssize_t sent = sendto(raw->send_fd, packet, size, 0, (const struct sockaddr *)&there.bytes, there.size);
    return sent < 0 ? errno : 0;
}

static size_t raw_send_many(void *self, const struct rs_endpoint *to, const struct iovec *packets, size_t count,
                            int *failure) {
    const struct raw_link *raw = self;
    struct kernel_address there = host_of(raw, to);
    struct mmsghdr messages[MANY];
    count = count < MANY ? count : MANY;
    for (size_t i = 0; i < count; i++) {
        struct iovec *part = (struct iovec *)(uintptr_t)&packets[i]; // it is only read: sendmmsg() knows no const
        messages[i].msg_hdr =
            (struct msghdr){.msg_name = &there.bytes, .msg_namelen = there.size, .msg_iov = part, .msg_iovlen = 1};
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

// One packet from one socket. Returns its size, 0 if there is none now, or -errno.
static ssize_t receive_from(struct raw_link *raw, int fd, uint8_t protocol, uint8_t *packet, size_t room) {
    _Alignas(struct cmsghdr) char control[REBUILD_CONTROL_BYTES];
    struct sockaddr_storage from;
    const size_t header = raw->family == RS_IPV6 ? RS_IPV6_HEADER_BYTES : 0;
    struct iovec part = {.iov_base = packet + header, .iov_len = room - header};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t size = recvmsg(fd, &message, 0);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    read_lost(raw, &message);
    if (header > 0)
        rebuild_ipv6(&message, (size_t)size, protocol, packet);
    return size + (ssize_t)header;
}

static ssize_t raw_receive(void *self, uint8_t *packet, size_t room) {
    struct raw_link *raw = self;
    ssize_t size = receive_from(raw, raw->receive_fd, IPPROTO_TCP, packet, room);
    return size != 0 ? size : receive_from(raw, raw->icmp_fd, IPPROTO_ICMPV6, packet, room);
}

static uint64_t raw_lost(void *self) {
    const struct raw_link *raw = self;
    return raw->lost - raw->lost_before;
}

struct link raw_link_door(struct raw_link *raw) {
    raw->lost_before = raw->lost;
    return (struct link){.self = raw,
                         .send = raw_send,
                         .send_many = raw_send_many,
                         .receive = raw_receive,
                         .lost = raw_lost,
                         .rebuilds_ip_header = raw->family == RS_IPV6,
                         .fd = raw->receive_fd,
                         .icmp_fd = raw->icmp_fd,
                         .send_fd = raw->send_fd};
}

void raw_link_close(struct raw_link *raw) {
    int *fds[] = {&raw->send_fd, &raw->receive_fd, &raw->icmp_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}
