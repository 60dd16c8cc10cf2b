/* SPDX-License-Identifier: MIT */
/* Scheduling by borrowed virtual time: shares, latency, warp, caps, several CPUs; round robin. */
/* SOURCES: xen/common/sched.c xen/common/sched_bvt.c xen/common/sched_rr.c xen/common/timer.c xen/common/softirq.c xen/common/domain.c xen/common/vcpu_op.c xen/common/event_channel.c tests/unit/mock.c tests/unit/mock_domains.c */
/* FUZZ: 3000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/vcpu.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/softirq.h>

#define TASKS 32

/* What a vcpu's guest does: run for @burst, sleep for @pause, again; burst 0: never sleep. */
struct task {
    struct domain *d;
    struct vcpu *v;
    stime_t burst, pause;
    stime_t left, wake_at; /* of this burst; when it is to wake, 0 = awake */
    stime_t worst;         /* longest time from waking to running */
    unsigned long wakes;
};

static struct task tasks[TASKS];
static unsigned int nr_tasks;
static unsigned long switches;
static struct vcpu *on[MOCK_CPUS];

static struct task *task_of(const struct vcpu *v)
{
    for (unsigned int i = 0; i < nr_tasks; i++)
        if (tasks[i].v == v)
            return &tasks[i];
    return NULL;
}

static stime_t ran(const struct task *t)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(t->v, &rs);
    return rs.time[RUNSTATE_running];
}

/* A guest of one vcpu with credit weight @weight. */
static struct task *add(unsigned int weight, stime_t burst, stime_t pause)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_CREDIT,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.credit = {.weight = weight, .cap = 65535},
    };
    struct task *t = &tasks[nr_tasks];

    *t = (struct task){.burst = burst, .pause = pause, .left = burst};
    t->d = mock_guest(++nr_tasks, false, 1);
    t->v = t->d->vcpu[0];
    if (sched == &sched_bvt)
        assert_int_equal(sched->adjust(t->d, &op), 0);
    return t;
}

/* Another vcpu of @of's domain, as task. The domain was made with enough of them. */
static struct task *add_vcpu(struct domain *d, unsigned int id)
{
    struct task *t = &tasks[nr_tasks++];

    *t = (struct task){.d = d, .v = d->vcpu[id]};
    return t;
}

static void set_cap(struct domain *d, unsigned int cap)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_CREDIT,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.credit = {.cap = cap},
    };

    assert_int_equal(sched->adjust(d, &op), 0);
}

/* Softirqs everywhere, until there are none; notes who runs where, and how late. */
static void settle(void)
{
    bool any;

    do {
        any = false;
        for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++) {
            mock_cpu_set(cpu);
            if (!cpumask_test(cpu, cpu_online_map))
                continue;
            any |= softirq_pending();
            softirq_run();
            mock_assert_no_locks();
        }
    } while (any);
    mock_cpu_set(0);
    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++) {
        struct task *t = task_of(cpus[cpu].curr);

        switches += on[cpu] != cpus[cpu].curr;
        on[cpu] = cpus[cpu].curr;
        if (t && t->wake_at) {
            t->worst = MAX(t->worst, mock_now - t->wake_at);
            t->wakes++;
            t->wake_at = 0;
        }
    }
}

/* When the next thing happens, at most @end. */
static stime_t next_event(stime_t end)
{
    unsigned int cpu;

    for_each_online_cpu(cpu) {
        struct task *t = task_of(cpus[cpu].curr);

        end = MIN(end, MAX(mock_hw_timer[cpu], mock_now));
        if (t && t->burst)
            end = MIN(end, mock_now + t->left);
    }
    for (unsigned int i = 0; i < nr_tasks; i++)
        if (tasks[i].v->pause_flags & VPF_BLOCKED)
            end = MIN(end, tasks[i].wake_at);
    return end;
}

