// SPDX-License-Identifier: MIT
//
// What our own means move among the kernel's counters, measured one by one: docs/design.md has this table, and what is
// taken out as ours (src/net/counters.c) follows from it. Then a whole conversation: what is left of it is what a
// server's kernel counts that has a network of its own.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/exchange.h"
#include "../help/live.h"
#include "../help/paths.h"
#include "net/counters.h"
#include "net/guard.h"
#include "net/raw.h"
#include "net/witness.h"
#include "rawshake/packet.h"

enum { SERVER_PORT = 1712, THINKS_US = 200000, TEXT = 2000 };

struct bench {
    struct kernel_counters counters;
    struct guard guard;
    struct raw_link raw;
    struct link link;
    struct kernel_witness witness;
    struct rs_endpoint server, client;
    int tap;
};

// "TcpInSegs +1, TcpOutSegs +1", or "nothing"; ours: what is said to be ours, else what is left without it.
static void text_of(const struct counter *list, size_t count, bool ours, char *out) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        unsigned long long moved = ours ? list[i].ours : list[i].moved - list[i].ours;
        if (moved > 0)
            used += (size_t)snprintf(out + used, TEXT - used, "%s%s +%llu", used > 0 ? ", " : "", list[i].name, moved);
    }
    if (used == 0)
        snprintf(out, TEXT, "nothing");
}

static void look(struct kernel_counters *counters, char *ours, char *left) {
    struct counter list[COUNTERS_MOVED_MOST];
    struct counters door = kernel_counters_door(counters);
    size_t count = door.moved(door.self, list, COUNTERS_MOVED_MOST);
    text_of(list, count, true, ours);
    text_of(list, count, false, left);
}

// The server's answer, as it comes to our port.
static void send_to_guard(struct bench *b) {
    uint8_t bytes[256];
    const struct rs_packet packet = {.source = b->server,
                                     .destination = b->client,
                                     .ip = {.ttl = 64, .dont_fragment = true},
                                     .ip6 = {.hop_limit = 64},
                                     .segment = {.source_port = SERVER_PORT,
                                                 .destination_port = b->client.port,
                                                 .flags = RS_SYN | RS_ACK,
                                                 .seq = 1000,
                                                 .ack = 2000,
                                                 .window = 65535}};
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    assert_true(size > 0);
    assert_int_equal(b->link.send(b->link.self, &b->client, bytes, size), 0);
}

// Into a network where nobody takes it in.
static void send_away(struct bench *b) {
    uint8_t bytes[256];
    struct rs_endpoint far = rs_endpoint_ipv4(192, 0, 2, 1, SERVER_PORT);
    if (b->client.family == RS_IPV6)
        far = (struct rs_endpoint){.family = RS_IPV6, .addr = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = SERVER_PORT};
    const struct rs_packet packet = {
        .source = b->client,
        .destination = far,
        .ip = {.ttl = 64, .dont_fragment = true},
        .ip6 = {.hop_limit = 64},
        .segment = {.source_port = b->client.port, .destination_port = SERVER_PORT, .flags = RS_SYN, .window = 65535}};
    size_t size = rs_packet_build(&packet, bytes, sizeof bytes);
    assert_int_equal(b->link.send(b->link.self, &far, bytes, size), 0);
}

static void receive_it(struct bench *b) {
    uint8_t bytes[2048];
    unsigned received = 0;
    while (b->link.receive(b->link.self, bytes, sizeof bytes) > 0)
        received++;
    assert_int_equal(received, 2);
}

static void open_tap(struct bench *b) {
    b->tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    assert_true(b->tap >= 0);
}

static void read_tap(struct bench *b) {
    uint8_t bytes[2048];
    assert_true(recv(b->tap, bytes, sizeof bytes, MSG_DONTWAIT) > 0);
    close(b->tap);
}

static void ask_witness(struct bench *b) {
    struct witness door = kernel_witness_door(&b->witness);
    assert_true(door.ask(door.self, &b->server, &b->client).known);
}

static void open_guard(struct bench *b) {
    struct net_error error;
    assert_true(guard_open(&b->guard, b->client.family, 0, true, &error));
    assert_true(raw_link_open(&b->raw, b->client.family, b->guard.port, &error));
    b->link = raw_link_door(&b->raw);
    b->client.port = b->guard.port;
}

static void close_guard(struct bench *b) {
    guard_settle(&b->guard, 2);
    raw_link_close(&b->raw);
    guard_close(&b->guard);
}

// The rows of the table in docs/design.md, in order.
static const struct row {
    const char *what;
    void (*act)(struct bench *b);
    const char *ours, *left;
} rows[] = {
    {"guard and raw sockets are opened", open_guard, "nothing", "nothing"},
    {"a raw socket sends a segment", send_away, "nothing", "nothing"},
    {"a segment comes to the guarded port", send_to_guard, "TcpInSegs +1, TcpExtTCPMinTTLDrop +1", "nothing"},
    {"a packet tap is opened", open_tap, "nothing", "nothing"},
    {"a segment comes to the guarded port, and the tap watches", send_to_guard, "TcpInSegs +1, TcpExtTCPMinTTLDrop +1",
     "nothing"},
    {"the tap is read and closed", read_tap, "nothing", "nothing"},
    {"the raw socket hands the segments over", receive_it, "nothing", "nothing"},
    {"the witness is asked", ask_witness, "nothing", "nothing"},
    {"guard and raw sockets are closed", close_guard, "nothing", "nothing"},
};

