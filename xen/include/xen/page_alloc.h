/* SPDX-License-Identifier: MIT */
/* Free machine frames: the buddy allocator. What comes back is scrubbed when a CPU is idle. */
#ifndef XEN_PAGE_ALLOC_H
#define XEN_PAGE_ALLOC_H

#include <xen/types.h>

#define MAX_ORDER 18 /* 1 GiB */

/* Of free memory, in the order in which it is taken. Unused memory is not scrubbed before somebody
 * wants it: where the machine is a virtual one, that would make its host provide it. */
enum page_state {
    PAGE_CLEAN,  /* zeroes */
    PAGE_DIRTY,  /* what its last owner left */
    PAGE_UNUSED, /* what the firmware left */
    PAGE_STATES,
};

/* Boot: hand over free RAM; [first, first+n) needs frame_init_ram() before. */
void page_alloc_add(mfn_t first, unsigned long n);

/* 2^order contiguous frames below machine address 2^@addr_bits (0 = anywhere), aligned to their
 * size and zeroed. MFN_NONE when there are none. For Xen: owner NULL, not shareable until
 * frame_share(). */
mfn_t page_alloc(unsigned int order, unsigned int addr_bits);
/* The same, but a block whose *@state is not PAGE_CLEAN is the caller's to clear, in steps that are
 * not too long. */
mfn_t page_alloc_uncleared(unsigned int order, unsigned int addr_bits, enum page_state *state);
void page_free(mfn_t first, unsigned int order);
void page_free_run(mfn_t first, unsigned long n); /* frames from any number of blocks */
/* Scrub one dirty frame. False: there is none. */
bool page_scrub(void);

/* The same through the direct map; NULL when there are none. */
void *page_alloc_virt(unsigned int order);
void page_free_virt(void *p, unsigned int order); /* @p NULL: nothing */

unsigned long page_alloc_free_count(void);  /* frames, whatever their state */
unsigned long page_alloc_dirty_count(void); /* of them */
unsigned long page_alloc_total_count(void); /* frames ever handed over */

#endif
