// SPDX-License-Identifier: MIT
//
// TCP_REPAIR, step by step (see handover.h). What connect() would have built from a handshake is written into the
// socket: its two ends, its sequence numbers, what the SYNs agreed on, and the windows. Called by handover_helper.c,
// and by tests.
#include "handover.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "maxseg.h"

enum { US_PER_MS = 1000 };

// The kinds of options, as TCP_REPAIR_OPTIONS has them.
enum { KIND_MSS = 2, KIND_WINDOW_SCALE = 3, KIND_SACK_PERMITTED = 4, KIND_TIMESTAMPS = 8, OPTIONS_MOST = 4 };

static bool set(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static bool set_tcp(int fd, int name, int value) { return set(fd, IPPROTO_TCP, name, value); }

// An IPv6 socket may carry IPv4 (RFC 4291, section 2.5.5.2): then it wants the address in IPv6's clothes.
static struct kernel_address name_for(int fd, const struct rs_endpoint *endpoint, uint32_t zone) {
    struct rs_endpoint mapped = {.family = RS_IPV6, .port = endpoint->port, .addr = {[10] = 0xff, [11] = 0xff}};
    int domain = 0;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof domain});
    if (domain != AF_INET6 || endpoint->family != RS_IPV4)
        return address_to_kernel(endpoint, zone);
    memcpy(mapped.addr + 12, endpoint->addr, 4);
    return address_to_kernel(&mapped, 0);
}

// A queue's number can be written only while there is no connection yet: it is the one of its next byte.
static bool set_numbers(int fd, const struct handover *h) {
    return set_tcp(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE) && set_tcp(fd, TCP_QUEUE_SEQ, (int)h->snd_nxt) &&
           set_tcp(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE) && set_tcp(fd, TCP_QUEUE_SEQ, (int)h->rcv_nxt) &&
           set_tcp(fd, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
}

// A socket that has a port already keeps it, and bind() says EINVAL: whichever it is, the connection would get it.
static bool has_the_port(int fd, uint16_t port) {
    struct address bound;
    if (errno == EINVAL && address_of_socket(fd, &bound) && bound.endpoint.port == port)
        return true;
    errno = errno == EINVAL ? EADDRINUSE : errno;
    return false;
}

// An IPv6 socket that is bound to an address is IPv6's alone from then on (IPV6_V6ONLY), and stays that when it is
// disconnected. So the port is bound alone, and connect() finds the address.
static struct kernel_address own_name(int fd, const struct handover *h) {
    const struct rs_endpoint any = {.family = RS_IPV6, .port = h->local.port};
    const struct kernel_address local = name_for(fd, &h->local, h->zone);
    static const uint8_t zero[sizeof any.addr];
    struct address bound;
    const bool chosen = !address_of_socket(fd, &bound) || memcmp(bound.endpoint.addr, zero, sizeof zero) != 0;
    return chosen || local.bytes.ss_family == AF_INET ? local : address_to_kernel(&any, 0);
}

static bool is_where_it_should_be(int fd, const struct rs_endpoint *local) {
    const struct kernel_address nobody = {.bytes.ss_family = AF_UNSPEC, .size = sizeof(struct sockaddr)};
    struct address now;
    if (address_of_socket(fd, &now) && rs_endpoint_equal(&now.endpoint, local))
        return true;
    address_connect(fd, &nobody);
    errno = EADDRNOTAVAIL;
    return false;
}

// In repair mode a port can be bound that another socket listens on (our guard does), and connect() sends nothing: it
// looks up the route and puts the connection among the established ones, where segments will find it.
static bool set_ends(int fd, const struct handover *h) {
    const struct kernel_address local = own_name(fd, h), remote = name_for(fd, &h->remote, h->zone);
    bool bound = address_bind(fd, &local) == 0 || has_the_port(fd, h->local.port);
    return bound && address_connect(fd, &remote) == 0 && is_where_it_should_be(fd, &h->local);
}

// What was not agreed on is said too, where leaving it out would mean the kernel's own choice: a scale above all.
static bool set_options(int fd, const struct handover *h) {
    struct tcp_repair_opt list[OPTIONS_MOST];
    size_t count = 0;
    const uint32_t scales = h->window_scale ? h->send_scale | (uint32_t)h->receive_scale << 16 : 0;
    list[count++] = (struct tcp_repair_opt){KIND_MSS, h->mss};
    list[count++] = (struct tcp_repair_opt){KIND_WINDOW_SCALE, scales};
    if (h->sack)
        list[count++] = (struct tcp_repair_opt){KIND_SACK_PERMITTED, 0};
    if (h->timestamps)
        list[count++] = (struct tcp_repair_opt){KIND_TIMESTAMPS, 0};
    return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, list, (socklen_t)(count * sizeof *list)) == 0;
}

