// SPDX-License-Identifier: MIT
//
// The cases (see caller.h): a function each.
#include "caller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "around.h"

int caller_wants(unsigned n) { return (int[]){0, ECONNREFUSED, ETIMEDOUT}[n % 3]; }

static int new_socket(int family, int type) {
    int fd = socket(family, type, 0);
    if (fd < 0)
        _exit(CALLER_WRONG);
    return fd;
}

static int tcp(void) { return new_socket(AF_INET, SOCK_STREAM); }

static int outcome(int result) { return result == 0 ? 0 : errno; }

static struct sockaddr_in ipv4(const char *address, unsigned port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    return to;
}

static struct sockaddr_in6 ipv6(const char *address) {
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(CALLER_PORT)};
    inet_pton(AF_INET6, address, &to.sin6_addr);
    return to;
}

static int go_with(int fd, const char *address, unsigned port) {
    const struct sockaddr_in to = ipv4(address, port);
    return outcome(connect(fd, (const struct sockaddr *)&to, sizeof to));
}

static int go(int fd) { return go_with(fd, "127.0.0.1", CALLER_PORT); }

static int go_ipv6(int fd, const char *address, socklen_t size) {
    const struct sockaddr_in6 to = ipv6(address);
    return outcome(connect(fd, (const struct sockaddr *)&to, size));
}

// ---- one call

static int plain(void) { return go(tcp()); }
static int plain_ipv6(void) { return go_ipv6(new_socket(AF_INET6, SOCK_STREAM), "::1", sizeof(struct sockaddr_in6)); }
static int old_ipv6(void) { return go_ipv6(new_socket(AF_INET6, SOCK_STREAM), "::1", 24); }
static int any(void) { return go_with(tcp(), "0.0.0.0", CALLER_PORT); }
static int multicast(void) { return go_with(tcp(), "224.0.0.1", CALLER_PORT); }
static int udp(void) { return go(new_socket(AF_INET, SOCK_DGRAM)); }
static int no_file(void) { return go(1000); }

static int mapped(void) {
    return go_ipv6(new_socket(AF_INET6, SOCK_STREAM), "::ffff:127.0.0.1", sizeof(struct sockaddr_in6));
}

static int mapped_but_only_ipv6(void) {
    int fd = new_socket(AF_INET6, SOCK_STREAM), on = 1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return go_ipv6(fd, "::ffff:127.0.0.1", sizeof(struct sockaddr_in6));
}

static int nonblocking(void) { return go(new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK)); }

static int with_timeout(void) {
    int fd = tcp();
    const struct timeval t = {.tv_sec = 1, .tv_usec = 500000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    return go(fd);
}

static int bound(void) {
    int fd = tcp();
    const struct sockaddr_in at = ipv4("127.0.0.5", 4321);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0)
        return CALLER_WRONG;
    return go_with(fd, "0.0.0.0", CALLER_PORT);
}

// Succeeds only if something listens there, with the kernel's own connect().
static int unix_socket(void) {
    int server = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t size = sizeof at;
    bind(server, (const struct sockaddr *)&at, sizeof(sa_family_t)); // the kernel chooses a name
    if (listen(server, 1) != 0 || getsockname(server, (struct sockaddr *)&at, &size) != 0)
        return CALLER_WRONG;
    return outcome(connect(fd, (const struct sockaddr *)&at, size));
}

static int no_socket(void) {
    int ends[2];
    return pipe(ends) == 0 ? go(ends[0]) : CALLER_WRONG;
}

static int fast_open(void) {
    int fd = tcp(), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
    return go(fd);
}

static int with_option(int level, int name, int value) {
    int fd = tcp();
    return setsockopt(fd, level, name, &value, sizeof value) == 0 ? go(fd) : CALLER_WRONG;
}

static int in_pieces(void) { return with_option(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT); }
static int with_ttl(void) { return with_option(IPPROTO_IP, IP_TTL, 5); }

static int listening(void) {
    int fd = tcp();
    return listen(fd, 1) == 0 ? go(fd) : CALLER_WRONG;
}

static int twice(void) {
    int fd = tcp();
    return go(fd) == 0 ? go(fd) : CALLER_WRONG;
}

static int other_network(void) {
    bool there = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    return there ? go(tcp()) : CALLER_CANNOT;
}

static int named(void) { return prctl(PR_SET_NAME, "a\033\n\xff b") == 0 ? go(tcp()) : CALLER_WRONG; }
static int not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0) == 0 ? go(tcp()) : CALLER_WRONG; }

// ---- bad arguments

// The raw call: the C library's may look at its arguments.
static int raw(const void *address, int size) { return outcome((int)syscall(SYS_connect, tcp(), address, size)); }

static int bad_pointer(void) { return raw((const void *)(uintptr_t)8, sizeof(struct sockaddr_in)); }

static int null_pointer(void) {
    const void *volatile nothing = NULL;
    return raw(nothing, sizeof(struct sockaddr_in));
}

// Its first half lies in a page, the other in none.
static int half_readable(void) {
    const struct sockaddr_in to = ipv4("127.0.0.1", CALLER_PORT);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return CALLER_WRONG;
    memcpy(pages + page - 8, &to, 8);
    mprotect(pages + page, page, PROT_NONE);
    return raw(pages + page - 8, sizeof to);
}

static int of_size(int size) {
    uint8_t bytes[256] = {0};
    const struct sockaddr_in to = ipv4("127.0.0.1", CALLER_PORT);
    memcpy(bytes, &to, sizeof to);
    return raw(bytes, size);
}

