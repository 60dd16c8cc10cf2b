/* SPDX-License-Identifier: MIT */
/* Another domain's frames in our address space. */
#include "libxen/foreign_map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libxen/privcmd.h"

int xen_map_frames_some(struct xen *xen, domid_t domid, int prot, const xen_pfn_t *mfns,
                        size_t n, int *errs, void **addr)
{
    struct privcmd_mapbatch batch = {
        .num = n, .domid = domid, .frames = mfns, .errs = errs,
    };
    void *va;

    if (!n || n > UINT32_MAX)
        return -EINVAL;
    va = mmap(NULL, n << XEN_PAGE_SHIFT, prot, MAP_SHARED, xen_privcmd_fd(xen), 0);
    if (va == MAP_FAILED)
        return -errno;
    batch.addr = (uintptr_t)va;
    /* ENOENT means that some frames are missing, which errs[] tells one by one. */
    if (ioctl(xen_privcmd_fd(xen), PRIVCMD_MAPBATCH, &batch) < 0 && errno != ENOENT) {
        int err = -errno;

        munmap(va, n << XEN_PAGE_SHIFT);
        return err;
    }
    *addr = va;
    return 0;
}

int xen_map_frames(struct xen *xen, domid_t domid, int prot, const xen_pfn_t *mfns, size_t n,
                   void **addr)
{
    int *errs = calloc(n ? n : 1, sizeof(*errs));
    void *va = NULL;
    size_t i;
    int err;

    if (!errs)
        return -ENOMEM;
    err = xen_map_frames_some(xen, domid, prot, mfns, n, errs, &va);
    for (i = 0; !err && i < n; i++)
        err = errs[i];
    free(errs);
    if (err) {
        xen_unmap_frames(va, n);
        return err;
    }
    *addr = va;
    return 0;
}

void xen_unmap_frames(void *addr, size_t n)
{
    if (addr)
        munmap(addr, n << XEN_PAGE_SHIFT);
}
