/* SPDX-License-Identifier: MIT */
/* Frames that another domain granted to this one, through /dev/xen/gntdev. */
#include "libxen/gnttab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libxen/hypercall.h"
#include "libxen/privcmd.h"

int gnttab_open(void)
{
    int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int forget(int fd, uint64_t index, unsigned int n)
{
    struct gntdev_unmap unmap = { .index = index, .count = n };

    return ioctl(fd, GNTDEV_UNMAP, &unmap) < 0 ? -errno : 0;
}

int gnttab_map(int fd, unsigned int domid, const uint32_t *refs, unsigned int n, int prot,
               void **addr)
{
    struct gntdev_map *map;
    unsigned int i;
    int err = 0;
    void *va;

    if (!n)
        return -EINVAL;
    map = calloc(1, sizeof(*map) + (n - 1) * sizeof(map->refs[0]));
    if (!map)
        return -ENOMEM;
    map->count = n;
    for (i = 0; i < n; i++)
        map->refs[i] = (struct gntdev_ref){ .domid = domid, .ref = refs[i] };
    if (ioctl(fd, GNTDEV_MAP, map) < 0) {
        err = -errno;
        goto out;
    }
    va = mmap(NULL, (size_t)n << XEN_PAGE_SHIFT, prot, MAP_SHARED, fd, map->index);
    if (va == MAP_FAILED) {
        err = -errno;
        forget(fd, map->index, n);
        goto out;
    }
    *addr = va;
out:
    free(map);
    return err;
}

int gnttab_unmap(int fd, void *addr, unsigned int n)
{
    struct gntdev_offset where = { .vaddr = (uintptr_t)addr };

    if (!addr)
        return 0;
    if (ioctl(fd, GNTDEV_OFFSET, &where) < 0)
        return -errno;
    munmap(addr, (size_t)n << XEN_PAGE_SHIFT);
    return forget(fd, where.offset, n);
}
