// SPDX-License-Identifier: MIT
//
// The numbers with which the kernel can take a session's connection over.
#ifndef LIVE_TAKEOVER_H
#define LIVE_TAKEOVER_H

#include "live/session.h"
#include "net/handover.h"

// What the engine has negotiated, as net/handover.h wants it, at a moment when the SYN-ACK has come and nothing but our
// SYN has been sent; a bend that sees our ACK on its way out has this moment. zone: of a link-local server.
struct handover takeover_numbers(const struct session *session, uint32_t zone);

#endif
