/* SPDX-License-Identifier: MIT */
/* The socket between xm and xend: who is about to create what. */
#ifndef DOMAIN_XEND_LINK_H
#define DOMAIN_XEND_LINK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Before xm takes a domain id it says `create UUID NAME`, makes a claim (claim.h) and keeps the
 * connection until the claim is dropped. When the connection ends and the claim is still there, xm
 * was killed, and xend destroys the domain with that UUID: a domain that nobody finishes is not
 * left behind, whenever the builder dies. xend answers with `ok`, or with `no REASON`.
 */
#define XEND_SOCKET  "/run/xen/xend"
#define XEND_MESSAGE 256u

/* Connect. Returns a descriptor, or -ENOENT or -ECONNREFUSED: xend does not run. */
int xend_connect(void);

/*
 * Send a message and take the answer. 0; -EPERM with xend's words in `reason` when it said no;
 * other -errno when the connection failed.
 */
int xend_ask(int fd, const char *message, char *reason, size_t size);

#endif
