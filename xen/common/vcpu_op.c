/* SPDX-License-Identifier: MIT */
/* The vcpu_op and set_timer_op hypercalls: a domain's control over its own vcpus. */
#include <asm/pt.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <public/sched.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/sched.h>
#include <xen/string.h>

#define PERIOD_MIN MILLIS(1)

/* ---- timers ---- */

static void poll_timeout(void *arg)
{
    struct vcpu *v = arg;

    if (READ_ONCE(v->polling))
        vcpu_unblock(v);
}

static void oneshot_due(void *arg)
{
    event_send_virq(arg, VIRQ_TIMER);
}

/* Periods that were missed are not made up for. */
static void period_due(void *arg)
{
    struct vcpu *v = arg;
    stime_t period = READ_ONCE(v->periodic_period);

    if (!period)
        return;
    event_send_virq(v, VIRQ_TIMER);
    v->periodic_last = MAX(v->periodic_last + period, now() - period);
    timer_set(&v->periodic_timer, v->periodic_last + period);
}

/* How long @v has been running. */
static u64 virtual_time(struct vcpu *v)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    return rs.time[RUNSTATE_running];
}

/* It goes off too early where @v did not run all the time, but is set anew when that runs again. */
static void virtual_due(void *arg)
{
    struct vcpu *v = arg;
    u64 t = virtual_time(v), due = READ_ONCE(v->virtual_due), next;

    if (!due || t < due)
        return;
    next = v->virtual_period ? MAX(due + v->virtual_period, t) : 0;
    if (!atomic_cas(&v->virtual_due, &due, next))
        return; /* stopped or set anew meanwhile */
    event_send_virq(v, VIRQ_TIMER);
    if (next)
        timer_set(&v->virtual_timer, now() + (stime_t)(next - t));
}

static void set_virtual_here(struct vcpu *v)
{
    u64 t = virtual_time(v);

    timer_set_here(&v->virtual_timer, now() + (stime_t)(MAX(v->virtual_due, t) - t));
}

void vcpu_timers_init(struct vcpu *v)
{
    timer_init(&v->poll_timer, poll_timeout, v, v->cpu);
    timer_init(&v->oneshot_timer, oneshot_due, v, v->cpu);
    timer_init(&v->periodic_timer, period_due, v, v->cpu);
    timer_init(&v->virtual_timer, virtual_due, v, v->cpu);
}

static long set_periodic(struct vcpu *v, unsigned long arg)
{
    struct vcpu_set_periodic_timer op;

    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if (op.period_ns < (u64)PERIOD_MIN || op.period_ns > (u64)STIME_MAX / 4)
        return -EINVAL;
    timer_stop(&v->periodic_timer);
    v->periodic_last = now();
    WRITE_ONCE(v->periodic_period, (stime_t)op.period_ns);
    timer_set_here(&v->periodic_timer, v->periodic_last + v->periodic_period);
    return 0;
}

static long set_oneshot(struct vcpu *v, unsigned long arg)
{
    struct vcpu_set_singleshot_timer op;

    if (v != current)
        return -EINVAL;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if ((op.flags & VCPU_SSHOTTMR_future) && op.timeout_abs_ns < (u64)now())
        return -ETIME;
    timer_set_here(&v->oneshot_timer, MIN(op.timeout_abs_ns, (u64)STIME_MAX));
    return 0;
}

static void stop_virtual(struct vcpu *v)
{
    WRITE_ONCE(v->virtual_due, 0);
    timer_stop(&v->virtual_timer);
}

static long set_virtual(struct vcpu *v, unsigned long arg)
{
    struct vcpu_set_virtual_timer op;

    if (v != current)
        return -EINVAL;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if (MAX(op.timeout_ns, op.period_ns) > (u64)STIME_MAX / 4 ||
        (op.period_ns && op.period_ns < (u64)PERIOD_MIN))
        return -EINVAL;
    stop_virtual(v);
    v->virtual_period = op.period_ns;
    WRITE_ONCE(v->virtual_due, virtual_time(v) + op.timeout_ns + 1); /* 0 would mean: off */
    set_virtual_here(v);
    return 0;
}

/* A deadline that is negative, or so far ahead that the guest must have got its sums wrong, would
 * never come; old kernels set such when their clock was warped, and hung. They get one soon. */