static void measure(struct rs_endpoint loopback) {
    struct bench *b = calloc(1, sizeof *b);
    char ours[TEXT], left[TEXT];
    assert_non_null(b);
    b->server = b->client = loopback;
    b->server.port = SERVER_PORT;
    kernel_witness_open(&b->witness, true, 0);
    kernel_counters_open(&b->counters, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i].act(b);
        look(&b->counters, ours, left);
        if (strcmp(ours, rows[i].ours) != 0 || strcmp(left, rows[i].left) != 0)
            print_error("%s: ours: %s; left: %s\n", rows[i].what, ours, left);
        assert_string_equal(ours, rows[i].ours);
        assert_string_equal(left, rows[i].left);
    }
    kernel_counters_close(&b->counters);
    kernel_witness_close(&b->witness);
    free(b);
}

// Who has that address need not be asked, and nobody takes in what is sent there.
static void a_place_far_away(const char *net, const char *address) {
    char command[400];
    snprintf(command, sizeof command,
             "ip link add away type veth peer name end && ip link set away up && ip link set end up && "
             "ip route add %s dev away && ip neigh add %s lladdr 02:00:00:00:00:01 dev away",
             net, address);
    live_do(command);
}

static void test_what_our_means_move(void **state) {
    (void)state;
    paths_or_skip();
    a_place_far_away("192.0.2.0/24", "192.0.2.1");
    measure(rs_endpoint_ipv4(127, 0, 0, 1, 0));
    live_do("ip link del away");
}

static void test_what_our_means_move_with_ipv6(void **state) {
    (void)state;
    paths_or_skip();
    a_place_far_away("2001:db8::/64", "2001:db8::1");
    measure((struct rs_endpoint){.family = RS_IPV6, .addr = {[15] = 1}});
    live_do("ip link del away");
}

static void test_the_table_stands_in_the_design(void **state) {
    (void)state;
    static char text[1 << 17];
    char line[300];
    FILE *f = fopen("docs/design.md", "re");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(line, sizeof line, "| %s | %s |\n", rows[i].what, rows[i].ours);
        if (!strstr(text, line))
            print_error("docs/design.md has no line: %s", line);
        assert_non_null(strstr(text, line));
    }
}

// ---- a whole conversation

static void read_and_think(int fd) {
    char bytes[4096];
    usleep(THINKS_US); // data and FIN are there before anything is read
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    usleep(THINKS_US); // longer than any ACK is held back: it never travels with the FIN
}

static const struct script hello = {.name = "Hello", .serve = read_and_think, .send = "Hello server!"};

// What the server's kernel counts, and nobody else: the server has a network of its own.
static void by_the_kernel(char *left) {
    struct scene scene = scene_cable(false, 1500);
    static struct capture capture;
    static struct kernel_counters counters;
    char ours[TEXT];
    place_enter(scene.there);
    kernel_counters_open(&counters, false);
    place_enter(scene.here);
    exchange_run(&scene, &hello, true, &capture);
    look(&counters, ours, left);
    assert_string_equal(ours, "nothing");
    kernel_counters_close(&counters);
    scene_close(&scene);
}

// Both ends in one network, as in the demo.
static void by_hand(char *ours, char *left) {
    struct scene scene = scene_loopback(false);
    static struct capture capture;
    static struct kernel_counters counters;
    kernel_counters_open(&counters, true);
    exchange_run(&scene, &hello, false, &capture);
    look(&counters, ours, left);
    kernel_counters_close(&counters);
    scene_close(&scene);
}

static void test_what_is_left_is_the_servers(void **state) {
    (void)state;
    paths_or_skip();
    char hand[TEXT], kernel[TEXT], ours[TEXT];
    by_the_kernel(kernel);
    by_hand(ours, hand);
    assert_string_equal(hand, kernel);
    assert_string_equal(ours, "TcpInSegs +4, TcpExtTCPMinTTLDrop +4"); // SYN-ACK, two ACKs, FIN
}

// ---- told

static void test_the_verdict_on_a_damaged_segment(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "-v", "--corrupt", "out:1"));
    live_expect(&r, 0,
                "TcpInCsumErrors +1: the server's kernel dropped the segment because its checksum did not match.\n",
                NULL);
    live_expect(&r, 0, "Taken out, because it is ours: TcpInSegs +1, TcpExtTCPMinTTLDrop +1 (what the guard", NULL);
    assert_null(strstr(r.out, "counted: TcpExtTCPMinTTLDrop"));
    assert_null(strstr(r.out, "TcpExtTCPMinTTLDrop +1: the server"));
    assert_null(strstr(r.out, "TcpOutRsts"));
    live_free(&r);
    r = live_run(NULL, WORDS("demo")); // not without -v
    assert_null(strstr(r.out, "TcpIn"));
    live_free(&r);
}

// Without the guard our own kernel sends RST, and nobody can tell from the counters who it was.
static void test_without_the_guard_nobody_is_accused(void **state) {
    (void)state;
    live_or_skip();
    struct result r = live_run(NULL, WORDS("demo", "-v", "--no-guard"));
    live_expect(&r, 1, "TcpOutRsts +1: the kernel, at one end or the other, sent a RST.\n", NULL);
    assert_null(strstr(r.out, "the server's kernel sent a RST"));
    live_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_our_means_move),
        cmocka_unit_test(test_what_our_means_move_with_ipv6),
        cmocka_unit_test(test_the_table_stands_in_the_design),
        cmocka_unit_test(test_what_is_left_is_the_servers),
        cmocka_unit_test(test_the_verdict_on_a_damaged_segment),
        cmocka_unit_test(test_without_the_guard_nobody_is_accused),
    };
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
