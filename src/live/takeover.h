// SPDX-License-Identifier: MIT
//
// The numbers with which the kernel can take a session's connection over, and how they are told.
#ifndef LIVE_TAKEOVER_H
#define LIVE_TAKEOVER_H

#include "live/session.h"
#include "net/handover.h"

// What the engine has negotiated, as net/handover.h wants it, at a moment when the SYN-ACK has come and nothing but our
// SYN has been sent; a bend that sees our ACK on its way out has this moment. Where we listen, it is the moment when
// the SYN has come and nothing has been sent: our SYN-ACK is on its way out. zone: of a link-local other end.
struct handover takeover_numbers(const struct session *session, uint32_t zone);

// For the table that a trace shows of it (TRACE_SOCKET): what our own TCP has, when it has sent so many segments, the
// one on its way included; what the kernel says of its socket, before it has the connection or with it; and what it
// says in repair mode alone.
void takeover_tell_ours(const struct session *session, uint64_t sent, struct trace_socket *table);
void takeover_tell_kernels(int fd, enum trace_socket_column who, struct trace_socket *table);
void takeover_tell_numbers(const struct handover_told *told, struct trace_socket *table);

#endif
