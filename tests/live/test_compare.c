// SPDX-License-Identifier: MIT
//
// Ours against Linux: the same exchange by hand and by the kernel, over the same path. The SYN is connect()'s to the
// byte; all other segments have the same flags, numbers, lengths and options in the same order, except for the
// differences of a table (src/view/known.c). docs/linux.md is written from what this test sees, and is compared
// with it here; "make linux-doc" writes it anew.
#include <stdio.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../help/cm.h"
#include "../help/exchange.h"
#include "../help/live.h"
#include "../help/paths.h"
#include "../help/sidebyside.h"

enum {
    THINKS_US = 200000, // longer than any ACK is delayed: what the server says next never carries one
    PAGE_BYTES = 200000,
    ATTEMPTS = 4,
    DOC_ROOM = 1 << 16
};

static const char doc_path[] = "docs/linux.md";
static const char doc_begins[] = "<!-- what follows is made by 'make linux-doc' -->\n";
static const char made_on[] = "Made on Linux ";

static char told[DOC_ROOM]; // what this run saw
static FILE *tell;
static unsigned differences_seen;

// ---- the servers' programs

static void close_at_once(int fd) {
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
}

static void hear_all(int fd) {
    close_at_once(fd);
    usleep(THINKS_US);
}

static void say(int fd, const char *text, size_t size) {
    if (send(fd, text, size, MSG_NOSIGNAL) != (ssize_t)size)
        _exit(1);
}

static void greet(int fd) {
    usleep(THINKS_US);
    say(fd, "220 ready\r\n", 11);
    hear_all(fd);
}

static void close_first(int fd) {
    usleep(THINKS_US);
    say(fd, "bye\r\n", 5);
    usleep(THINKS_US);
    shutdown(fd, SHUT_WR);
    hear_all(fd);
}

static void send_page(int fd) {
    static char page[PAGE_BYTES];
    hear_all(fd);
    say(fd, page, sizeof page);
    usleep(THINKS_US);
}

// ---- the SYN

static const struct script hello = {.name = "Hello", .serve = close_at_once, .send = "Hello server!"};

struct span {
    unsigned from, to; // bytes of the packet
};

// What no two connections have alike: IP's id and checksum, or IPv6's flow label; port, ISN, checksum, timestamp.
static unsigned varying(const struct seen *syn, struct span out[8]) {
    unsigned tcp = syn->packet.source.family == RS_IPV6 ? 40 : 20, count = 0, size = syn->packet.segment.header_bytes;
    if (tcp == 40) {
        out[count++] = (struct span){1, 4}; // checked apart: the traffic class shares a byte with the flow label
    } else {
        out[count++] = (struct span){4, 6};
        out[count++] = (struct span){10, 12};
    }
    out[count++] = (struct span){tcp, tcp + 2};
    out[count++] = (struct span){tcp + 4, tcp + 8};
    out[count++] = (struct span){tcp + 16, tcp + 18};
    struct rs_option option;
    bool malformed = false;
    for (size_t at = 0; rs_option_next(syn->bytes + tcp + 20, size - 20, &at, &option, &malformed);)
        if (option.kind == RS_OPTION_TIMESTAMPS) {
            unsigned value = tcp + 20 + (unsigned)option.offset + 2;
            out[count++] = (struct span){value, value + 4};
        }
    return count;
}

static void assert_same_syn(const struct seen *hand, const struct seen *kernel, const char *where) {
    struct span spans[8];
    uint8_t a[CAPTURE_KEPT_BYTES], b[CAPTURE_KEPT_BYTES];
    assert_int_equal(hand->packet.segment.flags, RS_SYN);
    assert_int_equal(kernel->packet.segment.flags, RS_SYN);
    assert_int_equal(hand->packet.ip6.traffic_class, kernel->packet.ip6.traffic_class);
    assert_int_equal(hand->size, kernel->size);
    assert_true(hand->size <= CAPTURE_KEPT_BYTES);
    memcpy(a, hand->bytes, sizeof a);
    memcpy(b, kernel->bytes, sizeof b);
    unsigned count = varying(kernel, spans);
    for (unsigned i = 0; i < count; i++) {
        memset(a + spans[i].from, 0, spans[i].to - spans[i].from);
        memset(b + spans[i].from, 0, spans[i].to - spans[i].from);
    }
    if (memcmp(a, b, hand->size) != 0)
        print_error("the SYN by hand is not the kernel's: %s\n", where);
    assert_memory_equal(a, b, hand->size);
}

static void compare_syns(const struct scene *scene, const char *where) {
    static struct capture hand, kernel;
    static struct sides sides;
    exchange_run(scene, &hello, false, &hand);
    exchange_run(scene, &hello, true, &kernel);
    assert_same_syn(&hand.seen[0], &kernel.seen[0], where);
    (void)sides_compare(&sides, &hand, &kernel);
    fprintf(tell, "| %s | %s | %u | yes |\n", where, sides.hand[0].options, hand.seen[0].size);
}

static bool has_ipv6(void) { return access("/proc/net/if_inet6", R_OK) == 0; }