static void fall_asleep(struct task *t, unsigned int cpu)
{
    mock_cpu_set(cpu);
    t->left = t->burst;
    t->wake_at = mock_now + t->pause;
    set_bit(first_bit(VPF_BLOCKED), &t->v->pause_flags);
    vcpu_sleep(t->v);
}

static void run_for(stime_t time)
{
    stime_t end = mock_now + time, t;
    unsigned int cpu;

    settle();
    while (mock_now < end) {
        t = next_event(end);
        for_each_online_cpu(cpu)
            if (task_of(cpus[cpu].curr))
                task_of(cpus[cpu].curr)->left -= t - mock_now;
        mock_now = t;
        for_each_online_cpu(cpu) {
            struct task *task = task_of(cpus[cpu].curr);

            mock_cpu_set(cpu);
            if (mock_hw_timer[cpu] <= t)
                softirq_raise(SOFTIRQ_TIMER);
            if (task && task->burst && task->left <= 0)
                fall_asleep(task, cpu);
        }
        mock_cpu_set(0);
        for (unsigned int i = 0; i < nr_tasks; i++)
            if (tasks[i].wake_at && tasks[i].wake_at <= t)
                vcpu_unblock(tasks[i].v);
        settle();
    }
}

static int start_on(const struct sched_policy *policy, unsigned int n_cpus)
{
    nr_tasks = 0;
    switches = 0;
    mock_sched_start(policy, n_cpus);
    return 0;
}

static int one_cpu(void **state)
{
    (void)state;
    return start_on(&sched_bvt, 1);
}

static int two_cpus(void **state)
{
    (void)state;
    return start_on(&sched_bvt, 2);
}

static int round_robin(void **state)
{
    (void)state;
    return start_on(&sched_rr, 1);
}

static int stop(void **state)
{
    (void)state;
    mock_cpu_set(0);
    for (unsigned int i = nr_tasks; i-- > 0;) /* a domain's vcpu 0 comes before its others */
        if (tasks[i].v->id == 0)
            mock_guest_end(tasks[i].d);
    return 0;
}

/* @got is @percent of @whole, within @slack percent of itself. */
static void assert_share(stime_t got, stime_t whole, double percent, double slack)
{
    double is = 100.0 * got / whole;

    if (is < percent * (1 - slack / 100) || is > percent * (1 + slack / 100))
        fail_msg("share is %.3f %%, not %.3f %%", is, percent);
}

/* ---- shares ---- */

static void hogs_of_weights_1_to_8(void **state)
{
    (void)state;
    for (unsigned int w = 1; w <= 8; w++)
        add(w * 64, 0, 0);
    run_for(SECS(60));
    for (unsigned int w = 1; w <= 8; w++)
        assert_share(ran(&tasks[w - 1]), SECS(60), 100.0 * w / 36, 2);
}

static void extreme_weights(void **state)
{
    (void)state;
    add(1, 0, 0);
    add(65535, 0, 0);
    run_for(SECS(4000));
    assert_share(ran(&tasks[1]), SECS(4000), 100.0 * 65535 / 65536, 0.1);
    assert_true(ran(&tasks[0]) > 0);
}

static void new_weight_counts_from_now(void **state)
{
    struct task *a, *b;
    stime_t had;

    (void)state;
    a = add(256, 0, 0);
    b = add(256, 0, 0);
    run_for(SECS(10));
    struct xen_domctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_CREDIT,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.credit = {.weight = 768, .cap = 65535},
    };
    assert_int_equal(sched->adjust(a->d, &op), 0);
    had = ran(a);
    run_for(SECS(20));
    assert_share(ran(a) - had, SECS(20), 75, 2);
    assert_true(ran(b) > 0);
}