// How much fits into a segment was worked out when the two ends were written, and the server's MSS was not known then:
// the least that any end must take, 536 or 1220 bytes. The kernel works it out again when the options of the socket's
// IP packets are set: IPv4's to what they are, IPv6's to a list without any, which is then taken away again. (There is
// an option for all of IPv6's at once, of RFC 2292, which is older than its headers' names for it.)
static bool set_segment_size(int fd, const struct handover *h) {
    enum { MOST = 64 };
    uint8_t options[MOST] = {0};
    socklen_t size = sizeof options;
    if (h->remote.family == RS_IPV6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, options, 1) == 0 &&
               setsockopt(fd, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, options, 0) == 0;
    return getsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, &size) == 0 &&
           setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, size) == 0;
}

// The clock of our timestamps goes on where ours stands by now, also where we had to wait for our turn. It must not be
// behind what our own segments say, or its segments would be thrown away as old (RFC 7323, section 5.3): where we
// listen, ours go on for a while, and may tick before the kernel's does. Nor should it be ahead without need, or a
// server that has this connection in TIME-WAIT would take the next one's SYN for old. Since Linux 6.7 an odd number
// would choose a clock of microseconds.
static bool set_clock(int fd, const struct handover *h) {
    const struct clock clock = clock_real();
    const uint64_t now_us = clock.monotonic_us(clock.self), since_us = h->ts_since_us;
    const uint32_t passed_ms = since_us > 0 && now_us > since_us ? (uint32_t)((now_us - since_us) / US_PER_MS) : 0;
    const uint32_t value = h->ts_value + passed_ms + h->half_open;
    return !h->timestamps || set_tcp(fd, TCP_TIMESTAMP, (int)(value + (value & 1)));
}

static bool set_windows(int fd, const struct handover *h) {
    const struct tcp_repair_window window = {.snd_wl1 = h->snd_wl1,
                                             .snd_wnd = h->snd_wnd,
                                             .max_window = h->snd_wnd,
                                             .rcv_wnd = h->rcv_wnd,
                                             .rcv_wup = h->rcv_nxt};
    return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof window) == 0;
}

// A filter on a TCP socket sees the segment from its header on. While our SYN is not acknowledged there is nothing else
// that a segment with this number could be.
static bool set_deaf(int fd, const struct handover *h) {
    enum { ACK_AT = 8, FLAGS_AT = 13, ACK = 0x10 };
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ACK_AT),   BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, h->snd_nxt, 0, 3),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, ACK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

// What connect() makes of the segment size that it announces is worked out when the two ends are written: how much the
// socket may buffer, and what it takes for a full segment when it decides which ACK may wait. It does so from the
// socket's own limit (TCP_MAXSEG), which is ours for that moment; and, if timestamps were agreed on, without their 12
// bytes, as connect() does once it has the SYN-ACK. A limit of a loopback's size cannot be written.
static bool set_ends_with_size(int fd, const struct handover *h, int limit) {
    enum { LEAST = 88, MOST = 32767, TIMESTAMPS_BYTES = 12 };
    const int announced = h->announced_mss - (h->timestamps && !h->half_open ? TIMESTAMPS_BYTES : 0);
    if (announced < LEAST || announced > MOST)
        return set_ends(fd, h);
    if (!set_tcp(fd, TCP_MAXSEG, announced))
        return false;
    const bool done = set_ends(fd, h);
    const int number = errno;
    set_tcp(fd, TCP_MAXSEG, limit);
    errno = number;
    return done;
}