static void test_the_syn_is_that_of_connect(void **state) {
    static const struct {
        const char *path, *name;
    } settings[] = {{"/proc/sys/net/ipv4/tcp_timestamps", "tcp_timestamps=0"},
                    {"/proc/sys/net/ipv4/tcp_sack", "tcp_sack=0"},
                    {"/proc/sys/net/ipv4/tcp_window_scaling", "tcp_window_scaling=0"}};
    (void)state;
    paths_or_skip();
    fprintf(tell, "\n## The SYN\n\n| path | its options, in order | bytes | alike |\n| --- | --- | --- | --- |\n");
    for (int ipv6 = 0; ipv6 <= (has_ipv6() ? 1 : 0); ipv6++) {
        struct scene lo = scene_loopback(ipv6);
        compare_syns(&lo, ipv6 ? "IPv6, lo" : "IPv4, lo");
        scene_close(&lo);
        struct scene cable = scene_cable(ipv6, 1500);
        compare_syns(&cable, ipv6 ? "IPv6, MTU 1500" : "IPv4, MTU 1500");
        for (size_t i = 0; i < 3; i++) {
            char where[100];
            snprintf(where, sizeof where, "%s, MTU 1500, %s", ipv6 ? "IPv6" : "IPv4", settings[i].name);
            live_setting(settings[i].path, "0");
            compare_syns(&cable, where);
            live_setting(settings[i].path, "1");
        }
        scene_close(&cable);
    }
}

// ---- whole exchanges

static const struct script scripts[] = {
    {.name = "Hello", .serve = hear_all, .send = "Hello server!"},
    {.name = "Nobody listens", .send = "Hello server!", .status = 1},
    {.name = "The server speaks first", .serve = greet, .send = "QUIT\r\n", .stream = true, .hears = 11},
    {.name = "The server closes first", .serve = close_first, .stream = true, .hears = 6},
    {.name = "A download after a half-close", .serve = send_page, .send = "GET /\r\n", .stream = true},
    {.name = "Two SYNs are lost",
     .serve = hear_all,
     .send = "Hello server!",
     .lose = "tcp flags & (syn|ack) == syn numgen inc mod 100000 < 2"},
    {.name = "The data is lost",
     .serve = hear_all,
     .send = "Hello server!",
     .lose = "tcp flags & psh == psh numgen inc mod 100000 < 1"},
    {.name = "Our FIN is lost",
     .serve = hear_all,
     .send = "Hello server!",
     .lose = "tcp flags & fin == fin numgen inc mod 100000 < 1"},
    {.name = "The last ACK is lost",
     .serve = hear_all,
     .send = "Hello server!",
     .stays = true,
     .lose = "tcp flags & (syn|psh|fin|ack) == ack numgen inc mod 100000 1"}, // 0 is the handshake's
};

// On a loaded machine two segments may cross, or a timer may be late. That is no difference between the two
// programs; one that there is, is there each time.
static void compare_exchange(const struct scene *scene, const struct script *script, const char *name) {
    static struct capture hand, kernel;
    static struct sides sides;
    unsigned unexplained = 1, nobody = 0;
    for (int i = 0; i < ATTEMPTS && unexplained > 0; i++) {
        exchange_run(scene, script, false, &hand);
        exchange_run(scene, script, true, &kernel);
        unexplained = sides_compare(&sides, &hand, &kernel);
    }
    if (unexplained > 0)
        sides_write(stderr, &sides, &nobody);
    assert_int_equal(unexplained, 0);
    fprintf(tell, "\n### %s\n\n", name);
    sides_write(tell, &sides, &differences_seen);
}

static void test_the_same_exchange(void **state) {
    (void)state;
    paths_or_skip();
    if (!live_has("nft"))
        skip();
    fprintf(tell, "\n## The exchanges\n");
    struct scene scene = scene_cable(false, 1500);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        compare_exchange(&scene, &scripts[i], scripts[i].name);
    scene_close(&scene);
    scene = scene_loopback(false);
    compare_exchange(&scene, &scripts[0], "Hello, over the loopback");
    scene_close(&scene);
    if (has_ipv6()) {
        scene = scene_cable(true, 1500);
        compare_exchange(&scene, &scripts[0], "Hello, over IPv6");
        scene_close(&scene);
    }
    fprintf(tell, "\n## The differences\n\n");
    differences_write(tell);
}

// ---- the document

static void read_doc(char text[DOC_ROOM]) {
    FILE *f = fopen(doc_path, "re");
    assert_non_null(f);
    size_t size = fread(text, 1, DOC_ROOM - 1, f);
    text[size] = '\0';
    fclose(f);
}

static void rewrite(char *doc, char *generated) {
    *generated = '\0';
    FILE *f = fopen(doc_path, "we");
    assert_non_null(f);
    fprintf(f, "%s%s", doc, told);
    fclose(f);
}

// "6.18" of "6.18.44-generic": what the document says of timers is true of the kernel that it names.
static bool made_here(const char *doc) {
    struct utsname kernel;
    const char *made = strstr(doc, made_on);
    uname(&kernel);
    assert_non_null(made);
    made += strlen(made_on);
    size_t size = strcspn(kernel.release, ".") + 1;
    size += strspn(kernel.release + size, "0123456789");
    return strncmp(made, kernel.release, size) == 0 && made[size] == '.';
}

static void test_the_document_is_what_was_seen(void **state) {
    static char doc[DOC_ROOM];
    (void)state;
    if (differences_seen == 0) // nothing was seen: there is no network here, or no nft
        skip();
    read_doc(doc);
    char *generated = strstr(doc, doc_begins);
    assert_non_null(generated);
    generated += strlen(doc_begins);
    if (getenv("REWRITE"))
        rewrite(doc, generated);
    else if (!made_here(doc) || !has_ipv6())
        skip();
    // Every difference of the table was seen: none is an excuse for something that is no more.
    assert_int_equal(differences_seen, (1u << KNOWN_COUNT) - 1);
    if (!getenv("REWRITE"))
        assert_string_equal(generated, told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_syn_is_that_of_connect),
        cmocka_unit_test(test_the_same_exchange),
        cmocka_unit_test(test_the_document_is_what_was_seen),
    };
    tell = fmemopen(told, sizeof told, "w");
    if (!tell)
        return 1;
    setvbuf(tell, NULL, _IONBF, 0);
    return cmocka_run_group_tests(tests, live_enter, NULL);
}