long do_set_timer_op(s64 deadline)
{
    struct vcpu *v = current;

    if (deadline == 0) {
        timer_stop(&v->oneshot_timer);
        return 0;
    }
    if (deadline < 0 || deadline - now() > (s64)1 << 50)
        deadline = now() + MILLIS(100);
    timer_set_here(&v->oneshot_timer, deadline);
    return 0;
}

/* ---- areas in guest memory ---- */

/* Write to an address of @v's kernel, whatever address space it is in, by that kernel's table and
 * our mapping. A page that is not there, or that the guest may not write, swallows the bytes. */
static void write_area(struct vcpu *v, unsigned long va, const void *src, size_t n)
{
    while (n) {
        size_t part = MIN(n, PAGE_SIZE - va % PAGE_SIZE);
        mfn_t table;
        pte_t e;

        if (guest_range_bad(va, part) || !pt_walk(v->arch.guest_table, va, &e, &table) ||
            !(e & PTE_PRESENT) || !(e & PTE_RW) ||
            frame_get_type(pte_mfn(e), v->domain, FT_WRITABLE))
            return;
        memcpy((char *)mfn_to_virt(pte_mfn(e)) + va % PAGE_SIZE, src, part);
        frame_put_type(pte_mfn(e));
        va += part;
        src = (const char *)src + part;
        n -= part;
    }
}

/* With the assist, a reader on another vcpu sees XEN_RUNSTATE_UPDATE while the rest is written. */
static void write_runstate(struct vcpu *v)
{
    struct vcpu_runstate_info rs = v->runstate;
    unsigned long entry = v->runstate_addr + offsetof(struct vcpu_runstate_info, state_entry_time);
    bool flag = v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);

    if (flag) {
        rs.state_entry_time |= XEN_RUNSTATE_UPDATE;
        write_area(v, entry, &rs.state_entry_time, sizeof(rs.state_entry_time));
        smp_wmb();
    }
    write_area(v, v->runstate_addr, &rs, sizeof(rs));
    if (flag) {
        smp_wmb();
        rs.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
        write_area(v, entry, &rs.state_entry_time, sizeof(rs.state_entry_time));
    }
}

/* The version goes odd first and even last, as readers of vcpu_info.time expect. */
static void write_time(struct vcpu *v)
{
    struct vcpu_time_info t = v->info->time;
    u32 version = t.version;

    t.version = version - 1;
    write_area(v, v->time_addr, &t.version, sizeof(t.version));
    smp_wmb();
    write_area(v, v->time_addr, &t, sizeof(t));
    smp_wmb();
    write_area(v, v->time_addr, &version, sizeof(version));
    v->time_version = version;
}

void vcpu_switched_to(struct vcpu *v)
{
    if (v->virtual_due)
        set_virtual_here(v);
    if (v->runstate_addr)
        write_runstate(v);
    if (v->time_addr && v->info->time.version != v->time_version)
        write_time(v);
}

static long register_runstate(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_runstate_memory_area area;

    if (copy_in_arg(&area, arg) || guest_range_bad(area.addr.p, sizeof(v->runstate)))
        return -EFAULT;
    WRITE_ONCE(v->runstate_addr, area.addr.p);
    if (v == current && v->runstate_addr)
        write_runstate(v);
    return 0;
}

static long register_time(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_time_memory_area area;

    if (copy_in_arg(&area, arg) || guest_range_bad(area.addr.p, sizeof(struct vcpu_time_info)))
        return -EFAULT;
    WRITE_ONCE(v->time_addr, area.addr.p);
    if (area.addr.p)
        write_time(v); /* it may run on for long without being switched to */
    return 0;
}

/* Move vcpu_info to a frame of the guest's. Who sends an event meanwhile may still set bits in the
 * old place, so everything counts as pending afterwards: the guest looks at all its ports. */
static long register_info(struct vcpu *v, unsigned long arg)
{
    struct vcpu_register_vcpu_info op;
    struct vcpu_info *info;
    mfn_t m, none = MFN_NONE;

    if (copy_in_arg(&op, arg))
        return -EFAULT;
    m = MFN(op.mfn);
    if (op.offset > PAGE_SIZE - sizeof(*info) || op.offset % sizeof(u64))
        return -ENXIO;
    if (v != current && !(v->pause_flags & VPF_DOWN))
        return -EINVAL;
    if (!mfn_eq(v->info_mfn, none) || frame_get_type(m, v->domain, FT_WRITABLE))
        return -EINVAL;
    if (!atomic_cas(&v->info_mfn.n, &none.n, m.n)) {
        frame_put_type(m);
        return -EINVAL;
    }
    info = (void *)((char *)mfn_to_virt(m) + op.offset);
    if (v->info == &dummy_vcpu_info) {
        memset(info, 0, sizeof(*info));
        info->evtchn_upcall_mask = 1;
    } else {
        memcpy(info, v->info, sizeof(*info));
    }
    atomic_set(&v->info, info);
    atomic_set(&info->evtchn_pending_sel, ~0UL);
    event_mark_pending(v);
    return 0;
}

