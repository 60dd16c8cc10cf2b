/* SPDX-License-Identifier: MIT */
/*
 * Breakpoints are for the guest's own addresses.
 *
 * A breakpoint on hypervisor code would raise #DB in ring 0 at a place of the guest's choosing. So
 * addresses in the hypervisor's range and beyond the canonical ones are refused, reserved bits of
 * DR6 and DR7 have no effect, and general detect (which would make the hypervisor's own use
 * trap) cannot be set. A breakpoint on the guest's own memory must work.
 */
#include "harness.h"

static volatile uint64_t watched;
static volatile unsigned int hits;

static bool count_db(struct regs *r)
{
    if (r->vector != VECTOR_DB)
        return false;
    hits++;
    return true;
}

TEST(debug_registers)
{
    static const unsigned long bad[] = {
        HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_END - 8, 0xffff82d080200000, 0x0000800000000000,
    };

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (int reg = 0; reg < 4; reg++) {
            if (HYPERCALL(set_debugreg, reg, bad[i]) == 0)
                fail("DR%d took %#lx", reg, bad[i]);
            EXPECT(HYPERCALL(get_debugreg, reg), 0);
        }
    EXPECT_TRUE(HYPERCALL(set_debugreg, 8, 0) < 0);
    EXPECT_TRUE(HYPERCALL(set_debugreg, -1, 0) < 0);
    /* General detect. */
    HYPERCALL(set_debugreg, 7, 1UL << 13);
    EXPECT(HYPERCALL(get_debugreg, 7) & 1UL << 13, 0);
    HYPERCALL(set_debugreg, 7, 0);

    /* A value that is no error: -ERESTART means something inside the hypervisor only. */
    EXPECT(HYPERCALL(set_debugreg, 0, -85), 0);
    EXPECT(HYPERCALL(get_debugreg, 0), -85);

    EXPECT(HYPERCALL(set_debugreg, 0, &watched), 0);
    EXPECT(HYPERCALL(get_debugreg, 0), (unsigned long)&watched);
    EXPECT(HYPERCALL(set_debugreg, 7, 2 | 1 << 16 | 3 << 18), 0); /* writes of 8 bytes */
    trap_hook = count_db;
    hits = 0;
    watched = 1;
    EXPECT(hits, 1);
    EXPECT(HYPERCALL(get_debugreg, 6) & 1, 1);
    EXPECT(HYPERCALL(set_debugreg, 7, 0), 0);
    watched = 2;
    EXPECT(hits, 1);
    EXPECT(HYPERCALL(set_debugreg, 0, 0), 0);
    EXPECT(HYPERCALL(set_debugreg, 6, 0), 0);
}
