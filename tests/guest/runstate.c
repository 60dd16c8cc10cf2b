/* SPDX-License-Identifier: MIT */
/*
 * Where a vCPU's time went.
 *
 * The four times must add up to the time that has passed, running must grow by working and blocked
 * by waiting, and the copy in the guest's memory must say the same as the call.
 */
#include "harness.h"

static struct vcpu_runstate_info now, area;

static uint64_t sum(const struct vcpu_runstate_info *r)
{
    return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

TEST(runstate)
{
    struct vcpu_register_runstate_memory_area reg = { .addr.v = &area };
    struct vcpu_runstate_info before;
    struct sched_poll poll = { .nr_ports = 0 };
    uint64_t start = system_time(), passed;

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 0, &before), 0);
    EXPECT(before.state, RUNSTATE_running);
    while (system_time() - start < 20000000)
        ;
    poll.timeout = system_time() + 30000000;
    EXPECT(HYPERCALL(sched_op, SCHEDOP_poll, &poll), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 0, &now), 0);
    passed = system_time() - start;
    EXPECT_TRUE(now.time[RUNSTATE_blocked] - before.time[RUNSTATE_blocked] >= 20000000);
    EXPECT_TRUE(now.time[RUNSTATE_running] >= before.time[RUNSTATE_running]);
    EXPECT_TRUE(sum(&now) >= sum(&before));
    EXPECT_TRUE(sum(&now) - sum(&before) <= passed + 20000000);

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_runstate_memory_area, 0, &reg), 0);
    poll.timeout = system_time() + 5000000;
    EXPECT(HYPERCALL(sched_op, SCHEDOP_poll, &poll), 0);
    EXPECT(*(volatile int *)&area.state, RUNSTATE_running);
    EXPECT_TRUE(area.time[RUNSTATE_blocked] > now.time[RUNSTATE_blocked]);
    reg.addr.v = NULL;
    HYPERCALL(vcpu_op, VCPUOP_register_runstate_memory_area, 0, &reg);
}
