// SPDX-License-Identifier: MIT
//
// All of the library: packets as numbers (src/wire) and one TCP connection (src/tcp).
#ifndef RAWSHAKE_H
#define RAWSHAKE_H

#define RS_VERSION "0.1.0"

#include "checksum.h"
#include "conn.h"
#include "endpoint.h"
#include "fields.h"
#include "icmp.h"
#include "ipv4.h"
#include "ipv6.h"
#include "isn.h"
#include "packet.h"
#include "reason.h"
#include "segment.h"
#include "seq.h"
#include "state.h"

#endif
