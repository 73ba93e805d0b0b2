// SPDX-License-Identifier: MIT
//
// Places and paths (see paths.h).
#include "paths.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cm.h"
#include "live.h"

void paths_or_skip(void) {
    live_or_skip();
    if (!live_has("ip"))
        skip();
}

int place_here(void) {
    int fd = open("/proc/thread-self/ns/net", O_RDONLY); // inherited: ip(8) is told its number
    assert_true(fd >= 0);
    return fd;
}

void place_enter(int place) { assert_int_equal(setns(place, CLONE_NEWNET), 0); }

int place_new(void) {
    int here = place_here();
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    live_loopback(true);
    int place = place_here();
    place_enter(here);
    close(here);
    return place;
}

void place_shell(int place, const char *script) {
    int here = place_here();
    place_enter(place);
    struct result r = live_shell(script, 20);
    place_enter(here);
    close(here);
    live_expect(&r, 0, NULL, NULL);
    live_free(&r);
}

static void switch_off(int fd, const char *device, uint32_t what) {
    struct ethtool_value off = {.cmd = what, .data = 0};
    struct ifreq request = {.ifr_data = (char *)&off};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
    assert_int_equal(ioctl(fd, SIOCETHTOOL, &request), 0);
}

static void make_plain(int place, const char *device) {
    int here = place_here();
    place_enter(place);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    switch_off(fd, device, ETHTOOL_SGSO);
    switch_off(fd, device, ETHTOOL_STSO);
    switch_off(fd, device, ETHTOOL_SGRO);
    switch_off(fd, device, ETHTOOL_STXCSUM);
    close(fd);
    place_enter(here);
    close(here);
}

void path_new(int place, const char *device, int other_place, const char *other_device, unsigned mtu) {
    char script[300];
    snprintf(script, sizeof script, "ip link add %s mtu %u type veth peer name %s mtu %u netns /proc/self/fd/%d",
             device, mtu, other_device, mtu, other_place);
    place_shell(place, script);
    make_plain(place, device);
    make_plain(other_place, other_device);
    snprintf(script, sizeof script, "ip link set %s up", device);
    place_shell(place, script);
    snprintf(script, sizeof script, "ip link set %s up", other_device);
    place_shell(other_place, script);
}

void path_address(int place, const char *device, const char *address) {
    char script[200];
    bool ipv6 = strchr(address, ':') != NULL;
    // IPv6 would first ask for a second or two whether somebody else has it.
    snprintf(script, sizeof script, "ip addr add %s dev %s %s", address, device, ipv6 ? "nodad" : "");
    place_shell(place, script);
}
