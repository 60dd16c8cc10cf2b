/* SPDX-License-Identifier: MIT */
/* Memory of the domain being built: get it, write it. */
#ifndef BUILDER_GUEST_MEMORY_H
#define BUILDER_GUEST_MEMORY_H

#include "builder/builder.h"

struct guest_memory {
    struct xen *xen;
    domid_t domid;
    uint64_t frames;
    xen_pfn_t *p2m;             /* mfn of each pfn */
};

/*
 * Fill p2m[0..frames) with fresh memory, in 2 MiB extents as long as the machine has them. -ENOMEM.
 * The frames belong to the domain and go with it.
 */
int guest_populate(struct guest_memory *memory);

/* Write to the guest's memory at byte address `to` (pfn 0 at 0). Nothing stays mapped. */
int guest_write(const struct guest_memory *memory, uint64_t to, const void *data, uint64_t bytes);

/* The same from a file, by pread() at `offset`. -EIO: the file is shorter. */
int guest_write_file(const struct guest_memory *memory, uint64_t to, int fd, uint64_t offset,
                     uint64_t bytes);

int guest_zero(const struct guest_memory *memory, uint64_t to, uint64_t bytes);

#endif