void vcpu_op_release(struct vcpu *v)
{
    v->periodic_period = 0;
    v->virtual_due = 0;
    timer_kill(&v->virtual_timer);
    timer_kill(&v->periodic_timer);
    timer_kill(&v->oneshot_timer);
    timer_kill(&v->poll_timer);
    v->runstate_addr = v->time_addr = 0;
    atomic_set(&v->info, &dummy_vcpu_info);
}

/* ---- up and down ---- */

int vcpu_copy_in_context(struct vcpu *v, unsigned long addr, bool first)
{
    struct vcpu_guest_context *c = heap_new(struct vcpu_guest_context);
    int rc;

    if (!c)
        return -ENOMEM;
    rc = copy_in_arg(c, addr);
    if (!rc)
        rc = vcpu_set_context(v, c, first);
    heap_free(c);
    return rc;
}

static long bring_up(struct vcpu *v)
{
    if (!v->initialised)
        return -EINVAL;
    if (test_and_clear_bit(first_bit(VPF_DOWN), &v->pause_flags))
        vcpu_wake(v);
    return 0;
}

/* The last one to go down takes the domain with it. */
static long bring_down(struct vcpu *v)
{
    struct vcpu *other;

    if (!test_and_set_bit(first_bit(VPF_DOWN), &v->pause_flags))
        vcpu_sleep(v);
    for_each_vcpu(v->domain, other)
        if (!(READ_ONCE(other->pause_flags) & VPF_DOWN))
            return 0;
    domain_shutdown(v->domain, SHUTDOWN_poweroff);
    return 0;
}

static long get_runstate(struct vcpu *v, unsigned long arg)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    return copy_out_arg(arg, &rs);
}

/* Domain0 asks for vcpus that stay on one CPU: it does power management for that CPU. */
static long get_physid(struct vcpu *v, unsigned long arg)
{
    struct vcpu_get_physid op = {};
    const struct cpu *c = &cpus[v->cpu];

    if (!v->domain->privileged || v->affinity != cpumask_of(v->cpu))
        return -EINVAL;
    op.phys_id = (u64)c->acpi_id << 32 | c->apic_id;
    return copy_out_arg(arg, &op);
}

void vcpu_send_nmi(struct vcpu *v)
{
    if (!atomic_xchg(&v->arch.nmi_pending, true))
        vcpu_kick(v);
}

long do_vcpu_op(int cmd, unsigned int vcpuid, unsigned long arg)
{
    struct vcpu *v = domain_vcpu(current_domain, vcpuid);

    if (!v)
        return -ENOENT;
    switch (cmd) {
    case VCPUOP_set_singleshot_timer:
        return set_oneshot(v, arg);
    case VCPUOP_stop_singleshot_timer:
        timer_stop(&v->oneshot_timer);
        return 0;
    case VCPUOP_set_virtual_timer:
        return set_virtual(v, arg);
    case VCPUOP_stop_virtual_timer:
        stop_virtual(v);
        return 0;
    case VCPUOP_initialise:
        return vcpu_copy_in_context(v, arg, true);
    case VCPUOP_up:
        return bring_up(v);
    case VCPUOP_down:
        return bring_down(v);
    case VCPUOP_is_up:
        return !(v->pause_flags & VPF_DOWN);
    case VCPUOP_get_runstate_info:
        return get_runstate(v, arg);
    case VCPUOP_register_runstate_memory_area:
        return register_runstate(v, arg);
    case VCPUOP_set_periodic_timer:
        return set_periodic(v, arg);
    case VCPUOP_stop_periodic_timer:
        WRITE_ONCE(v->periodic_period, 0);
        timer_stop(&v->periodic_timer);
        return 0;
    case VCPUOP_register_vcpu_info:
        return register_info(v, arg);
    case VCPUOP_send_nmi:
        vcpu_send_nmi(v);
        return 0;
    case VCPUOP_get_physid:
        return get_physid(v, arg);
    case VCPUOP_register_vcpu_time_memory_area:
        return register_time(v, arg);
    }
    return -ENOSYS;
}
