/* SPDX-License-Identifier: MIT */
/* The page between a guest's console and xenconsoled: two byte rings. */
#ifndef XEN_PUBLIC_IO_CONSOLE_H
#define XEN_PUBLIC_IO_CONSOLE_H

#include <stdint.h>

/* Indices run freely; the place in the ring is the index modulo its size, a power of two. */
typedef uint32_t XENCONS_RING_IDX;
#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

/*
 * Producer: write bytes, barrier, advance prod, notify. Consumer: read prod, barrier, read bytes,
 * barrier, advance cons, notify. prod - cons may not exceed the ring's size; a daemon must
 * expect that a guest breaks this.
 */
struct xencons_interface {
    char in[1024];                      /* to the guest */
    char out[2048];                     /* from the guest */
    XENCONS_RING_IDX in_cons, in_prod;
    XENCONS_RING_IDX out_cons, out_prod;
};

#endif /* XEN_PUBLIC_IO_CONSOLE_H */
