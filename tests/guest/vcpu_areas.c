/* SPDX-License-Identifier: MIT */
/*
 * Records that the hypervisor keeps up to date in a guest's memory.
 *
 * How long a vCPU ran and waited, and its clock, are written to an address that the guest names, on
 * every switch. The address is the guest's, so it may point anywhere and stop being mapped at any
 * time: a bad one is refused, one that goes away is silently no longer written, and no record ever
 * goes to the hypervisor's memory or to memory that is read-only.
 */
#include "harness.h"

static struct vcpu_runstate_info *record;

static long keep(uint64_t at)
{
    struct vcpu_register_runstate_memory_area r = { .addr.p = at };

    return HYPERCALL(vcpu_op, VCPUOP_register_runstate_memory_area, 0, &r);
}

static void wait_a_little(void)
{
    struct sched_poll poll = { .timeout = system_time() + 2000000 };

    HYPERCALL(sched_op, SCHEDOP_poll, &poll);
}

static uint64_t total(void)
{
    return record->time[0] + record->time[1] + record->time[2] + record->time[3];
}

TEST(vcpu_areas)
{
    char *page = page_alloc();
    struct vcpu_register_time_memory_area clock = { .addr.p = TEST_VA + 1024 };
    uint64_t before, blocked;

    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_RW)), 0);
    record = (struct vcpu_runstate_info *)(page + 64);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_runstate_memory_area, 99, &clock), -XEN_ENOENT);
    EXPECT_TRUE(keep(HYPERVISOR_VIRT_START) < 0);
    EXPECT_TRUE(keep(HYPERVISOR_VIRT_END - 8) < 0);

    EXPECT(keep(TEST_VA + 64), 0);
    EXPECT(record->state, RUNSTATE_running);
    before = total();
    blocked = record->time[RUNSTATE_blocked];
    /* Where the machine itself stands still for a moment, a wait may be over when it begins. */
    for (int i = 0; i < 100 && record->time[RUNSTATE_blocked] - blocked < 1000000; i++)
        wait_a_little();
    EXPECT_TRUE(record->time[RUNSTATE_blocked] - blocked >= 1000000);
    EXPECT_TRUE(total() > before);
    EXPECT(record->state, RUNSTATE_running);

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &clock), 0);
    EXPECT(((struct vcpu_time_info *)(page + 1024))->tsc_to_system_mul,
           vcpu_info->time.tsc_to_system_mul);
    clock.addr.p = HYPERVISOR_VIRT_START;
    EXPECT_TRUE(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &clock) < 0);

    /* Read-only, then not there at all: the record stays what it was. */
    EXPECT(update_va((void *)TEST_VA, pte(mfn_of(page), PTE_RO)), 0);
    before = record->time[RUNSTATE_blocked];
    wait_a_little();
    EXPECT(record->time[RUNSTATE_blocked], before);
    EXPECT(map(TEST_VA, 0), 0);
    wait_a_little();
    EXPECT(record->time[RUNSTATE_blocked], before);
    EXPECT(keep((uint64_t)(page + 64)), 0);
    wait_a_little();
    EXPECT_TRUE(record->time[RUNSTATE_blocked] > before);
    /* The page stays the record's: there is no call to give it back. */
}
