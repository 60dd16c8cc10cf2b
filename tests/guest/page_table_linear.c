/* SPDX-License-Identifier: MIT */
/*
 * An L4 that contains itself.
 *
 * A classic: one slot of the root names the root, and all page tables appear as memory. With
 * write access it would be the end; read-only it has been the source of several holes (the
 * hypervisor has to know a frame in two roles at once), so Xenolith refuses it altogether, where
 * Xen allows it by default.
 */
#include "harness.h"

TEST(page_table_linear)
{
    uint64_t slot = entry_maddr(root_mfn(), 0x100000000000UL, 4);
    long error;

    EXPECT_TRUE(mmu_update(slot, pte(root_mfn(), PTE_TABLE)) < 0);
    error = mmu_update(slot, pte(root_mfn(), PTE_RO));
    if (on_xenolith)
        EXPECT_TRUE(error < 0);
    EXPECT(mmu_update(slot, 0), 0);
}
