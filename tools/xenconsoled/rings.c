/* SPDX-License-Identifier: MIT */
/* The console page shared with a guest, which may write any nonsense into it. */
#include "rings.h"

#include <errno.h>

static void barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

int ring_output(volatile struct xencons_interface *page, void *buf, size_t len, uint32_t *next)
{
    uint32_t cons = page->out_cons, available = page->out_prod - cons;
    char *to = buf;

    if (available > sizeof(page->out))
        return -EPROTO;
    barrier(); /* the index first, then the bytes it vouches for */
    if (len > available)
        len = available;
    for (size_t i = 0; i < len; i++)
        to[i] = page->out[MASK_XENCONS_IDX(cons + i, page->out)];
    *next = cons + len;
    return len;
}

void ring_done(volatile struct xencons_interface *page, uint32_t next)
{
    barrier(); /* we are through with the bytes */
    page->out_cons = next;
    barrier(); /* before the event that says so */
}

size_t ring_input_room(volatile struct xencons_interface *page)
{
    uint32_t waiting = page->in_prod - page->in_cons;

    return waiting > sizeof(page->in) ? 0 : sizeof(page->in) - waiting;
}

void ring_input(volatile struct xencons_interface *page, const void *buf, size_t len)
{
    uint32_t prod = page->in_prod;
    const char *from = buf;

    for (size_t i = 0; i < len; i++)
        page->in[MASK_XENCONS_IDX(prod + i, page->in)] = from[i];
    barrier(); /* bytes before the index that covers them */
    page->in_prod = prod + len;
    barrier(); /* before the event that says so */
}
