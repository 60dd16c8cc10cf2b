/* SPDX-License-Identifier: MIT */
/* The sched_op hypercall: giving up the CPU, waiting, and ending a domain. */
#include <asm/time.h>
#include <public/sched.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/printk.h>
#include <xen/sched.h>

#define MAX_POLL_PORTS 128

/* Any of the ports pending: 1, none: 0; or -errno. Only one port: it is noted as such. */
static int poll_ports(struct vcpu *v, const struct sched_poll *poll)
{
    for (unsigned int i = 0; i < poll->nr_ports; i++) {
        evtchn_port_t port;

        if (copy_in(&port, poll->ports, i, 1))
            return -EFAULT;
        if (port == 0 || port >= v->domain->nr_ports)
            return -EINVAL;
        if (poll->nr_ports == 1)
            WRITE_ONCE(v->poll_port, port);
        if (event_port_pending(v, port))
            return 1;
    }
    return 0;
}

/* First announce that we wait, then look: who sends makes the port pending first and looks then. */
static long do_poll(const struct sched_poll *poll)
{
    struct vcpu *v = current;
    int rc;

    if (poll->nr_ports > MAX_POLL_PORTS)
        return -EINVAL;
    if (v->poll_timer.armed)
        timer_stop(&v->poll_timer); /* left from a poll that an event ended */
    WRITE_ONCE(v->poll_port, 0);
    if (!atomic_xchg(&v->polling, true))
        atomic_inc(&v->domain->pollers);
    set_bit(first_bit(VPF_BLOCKED), &v->pause_flags);
    rc = event_upcall_due(v) ? 1 : poll_ports(v, poll);
    if (rc) {
        vcpu_unblock(v);
        return MIN(rc, 0);
    }
    if (poll->timeout)
        timer_set_here(&v->poll_timer, MIN(poll->timeout, (u64)STIME_MAX));
    vcpu_sleep(v);
    return 0;
}

static long do_shutdown(struct domain *d, unsigned int reason)
{
    if (reason > SHUTDOWN_MAX || reason == SHUTDOWN_soft_reset)
        return -EINVAL;
    domain_shutdown(d, reason);
    return 0;
}

static long do_remote_shutdown(const struct sched_remote_shutdown *op)
{
    struct domain *d;
    long rc;

    if (!current_domain->privileged)
        return -EPERM;
    d = domain_get(op->domain_id);
    if (!d)
        return -ESRCH;
    rc = do_shutdown(d, op->reason);
    domain_put(d);
    return rc;
}

static long do_watchdog(struct domain *d, const struct sched_watchdog *op)
{
    unsigned int id = op->id - 1;

    if (op->id > ARRAY_SIZE(d->watchdog))
        return -EINVAL;
    if (op->id == 0) {
        if (!op->timeout)
            return -EINVAL;
        for (id = 0; test_and_set_bit(id, &d->watchdogs);)
            if (++id == ARRAY_SIZE(d->watchdog))
                return -ENOSPC;
    } else if (!test_bit(id, &d->watchdogs)) {
        return -EINVAL;
    }
    timer_stop(&d->watchdog[id]);
    if (op->timeout)
        timer_set(&d->watchdog[id], now() + SECS(op->timeout));
    else
        clear_bit(id, &d->watchdogs);
    return op->id ? 0 : (long)id + 1;
}

static long do_pin_override(struct vcpu *v, int cpu)
{
    cpumask_t saved = v->affinity_saved;
    int rc;

    if (!v->domain->privileged)
        return -EPERM;
    if (cpu < 0) {
        v->affinity_saved = 0;
        return saved ? vcpu_set_affinity(v, saved) : -EINVAL;
    }
    if (cpu >= NR_CPUS)
        return -EINVAL;
    if (saved)
        return -EBUSY;
    saved = v->affinity;
    rc = vcpu_set_affinity(v, cpumask_of(cpu));
    if (!rc)
        v->affinity_saved = saved;
    return rc;
}

union argument {
    struct sched_poll poll;
    struct sched_shutdown shutdown;
    struct sched_remote_shutdown remote_shutdown;
    struct sched_watchdog watchdog;
    struct sched_pin_override pin_override;
};

/* How much of the argument a call takes. */
static const u8 sizes[] = {
    [SCHEDOP_poll] = sizeof(struct sched_poll),
    [SCHEDOP_shutdown] = sizeof(struct sched_shutdown),
    [SCHEDOP_shutdown_code] = sizeof(struct sched_shutdown),
    [SCHEDOP_remote_shutdown] = sizeof(struct sched_remote_shutdown),
    [SCHEDOP_watchdog] = sizeof(struct sched_watchdog),
    [SCHEDOP_pin_override] = sizeof(struct sched_pin_override),
};

long do_sched_op(int cmd, unsigned long arg)
{
    size_t size = (unsigned int)cmd < ARRAY_SIZE(sizes) ? sizes[cmd] : 0;
    union argument a;

    if (size && copy_in_bytes(&a, GPTR(arg), size))
        return -EFAULT;
    switch (cmd) {
    case SCHEDOP_yield:
        vcpu_yield();
        return 0;
    case SCHEDOP_block:
        current->info->evtchn_upcall_mask = 0;
        vcpu_block();
        return 0;
    case SCHEDOP_poll:
        return do_poll(&a.poll);
    case SCHEDOP_shutdown:
        return do_shutdown(current_domain, a.shutdown.reason);
    case SCHEDOP_shutdown_code:
        if (a.shutdown.reason > SHUTDOWN_MAX)
            return -EINVAL;
        WRITE_ONCE(current_domain->shutdown_hint, a.shutdown.reason);
        return 0;
    case SCHEDOP_remote_shutdown:
        return do_remote_shutdown(&a.remote_shutdown);
    case SCHEDOP_watchdog:
        return do_watchdog(current_domain, &a.watchdog);
    case SCHEDOP_pin_override:
        return do_pin_override(current, a.pin_override.pcpu);
    }
    return -ENOSYS;
}
