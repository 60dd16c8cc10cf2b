/* SPDX-License-Identifier: MIT */
/* A domain's frames: limit, list, and memory_op to gain or return them. */
#ifndef XEN_DOMAIN_MEMORY_H
#define XEN_DOMAIN_MEMORY_H

#include <public/xen.h>
#include <xen/types.h>

struct domain;

extern unsigned long total_claims; /* sum of all domains' outstanding_claim. Atomic */

/* 2^order fresh frames for @d, zeroed but for Domain0; in the m2p as *@pfn and following, unless
 * @pfn is NULL. 0, -ENOMEM (or limit), -EINVAL (dying). */
int domain_alloc_frames(struct domain *d, unsigned int order, unsigned int addr_bits,
                        const xen_pfn_t *pfn, mfn_t *out);
/* Death: unpin and give back all frames. 0, though others may still map some; -ERESTART: an event
 * waits for the caller, call again. */
int domain_release_memory(struct domain *d);

/* frame.c: @f becomes part of @d's list and count; its last reference is gone: free it. */
struct frame;
void domain_frame_added(struct domain *d, struct frame *f);
void domain_frame_gone(struct domain *d, mfn_t m);

/* In a call's first argument, above XENMEM_*: the extent to begin with. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     (BIT(MEMOP_EXTENT_SHIFT) - 1)

/* *@cmd: as above; with -ERESTART, the extent to go on with. */
long do_memory_op(unsigned long *cmd, unsigned long arg);

#endif