/* A domain's share is the domain's, whatever number of vcpus uses it. */
static void vcpus_share_their_domains_weight(void **state)
{
    struct domain *d;

    (void)state;
    add(256, 0, 0);
    d = mock_guest(9, false, 3);
    for (unsigned int i = 0; i < 3; i++)
        add_vcpu(d, i);
    run_for(SECS(30));
    assert_share(ran(&tasks[0]), SECS(30), 50, 2);
    for (unsigned int i = 1; i < 4; i++)
        assert_share(ran(&tasks[i]), SECS(30), 50.0 / 3, 2);
}

/* Who sleeps does not save up: after a minute's sleep a hog is one among equals. */
static void sleep_saves_nothing(void **state)
{
    struct task *sleeper, *hog;
    stime_t had;

    (void)state;
    hog = add(256, 0, 0);
    sleeper = add(256, MILLIS(1), SECS(60));
    run_for(SECS(30));
    sleeper->burst = 0; /* it will sleep for thirty seconds more, and then no more */
    run_for(SECS(31));
    had = ran(hog);
    run_for(SECS(10));
    assert_share(ran(hog) - had, SECS(10), 50, 3);
}

static void switches_no_more_than_allowed(void **state)
{
    (void)state;
    add(256, 0, 0);
    add(256, 0, 0);
    run_for(SECS(10));
    /* Each runs on until it is 5 ms ahead: 10 ms a turn. */
    assert_in_range(switches, 800, 1100);
}

static void allowance_can_be_set(void **state)
{
    struct xen_sysctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_BVT,
        .cmd = XEN_SYSCTL_SCHEDOP_putinfo,
        .u.sched_bvt.ctx_allow_us = 20000,
    };

    (void)state;
    assert_int_equal(sched->adjust_global(&op), 0);
    add(256, 0, 0);
    add(256, 0, 0);
    run_for(SECS(10));
    assert_in_range(switches, 200, 300);
    op.u.sched_bvt.ctx_allow_us = 99;
    assert_int_equal(sched->adjust_global(&op), -EINVAL);
    op.u.sched_bvt.ctx_allow_us = 5000;
    assert_int_equal(sched->adjust_global(&op), 0);
    op.cmd = XEN_SYSCTL_SCHEDOP_getinfo;
    op.sched_id = XEN_SCHEDULER_CREDIT;
    assert_int_equal(sched->adjust_global(&op), 0);
    assert_int_equal(op.u.sched_credit.tslice_ms, 5);
}

/* ---- latency ---- */

static void light_sleeper_runs_at_once(void **state)
{
    struct task *s;

    (void)state;
    for (int i = 0; i < 8; i++)
        add(256, 0, 0);
    s = add(256, MICROS(200), MILLIS(9));
    run_for(SECS(20));
    assert_true(s->wakes > 2000);
    assert_true(s->worst <= MILLIS(5)); /* one context-switch allowance at the very most */
    assert_share(ran(s), SECS(20), 100.0 * 200 / 9200, 5);
}

/* Two that sleep and wake often, beside one that never does: they do not cut its turns into pieces
 * of less than a millisecond. */
static void turns_are_not_too_short(void **state)
{
    struct task *hog;
    unsigned long before;

    (void)state;
    hog = add(256, 0, 0);
    add(256, MICROS(50), MICROS(300));
    add(256, MICROS(50), MICROS(350));
    before = switches;
    run_for(SECS(10));
    /* Of three switches one is to the hog, and nothing else has as much of the time. */
    assert_true(ran(hog) > SECS(8));
    assert_true(switches - before <= 3 * (SECS(10) / MILLIS(1)));
}

static void heavy_sleeper_gets_its_share_only(void **state)
{
    struct task *s;

    (void)state;
    add(256, 0, 0);
    s = add(256, MILLIS(90), MILLIS(10)); /* would take 90 % */
    run_for(SECS(20));
    assert_in_range(100 * ran(s) / SECS(20), 40, 52);
}

/* ---- warp ---- */

