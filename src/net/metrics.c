// SPDX-License-Identifier: MIT
//
// A route's own numbers, over rtnetlink(7): a socket tells the MTU of its way, but neither of these. Called by route.c.
#include "metrics.h"

#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink.h"

enum { ANSWER_BYTES = 4096 };

static struct netlink_message question(const struct rs_endpoint *source, const struct address *destination) {
    const size_t size = rs_address_bytes(source->family);
    const struct rtmsg body = {.rtm_family = (uint8_t)address_family(source->family),
                               .rtm_dst_len = (uint8_t)(8 * size),
                               .rtm_src_len = (uint8_t)(8 * size)};
    struct netlink_message m;
    netlink_begin(&m, RTM_GETROUTE, 0, &body, sizeof body);
    netlink_add(&m, RTA_DST, destination->endpoint.addr, size);
    netlink_add(&m, RTA_SRC, source->addr, size);
    if (destination->zone != 0)
        netlink_add(&m, RTA_OIF, &destination->zone, sizeof destination->zone);
    return m;
}

static uint32_t metric(const uint8_t *metrics, size_t size, unsigned short type) {
    uint32_t number = 0;
    size_t number_size = 0;
    const uint8_t *value = netlink_find(metrics, size, type, &number_size);
    if (value && number_size == sizeof number)
        memcpy(&number, value, sizeof number);
    return number;
}

static struct metrics read_answer(const uint8_t *answer, size_t size) {
    const size_t begin = NLMSG_LENGTH(sizeof(struct rtmsg));
    struct nlmsghdr header;
    size_t metrics_size = 0;
    if (size < begin)
        return (struct metrics){0};
    memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type != RTM_NEWROUTE || header.nlmsg_len < begin || header.nlmsg_len > size)
        return (struct metrics){0};
    const uint8_t *metrics = netlink_find(answer + begin, header.nlmsg_len - begin, RTA_METRICS, &metrics_size);
    if (!metrics)
        return (struct metrics){0};
    return (struct metrics){.announced_mss = metric(metrics, metrics_size, RTAX_ADVMSS),
                            .hop_limit = (uint8_t)metric(metrics, metrics_size, RTAX_HOPLIMIT)};
}

struct metrics metrics_of(const struct rs_endpoint *source, const struct address *destination) {
    uint8_t answer[ANSWER_BYTES];
    const struct netlink_message m = question(source, destination);
    ssize_t size = netlink_ask(&m, answer, sizeof answer);
    return read_answer(answer, size > 0 ? (size_t)size : 0);
}
