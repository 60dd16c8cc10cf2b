/* SPDX-License-Identifier: MIT */
/* Calls from Domain0's user space to the hypervisor, and the buffers they may name. */
#include "libxen/hypercall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libxen/privcmd.h"

#define SPARE_MAX (4 * XEN_PAGE_SIZE)

struct xen {
    int privcmd;
    int buffers;                /* /dev/xen/hypercall, or -1 */
    void *page;                 /* one page that every structure passes through */
    void *spare;                /* the buffer freed last: most are asked for again at once */
    size_t spare_size;
};

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int xen_open(struct xen **out)
{
    struct xen *xen = calloc(1, sizeof(*xen));
    int err;

    if (!xen)
        return -ENOMEM;
    xen->privcmd = open_device("/dev/xen/privcmd");
    if (xen->privcmd == -ENOENT)
        xen->privcmd = open_device("/proc/xen/privcmd");
    if (xen->privcmd < 0) {
        err = xen->privcmd;
        goto err_free;
    }
    /* Kernels before 4.18 lack it; locked memory serves there. */
    xen->buffers = open_device("/dev/xen/hypercall");
    xen->page = xen_buf_alloc(xen, XEN_PAGE_SIZE);
    if (!xen->page) {
        err = -ENOMEM;
        goto err_close;
    }
    *out = xen;
    return 0;

err_close:
    if (xen->buffers >= 0)
        close(xen->buffers);
    close(xen->privcmd);
err_free:
    free(xen);
    return err;
}

void xen_close(struct xen *xen)
{
    if (!xen)
        return;
    munmap(xen->page, XEN_PAGE_SIZE);
    if (xen->spare)
        munmap(xen->spare, xen->spare_size);
    if (xen->buffers >= 0)
        close(xen->buffers);
    close(xen->privcmd);
    free(xen);
}

int xen_privcmd_fd(const struct xen *xen)
{
    return xen->privcmd;
}

static size_t page_round(size_t bytes)
{
    return bytes ? (bytes + XEN_PAGE_SIZE - 1) & ~(XEN_PAGE_SIZE - 1) : XEN_PAGE_SIZE;
}

static void *new_buffer(struct xen *xen, size_t size)
{
    void *buf;

    if (xen->buffers >= 0)
        buf = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, xen->buffers, 0);
    else
        buf = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    if (buf == MAP_FAILED)
        return NULL;
    /* A fork would make the pages copy-on-write: not there when the hypervisor writes. */
    madvise(buf, size, MADV_DONTFORK);
    return buf;
}

void *xen_buf_alloc(struct xen *xen, size_t bytes)
{
    size_t size = page_round(bytes);
    void *buf = xen->spare;

    if (buf && xen->spare_size == size)
        xen->spare = NULL;
    else
        buf = new_buffer(xen, size);
    return buf ? memset(buf, 0, size) : NULL;
}

void xen_buf_free(struct xen *xen, void *buf, size_t bytes)
{
    size_t size = page_round(bytes);
    void *old = xen->spare;

    if (!buf)
        return;
    if (size > SPARE_MAX) {
        munmap(buf, size);
        return;
    }
    if (old)
        munmap(old, xen->spare_size);
    xen->spare = buf;
    xen->spare_size = size;
}

long xen_hypercall(struct xen *xen, unsigned int op, uint64_t a1, uint64_t a2, uint64_t a3,
                   uint64_t a4, uint64_t a5)
{
    struct privcmd_call call = { .op = op, .arg = { a1, a2, a3, a4, a5 } };
    long ret = ioctl(xen->privcmd, PRIVCMD_CALL, &call);

    return ret < 0 ? -errno : ret;
}

long xen_hypercall_struct(struct xen *xen, unsigned int op, unsigned int cmd, void *arg,
                          size_t size)
{
    long ret;

    if (size > XEN_PAGE_SIZE)
        return -E2BIG;
    if (size)
        memcpy(xen->page, arg, size);
    ret = xen_hypercall(xen, op, cmd, size ? (uintptr_t)xen->page : 0, 0, 0, 0);
    if (size)
        memcpy(arg, xen->page, size);
    return ret;
}

/* domctl and sysctl take the structure as their only argument. */
static int control(struct xen *xen, unsigned int hypercall, void *arg, size_t size)
{
    int tries = 0;
    long ret;

    do {
        memcpy(xen->page, arg, size);
        ret = xen_hypercall(xen, hypercall, (uintptr_t)xen->page, 0, 0, 0, 0);
        /* Xen asks for another try when a lock is taken, or a buffer was just being migrated. */
    } while ((ret == -EAGAIN || ret == -EFAULT) && ++tries < 3);
    memcpy(arg, xen->page, size);
    return ret < 0 ? (int)ret : 0;
}

int xen_domctl(struct xen *xen, struct xen_domctl *op)
{
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return control(xen, __HYPERVISOR_domctl, op, sizeof(*op));
}

int xen_sysctl(struct xen *xen, struct xen_sysctl *op)
{
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return control(xen, __HYPERVISOR_sysctl, op, sizeof(*op));
}