static void set_bvt(struct domain *d, bool warps, stime_t warp, stime_t limit, stime_t unwarp)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_BVT,
        .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
        .u.bvt = {.mcu_advance = 65536, .warpback = warps, .warpvalue = warp, .warpl = limit,
                  .warpu = unwarp},
    };

    assert_int_equal(sched->adjust(d, &op), 0);
}

/* One that uses half the CPU waits its turn, unless it may borrow. */
static void warp_cuts_latency(void **state)
{
    struct task *s;
    stime_t without;

    (void)state;
    for (int i = 0; i < 3; i++)
        add(256, 0, 0);
    s = add(256, MILLIS(4), MILLIS(10));
    run_for(SECS(10));
    without = s->worst;
    s->worst = 0;
    set_bvt(s->d, true, MILLIS(200), 0, 0);
    run_for(MILLIS(500));
    s->worst = 0;
    run_for(SECS(10));
    assert_true(without > MILLIS(3));
    assert_true(s->worst < without / 4);
}

/* A hog that may borrow gets ahead once by what it borrows, and then has its share again. */
static void warp_is_paid_back(void **state)
{
    struct task *a, *b;
    stime_t had;

    (void)state;
    a = add(256, 0, 0);
    b = add(256, 0, 0);
    run_for(SECS(1));
    set_bvt(a->d, true, MILLIS(300), 0, 0);
    had = ran(a);
    run_for(MILLIS(290));
    assert_true(ran(a) - had > MILLIS(270));
    had = ran(a);
    run_for(SECS(20));
    assert_share(ran(a) - had, SECS(20), 50, 2);
    assert_true(ran(b) > SECS(9));
}

/* After running for the limit the warp is gone, for as long as it has to be without. */
static void warp_ends_at_its_limit(void **state)
{
    struct task *a;
    stime_t had;

    (void)state;
    a = add(256, 0, 0);
    add(256, 0, 0);
    run_for(SECS(1));
    set_bvt(a->d, true, SECS(10), MILLIS(100), SECS(50));
    had = ran(a);
    run_for(MILLIS(100));
    assert_true(ran(a) - had >= MILLIS(89));
    run_for(MILLIS(90)); /* the other has caught up by now */
    had = ran(a);
    run_for(SECS(10));
    assert_share(ran(a) - had, SECS(10), 50, 2);
}

/* ---- caps ---- */

static void cap_of_a_lone_hog(void **state)
{
    (void)state;
    add(256, 0, 0);
    set_cap(tasks[0].d, 25);
    run_for(SECS(10));
    assert_share(ran(&tasks[0]), SECS(10), 25, 1);
    /* Its slice ends and its budget is filled up in the same moment. */
    set_cap(tasks[0].d, 100);
    stime_t had = ran(&tasks[0]);
    run_for(SECS(10));
    assert_share(ran(&tasks[0]) - had, SECS(10), 100, 1);
    set_cap(tasks[0].d, 0);
    had = ran(&tasks[0]);
    run_for(SECS(10));
    assert_share(ran(&tasks[0]) - had, SECS(10), 100, 1);
}

static void cap_leaves_the_rest_to_others(void **state)
{
    (void)state;
    add(256, 0, 0);
    add(256, 0, 0);
    set_cap(tasks[0].d, 10);
    run_for(SECS(10));
    assert_share(ran(&tasks[0]), SECS(10), 10, 2);
    assert_share(ran(&tasks[1]), SECS(10), 90, 1);
}

static void cap_holds_for_all_vcpus_together(void **state)
{
    struct domain *d;

    (void)state;
    d = mock_guest(9, false, 2);
    add_vcpu(d, 0);
    add_vcpu(d, 1);
    set_cap(d, 120);
    run_for(SECS(10));
    assert_share(ran(&tasks[0]) + ran(&tasks[1]), SECS(10), 120, 2);
}

/* ---- several CPUs ---- */

