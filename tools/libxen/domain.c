/* SPDX-License-Identifier: MIT */
/* A domain's life: create, list, pause, shut down, destroy; ports and grants made for it. */
#include "libxen/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>

#include "libxen/foreign_map.h"

/* A control operation that has no argument but the domain. */
static int simple(struct xen *xen, domid_t domid, uint32_t cmd)
{
    struct xen_domctl op = { .cmd = cmd, .domain = domid };

    return xen_domctl(xen, &op);
}

int xen_domain_create(struct xen *xen, domid_t *domid,
                      const struct xen_domctl_createdomain *config)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .domain = *domid };
    int err;

    op.u.createdomain = *config;
    err = xen_domctl(xen, &op);
    if (!err)
        *domid = op.domain;
    return err;
}

int xen_domain_destroy(struct xen *xen, domid_t domid)
{
    return simple(xen, domid, XEN_DOMCTL_destroydomain);
}

int xen_domain_pause(struct xen *xen, domid_t domid)
{
    return simple(xen, domid, XEN_DOMCTL_pausedomain);
}

int xen_domain_unpause(struct xen *xen, domid_t domid)
{
    return simple(xen, domid, XEN_DOMCTL_unpausedomain);
}

int xen_domain_resume(struct xen *xen, domid_t domid)
{
    return simple(xen, domid, XEN_DOMCTL_resumedomain);
}

int xen_domain_shutdown(struct xen *xen, domid_t domid, unsigned int reason)
{
    struct sched_remote_shutdown arg = { .domain_id = domid, .reason = reason };
    long ret = xen_hypercall_struct(xen, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &arg,
                                    sizeof(arg));

    return ret < 0 ? (int)ret : 0;
}

int xen_domain_trigger(struct xen *xen, domid_t domid, unsigned int trigger, unsigned int vcpu)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_sendtrigger, .domain = domid };

    op.u.sendtrigger.trigger = trigger;
    op.u.sendtrigger.vcpu = vcpu;
    return xen_domctl(xen, &op);
}

int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = domid };
    int err = xen_domctl(xen, &op);

    if (err)
        return err;
    /* For a missing id Xen answers with the next domain there is. */
    if (op.u.getdomaininfo.domain != domid)
        return -ESRCH;
    *info = op.u.getdomaininfo;
    return 0;
}

int xen_domain_list(struct xen *xen, domid_t first, struct xen_domctl_getdomaininfo *infos,
                    unsigned int max)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
    size_t bytes = (size_t)max * sizeof(*infos);
    struct xen_domctl_getdomaininfo *buf = xen_buf_alloc(xen, bytes);
    int ret;

    if (!buf)
        return -ENOMEM;
    op.u.getdomaininfolist.first_domain = first;
    op.u.getdomaininfolist.max_domains = max;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, buf);
    ret = xen_sysctl(xen, &op);
    if (!ret) {
        ret = op.u.getdomaininfolist.num_domains;
        memcpy(infos, buf, (size_t)ret * sizeof(*infos));
    }
    xen_buf_free(xen, buf, bytes);
    return ret;
}

int xen_domain_list_all(struct xen *xen, struct xen_domctl_getdomaininfo **infos)
{
    const unsigned int batch = 64;
    struct xen_domctl_getdomaininfo *all = NULL, *more;
    unsigned int count = 0;
    domid_t next = 0;
    int got;

    do {
        more = realloc(all, (count + batch) * sizeof(*all));
        if (!more) {
            free(all);
            return -ENOMEM;
        }
        all = more;
        got = xen_domain_list(xen, next, all + count, batch);
        if (got < 0) {
            free(all);
            return got;
        }
        count += got;
        if (got)
            next = all[count - 1].domain + 1;
    } while (got == (int)batch);
    *infos = all;
    return (int)count;
}

int xen_domain_set_handle(struct xen *xen, domid_t domid, const xen_domain_handle_t uuid)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_setdomainhandle, .domain = domid };

    memcpy(op.u.setdomainhandle.handle, uuid, sizeof(xen_domain_handle_t));
    return xen_domctl(xen, &op);
}

int xen_domain_set_time_offset(struct xen *xen, domid_t domid, int64_t seconds)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_settimeoffset, .domain = domid };

    op.u.settimeoffset.time_offset_seconds = seconds;
    return xen_domctl(xen, &op);
}

int xen_domain_set_tsc_mode(struct xen *xen, domid_t domid, uint32_t mode)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_settscinfo, .domain = domid };

    op.u.tsc_info.tsc_mode = mode;
    return xen_domctl(xen, &op);
}

int xen_domain_set_address_size(struct xen *xen, domid_t domid, unsigned int bits)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_set_address_size, .domain = domid };

    op.u.address_size.size = bits;
    return xen_domctl(xen, &op);
}

int xen_domain_get_address_size(struct xen *xen, domid_t domid)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_get_address_size, .domain = domid };
    int err = xen_domctl(xen, &op);

    return err ? err : (int)op.u.address_size.size;
}

int xen_hypercall_page_init(struct xen *xen, domid_t domid, xen_pfn_t mfn)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_hypercall_init, .domain = domid };

    op.u.hypercall_init.gmfn = mfn;
    return xen_domctl(xen, &op);
}

int xen_evtchn_alloc_unbound(struct xen *xen, domid_t domid, domid_t remote)
{
    struct evtchn_alloc_unbound arg = { .dom = domid, .remote_dom = remote };
    long ret = xen_hypercall_struct(xen, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
                                    &arg, sizeof(arg));

    return ret < 0 ? (int)ret : (int)arg.port;
}

int xen_evtchn_status(struct xen *xen, struct evtchn_status *status)
{
    long ret = xen_hypercall_struct(xen, __HYPERVISOR_event_channel_op, EVTCHNOP_status, status,
                                    sizeof(*status));

    return ret < 0 ? (int)ret : 0;
}

/* The first frame of the domain's grant table, set up if it is not yet. */
static int grant_table_frame(struct xen *xen, domid_t domid, xen_pfn_t *frame)
{
    struct { struct gnttab_setup_table op; xen_pfn_t frame; } *buf;
    long ret;

    buf = xen_buf_alloc(xen, sizeof(*buf));
    if (!buf)
        return -ENOMEM;
    buf->op.dom = domid;
    buf->op.nr_frames = 1;
    set_xen_guest_handle(buf->op.frame_list, &buf->frame);
    ret = xen_hypercall(xen, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
                        (uintptr_t)&buf->op, 1, 0, 0);
    if (!ret && buf->op.status != GNTST_okay)
        ret = -EINVAL;
    *frame = buf->frame;
    xen_buf_free(xen, buf, sizeof(*buf));
    return (int)ret;
}

int xen_grant_seed(struct xen *xen, domid_t domid, uint32_t ref, domid_t to, xen_pfn_t mfn)
{
    volatile grant_entry_v1_t *entry;
    xen_pfn_t frame = 0;
    void *table;
    int err;

    if (ref >= XEN_PAGE_SIZE / sizeof(*entry) || mfn > UINT32_MAX)
        return -EINVAL;
    err = grant_table_frame(xen, domid, &frame);
    if (!err)
        err = xen_map_frames(xen, domid, PROT_READ | PROT_WRITE, &frame, 1, &table);
    if (err)
        return err;
    /* A grant comes into force with its flags, so they are written last. */
    entry = (grant_entry_v1_t *)table + ref;
    entry->frame = (uint32_t)mfn;
    entry->domid = to;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    entry->flags = GTF_permit_access;
    xen_unmap_frames(table, 1);
    return 0;
}
