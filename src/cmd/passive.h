// SPDX-License-Identifier: MIT
//
// What the two commands that listen by hand have in common.
#ifndef CMD_PASSIVE_H
#define CMD_PASSIVE_H

#include "live/session.h"
#include "net/route.h"

// A SYN has come: makes of the way back to its sender (config->conn.remote) what the kernel's own end would make of it.
// Returns false if no way leads back.
bool passive_prepare(struct session_config *config, struct route *route);

#endif