static void idle_cpu_takes_work(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        add(256, 0, 0);
    tasks[0].v->affinity = tasks[1].v->affinity = cpumask_of(0);
    run_for(SECS(1));
    assert_int_equal(vcpu_set_affinity(tasks[1].v, CPUMASK_ALL), 0);
    stime_t had = ran(&tasks[1]);
    run_for(SECS(1));
    assert_share(ran(&tasks[1]) - had, SECS(1), 100, 2);
}

static void three_hogs_on_two_cpus(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        add(256, 0, 0);
    run_for(SECS(30));
    for (int i = 0; i < 3; i++)
        assert_share(ran(&tasks[i]), SECS(60), 100.0 / 3, 2);
}

static void weights_hold_across_cpus(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        add(i < 4 ? 256 : 512, 0, 0);
    run_for(SECS(60));
    for (int i = 0; i < 8; i++)
        assert_share(ran(&tasks[i]), SECS(120), 100.0 / (i < 4 ? 12 : 6), 2);
}

static void affinity_is_obeyed(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        add(256, 0, 0);
        assert_int_equal(vcpu_set_affinity(tasks[i].v, cpumask_of(i == 3)), 0);
    }
    for (int step = 0; step < 1000; step++) {
        run_for(MILLIS(7));
        for (unsigned int cpu = 0; cpu < 2; cpu++)
            assert_int_equal(task_of(cpus[cpu].curr) == &tasks[3], cpu == 1);
    }
    assert_share(ran(&tasks[3]), SECS(7), 100, 1);
    assert_int_equal(vcpu_set_affinity(tasks[0].v, ~3UL), -EINVAL);
}

/* ---- mechanism ---- */

static void runstates_add_up(void **state)
{
    struct vcpu_runstate_info rs;
    stime_t since;

    (void)state;
    add(256, 0, 0);
    add(256, MILLIS(3), MILLIS(5));
    since = mock_now;
    run_for(SECS(5));
    domain_pause(tasks[1].d);
    run_for(SECS(1));
    vcpu_runstate_get(tasks[1].v, &rs);
    assert_int_equal(rs.time[0] + rs.time[1] + rs.time[2] + rs.time[3], mock_now - since);
    assert_true(rs.time[RUNSTATE_blocked] > SECS(1));
    assert_in_range(rs.time[RUNSTATE_offline] + rs.time[RUNSTATE_blocked], SECS(1), SECS(5));
    domain_unpause(tasks[1].d);
    run_for(SECS(1));
    assert_int_equal(tasks[0].v->runstate.state == RUNSTATE_running ||
                         tasks[1].v->runstate.state == RUNSTATE_running, true);
}

static void paused_does_not_run(void **state)
{
    stime_t had;

    (void)state;
    add(256, 0, 0);
    run_for(SECS(1));
    domain_pause(tasks[0].d);
    domain_pause(tasks[0].d);
    run_for(MILLIS(1));
    had = ran(&tasks[0]);
    run_for(SECS(1));
    assert_int_equal(ran(&tasks[0]), had);
    domain_unpause(tasks[0].d);
    run_for(SECS(1));
    assert_int_equal(ran(&tasks[0]), had);
    domain_unpause(tasks[0].d);
    run_for(SECS(1));
    assert_int_equal(ran(&tasks[0]), had + SECS(1));
}

/* Preempted inside Xen, a vcpu runs on to the boundary although its domain is paused. */
static void inside_xen_runs_on(void **state)
{
    stime_t had;

    (void)state;
    add(256, 0, 0);
    run_for(SECS(1));
    tasks[0].v->in_hypervisor = true;
    domain_pause(tasks[0].d);
    had = ran(&tasks[0]);
    run_for(MILLIS(10));
    assert_int_equal(ran(&tasks[0]), had + MILLIS(10));
    tasks[0].v->in_hypervisor = false;
    vcpu_sleep(tasks[0].v);
    run_for(MILLIS(10));
    assert_int_equal(ran(&tasks[0]), had + MILLIS(10));
    domain_unpause(tasks[0].d);
}

