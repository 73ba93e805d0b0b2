// SPDX-License-Identifier: MIT
//
// Off the loopback: networks whose packets are small, a path that becomes narrower on the way, and the kernel's own
// choice of source address and sizes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/exchange.h"
#include "../help/live.h"
#include "../help/paths.h"
#include "../help/routed.h"

enum { STREAM_BYTES = 2000003, PART_BYTES = 30000 };

// ---- two megabytes each way

// No two pieces of the stream are alike, nor are the two directions.
static uint8_t byte_of(size_t at, bool upload) { return (uint8_t)(at * 31 + (at >> 8) * 7 + (at >> 16) + upload); }

static bool read_whole(int fd, size_t size) {
    static uint8_t bytes[65536];
    size_t got = 0;
    ssize_t more;
    while ((more = recv(fd, bytes, sizeof bytes, 0)) > 0)
        for (ssize_t i = 0; i < more; i++, got++)
            if (bytes[i] != byte_of(got, true))
                return false;
    return got == size;
}

static void write_all(int fd, size_t size, bool upload) {
    static uint8_t bytes[STREAM_BYTES];
    size_t done = 0;
    ssize_t more = 1;
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(i, upload);
    for (; done < size && more > 0; done += more > 0 ? (size_t)more : 0)
        more = write(fd, bytes + done, size - done);
    if (done != size)
        _exit(1);
}

// Hears all of it, and answers only if it was right.
static void take_and_give(int fd) {
    if (!read_whole(fd, STREAM_BYTES))
        _exit(2);
    write_all(fd, STREAM_BYTES, false);
}

static void serve_both_ways(int listener) { take_and_give(accept(listener, NULL, NULL)); }

// Of all that passes, only a SYN and what is larger than the path's MTU is kept.
static void keep_the_remarkable(const struct capture *capture, bool ipv6, unsigned mtu) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, mtu, 2, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (ipv6 ? 40u : 20u) + 13u), // the flags
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RS_SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    assert_int_equal(setsockopt(capture->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

static pid_t feed(int pipe_end) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        write_all(pipe_end, STREAM_BYTES, true);
        _exit(0);
    }
    return pid;
}

static void expect_download(const struct result *r) {
    size_t wrong = 0;
    assert_int_equal(r->out_bytes, STREAM_BYTES);
    for (size_t i = 0; i < r->out_bytes; i++)
        wrong += (uint8_t)r->out[i] != byte_of(i, false);
    assert_int_equal(wrong, 0);
}

static void stream_both_ways(const struct scene *scene) {
    place_enter(scene->there);
    pid_t server = live_server_at(scene->host, EXCHANGE_PORT, serve_both_ways);
    place_enter(scene->here);
    struct child child = live_start(WORDS("connect", "-q", "-f", "-", scene->host, "1712"));
    pid_t feeder = feed(child.input);
    struct result r = live_finish(&child, 30);
    waitpid(feeder, NULL, 0);
    live_expect(&r, 0, NULL, NULL);
    expect_download(&r);
    live_free(&r);
    live_server_end(server);
}

static void hello_over(const struct scene *scene) {
    place_enter(scene->there);
    pid_t server = live_server_at(scene->host, EXCHANGE_PORT, serve_both_ways);
    place_enter(scene->here);
    struct result r = live_run(NULL, WORDS("connect", scene->host, "1712", "--color=never"));
    live_expect(&r, 0, "SYN,ACK seq=0 ack=1", NULL);
    live_free(&r);
    live_server_end(server);
}

static void over_mtu(bool ipv6, unsigned mtu, uint16_t mss) {
    static struct capture capture;
    struct scene scene = scene_cable(ipv6, mtu);
    hello_over(&scene);
    capture_begin(&capture, "near", EXCHANGE_PORT);
    keep_the_remarkable(&capture, ipv6, mtu);
    capture_read(&capture);
    unsigned before = capture.count; // what came between the two calls
    stream_both_ways(&scene);
    capture_end(&capture);
    assert_int_equal(capture.count - before, 2); // SYN and SYN,ACK, and nothing large
    assert_int_equal(capture.seen[before].packet.segment.flags, RS_SYN);
    assert_int_equal(capture.seen[before].packet.segment.options.mss, mss);
    scene_close(&scene);
}

static void test_packets_fit_the_mtu(void **state) {
    (void)state;
    paths_or_skip();
    over_mtu(false, 1500, 1460);
    over_mtu(false, 1280, 1240);
    if (access("/proc/sys/net/ipv6", F_OK) != 0)
        return;
    over_mtu(true, 1500, 1440);
    over_mtu(true, 1280, 1220);
}

// ---- a path that becomes narrower

static int heard_part[2]; // the server's program has read the first part

