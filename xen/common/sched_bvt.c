/* SPDX-License-Identifier: MIT */
/*
 * Borrowed virtual time (Duda and Cheriton, SOSP 1999).
 *
 * Every vcpu has an actual virtual time, which advances while it runs: the faster, the smaller
 * its share is to be. Who has the least effective virtual time runs; that is the actual one, minus
 * what the vcpu may borrow while it is warped. So CPU time is shared by weight over time, and who
 * uses little is far behind in virtual time and runs as soon as it wakes.
 *
 *  - A vcpu that wakes, or is new, starts no further back than one turn (two allowances) behind the
 *    scheduler virtual time of its queue, the least of all there; so sleeping saves nothing up.
 *    The turn is because that least time stands still while the others have theirs one by one:
 *    one that runs little and often would have to wait for all of them.
 *  - Context-switch allowance: the running vcpu is preempted by a waiting one only once it is
 *    that much CPU time ahead. One that wakes with less virtual time preempts at once, but for
 *    who has run for less than LEAST_RUN: two that wake each other would do little else.
 *  - A weight belongs to a domain. A vcpu's time advances in proportion to the number of vcpus of
 *    its domain that want to run, so a domain gets its share whatever number of vcpus uses it.
 *  - A cap is a budget of CPU time, filled up every CAP_PERIOD. While it is used up the domain's
 *    vcpus are parked: in no queue, though they want to run.
 *  - Each CPU has its own queue and its own scheduler virtual time. A CPU takes a waiting vcpu from
 *    another queue when it is idle, or when that one is BALANCE behind the best it has itself;
 *    thus shares hold across CPUs too. Where the clocks of two queues have drifted apart (pinned
 *    vcpus do that), a vcpu that moves is brought near the clock it comes to.
 *
 * Units: virtual time in 1/256 ns. A vcpu of weight 256 alone in its domain advances 1 ns each ns.
 * Virtual times are compared by their signed difference and may wrap.
 */
#include <asm/time.h>
#include <public/domctl.h>
#include <public/sysctl.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#define MCU_DEFAULT    (XEN_SCHED_BVT_UNIT / 256)
#define VIRTUAL(ns)    ((s64)(ns) * 256)
#define CAP_PERIOD     MILLIS(10)
#define BALANCE        VIRTUAL(MILLIS(10))
#define LEAST_RUN      MILLIS(1)
#define DRIFT          VIRTUAL(MILLIS(100))
#define WARP_MAX       SECS(100)
#define ALLOWANCE_MIN  MICROS(100)
#define ALLOWANCE_MAX  SECS(1)

struct sched_domain {
    u32 mcu;              /* advance of virtual time per CPU time, in 1/65536 */
    unsigned int active;  /* its vcpus that run or wait. Atomic */
    unsigned int cap;     /* percent of one CPU; 0 = none */
    s64 budget;           /* ns left in this period; may be overdrawn. Atomic */
    struct timer refill;
    bool warps;
    s64 warp;             /* borrowed while warped, 1/256 ns */
    stime_t warp_limit;   /* CPU time a vcpu may run warped; 0 = no limit */
    stime_t unwarp;       /* then it must do without for so long */
};

/* Fields are under the lock of the queue of vcpu->cpu. */
struct sched_unit {
    struct vcpu *vcpu;
    struct list link;     /* in the queue, by evt */
    s64 avt, evt;         /* actual and effective virtual time */
    stime_t charged;      /* running: avt includes all until then */
    stime_t warp_used;    /* CPU time run warped since it was last unwarped */
    stime_t unwarped_at;  /* lost its warp then; 0 = has it */
    stime_t slept_at;
    bool active;          /* counted in sched_domain.active */
    bool yields;
};

struct queue {
    struct list waiting;      /* ascending by evt */
    struct sched_unit *now_on; /* NULL: idle */
    s64 svt;                  /* scheduler virtual time; never goes back */
    /* For other CPUs, read without lock: a hint. */
    bool any_waiting, any_running;
    s64 best_waiting;         /* evt of the first one waiting */
};

static struct queue queues[NR_CPUS];
static stime_t allowance = MILLIS(5); /* context-switch allowance, CPU time */

static bool before(s64 a, s64 b)
{
    return a - b < 0;
}

static struct sched_domain *group(const struct sched_unit *u)
{
    return u->vcpu->domain->sched;
}