static void yield_lets_the_other_go_first(void **state)
{
    struct vcpu *first;

    (void)state;
    add(256, 0, 0);
    add(256, 0, 0);
    run_for(MILLIS(100));
    for (int i = 0; i < 100; i++) {
        first = current;
        vcpu_yield();
        settle();
        assert_ptr_not_equal(current, first);
    }
}

static void parameters_are_checked(void **state)
{
    struct xen_domctl_scheduler_op op = {
        .sched_id = XEN_SCHEDULER_CREDIT, .cmd = XEN_DOMCTL_SCHEDOP_getinfo};
    struct domain *d;

    (void)state;
    d = add(1000, 0, 0)->d;
    assert_int_equal(sched->adjust(d, &op), 0);
    assert_in_range(op.u.credit.weight, 999, 1001);
    assert_int_equal(op.u.credit.cap, 0);
    op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.credit = (struct xen_domctl_sched_credit){.weight = 0, .cap = 101};
    assert_int_equal(sched->adjust(d, &op), -EINVAL); /* it has one vcpu */
    op.cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
    assert_int_equal(sched->adjust(d, &op), -EINVAL);
    op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.sched_id = XEN_SCHEDULER_RTDS;
    assert_int_equal(sched->adjust(d, &op), -EINVAL);
    op.sched_id = XEN_SCHEDULER_BVT;
    op.u.bvt = (struct xen_domctl_sched_bvt){.mcu_advance = 0};
    assert_int_equal(sched->adjust(d, &op), -EINVAL);
    op.u.bvt = (struct xen_domctl_sched_bvt){.mcu_advance = 1, .warpvalue = -1};
    assert_int_equal(sched->adjust(d, &op), -EINVAL);
}

static void round_robin_gives_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        add(256, 0, 0);
    run_for(SECS(10));
    for (int i = 0; i < 5; i++)
        assert_share(ran(&tasks[i]), SECS(10), 20, 1);
}

/* ---- whatever comes ---- */

static bool waits_for(const struct task *t, unsigned int cpu)
{
    return t->v->runstate.state == RUNSTATE_runnable && cpumask_test(cpu, t->v->affinity);
}

/*
 * Nobody runs who may not, and no CPU stands idle for long while somebody waits who could run
 * there: an idle CPU is told of the first who waits elsewhere only, each time a turn ends there.
 */
static void check_cpus(stime_t idle_since[])
{
    unsigned int cpu;

    for_each_online_cpu(cpu) {
        struct task *runs = task_of(cpus[cpu].curr);
        bool wanted = false;

        if (runs)
            assert_true(!runs->v->pause_flags && cpumask_test(cpu, runs->v->affinity));
        for (unsigned int i = 0; !runs && i < nr_tasks; i++)
            wanted |= waits_for(&tasks[i], cpu);
        if (!wanted)
            idle_since[cpu] = mock_now;
        assert_true(mock_now - idle_since[cpu] < MILLIS(100));
    }
}

static void random_change(void)
{
    struct task *t = &tasks[mock_below(nr_tasks)];

    switch (mock_below(6)) {
    case 0:
        set_bvt(t->d, mock_below(2), MILLIS(mock_below(100)), MILLIS(mock_below(50)),
                MILLIS(mock_below(50)));
        break;
    case 1:
        assert_int_equal(vcpu_set_affinity(t->v, 1 + mock_below(3)), 0);
        break;
    case 2:
        domain_pause(t->d);
        settle();
        domain_unpause(t->d);
        break;
    case 3:
        t->burst = mock_below(2) ? MICROS(50 + mock_below(20000)) : 0;
        t->left = t->burst;
        t->pause = MICROS(10 + mock_below(30000));
        break;
    case 4:
        if (cpus[0].curr == t->v)
            vcpu_yield();
        break;
    default:
        if (nr_tasks < 12)
            add(1 + mock_below(65535), 0, 0);
    }
    settle();
}

