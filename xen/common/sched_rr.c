/* SPDX-License-Identifier: MIT */
/* Round robin: everybody in turn for the same slice. The second policy; boot with sched=rr. */
#include <public/domctl.h>
#include <public/sysctl.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#define SLICE MILLIS(10)

struct sched_unit {
    struct list link; /* in its CPU's queue */
    struct vcpu *vcpu;
};

static struct list queues[NR_CPUS];

static void rr_cpu_init(unsigned int cpu)
{
    list_init(&queues[cpu]);
}

static int rr_vcpu_init(struct vcpu *v)
{
    v->sched = heap_new(struct sched_unit);
    if (!v->sched)
        return -ENOMEM;
    v->sched->vcpu = v;
    return 0;
}

static void enqueue(struct vcpu *v)
{
    list_add_tail(&v->sched->link, &queues[v->cpu]);
    v->queued = true;
}

static void rr_wake(struct vcpu *v, stime_t t)
{
    enqueue(v);
    if (cpumask_test(v->cpu, sched_idle_cpus))
        softirq_raise_on(v->cpu, SOFTIRQ_SCHEDULE);
    else
        sched_slice_end(v->cpu, t + SLICE);
}

static void rr_sleep(struct vcpu *v)
{
    list_del(&v->sched->link);
    v->queued = false;
}

static struct sched_decision rr_pick(unsigned int cpu, stime_t, struct vcpu *prev)
{
    struct list *q = &queues[cpu];
    struct vcpu *next;

    if (prev && vcpu_runnable(prev) && cpumask_test(cpu, prev->affinity))
        enqueue(prev);
    if (list_empty(q))
        return (struct sched_decision){NULL, STIME_MAX};
    next = list_first(q, struct sched_unit, link)->vcpu;
    rr_sleep(next);
    return (struct sched_decision){next, list_empty(q) ? SLICE_MAX : SLICE};
}

/* Idle CPUs only: round robin promises turns, not shares. */
static unsigned int rr_steal_from(unsigned int cpu, stime_t)
{
    unsigned int other;

    if (!cpumask_test(cpu, sched_idle_cpus) || !list_empty(&queues[cpu]))
        return NR_CPUS;
    for_each_online_cpu(other)
        if (other != cpu && !list_empty(&queues[other]))
            return other;
    return NR_CPUS;
}

static struct vcpu *rr_steal(unsigned int from, unsigned int to)
{
    struct sched_unit *u;

    list_for_each(u, &queues[from], link) {
        if (u->vcpu->running || !cpumask_test(to, u->vcpu->affinity))
            continue;
        rr_sleep(u->vcpu);
        return u->vcpu;
    }
    return NULL;
}

static int rr_adjust(struct domain *, struct xen_domctl_scheduler_op *op)
{
    if (op->cmd != XEN_DOMCTL_SCHEDOP_getinfo || op->sched_id != XEN_SCHEDULER_CREDIT)
        return -EINVAL;
    op->u.credit = (struct xen_domctl_sched_credit){.weight = 256};
    return 0;
}

static int rr_adjust_global(struct xen_sysctl_scheduler_op *op)
{
    if (op->cmd != XEN_SYSCTL_SCHEDOP_getinfo || op->sched_id != XEN_SCHEDULER_CREDIT)
        return -EINVAL;
    op->u.sched_credit = (struct xen_sysctl_credit_schedule){.tslice_ms = SLICE / MILLIS(1)};
    return 0;
}

static void rr_dump(unsigned int cpu)
{
    struct sched_unit *u;

    list_for_each(u, &queues[cpu], link)
        printk("  d%uv%u\n", u->vcpu->domain->id, u->vcpu->id);
}

const struct sched_policy sched_rr = {
    .name = "rr",
    .title = "round robin",
    .id = XEN_SCHEDULER_CREDIT,
    .cpu_init = rr_cpu_init,
    .vcpu_init = rr_vcpu_init,
    .wake = rr_wake,
    .sleep = rr_sleep,
    .pick = rr_pick,
    .steal_from = rr_steal_from,
    .steal = rr_steal,
    .adjust = rr_adjust,
    .adjust_global = rr_adjust_global,
    .dump = rr_dump,
};
