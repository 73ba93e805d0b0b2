// SPDX-License-Identifier: MIT
//
// Running the program in a private network (see live.h).
#include "live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cm.h"
#include "net/namespace.h"

enum { TICK_MS = 5, PATIENCE_MS = 10000 };

static bool entered;

// A program that an ordinary user starts loses all capabilities; ambient ones are kept (capabilities(7)).
static bool keep_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        data[i].inheritable = data[i].permitted;
    if (syscall(SYS_capset, &header, data) != 0)
        return false;
    const unsigned long wanted[] = {CAP_NET_RAW, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, wanted[i], 0, 0) != 0)
            return false;
    return true;
}

// Whoever runs the tests may have signals ignored (nohup), and what is ignored stays so in every program started from
// here, as it should; but the tests want to see what signals do.
__attribute__((constructor)) static void take_signals_as_they_come(void) {
    const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
}

int live_enter(void **state) {
    struct net_error error;
    bool through_user;
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    entered = namespace_enter(&through_user, &error) && (!through_user || keep_capabilities());
    if (!entered)
        fprintf(stderr, "no private network: %s\n", error.what);
    return 0;
}

void live_or_skip(void) {
    if (!entered)
        skip();
}

void live_private_or_skip(void) {
    signal(SIGPIPE, SIG_IGN);
    pid_t pid = fork();
    int status;
    if (pid == 0)
        _exit(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        skip();
}

static int temporary(char path[32]) {
    snprintf(path, 32, "/tmp/rawshake-test-XXXXXX");
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    fchmod(fd, 0666);
    return fd;
}

static bool refuse_namespaces(void) {
    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return false;
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (unshare(CLONE_NEWUSER) != 0)
        return false;
    int limit = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    return limit >= 0 && write(limit, "0", 1) == 1;
}

static struct child start(const char *program, const char *const *words, bool (*prepare)(void)) {
    struct child child = {.input = -1};
    char *argv[32] = {(char *)(uintptr_t)program};
    int input[2], out = temporary(child.out_path), err = temporary(child.err_path);
    assert_int_equal(pipe2(input, O_CLOEXEC), 0);
    for (size_t i = 0; words[i] && i + 2 < sizeof argv / sizeof *argv; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(input[0], 0);
        dup2(out, 1);
        dup2(err, 2);
        if (prepare && !prepare())
            _exit(126);
        execvp(program, argv);
        _exit(127);
    }
    close(input[0]);
    close(out);
    close(err);
    child.input = input[1];
    return child;
}

struct child live_start(const char *const *words) {
    const char *program = getenv("RAWSHAKE");
    assert_non_null(program);
    return start(program, words, NULL);
}

struct child live_start_program(const char *program, const char *const *words) {
    return start(program, words, NULL);
}

static char *read_file(const char *path, size_t *size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    char *text = calloc(1, (size_t)status.st_size + 1);
    assert_non_null(text);
    ssize_t got = read(fd, text, (size_t)status.st_size);
    close(fd);
    *size = got > 0 ? (size_t)got : 0;
    return text;
}

static void wait_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

struct result live_finish(struct child *child, unsigned seconds) {
    struct result r = {0};
    size_t size;
    int status = 0;
    if (child->input >= 0)
        close(child->input);
    child->input = -1;
    for (unsigned waited = 0; waitpid(child->pid, &status, WNOHANG) == 0; waited += TICK_MS) {
        if (waited >= seconds * 1000)
            kill(child->pid, SIGKILL);
        wait_ms(TICK_MS);
    }
    r.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    r.out = read_file(child->out_path, &r.out_bytes);
    r.err = read_file(child->err_path, &size);
    unlink(child->out_path);
    unlink(child->err_path);
    return r;
}

struct result live_shell(const char *script, unsigned seconds) {
    struct child child = start("sh", WORDS("-c", script), NULL);
    return live_finish(&child, seconds);
}

void live_full_pipe(int pipe[2]) {
    const char junk[4096] = {0};
    assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
    fcntl(pipe[1], F_SETFL, O_NONBLOCK);
    while (write(pipe[1], junk, sizeof junk) > 0) {
    }
    fcntl(pipe[1], F_SETFL, 0);
}

struct result live_run(const char *input, const char *const *words) {
    struct child child = live_start(words);
    if (input)
        assert_int_equal(write(child.input, input, strlen(input)), strlen(input));
    return live_finish(&child, 30);
}

struct result live_run_refused(const char *const *words) {
    const char *program = getenv("RAWSHAKE");
    assert_non_null(program);
    struct child child = start(program, words, refuse_namespaces);
    return live_finish(&child, 30);
}

pid_t live_child_of(pid_t pid) {
    char path[64];
    int child = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%d", &child) != 1)
        child = 0;
    if (f)
        fclose(f);
    return child;
}

bool live_ends_soon(pid_t pid) {
    for (int i = 0; i < 1000; i++) {
        if (kill(pid, 0) != 0 && errno == ESRCH)
            return true;
        wait_ms(5);
    }
    return false;
}

void live_free(struct result *r) {
    free(r->out);
    free(r->err);
}

bool live_wait_for(const struct child *child, bool err, const char *text) {
    for (int waited = 0; waited < PATIENCE_MS; waited += TICK_MS) {
        size_t size;
        char *now = read_file(err ? child->err_path : child->out_path, &size);
        bool there = strstr(now, text) != NULL;
        free(now);
        if (there)
            return true;
        wait_ms(TICK_MS);
    }
    return false;
}

static int listen_at(const char *address, uint16_t port) {
    const int on = 1;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool ipv6 = inet_pton(AF_INET, address, &in.sin_addr) != 1;
    if (ipv6)
        assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
    int fd = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(ipv6 ? bind(fd, (struct sockaddr *)&in6, sizeof in6) : bind(fd, (struct sockaddr *)&in, sizeof in),
                     0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

pid_t live_server_at(const char *address, uint16_t port, void (*serve)(int listener)) {
    int fd = listen_at(address, port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(30);
        serve(fd);
        _exit(0);
    }
    close(fd);
    return pid;
}

pid_t live_server(uint16_t port, void (*serve)(int listener)) { return live_server_at("127.0.0.1", port, serve); }

void live_server_end(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void live_expect(const struct result *r, int status, const char *in_out, const char *in_err) {
    bool holds = r->status == status && (!in_out || strstr(r->out, in_out)) && (!in_err || strstr(r->err, in_err));
    if (!holds)
        print_error(
            "status %d, wanted %d; wanted in output \"%s\", in errors \"%s\"\n---- output\n%s\n---- errors\n%s\n",
            r->status, status, in_out ? in_out : "", in_err ? in_err : "", r->out, r->err);
    assert_true(holds);
}

bool live_one_line(const char *err) {
    const char *end = strchr(err, '\n');
    return strncmp(err, "rawshake: ", 10) == 0 && end && end[1] == '\0';
}

void live_loopback(bool up) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

void live_loopback_address(bool there) {
    struct ifreq request = {.ifr_name = "lo"};
    struct sockaddr_in in = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    in.sin_addr.s_addr = there ? htonl(INADDR_LOOPBACK) : 0;
    memcpy(&request.ifr_addr, &in, sizeof in);
    assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
    if (there) {
        in.sin_addr.s_addr = htonl(0xff000000);
        memcpy(&request.ifr_netmask, &in, sizeof in);
        assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &request), 0);
    }
    close(fd);
}

void live_route_to_nowhere(const char *address) {
    struct rtentry route = {.rt_flags = RTF_UP};
    struct sockaddr_in in = {.sin_family = AF_INET}, mask = {.sin_family = AF_INET};
    char lo[] = "lo";
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(inet_pton(AF_INET, address, &in.sin_addr), 1);
    mask.sin_addr.s_addr = htonl(0xffffff00);
    memcpy(&route.rt_dst, &in, sizeof in);
    memcpy(&route.rt_genmask, &mask, sizeof mask);
    route.rt_dev = lo;
    if (ioctl(fd, SIOCADDRT, &route) != 0)
        assert_int_equal(errno, EEXIST);
    close(fd);
}

bool live_listens(uint16_t port) {
    char line[256], wanted[16];
    bool found = false;
    FILE *f = fopen("/proc/net/tcp", "re");
    snprintf(wanted, sizeof wanted, ":%04X", port);
    while (f && fgets(line, sizeof line, f)) // "sl local:port remote:port state": 0A is LISTEN
        found = found || (strstr(line, wanted) && strstr(line, " 00000000:0000 0A "));
    if (f)
        fclose(f);
    return found;
}

bool live_hosts(const char *text) {
    static bool own;
    char path[32];
    // A mount namespace of our own; nothing that is mounted in it is seen outside.
    if (!own && (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
        return false;
    if (own)
        umount2("/etc/hosts", MNT_DETACH);
    own = true;
    int fd = temporary(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    bool mounted = mount(path, "/etc/hosts", NULL, MS_BIND, NULL) == 0;
    unlink(path);
    return mounted;
}

void live_do(const char *command) {
    int status = system(command);
    if (status != 0)
        print_error("%s: status %d\n", command, status);
    assert_int_equal(status, 0);
}

// Two lines a group: names, then values.
unsigned long live_counter(const char *group, const char *name) {
    static const char *const files[] = {"/proc/net/snmp", "/proc/net/netstat"};
    char names[8192], values[8192];
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(files[i], "re");
        while (f && fgets(names, sizeof names, f) && fgets(values, sizeof values, f)) {
            if (strncmp(names, group, strlen(group)) != 0)
                continue;
            char *n = names, *v = values, *word, *value;
            while ((word = strsep(&n, " \n")) && (value = strsep(&v, " \n")))
                if (strcmp(word, name) == 0) {
                    fclose(f);
                    return strtoul(value, NULL, 10);
                }
        }
        if (f)
            fclose(f);
    }
    fail_msg("no counter %s %s", group, name);
    return 0;
}

void live_setting(const char *path, const char *value) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, value, strlen(value)), strlen(value));
    close(fd);
}

bool live_has(const char *program) {
    char command[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}
