/* SPDX-License-Identifier: MIT */
/*
 * Block, wake, yield, preempt, switch: the mechanism. Who runs is the policy's choice.
 *
 * A vcpu belongs to the CPU v->cpu. There it runs, waits in the policy's queue, or does neither
 * because it cannot run. All of that is under that CPU's queue lock; v->cpu itself changes only
 * with the lock held and while no CPU is on the vcpu's stack (!v->running).
 *
 * A switch: schedule() picks under the lock, marks the next vcpu running, lets the lock go and
 * moves to the next one's stack; there sched_finish_switch() clears ->running of the one it left.
 * Until then nobody else takes that one, and who would wake it leaves that to the end of the
 * switch.
 */
#include <asm/msr.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <public/sysctl.h>
#include <xen/cmdline.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/heap.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/string.h>

struct sched_cpu {
    spinlock_t lock;            /* RANK_SCHED: all below, the policy's queue, v->queued */
    struct vcpu *idle;
    struct vcpu *now_on;        /* who was picked last */
    struct vcpu *switched_from; /* whose stack the last switch left; this CPU only */
    struct timer slice_timer;
};

static struct sched_cpu sched_cpus[NR_CPUS];

cpumask_t sched_idle_cpus;
const struct sched_policy *sched = &sched_bvt;

static int parse_sched(const char *value)
{
    if (strcmp(value, sched_bvt.name) == 0)
        sched = &sched_bvt;
    else if (strcmp(value, sched_rr.name) == 0)
        sched = &sched_rr;
    else
        return -EINVAL;
    return 0;
}
BOOT_OPTION("sched", parse_sched);

/* Lock the queue of the CPU @v belongs to, which may change while we wait. */
static struct sched_cpu *lock_queue(const struct vcpu *v)
{
    for (;;) {
        unsigned int cpu = READ_ONCE(v->cpu);
        struct sched_cpu *sc = &sched_cpus[cpu];

        spin_lock(&sc->lock);
        if (v->cpu == cpu)
            return sc;
        spin_unlock(&sc->lock);
    }
}

static void runstate_set(struct vcpu *v, int state, stime_t t)
{
    struct vcpu_runstate_info *rs = &v->runstate;

    if (t > (stime_t)rs->state_entry_time) {
        rs->time[rs->state] += t - rs->state_entry_time;
        rs->state_entry_time = t;
    }
    rs->state = state;
}

/* Runstate of a vcpu that is not on a CPU. */
static int resting_state(const struct vcpu *v)
{
    if (vcpu_runnable(v))
        return RUNSTATE_runnable;
    return READ_ONCE(v->pause_flags) & VPF_BLOCKED ? RUNSTATE_blocked : RUNSTATE_offline;
}

bool vcpu_runnable(const struct vcpu *v)
{
    if (READ_ONCE(v->in_hypervisor))
        return true;
    return !READ_ONCE(v->pause_flags) && !READ_ONCE(v->domain->pause_count);
}

/* ---- wake and sleep ---- */

/* CPU for one that wakes: where it ran last if that is free, else an idle one, else the same. */
static unsigned int place(const struct vcpu *v)
{
    cpumask_t may = v->affinity & cpu_online_map, idle = READ_ONCE(sched_idle_cpus) & may;

    if (idle)
        may = idle;
    return cpumask_test(v->cpu, may) || !may ? v->cpu : first_bit(may);
}

/* One try, under the lock of the CPU @v belongs to. False: it was moved, try again over there. */
static bool try_wake(struct sched_cpu *sc, struct vcpu *v, bool may_move)
{
    stime_t t = now();
    unsigned int to;

    if (v == sc->now_on || v->queued || v->running)
        return true;
    if (!vcpu_runnable(v)) {
        runstate_set(v, resting_state(v), t);
        return true;
    }
    to = may_move ? place(v) : v->cpu;
    if (to != v->cpu) {
        WRITE_ONCE(v->cpu, to);
        return false;
    }
    runstate_set(v, RUNSTATE_runnable, t);
    sched->wake(v, t);
    return true;
}

void vcpu_wake(struct vcpu *v)
{
    bool done, may_move = true;

    do {
        struct sched_cpu *sc = lock_queue(v);

        done = try_wake(sc, v, may_move);
        spin_unlock(&sc->lock);
        may_move = false;
    } while (!done);
}

void vcpu_sleep(struct vcpu *v)
{
    struct sched_cpu *sc = lock_queue(v);

    if (!vcpu_runnable(v)) {
        if (v == sc->now_on) {
            softirq_raise_on(v->cpu, SOFTIRQ_SCHEDULE);
        } else {
            if (v->queued)
                sched->sleep(v);
            runstate_set(v, resting_state(v), now());
        }
    }
    spin_unlock(&sc->lock);
}

bool vcpu_asleep(const struct vcpu *v)
{
    return !READ_ONCE(v->running) && !READ_ONCE(v->in_hypervisor);
}

