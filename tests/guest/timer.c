/* SPDX-License-Identifier: MIT */
/*
 * Timers of a vCPU.
 *
 * A one-shot timer must fire once, not before its time and not long after; one set in the past
 * fires at once, or is refused if that was asked for; one that was stopped does not fire. A
 * periodic timer ticks at its rate and not faster than the limit. System time never goes back
 * meanwhile.
 */
#include "harness.h"

#define MS 1000000UL

static evtchn_port_t port;

/* True if the timer fired within so many ms, and not before `due`. */
static bool fires(unsigned int ms, uint64_t due)
{
    bool fired = evtchn_wait(port, ms);

    return evtchn_test_clear(port) && fired && system_time() >= due;
}

static void periodic(void)
{
    struct vcpu_set_periodic_timer every = { .period_ns = MS / 2 };
    uint64_t start;
    int ticks = 0;

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_periodic_timer, 0, &every), -XEN_EINVAL);
    every.period_ns = 20 * MS;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_periodic_timer, 0, &every), 0);
    start = system_time();
    while (ticks < 5 && fires(1000, 0))
        ticks++;
    EXPECT(ticks, 5);
    EXPECT_TRUE(system_time() - start >= 3 * every.period_ns);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL), 0);
    evtchn_test_clear(port);
    EXPECT(fires(60, 0), 0);
}

TEST(timer)
{
    struct vcpu_set_singleshot_timer once = { .flags = VCPU_SSHOTTMR_future };
    uint64_t now = system_time(), last = now;
    long error;

    /* A new vCPU has a periodic timer on Xen. */
    HYPERCALL(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    port = bind_virq(VIRQ_TIMER);
    evtchn_set_mask(port, false);
    EXPECT(HYPERCALL(set_timer_op, now + 10 * MS), 0);
    EXPECT(fires(1000, now + 10 * MS), 1);
    EXPECT(fires(30, 0), 0);
    EXPECT(HYPERCALL(set_timer_op, system_time() + 20 * MS), 0);
    EXPECT(HYPERCALL(set_timer_op, 0), 0);
    EXPECT(fires(60, 0), 0);

    once.timeout_abs_ns = system_time() + 10 * MS;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, &once), 0);
    EXPECT(fires(1000, once.timeout_abs_ns), 1);
    error = HYPERCALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, &once);
    EXPECT_TRUE(error == 0 || error == -XEN_ETIME); /* the flag is a wish */
    EXPECT(fires(30, 0), error == 0);
    once.flags = 0;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, &once), 0);
    EXPECT(fires(1000, 0), 1);
    once.timeout_abs_ns = system_time() + 20 * MS;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, &once), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    EXPECT(fires(60, 0), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_singleshot_timer, 99, &once), -XEN_ENOENT);

    periodic();
    for (int i = 0; i < 100000; i++) {
        now = system_time();
        if (now < last)
            fail("system time went back by %lu ns", last - now);
        last = now;
    }
    EXPECT(evtchn_close(port), 0);
}