/* Virtual time that @ns of CPU time cost @u, and back. */
static s64 advance(const struct sched_unit *u, stime_t ns)
{
    return (ns * group(u)->mcu * MAX(READ_ONCE(group(u)->active), 1U)) >> 8;
}

static stime_t cpu_time(const struct sched_unit *u, s64 virtual)
{
    u64 rate = (u64)group(u)->mcu * MAX(READ_ONCE(group(u)->active), 1U);

    return virtual > SLICE_MAX << 20 ? SLICE_MAX : (stime_t)(((u64)virtual << 8) / rate);
}

static void set_active(struct sched_unit *u, bool active)
{
    if (u->active == active)
        return;
    u->active = active;
    if (active)
        atomic_inc(&group(u)->active);
    else
        atomic_dec(&group(u)->active);
}

static bool is_parked(const struct sched_unit *u)
{
    return group(u)->cap && READ_ONCE(group(u)->budget) <= 0;
}

/* ---- warp ---- */

static bool warped(struct sched_unit *u, stime_t t)
{
    struct sched_domain *g = group(u);

    if (!g->warps)
        return false;
    if (u->unwarped_at && t - u->unwarped_at >= g->unwarp) {
        u->unwarped_at = 0;
        u->warp_used = 0;
    }
    return !u->unwarped_at;
}

static void set_effective(struct sched_unit *u, stime_t t)
{
    u->evt = u->avt - (warped(u, t) ? group(u)->warp : 0);
}

/* CPU time it may still run before its warp ends. */
static stime_t warp_left(struct sched_unit *u, stime_t t)
{
    struct sched_domain *g = group(u);

    if (!g->warp_limit || !warped(u, t))
        return STIME_MAX;
    return MAX(g->warp_limit - u->warp_used, NS(1));
}

/* ---- queues ---- */

static void publish(struct queue *q)
{
    bool any = !list_empty(&q->waiting);

    if (any)
        WRITE_ONCE(q->best_waiting, list_first(&q->waiting, struct sched_unit, link)->evt);
    WRITE_ONCE(q->any_waiting, any);
}

static void enqueue(struct queue *q, struct sched_unit *u, stime_t t)
{
    struct sched_unit *pos;

    set_effective(u, t);
    list_for_each(pos, &q->waiting, link)
        if (before(u->evt, pos->evt))
            break;
    list_add_tail(&u->link, &pos->link);
    u->vcpu->queued = true;
    publish(q);
}

static void dequeue(struct queue *q, struct sched_unit *u)
{
    list_del(&u->link);
    u->vcpu->queued = false;
    publish(q);
}

/* Bring the virtual time, warp and budget of who runs up to @t. */
static void charge(struct queue *q, stime_t t)
{
    struct sched_unit *u = q->now_on;
    stime_t ran;

    if (!u || t <= u->charged)
        return;
    ran = t - u->charged;
    u->charged = t;
    u->avt += advance(u, MIN(ran, SECS(1)));
    if (group(u)->cap)
        atomic_add(&group(u)->budget, -ran);
    if (group(u)->warp_limit && warped(u, t)) {
        u->warp_used += ran;
        if (u->warp_used >= group(u)->warp_limit)
            u->unwarped_at = t;
    }
    set_effective(u, t);
}

/* The least actual virtual time of all that run or wait here. */
static void update_svt(struct queue *q)
{
    struct sched_unit *u, *least = q->now_on;

    list_for_each(u, &q->waiting, link)
        if (!least || before(u->avt, least->avt))
            least = u;
    if (least && before(q->svt, least->avt))
        q->svt = least->avt;
}

/* A queue that was empty has a stale clock: take the earliest of those that run. */
static void refresh_empty(struct queue *q)
{
    const struct queue *least = NULL;
    unsigned int cpu;
    s64 svt;

    for_each_online_cpu(cpu) {
        const struct queue *o = &queues[cpu];

        if (o != q && READ_ONCE(o->any_running) &&
            (!least || before(READ_ONCE(o->svt), READ_ONCE(least->svt))))
            least = o;
    }
    svt = least ? READ_ONCE(least->svt) : q->svt;
    if (before(q->svt, svt))
        q->svt = svt;
}

/* ---- policy ---- */

static void preempt_or_shorten(struct queue *q, struct sched_unit *u, stime_t t)
{
    struct sched_unit *cur = q->now_on;
    unsigned int cpu = u->vcpu->cpu;

    stime_t least = cur ? (stime_t)cur->vcpu->runstate.state_entry_time + LEAST_RUN : 0;

    if (cur && before(cur->evt, u->evt))
        sched_slice_end(cpu, t + cpu_time(cur, u->evt - cur->evt) + allowance);
    else if (t < least)
        sched_slice_end(cpu, least);
    else
        softirq_raise_on(cpu, SOFTIRQ_SCHEDULE);
}

