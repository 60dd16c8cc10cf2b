/* SPDX-License-Identifier: MIT */
/* The console page shared with a guest, which may write any nonsense into it. */
#ifndef XENCONSOLED_RINGS_H
#define XENCONSOLED_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/console.h>

/*
 * Output bytes count as taken only at ring_done(): a daemon killed before that has lost
 * nothing, its successor reads them again.
 */

/*
 * Copy what the guest has put out, at most `len` bytes. Returns how many, or -EPROTO for a
 * nonsensical index. *next: what to give ring_done().
 */
int ring_output(volatile struct xencons_interface *page, void *buf, size_t len, uint32_t *next);
void ring_done(volatile struct xencons_interface *page, uint32_t next);

/* Free bytes towards the guest; 0 also for a nonsensical index. */
size_t ring_input_room(volatile struct xencons_interface *page);

/* Hand `len` bytes to the guest, at most ring_input_room(). */
void ring_input(volatile struct xencons_interface *page, const void *buf, size_t len);

#endif
