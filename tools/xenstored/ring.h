/* SPDX-License-Identifier: MIT */
/* The page shared with a domain: two byte rings, whose other half may hold any nonsense. */
#ifndef XENSTORED_RING_H
#define XENSTORED_RING_H

#include <errno.h>              /* the wire header lists error names only if it comes first */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/*
 * Our own indices are kept here and only ever written to the page: a domain that scribbles over
 * them confuses itself alone. Reading and writing move these private indices; the domain sees
 * the movement at ring_publish(), which comes after the journal has been written.
 */
struct ring {
    volatile struct xenstore_domain_interface *page;
    uint32_t req_cons;
    uint32_t rsp_prod;
};

/* Start with the indices that the page holds, and say which features we have. */
void ring_attach(struct ring *r, void *page);

/* Up to `len` bytes of requests. Returns how many, or -EPROTO: the domain's index is nonsense. */
int ring_read(struct ring *r, void *buf, size_t len);

/* Up to `len` bytes of replies and events. Returns how many fitted, or -EPROTO. */
int ring_write(struct ring *r, const void *buf, size_t len);

/* Are there bytes to read? True also for a nonsensical index, which reading then reports. */
bool ring_readable(const struct ring *r);

/* Let the domain see how far we have come. True if that is news to it: it needs an event. */
bool ring_publish(struct ring *r);

/* Tell the domain why nobody reads its ring any more (XENSTORE_ERROR_*). */
void ring_report(struct ring *r, uint32_t error);

/* The domain asked for a fresh start (XENSTORE_RECONNECT)? ring_restart() grants it. */
bool ring_wants_restart(const struct ring *r);
void ring_restart(struct ring *r);

#endif
