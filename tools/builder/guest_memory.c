/* SPDX-License-Identifier: MIT */
/* Memory of the domain being built: get it, write it. */
#include "builder/guest_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libxen/domain.h"
#include "libxen/foreign_map.h"

#define LARGE_ORDER  9
#define LARGE_FRAMES (1ul << LARGE_ORDER)
#define WINDOW       1024u      /* frames mapped at a time */

/* Extents of one order from pfn on, at most to `end`. Returns the frames that were filled. */
static uint64_t populate_order(struct guest_memory *m, uint64_t pfn, uint64_t end,
                               unsigned int order, long *err)
{
    enum { BATCH = 1024 };
    uint64_t step = 1ull << order, done = 0, k;
    xen_pfn_t extents[BATCH];
    long want, got, i;

    *err = 0;
    while (end - pfn - done >= step) {
        want = (long)((end - pfn - done) >> order);
        if (want > BATCH)
            want = BATCH;
        for (i = 0; i < want; i++)
            extents[i] = pfn + done + (uint64_t)i * step;
        got = xen_populate_physmap(m->xen, m->domid, (unsigned long)want, order, extents);
        for (i = 0; i < got; i++)
            for (k = 0; k < step; k++)
                m->p2m[pfn + done + (uint64_t)i * step + k] = extents[i] + k;
        if (got > 0)
            done += (uint64_t)got << order;
        if (got < want) {
            *err = got < 0 ? got : -ENOMEM;
            break;
        }
    }
    return done;
}

int guest_populate(struct guest_memory *m)
{
    uint64_t done;
    long err;

    done = populate_order(m, 0, m->frames & ~(LARGE_FRAMES - 1), LARGE_ORDER, &err);
    done += populate_order(m, done, m->frames, 0, &err);
    return (int)err;
}

/* Where bytes come from: a file if fd is not negative, else memory, else (NULL) zeroes. */
struct source {
    const char *data;
    int fd;
    uint64_t offset;
};

static int fill(char *to, const struct source *from, uint64_t at, size_t len)
{
    ssize_t n;

    if (from->fd < 0) {
        if (from->data)
            memcpy(to, from->data + at, len);
        else
            memset(to, 0, len);
        return 0;
    }
    for (; len; to += n, at += (uint64_t)n, len -= (size_t)n) {
        n = pread(from->fd, to, len, (off_t)(from->offset + at));
        if (n < 0 && errno == EINTR)
            n = 0;
        else if (n <= 0)
            return n ? -errno : -EIO;
    }
    return 0;
}

static int copy_in(const struct guest_memory *m, uint64_t to, const struct source *from,
                   uint64_t bytes)
{
    uint64_t done = 0, pfn, in_page, len, frames;
    void *window;
    int err = 0;

    if (to > m->frames << XEN_PAGE_SHIFT || bytes > (m->frames << XEN_PAGE_SHIFT) - to)
        return -EFAULT;
    for (; done < bytes && !err; done += len) {
        pfn = (to + done) >> XEN_PAGE_SHIFT;
        in_page = (to + done) & (XEN_PAGE_SIZE - 1);
        len = WINDOW * XEN_PAGE_SIZE - in_page;
        if (len > bytes - done)
            len = bytes - done;
        frames = (in_page + len + XEN_PAGE_SIZE - 1) >> XEN_PAGE_SHIFT;
        err = xen_map_frames(m->xen, m->domid, PROT_READ | PROT_WRITE, m->p2m + pfn, frames,
                             &window);
        if (err)
            break;
        err = fill((char *)window + in_page, from, done, len);
        xen_unmap_frames(window, frames);
    }
    return err;
}

int guest_write(const struct guest_memory *m, uint64_t to, const void *data, uint64_t bytes)
{
    return copy_in(m, to, &(struct source){ .data = data, .fd = -1 }, bytes);
}

int guest_write_file(const struct guest_memory *m, uint64_t to, int fd, uint64_t offset,
                     uint64_t bytes)
{
    return copy_in(m, to, &(struct source){ .fd = fd, .offset = offset }, bytes);
}

int guest_zero(const struct guest_memory *m, uint64_t to, uint64_t bytes)
{
    const struct source zeroes = { .fd = -1 };
    uint64_t end = to + bytes;
    uint64_t first = (to + XEN_PAGE_SIZE - 1) >> XEN_PAGE_SHIFT, last = end >> XEN_PAGE_SHIFT;
    int err;

    if (first >= last)
        return copy_in(m, to, &zeroes, bytes);
    if (last > m->frames)
        return -EFAULT;
    err = copy_in(m, to, &zeroes, (first << XEN_PAGE_SHIFT) - to);
    if (!err)
        err = xen_clear_frames(m->xen, m->domid, m->p2m + first, last - first);
    if (!err)
        err = copy_in(m, last << XEN_PAGE_SHIFT, &zeroes, end - (last << XEN_PAGE_SHIFT));
    return err;
}
