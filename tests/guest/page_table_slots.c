/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's L4 slots are not the guest's to fill.
 *
 * Slots 256 to 271 of every L4 belong to the hypervisor. A guest that could put a table of its own
 * there would be executed by the hypervisor; one that could name the hypervisor's tables in a
 * slot of its own could write its memory. Both ways are tried, also with a new root whose slots
 * were filled before it was promoted.
 */
#include "harness.h"

TEST(page_table_slots)
{
    uint64_t *root = page_alloc(), l3, m2p_slot;
    uint64_t *live = va_of_mfn(root_mfn());
    long error;

    EXPECT(map(TEST_VA, 0), 0);
    l3 = entry_maddr(root_mfn(), TEST_VA, 3) >> 12;
    for (int slot = 256; slot < 272; slot++) {
        uint64_t before = live[slot];

        if (mmu_update(root_mfn() << 12 | slot * 8, pte(l3, PTE_TABLE)) == 0)
            fail("slot %d of the live root was replaced", slot);
        if (live[slot] != before)
            fail("slot %d of the live root has changed", slot);
    }

    /* The hypervisor's own L3 tables, if the root shows which they are. */
    m2p_slot = live[256];
    if (m2p_slot & PTE_P) {
        EXPECT_TRUE(mmu_update(root_mfn() << 12 | 0x400, pte(PTE_MFN(m2p_slot), PTE_TABLE)) < 0);
        EXPECT_TRUE(map(TEST_VA, pte(PTE_MFN(m2p_slot), PTE_RW)) < 0);
    }

    /* A root prepared with our table in a reserved slot: what was there must have no effect. */
    for (int slot = 256; slot < 272; slot++)
        root[slot] = pte(l3, PTE_TABLE);
    EXPECT(make_readonly(root), 0);
    error = mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(root), 0);
    if (error == 0) {
        for (int slot = 256; slot < 272; slot++)
            if (PTE_MFN(root[slot]) == l3 && (root[slot] & PTE_P))
                fail("slot %d of a new root was kept", slot);
        EXPECT(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(root), 0), 0);
    }
    EXPECT(make_writable(root), 0);
    page_free(root);
}
