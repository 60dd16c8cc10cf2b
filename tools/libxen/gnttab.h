/* SPDX-License-Identifier: MIT */
/* Frames that another domain granted to this one, through /dev/xen/gntdev. */
#ifndef LIBXEN_GNTTAB_H
#define LIBXEN_GNTTAB_H

#include <stdint.h>

/* Open; the descriptor is the handle. */
int gnttab_open(void);

/* Map n grants of domid side by side; prot as for mmap. */
int gnttab_map(int fd, unsigned int domid, const uint32_t *refs, unsigned int n, int prot,
               void **addr);

/* Unmap what one gnttab_map() mapped. addr NULL is allowed. */
int gnttab_unmap(int fd, void *addr, unsigned int n);

#endif