static void hear_in_parts(int listener) {
    static uint8_t bytes[2 * PART_BYTES];
    int fd = accept(listener, NULL, NULL);
    if (recv(fd, bytes, PART_BYTES, MSG_WAITALL) != PART_BYTES || write(heard_part[1], "x", 1) != 1)
        _exit(1);
    if (recv(fd, bytes + PART_BYTES, PART_BYTES, MSG_WAITALL) != PART_BYTES || recv(fd, bytes, 1, 0) != 0)
        _exit(2);
    for (size_t i = 0; i < PART_BYTES; i++)
        if (bytes[PART_BYTES + i] != byte_of(i, true))
            _exit(3);
    (void)!send(fd, "all of it", 9, MSG_NOSIGNAL);
    close(fd);
}

// The path takes this much after the first part.
static struct result shrink_under(const struct routed *net, const char *const *words, const char *host, unsigned mtu) {
    char byte = 0;
    routed_mtu(net, 1500);
    assert_int_equal(pipe2(heard_part, O_CLOEXEC), 0);
    pid_t server = routed_server(net, host, 1712, hear_in_parts);
    close(heard_part[1]); // only the server has it: if that ends, nobody waits for ever
    struct child child = live_start(words);
    write_all(child.input, PART_BYTES, true);
    assert_int_equal(read(heard_part[0], &byte, 1), 1);
    routed_mtu(net, mtu);
    write_all(child.input, PART_BYTES, true);
    struct result r = live_finish(&child, 20);
    live_server_end(server);
    close(heard_part[0]);
    live_expect(&r, 0, "all of it", NULL);
    assert_string_equal(r.err, "");
    return r;
}

static void shrink_told(const struct routed *net, const char *host, unsigned mtu, const char *told,
                        const char *segment) {
    struct result r = shrink_under(net, WORDS("connect", "-f", "-", host, "1712", "--color=never"), host, mtu);
    live_expect(&r, 0, told, NULL);
    live_expect(&r, 0, "A router on the way cannot take packets as large as ours", NULL);
    live_expect(&r, 0, segment, NULL);
    live_free(&r);
}

// In batches many packets are under way when the first of them meets the router. The kernel learns of it before we do,
// and must not refuse the rest.
static void shrink_in_batches(const struct routed *net, const char *host, unsigned mtu) {
    struct result r = shrink_under(net, WORDS("connect", "-q", "-f", "-", host, "1712"), host, mtu);
    assert_string_equal(r.out, "all of it");
    live_free(&r);
}

// What is told is wrapped, so words are looked for that stand together. With timestamps a segment has 12 bytes less.
static void test_a_path_becomes_narrower(void **state) {
    (void)state;
    paths_or_skip();
    struct routed net = routed_new();
    if (net.ipv6) { // first: below 1280 bytes a device has no IPv6 any more
        shrink_told(&net, "fd02::2", 1300, "of at most 1300 bytes", "len=1228");
        place_shell(net.here, "ip route flush cache"); // what it has learned
        shrink_in_batches(&net, "fd02::2", 1300);
    }
    shrink_told(&net, "10.0.2.2", 1000, "of at most 1000 bytes", "len=948");
    place_shell(net.here, "ip route flush cache");
    shrink_in_batches(&net, "10.0.2.2", 1000);
    routed_close(&net);
}

// Only a change at our own end is more than we can do with.
static void test_our_own_interface_becomes_narrower(void **state) {
    char byte = 0;
    (void)state;
    paths_or_skip();
    struct routed net = routed_new();
    assert_int_equal(pipe2(heard_part, O_CLOEXEC), 0);
    pid_t server = routed_server(&net, "10.0.2.2", 1712, hear_in_parts);
    close(heard_part[1]);
    struct child child = live_start(WORDS("connect", "-q", "-f", "-", "10.0.2.2", "1712"));
    write_all(child.input, PART_BYTES, true);
    assert_int_equal(read(heard_part[0], &byte, 1), 1);
    place_shell(net.here, "ip link set near mtu 1000");
    write_all(child.input, PART_BYTES, true);
    struct result r = live_finish(&child, 20);
    live_server_end(server);
    live_expect(&r, 1, NULL, "(EMSGSIZE): the interface that it leaves by takes only smaller packets now");
    assert_true(live_one_line(r.err));
    live_free(&r);
    close(heard_part[0]);
    routed_close(&net);
}

// ---- what the kernel would do

static struct rs_packet syn_of(const char *host, bool by_kernel) {
    static struct capture capture;
    capture_begin(&capture, "near", EXCHANGE_PORT);
    struct result r = by_kernel ? live_run(NULL, WORDS("connect", "--kernel", host))
                                : live_run(NULL, WORDS("connect", host, "--color=never"));
    capture_until_quiet(&capture, 30);
    capture_end(&capture);
    live_expect(&r, 1, NULL, "ECONNREFUSED"); // nobody listens there
    live_free(&r);
    assert_true(capture.count > 0);
    return capture.seen[0].packet;
}