/* Fit the virtual time of one that wakes, or moves here, to the clock of this queue. */
static void adopt(struct queue *q, struct sched_unit *u, stime_t t)
{
    s64 drift = DRIFT + advance(u, SLICE_MAX);
    s64 least = q->svt - (u->active ? drift : VIRTUAL(2 * allowance));

    if (before(u->avt, least))
        u->avt = least;
    else if (before(q->svt + drift, u->avt))
        u->avt = q->svt + drift;
    if (!u->active && t - u->slept_at >= group(u)->unwarp)
        u->warp_used = 0;
}

static void bvt_wake(struct vcpu *v, stime_t t)
{
    struct sched_unit *u = v->sched;
    struct queue *q = &queues[v->cpu];

    if (is_parked(u))
        return;
    charge(q, t);
    if (q->now_on || !list_empty(&q->waiting))
        update_svt(q);
    else
        refresh_empty(q);
    adopt(q, u, t);
    set_active(u, true);
    enqueue(q, u, t);
    preempt_or_shorten(q, u, t);
}

/* Out of the queue: asleep, or parked, until bvt_wake(). */
static void retire(struct sched_unit *u, stime_t t)
{
    set_active(u, false);
    u->slept_at = t;
    u->yields = false;
}

static void bvt_sleep(struct vcpu *v)
{
    dequeue(&queues[v->cpu], v->sched);
    retire(v->sched, now());
}

static void bvt_yield(struct vcpu *v)
{
    v->sched->yields = true;
}

/* Who ran goes back to the queue, is parked, or leaves. */
static void put_back(struct queue *q, struct vcpu *prev, unsigned int cpu, stime_t t)
{
    struct sched_unit *u = prev->sched;

    q->now_on = NULL;
    if (!vcpu_runnable(prev) || is_parked(u))
        retire(u, t);
    else if (cpumask_test(cpu, prev->affinity))
        enqueue(q, u, t);
}

/* The first one waiting; the second one when the first has just yielded. */
static struct sched_unit *choose(struct queue *q, struct sched_unit *prev)
{
    struct sched_unit *u = list_first(&q->waiting, struct sched_unit, link);
    bool yielded = prev && prev->yields;

    if (prev)
        prev->yields = false;
    if (u != prev || !yielded || u->link.next == &q->waiting)
        return u;
    return list_first(&u->link, struct sched_unit, link);
}

static stime_t slice(struct queue *q, struct sched_unit *u, stime_t t)
{
    stime_t s = SLICE_MAX;

    if (!list_empty(&q->waiting)) {
        s64 lead = list_first(&q->waiting, struct sched_unit, link)->evt - u->evt;

        s = MIN(allowance + (lead > 0 ? cpu_time(u, lead) : 0), MAX(2 * allowance, SLICE_MAX));
    }
    s = MIN(s, warp_left(u, t));
    if (group(u)->cap)
        s = MIN(s, MAX(READ_ONCE(group(u)->budget) / MAX(group(u)->active, 1U), MICROS(50)));
    return s;
}

static struct sched_decision bvt_pick(unsigned int cpu, stime_t t, struct vcpu *prev)
{
    struct queue *q = &queues[cpu];
    struct sched_unit *u;
    cpumask_t idle;

    if (prev) {
        charge(q, t);
        put_back(q, prev, cpu, t);
    }
    WRITE_ONCE(q->any_running, !list_empty(&q->waiting));
    if (list_empty(&q->waiting))
        return (struct sched_decision){NULL, STIME_MAX};

    u = choose(q, prev ? prev->sched : NULL);
    dequeue(q, u);
    u->charged = t;
    q->now_on = u;
    update_svt(q);
    if (q->any_waiting) {
        idle = READ_ONCE(sched_idle_cpus) &
               list_first(&q->waiting, struct sched_unit, link)->vcpu->affinity;
        if (idle)
            softirq_raise_on(first_bit(idle), SOFTIRQ_SCHEDULE);
    }
    return (struct sched_decision){u->vcpu, slice(q, u, t)};
}

