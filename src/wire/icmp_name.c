// SPDX-License-Identifier: MIT
//
// What the types and codes of ICMP errors are called (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1; RFC
// 4443, RFC 6554, RFC 7112, RFC 8883), in plain words. Called by the views.
#include "rawshake/icmp.h"

enum { CODES_MAX = 16 };

struct names {
    enum rs_family family;
    uint8_t type;
    const char *other; // for a code that is not in the list
    const char *codes[CODES_MAX];
};

static const struct names table[] = {
    {RS_IPV4,
     RS_ICMP_UNREACHABLE,
     "destination unreachable",
     {"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed",
      "source route failed", "destination network unknown", "destination host unknown", "source host isolated",
      "network administratively prohibited", "host administratively prohibited",
      "network unreachable for this type of service", "host unreachable for this type of service",
      "administratively prohibited", "host precedence violation", "precedence cutoff in effect"}},
    {RS_IPV4, RS_ICMP_SOURCE_QUENCH, "source quench", {NULL}},
    {RS_IPV4,
     RS_ICMP_TIME_EXCEEDED,
     "time exceeded",
     {"time to live exceeded in transit", "fragment reassembly time exceeded"}},
    {RS_IPV4,
     RS_ICMP_PARAMETER,
     "parameter problem",
     {"problem with the IP header", "required IP option missing", "bad IP header length"}},
    {RS_IPV6,
     RS_ICMP6_UNREACHABLE,
     "destination unreachable",
     {"no route to destination", "administratively prohibited", "beyond scope of source address", "address unreachable",
      "port unreachable", "source address failed ingress or egress policy", "rejected route to destination",
      "error in source routing header", "headers too long"}},
    {RS_IPV6, RS_ICMP6_TOO_BIG, "packet too big", {NULL}},
    {RS_IPV6,
     RS_ICMP6_TIME_EXCEEDED,
     "time exceeded",
     {"hop limit exceeded in transit", "fragment reassembly time exceeded"}},
    {RS_IPV6,
     RS_ICMP6_PARAMETER,
     "parameter problem",
     {"erroneous header field", "unrecognized next header", "unrecognized IPv6 option",
      "incomplete header chain in the first fragment"}},
};

const char *rs_icmp_name(const struct rs_icmp *icmp) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].family != icmp->family || table[i].type != icmp->type)
            continue;
        const char *name = icmp->code < CODES_MAX ? table[i].codes[icmp->code] : NULL;
        return name ? name : table[i].other;
    }
    return "unknown ICMP error";
}
