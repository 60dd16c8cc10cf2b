/* SPDX-License-Identifier: MIT */
/* A domain's vCPUs: number, registers, where they run. */
#include "libxen/domain.h"

#include <errno.h>
#include <string.h>

int xen_domain_max_vcpus(struct xen *xen, domid_t domid, unsigned int max)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus, .domain = domid };

    op.u.max_vcpus.max = max;
    return xen_domctl(xen, &op);
}

static int context(struct xen *xen, uint32_t cmd, domid_t domid, unsigned int vcpu,
                   struct vcpu_guest_context *buf)
{
    struct xen_domctl op = { .cmd = cmd, .domain = domid };

    op.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, buf);
    return xen_domctl(xen, &op);
}

int xen_vcpu_set_context(struct xen *xen, domid_t domid, unsigned int vcpu,
                         const struct vcpu_guest_context *wanted)
{
    struct vcpu_guest_context *buf;
    int err;

    if (!wanted)
        return context(xen, XEN_DOMCTL_setvcpucontext, domid, vcpu, NULL);
    buf = xen_buf_alloc(xen, sizeof(*buf));
    if (!buf)
        return -ENOMEM;
    *buf = *wanted;
    err = context(xen, XEN_DOMCTL_setvcpucontext, domid, vcpu, buf);
    xen_buf_free(xen, buf, sizeof(*buf));
    return err;
}

int xen_vcpu_get_context(struct xen *xen, domid_t domid, unsigned int vcpu,
                         struct vcpu_guest_context *found)
{
    struct vcpu_guest_context *buf = xen_buf_alloc(xen, sizeof(*buf));
    int err;

    if (!buf)
        return -ENOMEM;
    err = context(xen, XEN_DOMCTL_getvcpucontext, domid, vcpu, buf);
    if (!err)
        *found = *buf;
    xen_buf_free(xen, buf, sizeof(*buf));
    return err;
}

int xen_vcpu_info(struct xen *xen, domid_t domid, unsigned int vcpu,
                  struct xen_domctl_getvcpuinfo *info)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuinfo, .domain = domid };
    int err;

    op.u.getvcpuinfo.vcpu = vcpu;
    err = xen_domctl(xen, &op);
    if (!err)
        *info = op.u.getvcpuinfo;
    return err;
}

/* maps: hard, then soft, in a safe buffer; flags say which of them count. */
static int affinity(struct xen *xen, uint32_t cmd, domid_t domid, unsigned int vcpu,
                    uint32_t flags, struct xen_cpumap maps[2])
{
    struct xen_domctl op = { .cmd = cmd, .domain = domid };
    struct xen_domctl_vcpuaffinity *arg = &op.u.vcpuaffinity;

    arg->vcpu = vcpu;
    arg->flags = flags;
    set_xen_guest_handle(arg->cpumap_hard.bitmap, maps[0].bits);
    arg->cpumap_hard.nr_bits = XEN_CPUMAP_MAX_CPUS;
    set_xen_guest_handle(arg->cpumap_soft.bitmap, maps[1].bits);
    arg->cpumap_soft.nr_bits = XEN_CPUMAP_MAX_CPUS;
    return xen_domctl(xen, &op);
}

int xen_vcpu_set_affinity(struct xen *xen, domid_t domid, unsigned int vcpu,
                          const struct xen_cpumap *hard, const struct xen_cpumap *soft)
{
    uint32_t flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    struct xen_cpumap *maps = xen_buf_alloc(xen, 2 * sizeof(*maps));
    int err;

    if (!maps)
        return -ENOMEM;
    if (hard)
        maps[0] = *hard;
    if (soft)
        maps[1] = *soft;
    err = affinity(xen, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, flags, maps);
    xen_buf_free(xen, maps, 2 * sizeof(*maps));
    return err;
}

int xen_vcpu_get_affinity(struct xen *xen, domid_t domid, unsigned int vcpu,
                          struct xen_cpumap *hard, struct xen_cpumap *soft)
{
    uint32_t flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
    struct xen_cpumap *maps = xen_buf_alloc(xen, 2 * sizeof(*maps));
    int err;

    if (!maps)
        return -ENOMEM;
    err = affinity(xen, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, flags, maps);
    if (!err && hard)
        *hard = maps[0];
    if (!err && soft)
        *soft = maps[1];
    xen_buf_free(xen, maps, 2 * sizeof(*maps));
    return err;
}