/* Effective virtual time of the best that @cpu has to run at @t; false when it has nothing. */
static bool best_here(unsigned int cpu, stime_t t, s64 *evt)
{
    struct queue *q = &queues[cpu];
    struct sched_unit *u = q->now_on;

    if (u && vcpu_runnable(u->vcpu) && !is_parked(u)) {
        *evt = u->evt + advance(u, MAX(t - u->charged, 0));
        if (q->any_waiting && before(q->best_waiting, *evt))
            *evt = q->best_waiting;
        return true;
    }
    *evt = q->best_waiting;
    return q->any_waiting;
}

static unsigned int bvt_steal_from(unsigned int cpu, stime_t t)
{
    s64 here, best = 0;
    bool have = best_here(cpu, t, &here);
    unsigned int from = NR_CPUS, other;

    for_each_online_cpu(other) {
        struct queue *o = &queues[other];
        s64 theirs = READ_ONCE(o->best_waiting);

        if (other == cpu || !READ_ONCE(o->any_waiting))
            continue;
        if (have && !before(theirs + BALANCE, here))
            continue;
        if (from == NR_CPUS || before(theirs, best)) {
            from = other;
            best = theirs;
        }
    }
    return from;
}

static struct vcpu *bvt_steal(unsigned int from, unsigned int to)
{
    struct queue *q = &queues[from];
    struct sched_unit *u;

    list_for_each(u, &q->waiting, link) {
        if (u->vcpu->running || !cpumask_test(to, u->vcpu->affinity))
            continue;
        dequeue(q, u);
        return u->vcpu;
    }
    return NULL;
}

/* ---- life ---- */

static int bvt_vcpu_init(struct vcpu *v)
{
    struct sched_unit *u = heap_new(struct sched_unit);

    if (!u)
        return -ENOMEM;
    u->vcpu = v;
    u->avt = queues[v->cpu].svt;
    list_init(&u->link);
    v->sched = u;
    return 0;
}

/* Give the domain its budget for the next period; what it overdrew is taken off. */
static void refill(void *arg)
{
    struct domain *d = arg;
    struct sched_domain *g = d->sched;
    s64 quota = CAP_PERIOD * READ_ONCE(g->cap) / 100;
    bool was_out = READ_ONCE(g->budget) <= 0;
    struct vcpu *v;

    if (!quota)
        quota = CAP_PERIOD; /* the cap was lifted: one last time, to let parked ones go */
    else
        timer_set(&g->refill, now() + CAP_PERIOD);
    /* Those that run now have used some of it that is not charged yet: so twice is the limit. */
    if (atomic_add(&g->budget, quota) > 2 * quota)
        atomic_set(&g->budget, 2 * quota);
    if (was_out)
        for_each_vcpu(d, v)
            vcpu_wake(v);
}

static int bvt_domain_init(struct domain *d)
{
    struct sched_domain *g = heap_new(struct sched_domain);

    if (!g)
        return -ENOMEM;
    g->mcu = MCU_DEFAULT;
    timer_init(&g->refill, refill, d, smp_cpu_id());
    d->sched = g;
    return 0;
}

static void bvt_domain_free(struct domain *d)
{
    timer_kill(&d->sched->refill);
    heap_free(d->sched);
    d->sched = NULL;
}

/* ---- parameters ---- */

static void set_cap(struct sched_domain *g, unsigned int cap)
{
    WRITE_ONCE(g->cap, cap);
    timer_set(&g->refill, now());
}

static int adjust_credit(struct domain *d, u32 cmd, struct xen_domctl_sched_credit *p)
{
    struct sched_domain *g = d->sched;

    if (cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        p->weight = MIN(MAX(XEN_SCHED_BVT_UNIT / g->mcu, 1U), 65535U);
        p->cap = g->cap;
        return 0;
    }
    if (p->cap != (u16)~0U && p->cap > 100 * d->max_vcpus)
        return -EINVAL;
    if (p->weight)
        WRITE_ONCE(g->mcu, XEN_SCHED_BVT_UNIT / p->weight);
    if (p->cap != (u16)~0U && p->cap != g->cap)
        set_cap(g, p->cap);
    return 0;
}

