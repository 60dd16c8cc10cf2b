/* SPDX-License-Identifier: MIT */
/* Scheduling parameters: the weight and cap that all schedulers show, and those of BVT. */
#include <errno.h>

#include "libxen/domain.h"
#include "libxen/host.h"

int xen_host_sched_id(struct xen *xen, uint32_t *id)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };
    int err = xen_sysctl(xen, &op);

    if (!err)
        *id = op.u.sched_id.sched_id;
    return err;
}

/* Get or put (cmd) weight and cap under whichever of the two faces the machine shows. */
static int share_op(struct xen *xen, domid_t domid, uint32_t cmd, struct xen_sched_share *share)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = domid };
    struct xen_domctl_scheduler_op *arg = &op.u.scheduler_op;
    int err = xen_host_sched_id(xen, &arg->sched_id);

    if (err)
        return err;
    arg->cmd = cmd;
    if (arg->sched_id == XEN_SCHEDULER_CREDIT) {
        arg->u.credit.weight = share->weight;
        arg->u.credit.cap = share->cap;
    } else if (arg->sched_id == XEN_SCHEDULER_CREDIT2) {
        arg->u.credit2.weight = share->weight;
        arg->u.credit2.cap = share->cap;
    } else {
        return -EOPNOTSUPP;
    }
    err = xen_domctl(xen, &op);
    if (arg->sched_id == XEN_SCHEDULER_CREDIT) {
        share->weight = arg->u.credit.weight;
        share->cap = arg->u.credit.cap;
    } else {
        share->weight = arg->u.credit2.weight;
        share->cap = arg->u.credit2.cap;
    }
    return err;
}

int xen_sched_get_share(struct xen *xen, domid_t domid, struct xen_sched_share *share)
{
    *share = (struct xen_sched_share){ 0 };
    return share_op(xen, domid, XEN_DOMCTL_SCHEDOP_getinfo, share);
}

int xen_sched_set_share(struct xen *xen, domid_t domid, const struct xen_sched_share *share)
{
    struct xen_sched_share copy = *share;

    return share_op(xen, domid, XEN_DOMCTL_SCHEDOP_putinfo, &copy);
}

static int params_op(struct xen *xen, uint32_t cmd, uint32_t *tslice_ms, uint32_t *ratelimit_us)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_scheduler_op };
    struct xen_sysctl_scheduler_op *arg = &op.u.scheduler_op;
    uint32_t id = 0;
    int err = xen_host_sched_id(xen, &id);

    if (err)
        return err;
    arg->sched_id = id;
    arg->cmd = cmd;
    if (id == XEN_SCHEDULER_CREDIT) {
        arg->u.sched_credit.tslice_ms = *tslice_ms;
        arg->u.sched_credit.ratelimit_us = *ratelimit_us;
    } else if (id == XEN_SCHEDULER_CREDIT2) {
        arg->u.sched_credit2.ratelimit_us = *ratelimit_us;
    } else {
        return -EOPNOTSUPP;
    }
    err = xen_sysctl(xen, &op);
    if (id == XEN_SCHEDULER_CREDIT) {
        *tslice_ms = arg->u.sched_credit.tslice_ms;
        *ratelimit_us = arg->u.sched_credit.ratelimit_us;
    } else {
        *tslice_ms = 0;
        *ratelimit_us = arg->u.sched_credit2.ratelimit_us;
    }
    return err;
}

int xen_host_sched_params(struct xen *xen, uint32_t *tslice_ms, uint32_t *ratelimit_us)
{
    *tslice_ms = *ratelimit_us = 0;
    return params_op(xen, XEN_SYSCTL_SCHEDOP_getinfo, tslice_ms, ratelimit_us);
}

int xen_host_set_sched_params(struct xen *xen, uint32_t tslice_ms, uint32_t ratelimit_us)
{
    return params_op(xen, XEN_SYSCTL_SCHEDOP_putinfo, &tslice_ms, &ratelimit_us);
}

/* ---- BVT; other hypervisors know no such scheduler and answer "invalid" ---- */

static int bvt_op(struct xen *xen, domid_t domid, uint32_t cmd, struct xen_domctl_sched_bvt *bvt)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = domid };
    int err;

    op.u.scheduler_op.sched_id = XEN_SCHEDULER_BVT;
    op.u.scheduler_op.cmd = cmd;
    op.u.scheduler_op.u.bvt = *bvt;
    err = xen_domctl(xen, &op);
    *bvt = op.u.scheduler_op.u.bvt;
    return err;
}

int xen_sched_get_bvt(struct xen *xen, domid_t domid, struct xen_sched_bvt *bvt)
{
    struct xen_domctl_sched_bvt raw = { 0 };
    int err = bvt_op(xen, domid, XEN_DOMCTL_SCHEDOP_getinfo, &raw);

    *bvt = (struct xen_sched_bvt){
        .mcuadv = raw.mcu_advance, .warpback = raw.warpback, .warpvalue = raw.warpvalue,
        .warpl = (int64_t)raw.warpl, .warpu = (int64_t)raw.warpu,
    };
    return err == -EINVAL ? -EOPNOTSUPP : err;
}

int xen_sched_set_bvt(struct xen *xen, domid_t domid, const struct xen_sched_bvt *bvt)
{
    struct xen_domctl_sched_bvt raw = {
        .mcu_advance = bvt->mcuadv, .warpback = bvt->warpback, .warpvalue = bvt->warpvalue,
        .warpl = (uint64_t)bvt->warpl, .warpu = (uint64_t)bvt->warpu,
    };
    struct xen_sched_bvt before;
    /* Asked first, so that "invalid" below can only be about the numbers. */
    int err = xen_sched_get_bvt(xen, domid, &before);

    return err ? err : bvt_op(xen, domid, XEN_DOMCTL_SCHEDOP_putinfo, &raw);
}

static int allowance_op(struct xen *xen, uint32_t cmd, uint32_t *us)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_scheduler_op };
    int err;

    op.u.scheduler_op.sched_id = XEN_SCHEDULER_BVT;
    op.u.scheduler_op.cmd = cmd;
    op.u.scheduler_op.u.sched_bvt.ctx_allow_us = *us;
    err = xen_sysctl(xen, &op);
    *us = op.u.scheduler_op.u.sched_bvt.ctx_allow_us;
    return err;
}

int xen_sched_get_allowance(struct xen *xen, uint32_t *us)
{
    int err;

    *us = 0;
    err = allowance_op(xen, XEN_SYSCTL_SCHEDOP_getinfo, us);
    return err == -EINVAL ? -EOPNOTSUPP : err;
}

int xen_sched_set_allowance(struct xen *xen, uint32_t us)
{
    uint32_t before;
    int err = xen_sched_get_allowance(xen, &before);

    return err ? err : allowance_op(xen, XEN_SYSCTL_SCHEDOP_putinfo, &us);
}
