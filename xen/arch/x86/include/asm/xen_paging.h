/* SPDX-License-Identifier: MIT */
/* Xen's own address space and its mapping helpers. */
#ifndef ASM_XEN_PAGING_H
#define ASM_XEN_PAGING_H

#include <asm/page.h>
#include <xen/types.h>

extern pte_t xen_l4[PT_ENTRIES]; /* the idle table; slots 256..271 are copied to every guest L4 */

/* Boot: direct map, frame table, both m2p tables for [0, frames); from the memory map. */
void xen_paging_init(void);

/* Copy Xen's slots into a guest's L4 page (pt_validate.c). */
void xen_paging_fill_l4(pte_t *l4);

/* Device memory, uncached. NULL when the window is full. Never undone. */
void *iomap(maddr_t base, size_t bytes);

/* Per-CPU windows exist for CPU @cpu. 0 or -ENOMEM. */
int xen_paging_init_window(unsigned int cpu);

#endif
