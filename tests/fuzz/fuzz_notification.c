// SPDX-License-Identifier: MIT
//
// What comes out of a notification: any registers, any bytes behind the address, whatever the kernel could say of the
// socket, and any choices. The filter and what reads its calls say the same; what is made by hand is a TCP socket's and
// leads somewhere; and whatever was chosen, a SYN comes of it that says what the kernel's would.
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../help/bpf.h"
#include "fuzz.h"
#include "reader.h"
#include "run/abi.h"
#include "run/call.h"
#include "run/choices.h"
#include "run/judge.h"

enum { BUFFER = 65536, ADDRESS_MOST = 128, ARGUMENTS = 6, SCALE_MOST = 14 };

static const char *broken;

static void expect(bool holds, const char *property) {
    if (!holds && !broken)
        broken = property;
}

static uint64_t read_64(struct reader *r) {
    const uint64_t high = read_32(r);
    return high << 32 | read_32(r);
}

// ---- the call

static struct seccomp_data read_data(struct reader *r) {
    static const uint32_t arches[] = {ABI_OWN, ABI_OTHER};
    static const uint32_t numbers[] = {SYS_connect,     SYS_sendto,       SYS_sendmsg,          SYS_sendmmsg,
                                       SYS_seccomp,     ABI_X32_CONNECT,  ABI_OTHER_SOCKETCALL, ABI_IO_URING_SETUP,
                                       SYS_connect + 1, ABI_OTHER_CONNECT};
    const uint8_t arch = read_8(r), number = read_8(r);
    struct seccomp_data d = {.arch = arch < 2 ? arches[arch] : read_32(r)};
    d.nr = (int)(number < sizeof numbers / sizeof *numbers ? numbers[number] : read_32(r));
    for (int i = 0; i < ARGUMENTS; i++)
        d.args[i] = i == 2 && number == 0 && arch == 0 ? read_8(r) : read_64(r); // a size that could be one
    return d;
}

static struct call look_at_call(const struct seccomp_data *d) {
    const struct call call = call_read(d);
    const bool announced = bpf_run_filter(d) == SECCOMP_RET_USER_NOTIF;
    expect(announced == (call.kind != NOTIFICATION_OTHER), "what is announced is read, and nothing else");
    expect(call.kind != NOTIFICATION_TCP || (d->arch == ABI_OWN && (uint32_t)d->nr == SYS_connect),
           "only our own connect() is made by hand");
    expect(call.kind == NOTIFICATION_TCP || (call.size == 0 && call.address == 0), "of the others no address is read");
    return call;
}

// ---- its socket

static struct socket_told read_told(struct reader *r) {
    const uint8_t what = read_8(r), flags = read_8(r);
    return (struct socket_told){
        .domain = what & 1   ? AF_INET6
                  : what & 2 ? (int)read_8(r) - 1
                             : AF_INET,
        .type = what & 4 ? (int)read_8(r) - 1 : SOCK_STREAM,
        .protocol = what & 8 ? (int)read_8(r) - 1 : IPPROTO_TCP,
        .fresh = !(flags & 1),
        .fast_open = flags & 2,
        .other_network = flags & 4,
        .only_ipv6 = flags & 8,
    };
}

static struct address read_bound(struct reader *r) {
    const uint8_t how = read_8(r);
    struct address bound = {.endpoint.family = how & 1 ? RS_IPV6 : RS_IPV4};
    for (size_t i = 0; how & 2 && i < rs_address_bytes(bound.endpoint.family); i++)
        bound.endpoint.addr[i] = read_8(r);
    return bound;
}

