/* SPDX-License-Identifier: MIT */
/*
 * Loading a whole GDT.
 *
 * set_gdt takes frames whose content the guest chose beforehand, so the same rules as for single
 * descriptors must hold for every one of 512. It takes at most 14 pages: the last two of the
 * table are the hypervisor's and hold its own descriptors. What was loaded must work.
 */
#include "harness.h"

#define FLAT_DATA 0x00cff3000000ffffUL

static void load_fs(void *selector)
{
    asm volatile ("mov %w0, %%fs" : : "r" ((unsigned int)(uintptr_t)selector));
}

TEST(gdt)
{
    uint64_t *good = page_alloc(), *bad = page_alloc();
    xen_pfn_t frames[16];

    for (int i = 0; i < 16; i++)
        frames[i] = mfn_of(good);
    good[3] = FLAT_DATA;
    bad[511] = 0x0000890000000067UL; /* an available TSS */
    EXPECT(make_readonly(good), 0);
    EXPECT(make_readonly(bad), 0);

    EXPECT_TRUE(HYPERCALL(set_gdt, frames, FIRST_RESERVED_GDT_ENTRY + 1) < 0);
    EXPECT(HYPERCALL(set_gdt, frames, 512), 0);
    EXPECT_TRUE(try(load_fs, (void *)(3 * 8 + 3)));
    EXPECT_TRUE(!try(load_fs, (void *)(5 * 8 + 3)));
    EXPECT(fault.regs.vector, VECTOR_GP);
    EXPECT(fault.regs.error, 5 * 8);
    try(load_fs, NULL);

    frames[1] = mfn_of(bad);
    EXPECT_TRUE(HYPERCALL(set_gdt, frames, 1024) < 0);
    frames[1] = 0x101;
    EXPECT_TRUE(HYPERCALL(set_gdt, frames, 1024) < 0);
    frames[1] = root_mfn();
    EXPECT_TRUE(HYPERCALL(set_gdt, frames, 1024) < 0);
    /* The one loaded before is still there. */
    EXPECT_TRUE(try(load_fs, (void *)(3 * 8 + 3)));
    try(load_fs, NULL);
    /* The hypervisor's descriptors are not for loading, except the flat ones. */
    EXPECT_TRUE(!try(load_fs, (void *)0xe008UL));
    EXPECT_TRUE(try(load_fs, (void *)(unsigned long)FLAT_RING3_DS32));
    try(load_fs, NULL);

    EXPECT_TRUE(make_writable(good) < 0);
    EXPECT(HYPERCALL(set_gdt, NULL, 0), 0);
    EXPECT(make_writable(good), 0);
    EXPECT(make_writable(bad), 0);
    page_free(good);
    page_free(bad);
}