static int adjust_bvt(struct sched_domain *g, u32 cmd, struct xen_domctl_sched_bvt *p)
{
    if (cmd == XEN_DOMCTL_SCHEDOP_getinfo) {
        *p = (struct xen_domctl_sched_bvt){
            .mcu_advance = g->mcu,
            .warpback = g->warps,
            .warpvalue = g->warp / VIRTUAL(1),
            .warpl = g->warp_limit,
            .warpu = g->unwarp,
        };
        return 0;
    }
    if (!p->mcu_advance || p->mcu_advance > XEN_SCHED_BVT_UNIT || p->warpback > 1 ||
        p->warpvalue < 0 || p->warpvalue > WARP_MAX || p->warpl > (u64)WARP_MAX ||
        p->warpu > (u64)WARP_MAX)
        return -EINVAL;
    WRITE_ONCE(g->mcu, p->mcu_advance);
    WRITE_ONCE(g->warp, VIRTUAL(p->warpvalue));
    WRITE_ONCE(g->warp_limit, (stime_t)p->warpl);
    WRITE_ONCE(g->unwarp, (stime_t)p->warpu);
    WRITE_ONCE(g->warps, p->warpback);
    return 0;
}

static int bvt_adjust(struct domain *d, struct xen_domctl_scheduler_op *op)
{
    struct xen_domctl_sched_credit c;
    int rc;

    if (op->cmd != XEN_DOMCTL_SCHEDOP_getinfo && op->cmd != XEN_DOMCTL_SCHEDOP_putinfo)
        return -EINVAL;
    switch (op->sched_id) {
    case XEN_SCHEDULER_BVT:
        return adjust_bvt(d->sched, op->cmd, &op->u.bvt);
    case XEN_SCHEDULER_CREDIT:
        return adjust_credit(d, op->cmd, &op->u.credit);
    case XEN_SCHEDULER_CREDIT2:
        c = (struct xen_domctl_sched_credit){op->u.credit2.weight, op->u.credit2.cap};
        rc = adjust_credit(d, op->cmd, &c);
        op->u.credit2 = (struct xen_domctl_sched_credit2){c.weight, c.cap};
        return rc;
    }
    return -EINVAL;
}

static int bvt_adjust_global(struct xen_sysctl_scheduler_op *op)
{
    bool get = op->cmd == XEN_SYSCTL_SCHEDOP_getinfo;
    u64 ns;

    if (!get && op->cmd != XEN_SYSCTL_SCHEDOP_putinfo)
        return -EINVAL;
    if (op->sched_id == XEN_SCHEDULER_BVT)
        ns = (u64)op->u.sched_bvt.ctx_allow_us * 1000;
    else if (op->sched_id == XEN_SCHEDULER_CREDIT)
        ns = (u64)op->u.sched_credit.tslice_ms * 1000000;
    else
        return -EINVAL;
    if (!get && (ns < (u64)ALLOWANCE_MIN || ns > (u64)ALLOWANCE_MAX))
        return -EINVAL;
    if (!get)
        WRITE_ONCE(allowance, (stime_t)ns);
    if (op->sched_id == XEN_SCHEDULER_BVT)
        op->u.sched_bvt.ctx_allow_us = allowance / 1000;
    else
        op->u.sched_credit = (struct xen_sysctl_credit_schedule){
            .tslice_ms = DIV_UP(allowance, MILLIS(1)),
        };
    return 0;
}

static void dump_unit(const char *what, const struct sched_unit *u)
{
    printk("  %s d%uv%u avt %lld evt %lld mcu %u\n", what, u->vcpu->domain->id, u->vcpu->id,
           (long long)u->avt / 256, (long long)u->evt / 256, group(u)->mcu);
}

static void bvt_dump(unsigned int cpu)
{
    struct queue *q = &queues[cpu];
    struct sched_unit *u;

    printk("  svt %lld\n", (long long)q->svt / 256);
    if (q->now_on)
        dump_unit("runs", q->now_on);
    list_for_each(u, &q->waiting, link)
        dump_unit("waits", u);
}

static void bvt_cpu_init(unsigned int cpu)
{
    list_init(&queues[cpu].waiting);
}

const struct sched_policy sched_bvt = {
    .name = "bvt",
    .title = "borrowed virtual time",
    .id = XEN_SCHEDULER_CREDIT,
    .cpu_init = bvt_cpu_init,
    .domain_init = bvt_domain_init,
    .domain_free = bvt_domain_free,
    .vcpu_init = bvt_vcpu_init,
    .wake = bvt_wake,
    .sleep = bvt_sleep,
    .yield = bvt_yield,
    .pick = bvt_pick,
    .steal_from = bvt_steal_from,
    .steal = bvt_steal,
    .adjust = bvt_adjust,
    .adjust_global = bvt_adjust_global,
    .dump = bvt_dump,
};