/* It may wait inside Xen on this very CPU: let it run on while we wait. */
void vcpu_sleep_sync(struct vcpu *v)
{
    vcpu_sleep(v);
    while (!vcpu_asleep(v)) {
        if (v == current)
            return;
        smp_poll();
        vcpu_yield();
        preempt_point();
    }
}

void vcpu_unblock(struct vcpu *v)
{
    if (!test_bit(first_bit(VPF_BLOCKED), &v->pause_flags))
        return;
    if (atomic_xchg(&v->polling, false))
        atomic_dec(&v->domain->pollers);
    if (test_and_clear_bit(first_bit(VPF_BLOCKED), &v->pause_flags))
        vcpu_wake(v);
}

/* A vcpu in its guest looks for events only on its way out of Xen, so it is made to come in. On
 * this CPU it is on its way out already. */
void vcpu_kick(struct vcpu *v)
{
    bool running = READ_ONCE(v->running);
    unsigned int cpu = READ_ONCE(v->cpu);

    vcpu_unblock(v);
    if (running && cpu != smp_cpu_id())
        smp_kick(cpu);
}

void vcpu_block(void)
{
    struct vcpu *v = current;

    set_bit(first_bit(VPF_BLOCKED), &v->pause_flags);
    /* Who sends an event makes it pending first and looks at VPF_BLOCKED then. */
    if (event_upcall_due(v))
        clear_bit(first_bit(VPF_BLOCKED), &v->pause_flags);
    else
        softirq_raise(SOFTIRQ_SCHEDULE);
}

void vcpu_yield(void)
{
    struct vcpu *v = current;

    if (!v->domain->is_idle && sched->yield) {
        struct sched_cpu *sc = lock_queue(v);

        sched->yield(v);
        spin_unlock(&sc->lock);
    }
    softirq_raise(SOFTIRQ_SCHEDULE);
}

int vcpu_set_affinity(struct vcpu *v, cpumask_t hard)
{
    struct sched_cpu *sc;

    if (!(hard & cpu_online_map))
        return -EINVAL;
    sc = lock_queue(v);
    v->affinity = hard;
    if (!cpumask_test(v->cpu, hard)) {
        if (v->queued)
            sched->sleep(v);
        if (v == sc->now_on)
            softirq_raise_on(v->cpu, SOFTIRQ_SCHEDULE);
    }
    spin_unlock(&sc->lock);
    vcpu_wake(v);
    return 0;
}

/* ---- switch ---- */

static void slice_over(void *)
{
    softirq_raise(SOFTIRQ_SCHEDULE);
}

void sched_slice_end(unsigned int cpu, stime_t deadline)
{
    struct timer *t = &sched_cpus[cpu].slice_timer;

    if (!t->armed || deadline < t->expires)
        timer_set(t, deadline);
}

/* Fetch a vcpu that this CPU should run rather than what it has, if the policy knows one. */
static void steal(unsigned int cpu, stime_t t)
{
    unsigned int from = sched->steal_from(cpu, t);
    struct vcpu *v;

    if (from == NR_CPUS)
        return;
    spin_lock(&sched_cpus[from].lock);
    v = sched->steal(from, cpu);
    if (v)
        WRITE_ONCE(v->cpu, cpu);
    spin_unlock(&sched_cpus[from].lock);
    if (!v)
        return;

    /* Meanwhile it was in no queue: somebody may have put it to sleep, or woken it again. */
    struct sched_cpu *sc = lock_queue(v);

    try_wake(sc, v, false);
    spin_unlock(&sc->lock);
}

/* Pick who runs here from @t on, and account for it. The lock is held. */
static struct vcpu *pick_next(struct sched_cpu *sc, unsigned int cpu, struct vcpu *prev, stime_t t)
{
    bool prev_idle = prev == sc->idle;
    struct sched_decision d = sched->pick(cpu, t, prev_idle ? NULL : prev);
    struct vcpu *next = d.next ? d.next : sc->idle;

    if (next == sc->idle) {
        timer_stop(&sc->slice_timer);
        set_bit(cpu, &sched_idle_cpus);
    } else {
        timer_set(&sc->slice_timer, t + d.slice);
        if (prev_idle)
            clear_bit(cpu, &sched_idle_cpus);
    }
    sc->now_on = next;
    if (next != prev) {
        runstate_set(prev, prev_idle ? RUNSTATE_runnable : resting_state(prev), t);
        runstate_set(next, RUNSTATE_running, t);
        WRITE_ONCE(next->running, true);
    }
    return next;
}

void schedule(void)
{
    unsigned int cpu = smp_cpu_id();
    struct sched_cpu *sc = &sched_cpus[cpu];
    struct vcpu *prev = current, *next;
    stime_t t = now();

    clear_bit(SOFTIRQ_SCHEDULE, &this_cpu()->softirqs);
    steal(cpu, t);
    spin_lock(&sc->lock);
    next = pick_next(sc, cpu, prev, t);
    spin_unlock(&sc->lock);
    if (next == prev)
        return;
    sc->switched_from = prev;
    arch_switch_to(prev, next);
    sched_finish_switch();
}

