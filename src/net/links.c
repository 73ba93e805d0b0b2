// SPDX-License-Identifier: MIT
//
// Links, over rtnetlink(7), and netdevice(7) where that is shorter. Called by namespace.c and router.c.
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"

enum { WAIT_MS = 2000, LOOK_EVERY_MS = 1, ANSWER_BYTES = 8192 };

// ---- by rtnetlink

bool links_cable(const char *device, const char *other_device, int other_network, struct net_error *error) {
    const struct ifinfomsg plain = {.ifi_family = AF_UNSPEC};
    const uint32_t network = (uint32_t)other_network;
    struct netlink_message m;
    netlink_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &plain, sizeof plain);
    netlink_text(&m, IFLA_IFNAME, device);
    size_t kind = netlink_open(&m, IFLA_LINKINFO);
    netlink_text(&m, IFLA_INFO_KIND, "veth");
    size_t data = netlink_open(&m, IFLA_INFO_DATA);
    size_t peer = netlink_open(&m, VETH_INFO_PEER); // holds a message like this one, without its header
    netlink_bytes(&m, &plain, sizeof plain);
    netlink_text(&m, IFLA_IFNAME, other_device);
    netlink_add(&m, IFLA_NET_NS_FD, &network, sizeof network);
    netlink_shut(&m, peer);
    netlink_shut(&m, data);
    netlink_shut(&m, kind);
    if (netlink_do(&m))
        return true;
    net_fail(error, errno, NULL, "making the link from '%.32s' to '%.32s'", device, other_device);
    if (error->number == EOPNOTSUPP)
        error->why = "this kernel makes no virtual cables (veth)";
    return false;
}

bool links_remove(const char *device, struct net_error *error) {
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
    struct netlink_message m;
    netlink_begin(&m, RTM_DELLINK, NLM_F_ACK, &body, sizeof body);
    netlink_text(&m, IFLA_IFNAME, device);
    return netlink_do(&m) || net_fail(error, errno, NULL, "removing the link '%.32s'", device);
}

struct number { // an address's bytes
    uint8_t family, bytes[16];
    size_t size;
};

static bool parse(const char *text, struct number *out) {
    *out = strchr(text, ':') ? (struct number){.family = AF_INET6, .size = 16}
                             : (struct number){.family = AF_INET, .size = 4};
    bool is_one = inet_pton(out->family, text, out->bytes) == 1;
    if (!is_one)
        errno = EINVAL;
    return is_one;
}

static bool add_address(const char *device, const char *text, unsigned prefix_bits) {
    struct number address;
    if (!parse(text, &address))
        return false;
    // Without IFA_F_NODAD, IPv6 would first ask for a second or two whether somebody else has it (RFC 4862, section
    // 5.4).
    const struct ifaddrmsg body = {.ifa_family = address.family,
                                   .ifa_prefixlen = (uint8_t)(prefix_bits <= UINT8_MAX ? prefix_bits : UINT8_MAX),
                                   .ifa_flags = address.family == AF_INET6 ? IFA_F_NODAD : 0,
                                   .ifa_index = if_nametoindex(device)};
    if (body.ifa_index == 0)
        return false;
    struct netlink_message m;
    netlink_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &body, sizeof body);
    netlink_add(&m, IFA_LOCAL, address.bytes, address.size);
    netlink_add(&m, IFA_ADDRESS, address.bytes, address.size);
    return netlink_do(&m);
}

bool links_address(const char *device, const char *address, unsigned prefix_bits, struct net_error *error) {
    return add_address(device, address, prefix_bits) ||
           net_fail(error, errno, NULL, "giving '%.32s' the address %.48s/%u", device, address, prefix_bits);
}

bool links_default_route(const char *gateway, struct net_error *error) {
    struct number number;
    struct netlink_message m;
    bool done = parse(gateway, &number);
    if (done) {
        const struct rtmsg body = {.rtm_family = number.family,
                                   .rtm_table = RT_TABLE_MAIN,
                                   .rtm_protocol = RTPROT_STATIC,
                                   .rtm_scope = RT_SCOPE_UNIVERSE,
                                   .rtm_type = RTN_UNICAST};
        netlink_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &body, sizeof body);
        netlink_add(&m, RTA_GATEWAY, number.bytes, number.size);
        done = netlink_do(&m);
    }
    return done || net_fail(error, errno, NULL, "the default route by way of %.48s", gateway);
}

enum { OPER_UP = 6 }; // IF_OPER_UP of <linux/if.h>, which does not go together with <net/if.h>

// RFC 2863's ifOperStatus, as rtnetlink tells it of a device; -1 with errno if it does not.
static int operational_state(const char *device) {
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
    struct netlink_message m;
    uint8_t answer[ANSWER_BYTES];
    struct nlmsghdr header;
    size_t value_size = 0;
    netlink_begin(&m, RTM_GETLINK, 0, &body, sizeof body);
    netlink_text(&m, IFLA_IFNAME, device);
    ssize_t size = netlink_ask(&m, answer, sizeof answer);
    if (size < 0)
        return -1;
    errno = ENODEV;
    const size_t begin = NLMSG_LENGTH(sizeof body);
    if ((size_t)size < begin)
        return -1;
    memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type != RTM_NEWLINK)
        return -1;
    const uint8_t *state = netlink_find(answer + begin, (size_t)size - begin, IFLA_OPERSTATE, &value_size);
    return state && value_size == 1 ? *state : -1;
}

// The kernel learns of a cable's two ends in its own time, and throws away without a word what is sent before. This
// question has it look at once (Linux 6.8), or waits with us; "unknown" is what it says before it has looked.
bool links_wait(const char *device, struct net_error *error) {
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    for (int waited = 0; waited < WAIT_MS; waited += LOOK_EVERY_MS) {
        int state = operational_state(device);
        if (state == OPER_UP)
            return true;
        if (state < 0)
            return net_fail(error, errno, NULL, "asking for the state of the link '%.32s'", device);
        nanosleep(&pause, NULL);
    }
    return net_fail(error, ENETDOWN, NULL, "waiting for the link '%.32s'", device);
}

// ---- by ioctl

// One request about a device; what is asked and what is answered is in *request. False with errno.
static bool control(const char *device, unsigned long what, struct ifreq *request) {
    if (strlen(device) >= sizeof request->ifr_name) {
        errno = ENODEV;
        return false;
    }
    memcpy(request->ifr_name, device, strlen(device) + 1);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool done = ioctl(fd, what, request) == 0;
    int number = errno;
    close(fd);
    errno = number;
    return done;
}

static bool ethtool(const char *device, uint32_t what, uint32_t value) {
    struct ethtool_value order = {.cmd = what, .data = value};
    struct ifreq request = {.ifr_data = (char *)&order};
    return control(device, SIOCETHTOOL, &request);
}

bool links_raise(const char *device, struct net_error *error) {
    struct ifreq request = {0};
    bool up = control(device, SIOCGIFFLAGS, &request);
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    up = up && control(device, SIOCSIFFLAGS, &request);
    return up || net_fail(error, errno, NULL, "switching on the link '%.32s'", device);
}

bool links_make_plain(const char *device, struct net_error *error) {
    bool plain = ethtool(device, ETHTOOL_SGSO, 0) && ethtool(device, ETHTOOL_STSO, 0) &&
                 ethtool(device, ETHTOOL_SGRO, 0) && ethtool(device, ETHTOOL_STXCSUM, 0);
    return plain || net_fail(error, errno, NULL, "switching off the offloads of the link '%.32s'", device);
}
