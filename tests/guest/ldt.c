/* SPDX-License-Identifier: MIT */
/*
 * An LDT is validated when it is used, not when it is named.
 *
 * SET_LDT only notes an address; pages are brought in as selectors are loaded. So the attack is to
 * name a page that is harmless, and change it later. A page in use must be read-only and stay
 * so; a page with a system descriptor must make the load fault; unaligned, oversized and hypervisor
 * addresses must be refused at once.
 */
#include "harness.h"

#define FLAT_DATA 0x00cff3000000ffffUL
#define TSS       0x0000890000000067UL

static void load_fs(void *selector)
{
    asm volatile ("mov %w0, %%fs" : : "r" ((unsigned int)(uintptr_t)selector));
}

#define LDT(index) ((void *)(unsigned long)((index) * 8 + 4 + 3))

TEST(ldt)
{
    uint64_t *table = page_alloc(), *system = page_alloc();

    EXPECT_TRUE(mmuext(MMUEXT_SET_LDT, (unsigned long)table + 8, 16) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_SET_LDT, (unsigned long)table, 8193) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_SET_LDT, HYPERVISOR_VIRT_START, 512) < 0);

    table[1] = FLAT_DATA;
    EXPECT(mmuext(MMUEXT_SET_LDT, (unsigned long)table, 512), 0);
    /* Mapped writable: it cannot become a descriptor page. */
    EXPECT_TRUE(!try(load_fs, LDT(1)));
    EXPECT(make_readonly(table), 0);
    EXPECT_TRUE(try(load_fs, LDT(1)));
    try(load_fs, NULL);
    EXPECT_TRUE(make_writable(table) < 0);
    EXPECT_TRUE(!try(load_fs, LDT(2)));
    EXPECT(fault.regs.vector, VECTOR_GP);
    EXPECT(fault.regs.error & ~3, 2 * 8 + 4);

    system[1] = FLAT_DATA;
    system[9] = TSS;
    EXPECT(make_readonly(system), 0);
    EXPECT(mmuext(MMUEXT_SET_LDT, (unsigned long)system, 512), 0);
    EXPECT_TRUE(!try(load_fs, LDT(1)));

    EXPECT(mmuext(MMUEXT_SET_LDT, 0, 0), 0);
    EXPECT_TRUE(!try(load_fs, LDT(1)));
    EXPECT(make_writable(table), 0);
    EXPECT(make_writable(system), 0);
    page_free(table);
    page_free(system);
}