void sched_finish_switch(void)
{
    struct vcpu *last = sched_cpus[smp_cpu_id()].switched_from, *v = current;

    atomic_set(&last->running, false);
    /* Woken during the switch, or not to run on this CPU any more. */
    if (!last->domain->is_idle && !READ_ONCE(last->queued) && vcpu_runnable(last))
        vcpu_wake(last);
    if (!v->domain->is_idle)
        vcpu_switched_to(v);
}

/* Whatever interrupt waits comes in. */
static void interrupt_window(void)
{
    ASSERT(!locks_held());
    irqs_on();
    __asm__ __volatile__("nop");
    irqs_off();
}

void preempt_point(void)
{
    struct vcpu *v = current;

    interrupt_window();
    if (!softirq_pending() || !v)
        return;
    v->in_hypervisor = true;
    softirq_run();
    v->in_hypervisor = false;
    if (!vcpu_runnable(v))
        softirq_raise(SOFTIRQ_SCHEDULE);
}

/* STI takes effect after the next instruction, so no interrupt slips in before the HLT. */
void sched_idle_loop(void)
{
    for (;;) {
        softirq_run();
        if (page_scrub())
            interrupt_window();
        else
            __asm__ __volatile__("sti\n\thlt\n\tcli" ::: "memory");
    }
}

/* ---- life ---- */

struct vcpu *idle_vcpu(unsigned int cpu)
{
    return sched_cpus[cpu].idle;
}

int sched_domain_init(struct domain *d)
{
    return sched->domain_init ? sched->domain_init(d) : 0;
}

void sched_domain_destroy(struct domain *d)
{
    if (sched->domain_free)
        sched->domain_free(d);
}

/* The first CPU is chosen by id, so that a domain's vcpus start spread out. */
int sched_vcpu_init(struct vcpu *v)
{
    unsigned int n = v->domain->id + v->id, cpu;

    n %= count_bits(cpu_online_map);
    for_each_online_cpu(cpu) {
        v->cpu = cpu;
        if (n-- == 0)
            break;
    }
    v->affinity = v->affinity_soft = CPUMASK_ALL;
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = now();
    return sched->vcpu_init(v);
}

void sched_vcpu_destroy(struct vcpu *v)
{
    heap_free(v->sched);
    v->sched = NULL;
}

/* The idle vcpu's stack is where the CPU runs once it has left the one it booted on. */
void sched_init_cpu(unsigned int cpu)
{
    static struct domain idle_domain = {.id = DOMID_IDLE, .is_idle = true};
    struct sched_cpu *sc = &sched_cpus[cpu];
    struct vcpu *v = heap_new(struct vcpu);
    char *stack = page_alloc_virt(STACK_ORDER);

    if (!v || !stack)
        panic("no memory for the idle vcpu of CPU %u", cpu);
    stack_top_of(stack)->cpu = &cpus[cpu];
    v->domain = &idle_domain;
    v->id = v->cpu = cpu;
    v->stack = stack;
    v->info = &dummy_vcpu_info;
    v->affinity = cpumask_of(cpu);
    v->running = true;
    v->runstate.state = RUNSTATE_running;
    v->runstate.state_entry_time = now();
    arch_vcpu_create(v);
    spin_lock_init(&sc->lock, RANK_SCHED);
    sc->idle = sc->now_on = v;
    timer_init(&sc->slice_timer, slice_over, NULL, cpu);
    sched->cpu_init(cpu);
    cpus[cpu].curr = v;
    set_bit(cpu, &sched_idle_cpus);
}

void sched_init(void)
{
    softirq_register(SOFTIRQ_SCHEDULE, schedule);
    sched_init_cpu(smp_cpu_id());
    printk(XLOG_INFO "Scheduler: %s\n", sched->title);
}

/* ---- accounts ---- */

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out)
{
    struct sched_cpu *sc = lock_queue(v);
    stime_t t = now();

    *out = v->runstate;
    spin_unlock(&sc->lock);
    if (t > (stime_t)out->state_entry_time)
        out->time[out->state] += t - out->state_entry_time;
}

u64 domain_cpu_time(struct domain *d)
{
    struct vcpu_runstate_info rs;
    struct vcpu *v;
    u64 sum = 0;

    for_each_vcpu(d, v) {
        vcpu_runstate_get(v, &rs);
        sum += rs.time[RUNSTATE_running];
    }
    return sum;
}

u64 cpu_idle_time(unsigned int cpu)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(sched_cpus[cpu].idle, &rs);
    return rs.time[RUNSTATE_running];
}

static void dump_queues(void)
{
    unsigned int cpu;

    printk("Scheduler %s, %lld ns\n", sched->title, (long long)now());
    for_each_online_cpu(cpu) {
        struct sched_cpu *sc = &sched_cpus[cpu];

        spin_lock(&sc->lock);
        printk("CPU %u: d%uv%u\n", cpu, sc->now_on->domain->id, sc->now_on->id);
        sched->dump(cpu);
        spin_unlock(&sc->lock);
    }
}
DEBUG_KEY('r', "run queues", dump_queues);
