/* SPDX-License-Identifier: MIT */
/*
 * Segment bases.
 *
 * A base that is not canonical faults when the hypervisor loads it, in ring 0. It must be refused
 * when it is set. Good ones must be in force at once, and the kernel's and the user's GS must
 * change places on the way to user mode and back.
 */
#include "harness.h"

static uint64_t read_fs(void)
{
    uint64_t value;

    asm volatile ("mov %%fs:8, %0" : "=r" (value));
    return value;
}

static uint64_t read_gs(void)
{
    uint64_t value;

    asm volatile ("mov %%gs:8, %0" : "=r" (value));
    return value;
}

__attribute__((section(".user.data"))) static uint64_t user_words[2];

USER static long user_gs(long unused)
{
    long value;

    (void)unused;
    asm volatile ("mov %%gs:8, %0" : "=r" (value));
    return value;
}

TEST(segment_base)
{
    static const unsigned long bad[] = { 0x0000800000000000, 0xffff7fffffffffff, 1UL << 63 };
    static uint64_t a[2] = { 0, 0xaaaa }, b[2] = { 0, 0xbbbb };
    extern char user_begin[];
    long result;

    for (unsigned int which = SEGBASE_FS; which <= SEGBASE_GS_KERNEL; which++)
        for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            if (HYPERCALL(set_segment_base, which, bad[i]) == 0)
                fail("base %u took %#lx", which, bad[i]);
    EXPECT_TRUE(HYPERCALL(set_segment_base, 4, 0) < 0);

    EXPECT(HYPERCALL(set_segment_base, SEGBASE_FS, a), 0);
    EXPECT(read_fs(), 0xaaaa);
    EXPECT(HYPERCALL(set_segment_base, SEGBASE_GS_KERNEL, b), 0);
    EXPECT(read_gs(), 0xbbbb);
    HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    EXPECT(read_fs(), 0xaaaa);
    EXPECT(read_gs(), 0xbbbb);

    user_words[1] = 0xcccc;
    EXPECT(HYPERCALL(set_segment_base, SEGBASE_GS_USER,
                     USER_BASE + ((char *)user_words - user_begin)), 0);
    EXPECT_TRUE(run_user(user_gs, 0, &result));
    EXPECT(result, 0xcccc);
    EXPECT(read_gs(), 0xbbbb);
    HYPERCALL(set_segment_base, SEGBASE_FS, 0);
    HYPERCALL(set_segment_base, SEGBASE_GS_KERNEL, 0);
    HYPERCALL(set_segment_base, SEGBASE_GS_USER, 0);
}