// limit: the MSS that was chosen for the socket, which repair mode does not tell; 0: none.
static bool write_connection(int fd, const struct handover *h, int limit, const char **step) {
    *step = "its filter";
    if (h->half_open && !set_deaf(fd, h))
        return false;
    *step = "its sequence numbers";
    if (!set_numbers(fd, h))
        return false;
    *step = "its windows";
    if (!set_windows(fd, h)) // what takes part in what follows; and again at the end, which forgets it
        return false;
    *step = "its two ends";
    if (!set_ends_with_size(fd, h, limit))
        return false;
    *step = "the options of the SYNs";
    if (!set_options(fd, h) || !set_segment_size(fd, h))
        return false;
    *step = "the clock of its timestamps";
    if (!set_clock(fd, h))
        return false;
    *step = "its windows";
    return set_windows(fd, h);
}

static bool get_number(int fd, int queue, uint32_t *out) {
    socklen_t size = sizeof *out;
    return set_tcp(fd, TCP_REPAIR_QUEUE, queue) && getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, out, &size) == 0;
}

// Read back, not taken for granted.
static struct handover_told ask(int fd) {
    struct handover_told told = {0};
    told.known = get_number(fd, TCP_SEND_QUEUE, &told.snd_nxt) && get_number(fd, TCP_RECV_QUEUE, &told.rcv_nxt);
    set_tcp(fd, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
    return told;
}

// Without the window probe that the kernel would send at the end of repair mode (Linux 4.19): on the wire it would be
// the handshake's third segment, in the place of ours.
static bool leave(int fd) { return set_tcp(fd, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP); }

static const char *hint(int number) {
    if (number == EPERM)
        return "it takes CAP_NET_ADMIN: run it as root; 'rawshake demo --handover' needs no privilege";
    return number == ENOPROTOOPT ? "this kernel is built without TCP_REPAIR" : NULL;
}

static bool fail(struct net_error *error, int number, const char *step) {
    return net_fail(error, number, hint(number), "handing the connection over to the kernel (%s)", step);
}

bool handover_possible(struct net_error *error) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool on = fd >= 0 && set_tcp(fd, TCP_REPAIR, TCP_REPAIR_ON), off = on && leave(fd);
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (on && !off)
        return net_fail(error, number, "it takes Linux 4.19", "handing a connection over to the kernel");
    return off || net_fail(error, number, hint(number), "handing a connection over to the kernel");
}

bool handover_take_and_ask(int fd, const struct handover *handover, struct handover_told *told,
                           struct net_error *error) {
    const char *step = "TCP_REPAIR";
    const int limit = maxseg_chosen(fd);
    int reuse = 0;
    getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, &(socklen_t){sizeof reuse});
    if (!set_tcp(fd, TCP_REPAIR, TCP_REPAIR_ON))
        return fail(error, errno, step);
    bool written = write_connection(fd, handover, limit, &step);
    int number = errno;
    if (!written) {
        if (handover->half_open)
            handover_opened(fd, error);
        leave(fd);
        set(fd, SOL_SOCKET, SO_REUSEADDR, reuse);
        return fail(error, number, step);
    }
    *told = ask(fd);
    if (!leave(fd))
        return fail(error, errno, "leaving TCP_REPAIR");
    set(fd, SOL_SOCKET, SO_REUSEADDR, reuse); // repair mode has cleared it
    return true;
}

bool handover_opened(int fd, struct net_error *error) {
    return set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0) ||
           net_fail(error, errno, NULL, "the kernel's socket, when its handshake was over");
}

// A socket that is closed in repair mode says nothing.
bool handover_undo(int fd, struct net_error *error) {
    return set_tcp(fd, TCP_REPAIR, TCP_REPAIR_ON) || fail(error, errno, "undoing it");
}

bool handover_take(int fd, const struct handover *handover, struct net_error *error) {
    struct handover_told nobody_wants_it;
    return handover_take_and_ask(fd, handover, &nobody_wants_it, error);
}