static void expect_same_syn(const char *host, const char *source, uint16_t mss, uint8_t ttl) {
    char text[RS_ENDPOINT_TEXT_BYTES];
    struct rs_packet hand = syn_of(host, false), kernel = syn_of(host, true);
    assert_string_equal(rs_address_text(&hand.source, text, sizeof text), source);
    assert_string_equal(rs_address_text(&kernel.source, text, sizeof text), source);
    assert_int_equal(hand.segment.options.mss, mss);
    assert_int_equal(kernel.segment.options.mss, mss);
    assert_int_equal(hand.segment.window, kernel.segment.window);
    assert_int_equal(hand.source.family == RS_IPV6 ? hand.ip6.hop_limit : hand.ip.ttl, ttl);
    assert_int_equal(kernel.source.family == RS_IPV6 ? kernel.ip6.hop_limit : kernel.ip.ttl, ttl);
}

// A datagram that is too large for the path behind the router: our kernel keeps in mind what the router says.
static void learn_mtu(const struct routed *net, const char *host, unsigned mtu) {
    static const char large[1400];
    const int on = IP_PMTUDISC_DO;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int learned = 0;
    socklen_t size = sizeof learned;
    assert_int_equal(inet_pton(AF_INET, host, &to.sin_addr), 1);
    routed_mtu(net, mtu);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &on, sizeof on), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    for (int i = 0; i < 100 && learned != (int)mtu; i++) {
        (void)!send(fd, large, sizeof large, 0);
        usleep(10000);
        assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_MTU, &learned, &size), 0);
    }
    assert_int_equal(learned, mtu);
    close(fd);
}

// A route may name the source, the MTU, and what else the SYN shows; so may a rule that chooses the table of routes.
static void test_the_route_decides(void **state) {
    (void)state;
    paths_or_skip();
    struct routed net = routed_new();
    place_shell(net.here, "ip addr add 10.7.7.7/32 dev lo\n"
                          "ip addr add 10.8.8.8/32 dev lo\n"
                          "ip route add 10.0.2.2/32 via 10.0.1.1 src 10.7.7.7 mtu 1300\n"
                          "ip route add 10.0.2.3/32 via 10.0.1.1 src 10.7.7.7 advmss 1000 hoplimit 20\n"
                          "ip rule add to 10.0.2.4/32 table 100\n"
                          "ip route add default via 10.0.1.1 src 10.8.8.8 mtu 1400 advmss 2000 table 100\n"
                          "ip rule add from 10.0.1.2 to 10.0.2.6/32 table 101\n"
                          "ip route add default via 10.0.1.1 mtu 1400 advmss 1100 table 101\n");
    place_shell(net.router, "ip route add 10.7.7.7/32 via 10.0.1.2; ip route add 10.8.8.8/32 via 10.0.1.2");
    place_shell(net.server, "ip addr add 10.0.2.3/24 dev far; ip addr add 10.0.2.4/24 dev far\n"
                            "ip addr add 10.0.2.5/24 dev far; ip addr add 10.0.2.6/24 dev far");
    expect_same_syn("10.0.1.1", "10.0.1.2", 1460, 64);
    expect_same_syn("10.0.2.2", "10.7.7.7", 1260, 64);
    expect_same_syn("10.0.2.3", "10.7.7.7", 1000, 20);
    expect_same_syn("10.0.2.4", "10.8.8.8", 2000, 64);
    expect_same_syn("10.0.2.6", "10.0.1.2", 1100, 64); // a route that is found only once the source is known
    learn_mtu(&net, "10.0.2.5", 1000);
    expect_same_syn("10.0.2.5", "10.0.1.2", 960, 64);
    place_shell(
        net.here,
        "ip rule del table 100; ip rule del table 101; ip addr del 10.7.7.7/32 dev lo; ip addr del 10.8.8.8/32 dev lo");
    routed_close(&net);
}

static void test_the_route_decides_ipv6(void **state) {
    (void)state;
    paths_or_skip();
    struct routed net = routed_new();
    if (net.ipv6) {
        place_shell(net.here, "ip addr add fd07::7/128 dev near nodad\n"
                              "ip route add fd02::2/128 via fd01::1 src fd07::7 mtu 1300\n"
                              "ip route add fd02::3/128 via fd01::1 src fd01::2 advmss 1000 hoplimit 20\n");
        place_shell(net.router, "ip route add fd07::7/128 via fd01::2");
        place_shell(net.server, "ip addr add fd02::3/64 dev far nodad");
        expect_same_syn("fd02::2", "fd07::7", 1240, 64);
        expect_same_syn("fd02::3", "fd01::2", 1000, 20);
    }
    routed_close(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_fit_the_mtu),
        cmocka_unit_test(test_a_path_becomes_narrower),
        cmocka_unit_test(test_our_own_interface_becomes_narrower),
        cmocka_unit_test(test_the_route_decides),
        cmocka_unit_test(test_the_route_decides_ipv6),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
