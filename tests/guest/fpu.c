/* SPDX-License-Identifier: MIT */
/*
 * The floating-point unit belongs to whoever runs.
 *
 * fpu_taskswitch makes the next use a #NM, so that a kernel can switch lazily; clearing it ends
 * that. The registers must be the same after the vCPU has waited and others have run.
 */
#include "harness.h"

static uint64_t value;

static void use_sse(void *arg)
{
    asm volatile (".byte 0xf3, 0x0f, 0x7e, 0x00" : : "a" (arg)); /* movq (%rax), %xmm0 */
}

static void read_sse(void *arg)
{
    asm volatile (".byte 0x66, 0x0f, 0xd6, 0x00" : : "a" (arg) : "memory"); /* movq %xmm0, (%rax) */
}

TEST(fpu)
{
    EXPECT(HYPERCALL(fpu_taskswitch, 1), 0);
    EXPECT_TRUE(!try(use_sse, &value));
    EXPECT(fault.regs.vector, VECTOR_NM);
    EXPECT(HYPERCALL(fpu_taskswitch, 0), 0);
    value = 0x1122334455667788;
    EXPECT_TRUE(try(use_sse, &value));
    for (int i = 0; i < 5; i++) {
        struct sched_poll poll = { .nr_ports = 0, .timeout = system_time() + 2000000 };

        EXPECT(HYPERCALL(sched_op, SCHEDOP_poll, &poll), 0);
        EXPECT_TRUE(system_time() >= poll.timeout);
    }
    value = 0;
    EXPECT_TRUE(try(read_sse, &value));
    EXPECT(value, 0x1122334455667788);
}