static int empty(void) { return of_size(0); }
static int one_byte(void) { return of_size(1); }
static int too_short(void) { return of_size(15); }
static int longest(void) { return of_size(128); }
static int too_long(void) { return of_size(129); }
static int negative(void) { return of_size(-1); }

static int other_family(void) {
    const struct sockaddr_in6 to = ipv6("::1");
    return raw(&to, sizeof to);
}

static int disconnect(void) {
    const struct sockaddr_in to = {.sin_family = AF_UNSPEC};
    return raw(&to, sizeof to);
}

// ---- several, and other processes

static void *thread_goes(void *number) {
    unsigned n = (unsigned)(uintptr_t)number;
    bool right = go_with(tcp(), "127.0.0.1", CALLER_PORT + n) == caller_wants(n);
    return (void *)(uintptr_t)right;
}

static int threads(void) {
    pthread_t list[CALLER_THREADS];
    int wrong = 0;
    for (unsigned n = 0; n < CALLER_THREADS; n++)
        if (pthread_create(&list[n], NULL, thread_goes, (void *)(uintptr_t)n) != 0)
            return CALLER_WRONG;
    for (unsigned n = 0; n < CALLER_THREADS; n++) {
        void *right;
        pthread_join(list[n], &right);
        wrong += !right;
    }
    return wrong > 0 ? CALLER_WRONG : 0;
}

static void *socket_goes(void *fd) { return (void *)(uintptr_t)go((int)(uintptr_t)fd); }

// Two threads, one socket; the second one a while later. Returns what the second got.
static int shared(int type) {
    pthread_t first;
    int fd = new_socket(AF_INET, type);
    pthread_create(&first, NULL, socket_goes, (void *)(uintptr_t)fd);
    usleep(100000);
    int second = go(dup(fd)); // by another number
    pthread_join(first, NULL);
    return second;
}

static int shared_blocking(void) { return shared(SOCK_STREAM); }
static int shared_nonblocking(void) { return shared(SOCK_STREAM | SOCK_NONBLOCK); }

static int child_goes(void) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(go(tcp()));
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : CALLER_WRONG;
}

// Exec ends the other threads, one of which waits in connect().
static int exec_meanwhile(void) {
    pthread_t first;
    pthread_create(&first, NULL, socket_goes, (void *)(uintptr_t)tcp());
    usleep(100000);
    execlp("true", "true", (char *)NULL);
    return CALLER_WRONG;
}

static void *exec_now(void *nothing) {
    usleep(100000);
    execlp("sh", "sh", "-c", "exit 3", (char *)NULL);
    return nothing;
}

// The same, and it is the first thread that waits.
static int exec_from_a_thread(void) {
    pthread_t other;
    pthread_create(&other, NULL, exec_now, NULL);
    go(tcp());
    pause();
    return CALLER_WRONG;
}

// The leader of the process has ended; another thread goes on.
static void *leaderless(void *nothing) {
    usleep(50000);
    _exit(go(tcp()));
    return nothing;
}

static int without_leader(void) {
    pthread_t other;
    pthread_create(&other, NULL, leaderless, NULL);
    pthread_exit(NULL);
}

// ---- signals

static void nothing_more(int number) { (void)number; }

static int with_signal(int flags) {
    const struct sigaction action = {.sa_handler = nothing_more, .sa_flags = flags};
    const struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    int fd = tcp();
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    int first = go(fd);
    return first == EINTR ? go(fd) == 0 ? EINTR : CALLER_WRONG : first;
}

static int interrupted(void) { return with_signal(0); }
static int restarted(void) { return with_signal(SA_RESTART); }

static const struct {
    const char *name;
    int (*play)(void);
} cases[] = {
    {"plain", plain},
    {"ipv6", plain_ipv6},
    {"old-ipv6", old_ipv6},
    {"mapped", mapped},
    {"mapped-but-only-ipv6", mapped_but_only_ipv6},
    {"any", any},
    {"bound", bound},
    {"nonblocking", nonblocking},
    {"with-timeout", with_timeout},
    {"multicast", multicast},
    {"udp", udp},
    {"unix", unix_socket},
    {"no-file", no_file},
    {"no-socket", no_socket},
    {"fast-open", fast_open},
    {"in-pieces", in_pieces},
    {"with-ttl", with_ttl},
    {"listening", listening},
    {"twice", twice},
    {"other-network", other_network},
    {"named", named},
    {"not-dumpable", not_dumpable},
    {"bad-pointer", bad_pointer},
    {"null-pointer", null_pointer},
    {"half-readable", half_readable},
    {"empty", empty},
    {"one-byte", one_byte},
    {"too-short", too_short},
    {"longest", longest},
    {"too-long", too_long},
    {"negative", negative},
    {"other-family", other_family},
    {"disconnect", disconnect},
    {"threads", threads},
    {"shared-blocking", shared_blocking},
    {"shared-nonblocking", shared_nonblocking},
    {"child", child_goes},
    {"exec-meanwhile", exec_meanwhile},
    {"exec-from-a-thread", exec_from_a_thread},
    {"without-leader", without_leader},
    {"interrupted", interrupted},
    {"restarted", restarted},
    {"io-uring", around_io_uring},
    {"fast-open-sendto", around_sendto},
    {"fast-open-sendmsg", around_sendmsg},
    {"fast-open-sendmmsg", around_sendmmsg},
    {"plain-sends", around_plain_sends},
    {"32-bit", around_32_bit},
    {"socketcall", around_socketcall},
    {"x32", around_x32},
    {"own-listener", around_listener},
    {"own-filter", around_filter},
};

int caller_main(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], CALLER_WORD) != 0)
        return -1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(argv[2], cases[i].name) == 0)
            return cases[i].play();
    return CALLER_WRONG;
}
