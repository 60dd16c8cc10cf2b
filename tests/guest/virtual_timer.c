/* SPDX-License-Identifier: MIT */
/*
 * The timer by virtual time.
 *
 * It must not go off by waiting, only by working: once after the time asked for, or again and again
 * if that was asked for, and never when it has been stopped.
 */
#include "harness.h"

#define MS 1000000UL

static evtchn_port_t port;

static uint64_t ran(void)
{
    struct vcpu_runstate_info now;

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 0, &now), 0);
    return now.time[RUNSTATE_running];
}

static long set(uint64_t timeout, uint64_t period)
{
    struct vcpu_set_virtual_timer op = { .timeout_ns = timeout, .period_ns = period };

    return HYPERCALL(vcpu_op, VCPUOP_set_virtual_timer, 0, &op);
}

static void rest(unsigned int ms)
{
    struct sched_poll poll = { .timeout = system_time() + ms * MS };

    EXPECT(HYPERCALL(sched_op, SCHEDOP_poll, &poll), 0);
}

/* Work until it goes off, or for so long. */
static bool goes_off(uint64_t ns)
{
    uint64_t until = ran() + ns;

    while (!evtchn_test_clear(port))
        if (ran() > until)
            return false;
    return true;
}

static void once(void)
{
    uint64_t began = ran();

    EXPECT(set(40 * MS, 0), 0);
    for (int i = 0; i < 10; i++)
        rest(10);
    if (ran() - began < 40 * MS)
        EXPECT(evtchn_test_clear(port), 0);
    EXPECT(goes_off(1000 * MS), 1);
    EXPECT_TRUE(ran() - began >= 40 * MS);
    EXPECT(goes_off(60 * MS), 0);
}

static void periodically(void)
{
    uint64_t began = ran();

    EXPECT(set(5 * MS, 10 * MS), 0);
    for (int i = 0; i < 5; i++) {
        EXPECT(goes_off(1000 * MS), 1);
        rest(15);
    }
    EXPECT_TRUE(ran() - began >= 25 * MS);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_stop_virtual_timer, 0, NULL), 0);
    evtchn_test_clear(port);
    EXPECT(goes_off(30 * MS), 0);
}

TEST(virtual_timer)
{
    HYPERCALL(vcpu_op, VCPUOP_stop_periodic_timer, 0, NULL);
    port = bind_virq(VIRQ_TIMER);
    EXPECT(set(MS, MS / 2), -XEN_EINVAL);
    EXPECT(set(1UL << 63, 0), -XEN_EINVAL);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_virtual_timer, 0, NULL), -XEN_EFAULT);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_set_virtual_timer, 99, NULL), -XEN_ENOENT);
    once();
    periodically();
    EXPECT(set(20 * MS, 0), 0);
    EXPECT(set(MS, 0), 0); /* in its place */
    EXPECT(goes_off(1000 * MS), 1);
    EXPECT(goes_off(40 * MS), 0);
    EXPECT(evtchn_close(port), 0);
}
