/* SPDX-License-Identifier: MIT */
/* A guest's own list of its frames, read from outside. */
#ifndef XM_GUEST_P2M_H
#define XM_GUEST_P2M_H

#include "libxen/domain.h"

/*
 * The machine frame of each pfn of a PV guest, INVALID_PFN where it has none; one allocation for
 * free(). Everything is read from memory that the guest may have filled with anything: nothing is
 * believed beyond what mapping its own frames proves. Returns how many entries, or -errno: -ENODATA
 * when the guest has not said yet where its list is.
 */
#define INVALID_PFN (~(xen_pfn_t)0)
long guest_p2m_read(struct xen *xen, const struct xen_domctl_getdomaininfo *info,
                    xen_pfn_t **frames);

#endif
