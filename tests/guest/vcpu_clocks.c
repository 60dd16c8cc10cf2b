/* SPDX-License-Identifier: MIT */
/*
 * Time never goes backwards, from one CPU to another neither.
 *
 * Two vCPUs read system time, each by the clock parameters that the hypervisor keeps for it in
 * memory of the guest's own, and show each other the latest time that either has read. What one
 * reads after having seen that must not be earlier.
 */
#include "harness.h"

static struct vcpu_time_info clocks[2];
static volatile uint64_t latest;
static volatile unsigned long backwards;

static void read_clock(const struct vcpu_time_info *clock)
{
    uint64_t seen = latest, now;

    asm volatile ("lfence" ::: "memory"); /* the TSC is read after that */
    now = system_time_by(clock);
    if (now < seen)
        backwards++;
    while (now > seen && !__sync_bool_compare_and_swap(&latest, seen, now))
        seen = latest;
}

static void on_second(void)
{
    read_clock(&clocks[1]);
}

static void keep_clock(unsigned int vcpu)
{
    struct vcpu_register_time_memory_area area = { .addr.v = &clocks[vcpu] };
    uint64_t until = system_time() + 5000000000;

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_time_memory_area, vcpu, &area), 0);
    while (!*(volatile uint32_t *)&clocks[vcpu].tsc_to_system_mul && system_time() < until)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    EXPECT_TRUE(clocks[vcpu].tsc_to_system_mul != 0);
}

static void nothing(void)
{
    HYPERCALL(sched_op, SCHEDOP_yield, NULL);
}

TEST(vcpu_clocks)
{
    uint64_t until;

    keep_clock(0);
    if (!second_start(nothing))
        return;
    keep_clock(1);
    second_stop();
    latest = backwards = 0;
    if (!second_start(on_second))
        return;
    for (until = system_time() + times(300) * 1000000UL; system_time() < until;)
        read_clock(&clocks[0]);
    EXPECT_TRUE(second_rounds() > 100);
    second_stop();
    EXPECT(backwards, 0);
}