/* After any history, hogs of one weight that may run anywhere share the CPUs evenly. */
static void random_history(void **state)
{
    stime_t had[TASKS], idle_since[MOCK_CPUS] = {mock_now, mock_now};

    (void)state;
    mock_seed = mock_seed_or(19991202);
    add(256, 0, 0);
    for (unsigned int step = 0; step < 3000; step++) {
        random_change();
        run_for(MICROS(mock_below(20000)));
        check_cpus(idle_since);
    }
    for (unsigned int i = 0; i < nr_tasks; i++) {
        set_bvt(tasks[i].d, false, 0, 0, 0);
        tasks[i].burst = 0;
        assert_int_equal(vcpu_set_affinity(tasks[i].v, CPUMASK_ALL), 0);
    }
    run_for(SECS(20)); /* debts are paid */
    for (unsigned int i = 0; i < nr_tasks; i++)
        had[i] = ran(&tasks[i]);
    run_for(SECS(30));
    for (unsigned int i = 0; i < nr_tasks; i++)
        assert_share(ran(&tasks[i]) - had[i], SECS(30), MIN(100.0, 200.0 / nr_tasks), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hogs_of_weights_1_to_8, one_cpu, stop),
        cmocka_unit_test_setup_teardown(extreme_weights, one_cpu, stop),
        cmocka_unit_test_setup_teardown(new_weight_counts_from_now, one_cpu, stop),
        cmocka_unit_test_setup_teardown(vcpus_share_their_domains_weight, one_cpu, stop),
        cmocka_unit_test_setup_teardown(sleep_saves_nothing, one_cpu, stop),
        cmocka_unit_test_setup_teardown(switches_no_more_than_allowed, one_cpu, stop),
        cmocka_unit_test_setup_teardown(allowance_can_be_set, one_cpu, stop),
        cmocka_unit_test_setup_teardown(light_sleeper_runs_at_once, one_cpu, stop),
        cmocka_unit_test_setup_teardown(heavy_sleeper_gets_its_share_only, one_cpu, stop),
        cmocka_unit_test_setup_teardown(turns_are_not_too_short, one_cpu, stop),
        cmocka_unit_test_setup_teardown(warp_cuts_latency, one_cpu, stop),
        cmocka_unit_test_setup_teardown(warp_is_paid_back, one_cpu, stop),
        cmocka_unit_test_setup_teardown(warp_ends_at_its_limit, one_cpu, stop),
        cmocka_unit_test_setup_teardown(cap_of_a_lone_hog, one_cpu, stop),
        cmocka_unit_test_setup_teardown(cap_leaves_the_rest_to_others, one_cpu, stop),
        cmocka_unit_test_setup_teardown(cap_holds_for_all_vcpus_together, two_cpus, stop),
        cmocka_unit_test_setup_teardown(idle_cpu_takes_work, two_cpus, stop),
        cmocka_unit_test_setup_teardown(three_hogs_on_two_cpus, two_cpus, stop),
        cmocka_unit_test_setup_teardown(weights_hold_across_cpus, two_cpus, stop),
        cmocka_unit_test_setup_teardown(affinity_is_obeyed, two_cpus, stop),
        cmocka_unit_test_setup_teardown(runstates_add_up, one_cpu, stop),
        cmocka_unit_test_setup_teardown(paused_does_not_run, one_cpu, stop),
        cmocka_unit_test_setup_teardown(inside_xen_runs_on, one_cpu, stop),
        cmocka_unit_test_setup_teardown(yield_lets_the_other_go_first, one_cpu, stop),
        cmocka_unit_test_setup_teardown(parameters_are_checked, one_cpu, stop),
        cmocka_unit_test_setup_teardown(round_robin_gives_turns, round_robin, stop),
        cmocka_unit_test_setup_teardown(random_history, two_cpus, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
