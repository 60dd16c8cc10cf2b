/* SPDX-License-Identifier: MIT */
/* Parts of domctl that sysctl shares. */
#ifndef XEN_DOMCTL_H
#define XEN_DOMCTL_H

#include <xen/cpumask.h>

struct domain;
struct xenctl_bitmap;
struct xen_domctl_getdomaininfo;

/* A CPU set from or to a caller's bitmap of any length. 0 or -EFAULT. */
int cpumask_copy_in(cpumask_t *mask, const struct xenctl_bitmap *from);
int cpumask_copy_out(const struct xenctl_bitmap *to, cpumask_t mask);

/* Describe @d, on which a reference is held. */
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

#endif
