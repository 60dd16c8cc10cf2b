/* SPDX-License-Identifier: MIT */
/* The page shared with a domain: two byte rings, whose other half may hold any nonsense. */
#include "ring.h"

#define SIZE XENSTORE_RING_SIZE

static void barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void ring_attach(struct ring *r, void *page)
{
    r->page = page;
    r->req_cons = r->page->req_cons;
    r->rsp_prod = r->page->rsp_prod;
    r->page->server_features = XENSTORE_SERVER_FEATURE_RECONNECTION |
                               XENSTORE_SERVER_FEATURE_ERROR;
    r->page->error = XENSTORE_ERROR_NONE;
}

int ring_read(struct ring *r, void *buf, size_t len)
{
    uint32_t available = r->page->req_prod - r->req_cons;
    char *to = buf;

    if (available > SIZE)
        return -EPROTO;
    barrier(); /* the index first, then the bytes it vouches for */
    if (len > available)
        len = available;
    for (size_t i = 0; i < len; i++)
        to[i] = r->page->req[MASK_XENSTORE_IDX(r->req_cons + i)];
    r->req_cons += len;
    return len;
}

int ring_write(struct ring *r, const void *buf, size_t len)
{
    uint32_t waiting = r->rsp_prod - r->page->rsp_cons;
    const char *from = buf;

    if (waiting > SIZE)
        return -EPROTO;
    barrier(); /* the domain has read what we are about to overwrite */
    if (len > SIZE - waiting)
        len = SIZE - waiting;
    for (size_t i = 0; i < len; i++)
        r->page->rsp[MASK_XENSTORE_IDX(r->rsp_prod + i)] = from[i];
    r->rsp_prod += len;
    return len;
}

bool ring_readable(const struct ring *r)
{
    return r->page->req_prod != r->req_cons;
}

bool ring_publish(struct ring *r)
{
    bool news = r->page->req_cons != r->req_cons || r->page->rsp_prod != r->rsp_prod;

    barrier(); /* bytes before the indices that cover them */
    r->page->req_cons = r->req_cons;
    r->page->rsp_prod = r->rsp_prod;
    barrier(); /* indices before the event that announces them */
    return news;
}

void ring_report(struct ring *r, uint32_t error)
{
    r->page->error = error;
}

bool ring_wants_restart(const struct ring *r)
{
    return r->page->connection == XENSTORE_RECONNECT;
}

void ring_restart(struct ring *r)
{
    r->req_cons = r->rsp_prod = 0;
    r->page->req_cons = r->page->req_prod = 0;
    r->page->rsp_cons = r->page->rsp_prod = 0;
    r->page->error = XENSTORE_ERROR_NONE;
    barrier(); /* all is empty before the domain is told that it may go on */
    r->page->connection = XENSTORE_CONNECTED;
}
