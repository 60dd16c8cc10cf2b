/* SPDX-License-Identifier: MIT */
/*
 * Scheduling. sched.c is the mechanism (block, wake, yield, preempt, switch), a policy decides
 * who runs next and for how long: sched_bvt.c (default) and sched_rr.c (sched=rr).
 *
 * Every vcpu has its own Xen stack, so a vcpu can lose the CPU anywhere inside Xen where
 * preempt_point() stands: a long operation needs no continuation, its stack is the continuation.
 * A vcpu preempted that way runs on to the guest boundary even when its domain is paused.
 */
#ifndef XEN_SCHED_H
#define XEN_SCHED_H

#include <xen/cpumask.h>

struct vcpu;
struct domain;
struct xen_domctl_scheduler_op;
struct xen_sysctl_scheduler_op;

#define SLICE_MAX MILLIS(30) /* nobody runs longer without the policy having a look */

/* What a policy says about one CPU. */
struct sched_decision {
    struct vcpu *next; /* NULL when nobody wants to run here */
    stime_t slice;     /* run it at most so long */
};

/* A policy keeps a run queue for each CPU. A vcpu waits in the queue of v->cpu (v->queued) or is
 * the one that runs there, or is in none. Called with that CPU's queue lock held, unless noted. */
struct sched_policy {
    const char *name;   /* for sched= and messages: "bvt" */
    const char *title;
    u32 id;             /* what sysctl reports: XEN_SCHEDULER_CREDIT */
    void (*cpu_init)(unsigned int cpu);   /* boot, no lock */
    int (*domain_init)(struct domain *d); /* no lock. 0 or -ENOMEM. NULL: keeps nothing */
    void (*domain_free)(struct domain *d); /* no lock. NULL: likewise */
    int (*vcpu_init)(struct vcpu *v);     /* no lock. v->sched, from the heap: 0 or -ENOMEM */
    /* @v, in no queue, can run: queue it on v->cpu. SOFTIRQ_SCHEDULE there: it runs at once. */
    void (*wake)(struct vcpu *v, stime_t t);
    void (*sleep)(struct vcpu *v);            /* take it off its queue */
    /* It runs here: let others go first, once. NULL: they do. */
    void (*yield)(struct vcpu *v);
    /* Who runs on @cpu from @t on, not queued any more. @prev ran until now; NULL: idle. It goes
     * back to the queue if it still can run here. */
    struct sched_decision (*pick)(unsigned int cpu, stime_t t, struct vcpu *prev);
    /* No lock: the CPU from whose queue @cpu should take one before it picks; NR_CPUS = none. */
    unsigned int (*steal_from)(unsigned int cpu, stime_t t);
    /* @from's lock held: one of its queue, taken off, that @to may run. NULL when there is none. */
    struct vcpu *(*steal)(unsigned int from, unsigned int to);
    /* XEN_DOMCTL_SCHEDOP_getinfo/putinfo. No lock. 0 or -EINVAL */
    int (*adjust)(struct domain *d, struct xen_domctl_scheduler_op *op);
    int (*adjust_global)(struct xen_sysctl_scheduler_op *op);
    void (*dump)(unsigned int cpu);           /* debug key */
};

/* ---- for policies ---- */

/* CPUs whose idle vcpu runs. A hint. */
extern cpumask_t sched_idle_cpus;
/* Whoever runs on @cpu does so until @deadline at most. That CPU's queue lock held. */
void sched_slice_end(unsigned int cpu, stime_t deadline);

extern const struct sched_policy sched_bvt, sched_rr;
extern const struct sched_policy *sched; /* chosen by sched= at boot */

void sched_init(void);               /* choose the policy, make the boot CPU's idle vcpu current */
void sched_init_cpu(unsigned int cpu); /* run queue and idle vcpu of @cpu; before it starts */
struct vcpu *idle_vcpu(unsigned int cpu);

int sched_vcpu_init(struct vcpu *v);
void sched_vcpu_destroy(struct vcpu *v);
int sched_domain_init(struct domain *d);
void sched_domain_destroy(struct domain *d);

/* The switch to this stack is complete: also first thing on a new vcpu's stack (entry.S). */
void sched_finish_switch(void);

/* Would @v run if a CPU were free: no pause, not blocked, not down (or: inside Xen). */
bool vcpu_runnable(const struct vcpu *v);

/* Something that vcpu_runnable() looks at changed for the better / for the worse. Any CPU. */
void vcpu_wake(struct vcpu *v);
void vcpu_sleep(struct vcpu *v);      /* returns at once; it leaves its CPU soon */
void vcpu_sleep_sync(struct vcpu *v); /* returns when it is at the boundary and off its CPU */
bool vcpu_asleep(const struct vcpu *v); /* it is, after vcpu_sleep() */

/* The calling vcpu gives up its CPU until an event is due for it, or lets others go first. Both
 * return at once: it leaves the CPU on the way back to the guest, when its registers are whole. */
void vcpu_block(void);
void vcpu_yield(void);
/* Wake @v if it is blocked. Any CPU; takes RANK_SCHED. */
void vcpu_unblock(struct vcpu *v);
/* An event became pending for @v: wake it if blocked, kick its CPU if it is in the guest. */
void vcpu_kick(struct vcpu *v);

/* Choose again, and switch. No lock held. Returns when this vcpu is chosen next. */
void schedule(void);

/* Window in a long operation: takes interrupts, does softirqs, perhaps schedule()s. No lock held.
 * Call it at least every 50,000 instructions. */
void preempt_point(void);

/* Hard affinity. 0, -EINVAL (no online CPU left in it). */
int vcpu_set_affinity(struct vcpu *v, cpumask_t hard);

struct vcpu_runstate_info;
/* Runstate with the time up to now added. */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out);
u64 domain_cpu_time(struct domain *d); /* ns, all vcpus */
u64 cpu_idle_time(unsigned int cpu);   /* ns */

void sched_idle_loop(void) __attribute__((noreturn));

long do_sched_op(int cmd, unsigned long arg);
long do_set_timer_op(s64 deadline);

#endif
