/* SPDX-License-Identifier: MIT */
/*
 * Starting a second vCPU, and stopping it.
 *
 * A vCPU's first state comes from the guest: page table, stacks, segment bases, callbacks. It must
 * be checked like anything else (a page table that is not one, before all), be given once, and
 * lead to that vCPU running there and nowhere else. Its vcpu_info can be moved, once, to memory of
 * the guest's own, and not to anybody else's. A copy of its clock's parameters appears where the
 * guest asks for one, and in another place when it asks again.
 */
#include "harness.h"

static struct vcpu_guest_context context;

static void beat(void)
{
    HYPERCALL(sched_op, SCHEDOP_yield, NULL);
}

static void move_vcpu_info(void)
{
    char *page = page_alloc(); /* the hypervisor keeps it for good */
    struct vcpu_register_vcpu_info r = { .mfn = 0x101, .offset = 64 };

    EXPECT_TRUE(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_info, 1, &r) < 0);
    r.mfn = root_mfn();
    EXPECT_TRUE(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_info, 1, &r) < 0);
    r.mfn = mfn_of(page);
    r.offset = PAGE_SIZE - 8;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_info, 1, &r), -XEN_ENXIO);
    r.offset = 64;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_info, 1, &r), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_info, 1, &r), -XEN_EINVAL);
    EXPECT(((struct vcpu_info *)(page + 64))->evtchn_upcall_mask, 1);
}

static void copy_of_the_clock(struct vcpu_time_info *at)
{
    struct vcpu_register_time_memory_area area = { .addr.v = at };
    uint64_t until = system_time() + 5000000000;

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_register_vcpu_time_memory_area, 1, &area), 0);
    while (!*(volatile uint32_t *)&at->tsc_to_system_mul && system_time() < until)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    EXPECT_TRUE(at->tsc_to_system_mul != 0);
    EXPECT(at->version & 1, 0);
}

TEST(vcpu_boot)
{
    static struct vcpu_time_info first, again;
    struct vcpu_runstate_info run;
    uint64_t until;
    unsigned long seen;

    if (HYPERCALL(vcpu_op, VCPUOP_is_up, 1, NULL) == -XEN_ENOENT) {
        skip("the domain has one vCPU");
        return;
    }
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 0, NULL), 1);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 1, NULL), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 99, NULL), -XEN_ENOENT);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_up, 1, NULL), -XEN_EINVAL);
    move_vcpu_info();

    second_context(&context);
    context.ctrlreg[3] = xen_pfn_to_cr3(mfn_of(page_alloc()));
    EXPECT_TRUE(HYPERCALL(vcpu_op, VCPUOP_initialise, 1, &context) < 0);
    second_context(&context);
    context.gs_base_kernel = 1UL << 63;
    EXPECT_TRUE(HYPERCALL(vcpu_op, VCPUOP_initialise, 1, &context) < 0);
    second_context(&context);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_initialise, 1, &context), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_initialise, 1, &context), -XEN_EEXIST);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 1, NULL), 0);
    if (!second_start(beat))
        return;
    for (until = system_time() + 5000000000; second_rounds() < 10 && system_time() < until;)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    EXPECT_TRUE(second_rounds() >= 10);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 1, NULL), 1);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 1, &run), 0);
    EXPECT_TRUE(run.time[RUNSTATE_running] > 0);
    copy_of_the_clock(&first);
    copy_of_the_clock(&again);
    EXPECT(memcmp(&first.tsc_to_system_mul, &again.tsc_to_system_mul, 5), 0);

    EXPECT(HYPERCALL(vcpu_op, VCPUOP_down, 1, NULL), 0);
    for (until = system_time() + 200000000; system_time() < until;)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    seen = second_rounds();
    for (until = system_time() + 20000000; system_time() < until;)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    EXPECT(second_rounds(), seen);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_is_up, 1, NULL), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_up, 1, NULL), 0);
    second_stop();
}
