/* SPDX-License-Identifier: MIT */
/* One connection to the store: a request and its reply, events put aside. Private to libxen. */
#ifndef LIBXEN_XS_MESSAGE_H
#define LIBXEN_XS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include "libxen/xs.h"

struct xs_queued {
    struct xs_event event;      /* first: what the caller frees is the whole entry */
    struct xs_queued *next;
    char text[];                /* path NUL token NUL */
};

struct xs {
    int fd;
    bool socket;                /* else the kernel's device, which send() does not know */
    bool broken;                /* a message was cut: nothing after it can be trusted */
    uint32_t last_id;
    struct xs_queued *first, **end;
    char in[4096];              /* received, from in_at to in_end; empty between calls */
    size_t in_at, in_end;
    struct {
        char *bytes;            /* not sent yet; NULL: each request waits for its answer */
        size_t len;
        unsigned int count;     /* not answered yet, all of them in `bytes` */
        int err;                /* the first refusal */
    } ahead;
};

/* A piece of a request's payload. */
struct xs_part {
    const void *data;
    size_t len;
};

/*
 * Send a request of `count` parts and wait for its reply: payload in malloc()ed memory with a NUL
 * behind it. -E2BIG: more than a message holds; -EPIPE: the connection is lost; other: the
 * store's answer. After xs_send_ahead(), a request that changes a node is kept for later, and
 * *reply is NULL.
 */
int xs_exchange(struct xs *xs, uint32_t type, xs_tx tx, const struct xs_part *parts,
                unsigned int count, char **reply, size_t *len);

/* Take in messages until an event is queued, waiting up to timeout_ms (-1: for ever). 0 also when
 * none came; -EINTR; -EPIPE. */
int xs_pump(struct xs *xs, int timeout_ms);

#endif
