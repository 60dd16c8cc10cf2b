/* SPDX-License-Identifier: MIT */
/* A domain's frames: gain, return, translate, pin, ask about. */
#include "libxen/domain.h"

#include <errno.h>
#include <string.h>
#include <xen/memory.h>

int xen_domain_set_max_mem(struct xen *xen, domid_t domid, uint64_t kib)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = domid };

    op.u.max_mem.max_memkb = kib;
    return xen_domctl(xen, &op);
}

/* One memory_op on a list of extents, which goes through a safe buffer in both directions. */
static long reservation(struct xen *xen, unsigned int cmd, domid_t domid, unsigned long n,
                        unsigned int order, xen_pfn_t *frames)
{
    struct xen_memory_reservation arg = {
        .nr_extents = n, .extent_order = order, .domid = domid,
    };
    size_t bytes = n * sizeof(*frames);
    xen_pfn_t *buf = xen_buf_alloc(xen, bytes);
    long ret;

    if (!buf)
        return -ENOMEM;
    memcpy(buf, frames, bytes);
    set_xen_guest_handle(arg.extent_start, buf);
    ret = xen_hypercall_struct(xen, __HYPERVISOR_memory_op, cmd, &arg, sizeof(arg));
    if (ret > 0 && cmd == XENMEM_populate_physmap)
        memcpy(frames, buf, (size_t)ret * sizeof(*frames));
    xen_buf_free(xen, buf, bytes);
    return ret;
}

long xen_populate_physmap(struct xen *xen, domid_t domid, unsigned long n, unsigned int order,
                          xen_pfn_t *frames)
{
    return reservation(xen, XENMEM_populate_physmap, domid, n, order, frames);
}

long xen_decrease_reservation(struct xen *xen, domid_t domid, unsigned long n,
                              unsigned int order, const xen_pfn_t *frames)
{
    /* Only populate_physmap writes the list back. */
    return reservation(xen, XENMEM_decrease_reservation, domid, n, order, (xen_pfn_t *)frames);
}

int xen_domain_claim_pages(struct xen *xen, domid_t domid, unsigned long pages)
{
    struct xen_memory_reservation arg = { .nr_extents = pages, .domid = domid };
    long ret = xen_hypercall_struct(xen, __HYPERVISOR_memory_op, XENMEM_claim_pages, &arg,
                                    sizeof(arg));

    return ret < 0 ? (int)ret : 0;
}

int xen_domain_set_memory_map(struct xen *xen, domid_t domid, uint64_t kib)
{
    /* The entry format is that of the PC's E820 call; type 1 is usable RAM. */
    struct {
        uint64_t start, size;
        uint32_t type;
    } __attribute__((packed)) *entry;
    struct xen_foreign_memory_map arg = { .domid = domid };
    long ret;

    entry = xen_buf_alloc(xen, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    entry->size = kib << 10;
    entry->type = 1;
    arg.map.nr_entries = 1;
    set_xen_guest_handle(arg.map.buffer, (void *)entry);
    ret = xen_hypercall_struct(xen, __HYPERVISOR_memory_op, XENMEM_set_memory_map, &arg,
                               sizeof(arg));
    xen_buf_free(xen, entry, sizeof(*entry));
    return ret < 0 ? (int)ret : 0;
}

long xen_domain_max_pfn(struct xen *xen, domid_t domid)
{
    struct xen_memory_domain arg = { .domid = domid };

    return xen_hypercall_struct(xen, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn, &arg,
                                sizeof(arg));
}

int xen_set_m2p(struct xen *xen, domid_t domid, const xen_pfn_t *mfns, const xen_pfn_t *pfns,
                unsigned long n)
{
    enum { BATCH = 1024 };
    struct mmu_update *updates = xen_buf_alloc(xen, BATCH * sizeof(*updates));
    unsigned long done, i, now;
    long ret = 0;

    if (!updates)
        return -ENOMEM;
    for (done = 0; done < n && ret >= 0; done += now) {
        now = n - done < BATCH ? n - done : BATCH;
        for (i = 0; i < now; i++) {
            updates[i].ptr = (uint64_t)mfns[done + i] << XEN_PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
            updates[i].val = pfns[done + i];
        }
        ret = xen_hypercall(xen, __HYPERVISOR_mmu_update, (uintptr_t)updates, now, 0, domid, 0);
    }
    xen_buf_free(xen, updates, BATCH * sizeof(*updates));
    return ret < 0 ? (int)ret : 0;
}

static int mmuext(struct xen *xen, domid_t domid, unsigned int cmd, const xen_pfn_t *mfns,
                  unsigned long n)
{
    enum { BATCH = 128 };
    struct mmuext_op *ops = xen_buf_alloc(xen, BATCH * sizeof(*ops));
    unsigned long done, i, now;
    long ret = 0;

    if (!ops)
        return -ENOMEM;
    for (done = 0; done < n && ret >= 0; done += now) {
        now = n - done < BATCH ? n - done : BATCH;
        for (i = 0; i < now; i++) {
            ops[i].cmd = cmd;
            ops[i].arg1.mfn = mfns[done + i];
        }
        ret = xen_hypercall(xen, __HYPERVISOR_mmuext_op, (uintptr_t)ops, now, 0, domid, 0);
    }
    xen_buf_free(xen, ops, BATCH * sizeof(*ops));
    return ret < 0 ? (int)ret : 0;
}

int xen_pin_l4(struct xen *xen, domid_t domid, xen_pfn_t mfn, bool pin)
{
    return mmuext(xen, domid, pin ? MMUEXT_PIN_L4_TABLE : MMUEXT_UNPIN_TABLE, &mfn, 1);
}

int xen_clear_frames(struct xen *xen, domid_t domid, const xen_pfn_t *mfns, unsigned long n)
{
    return mmuext(xen, domid, MMUEXT_CLEAR_PAGE, mfns, n);
}

int xen_frame_types(struct xen *xen, domid_t domid, xen_pfn_t *frames, unsigned long n)
{
    enum { BATCH = 1024 };      /* the most that one call takes */
    xen_pfn_t *buf = xen_buf_alloc(xen, BATCH * sizeof(*buf));
    unsigned long done, now;
    int err = 0;

    if (!buf)
        return -ENOMEM;
    for (done = 0; done < n && !err; done += now) {
        struct xen_domctl op = { .cmd = XEN_DOMCTL_getpageframeinfo3, .domain = domid };

        now = n - done < BATCH ? n - done : BATCH;
        memcpy(buf, frames + done, now * sizeof(*buf));
        op.u.getpageframeinfo3.num = now;
        set_xen_guest_handle(op.u.getpageframeinfo3.array, buf);
        err = xen_domctl(xen, &op);
        if (!err)
            memcpy(frames + done, buf, now * sizeof(*buf));
    }
    xen_buf_free(xen, buf, BATCH * sizeof(*buf));
    return err;
}
