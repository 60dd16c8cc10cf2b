/* SPDX-License-Identifier: MIT */
/* Another domain's frames in our address space. */
#ifndef LIBXEN_FOREIGN_MAP_H
#define LIBXEN_FOREIGN_MAP_H

#include "libxen/hypercall.h"

/*
 * Map n frames of domid (by mfn for a PV domain) side by side; prot is PROT_READ or
 * PROT_READ | PROT_WRITE. All or nothing: one refused frame fails the call with its errno.
 * -EINVAL or -EPERM: a frame that is not the domain's, or write access to a page table.
 */
int xen_map_frames(struct xen *xen, domid_t domid, int prot, const xen_pfn_t *mfns, size_t n,
                   void **addr);

/* The same for frames that may be missing: errs[i] is 0 or a negative errno for each. */
int xen_map_frames_some(struct xen *xen, domid_t domid, int prot, const xen_pfn_t *mfns,
                        size_t n, int *errs, void **addr);

/* Unmap; addr NULL is allowed. */
void xen_unmap_frames(void *addr, size_t n);

#endif
