/* SPDX-License-Identifier: MIT */
/* The requests of the wire protocol: one table row and one function each. */
#ifndef XENSTORED_REQUESTS_H
#define XENSTORED_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

struct connection;

extern bool log_requests;       /* trace every request (--verbose, or control "log on") */

/*
 * Handle the request whose header is conn->hdr and whose payload is the `len` bytes at `payload`,
 * followed by a NUL that is not part of it. Queues exactly one reply.
 */
void request_handle(struct connection *conn, const char *payload, size_t len);

#endif
