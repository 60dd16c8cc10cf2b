/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's other calls.
 *
 * Watchdogs are two and counted; one that is fed does not bite. Ending other domains and choosing a
 * CPU are for Domain0, and even it must name a domain and a CPU that exist. A reason of shutdown
 * that means nothing is refused, and a guest cannot end anybody but itself.
 */
#include "harness.h"

static long watchdog(uint32_t id, uint32_t seconds)
{
    struct sched_watchdog w = { .id = id, .timeout = seconds };

    return HYPERCALL(sched_op, SCHEDOP_watchdog, &w);
}

static long pin(int32_t cpu)
{
    struct sched_pin_override p = { .pcpu = cpu };

    return HYPERCALL(sched_op, SCHEDOP_pin_override, &p);
}

TEST(sched_ops)
{
    struct sched_remote_shutdown other = { .domain_id = 1234, .reason = SHUTDOWN_crash };
    struct sched_shutdown sd = { .reason = 99 };
    long first, second;

    EXPECT_TRUE(watchdog(3, 60) < 0);
    EXPECT_TRUE(watchdog(1, 60) < 0);           /* not started */
    if (on_xenolith) /* Xen starts one, which bites at once */
        EXPECT_TRUE(watchdog(0, 0) < 0);
    first = watchdog(0, 3600);
    second = watchdog(0, 3600);
    EXPECT(first + second, 3);
    EXPECT(watchdog(0, 3600), -XEN_ENOSPC);
    EXPECT(watchdog(first, 1800), 0);
    EXPECT(watchdog(first, 0), 0);
    EXPECT(watchdog(second, 0), 0);
    EXPECT(watchdog(0, 3600), first);
    EXPECT(watchdog(first, 0), 0);

    if (on_xenolith) /* Xen takes it for an end like any other */
        EXPECT_TRUE(HYPERCALL(sched_op, SCHEDOP_shutdown, &sd) < 0);
    EXPECT(HYPERCALL(sched_op, SCHEDOP_remote_shutdown, &other),
           in_domain0 ? -XEN_ESRCH : -XEN_EPERM);
    other.domain_id = 0;
    if (!in_domain0) {
        EXPECT(HYPERCALL(sched_op, SCHEDOP_remote_shutdown, &other), -XEN_EPERM);
        EXPECT(pin(0), -XEN_EPERM);
        return;
    }
    EXPECT(pin(4095), -XEN_EINVAL);
    EXPECT(pin(-1), -XEN_EINVAL);               /* nothing to undo */
    EXPECT(pin(0), 0);
    EXPECT(pin(0), -XEN_EBUSY);
    EXPECT(pin(-1), 0);
}
