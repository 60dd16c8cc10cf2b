/* SPDX-License-Identifier: MIT */
/* Xen's own address space and its mapping helpers. */
#ifndef ASM_XEN_PAGING_H
#define ASM_XEN_PAGING_H

#include <asm/page.h>

extern pte_t xen_l4[PT_ENTRIES]; /* the idle table; slots 256..271 are copied to every guest L4 */

/* Boot: direct map, frame table and both m2p tables from the memory map; loads CR3, then hands all
 * RAM to page_alloc but the first MiB, the image, the modules and what it took itself. */
void xen_paging_init(void);

/* What only booting needs goes to page_alloc: the modules, and part of the image, unmapped. */
void xen_paging_end_boot(void);

/* First frame of the @i-th 2 MiB of the m2p, which guests map as DOMID_XEN's; MFN_NONE: no more. */
mfn_t m2p_piece(unsigned int i);

/* This CPU's CR0, CR4, EFER and PAT; every CPU, once it uses xen_l4. */
void paging_init_cpu(void);

/* Copy Xen's slots into a guest's L4 page (pt_validate.c). */
void xen_paging_fill_l4(pte_t *l4);

/* Device memory, uncached; any alignment. NULL when there is no memory. Never undone. */
void *iomap(maddr_t base, size_t bytes);

/* Per-CPU windows exist for CPU @cpu. 0 or -ENOMEM. */
int xen_paging_init_window(unsigned int cpu);

#endif