// True: by hand, to there.
static bool look_at_socket(const struct call *call, struct reader *r, struct address *to) {
    const struct socket_told told = read_told(r);
    const struct address bound = read_bound(r);
    bool to_known = false;
    size_t size = 0;
    const uint8_t *bytes = read_bytes(r, call->size <= ADDRESS_MOST ? call->size : 0, &size);
    if (call->kind != NOTIFICATION_TCP || !call_has_an_address(call) || size != call->size)
        return false; // there is no memory
    expect(size >= sizeof(sa_family_t) && size <= ADDRESS_MOST, "an address has a size");
    *to = (struct address){.endpoint.family = RS_IPV4};
    const enum notification_kind kind = judge_socket(&told, bytes, size, &bound, to, &to_known);
    expect(kind < NOTIFICATION_KINDS && kind != NOTIFICATION_GONE, "it is judged");
    expect(!to_known || rs_endpoint_is_unicast(&to->endpoint), "a known address is somebody's");
    if (kind != NOTIFICATION_TCP)
        return false;
    expect(judge_is_tcp(&told) && told.fresh && !told.fast_open && !told.other_network, "it is TCP's, new, and ours");
    expect(to_known && !(told.only_ipv6 && to->endpoint.family == RS_IPV4), "it leads somewhere");
    return true;
}

// ---- its SYN

static struct notification_choices read_choices(struct reader *r) {
    const uint8_t some = read_8(r);
    return (struct notification_choices){
        .ttl = some & 1 ? read_8(r) : 0,
        .tos = some & 2 ? read_8(r) : 0,
        .mss = some & 4 ? read_16(r) : 0,
        .receive_buffer = some & 8 ? read_32(r) : 131072,
        .receive_buffer_chosen = some & 16,
        .window_clamp = some & 32 ? read_32(r) : 0,
        .syn_retries = some & 128 ? read_8(r) : 6,
        .user_timeout_us = some & 64 ? read_64(r) : 0,
    };
}

static void look_at_syn(const struct notification_choices *choices, struct rs_conn_config *config) {
    static uint8_t packet[RS_CONN_PACKET_ROOM(0)];
    static struct rs_conn conn;
    struct rs_packet syn;
    const struct habits habits = {.syn_linear_timeouts = 4};
    const uint16_t mss = config->mss;
    choices_apply(choices, &habits, config);
    expect(config->receive_bytes > 0 && config->receive_bytes <= BUFFER, "no more than the buffer is used");
    expect(config->mss <= mss && config->window_scale <= SCALE_MOST, "nothing is more than it may be");
    rs_conn_init(&conn, config);
    if (rs_conn_open(&conn, 1) != RS_CALL_OK)
        return;
    const size_t size = rs_conn_poll_packet(&conn, 1, packet, sizeof packet);
    expect(size > 0 && rs_packet_parse(packet, size, &syn) == RS_WIRE_OK, "a SYN leaves");
    expect(!rs_conn_check(&conn), "the connection is whole");
    if (broken)
        return;
    const bool ipv6 = config->remote.family == RS_IPV6;
    expect(choices->ttl == 0 || choices->ttl == (ipv6 ? syn.ip6.hop_limit : syn.ip.ttl),
           "with the TTL that was chosen");
    expect(choices->tos == (ipv6 ? syn.ip6.traffic_class : syn.ip.tos), "and the traffic class");
    expect(syn.segment.options.mss == config->mss, "and the MSS");
    expect(syn.segment.window <= config->syn_window, "and no larger window");
}

static void open_it(struct reader *r, const struct address *to) {
    static uint8_t send_buffer[1], receive_buffer[BUFFER];
    const struct notification_choices choices = read_choices(r);
    const uint16_t mss = read_16(r);
    struct rs_conn_config config = {.local = to->endpoint,
                                    .remote = to->endpoint,
                                    .send_buffer = send_buffer,
                                    .send_bytes = sizeof send_buffer,
                                    .receive_buffer = receive_buffer,
                                    .receive_bytes = sizeof receive_buffer,
                                    .syn_window = UINT16_MAX,
                                    .window_scale = read_8(r) % (SCALE_MOST + 1),
                                    .mss = mss > 88 ? mss : 1460,
                                    .path_mss = 1460};
    config.local.port = 40000;
    look_at_syn(&choices, &config);
}

const char *fuzz_notification(const uint8_t *bytes, size_t size) {
    struct reader r = {bytes, size};
    struct address to;
    broken = NULL;
    const struct seccomp_data data = read_data(&r);
    const struct call call = look_at_call(&data);
    if (look_at_socket(&call, &r, &to))
        open_it(&r, &to);
    return broken;
}
