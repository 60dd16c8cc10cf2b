/* SPDX-License-Identifier: MIT */
/*
 * A table has one level, and its entries name tables of the level below.
 *
 * If an L1 table could be used as an L2, its "pages" would be read as page tables, and the guest
 * could write those. So each wrong pairing of levels is tried by pinning and by hanging into a
 * live table; so are entries with the page-size bit, which would make a page table's entry a
 * large mapping, and those with reserved bits.
 */
#include "harness.h"

static const unsigned int pin[5] = {
    0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE
};

TEST(page_table_types)
{
    uint64_t at[5], mfn[5], entry;
    void *page = page_alloc();

    EXPECT(map(TEST_VA, 0), 0);
    for (int level = 1; level <= 4; level++) {
        at[level] = entry_maddr(root_mfn(), TEST_VA, level);
        mfn[level] = at[level] >> 12;
    }

    /* A live table of level `is` pinned as, or hung where, level `as` is due. */
    for (int is = 1; is <= 4; is++)
        for (int as = 1; as <= 4; as++) {
            if (is == as)
                continue;
            if (mmuext(pin[as], mfn[is], 0) >= 0)
                fail("an L%d was pinned as L%d", is, as);
            if (as < 4 && mmu_update(at[as + 1] ^ 0x800, pte(mfn[is], PTE_TABLE)) >= 0)
                fail("an L%d was hung in as L%d", is, as);
        }

    /* A large page, of memory that is all ours or not. */
    for (int level = 2; level <= 4; level++) {
        entry = pte(mfn_of(page) & ~0x1ffUL, PTE_TABLE | PTE_PSE);
        EXPECT_TRUE(mmu_update(at[level] ^ 0x800, entry) < 0);
        /* A good table, but as a large page: its very entries would be in reach. */
        entry = pte(mfn[level - 1], PTE_TABLE | PTE_PSE);
        EXPECT_TRUE(mmu_update(at[level] ^ 0x800, entry) < 0);
    }
    /* Reserved physical address bits, at each level. */
    for (int level = 1; level <= 4; level++) {
        entry = (level == 1 ? pte(mfn_of(page), PTE_RW) : pte(mfn[level - 1], PTE_TABLE))
                | 1UL << 51;
        EXPECT_TRUE(mmu_update(at[level] ^ 0x800, entry) < 0);
    }
    /* An entry across two slots. */
    EXPECT_TRUE(mmu_update(at[1] + 4, 0) < 0);
    page_free(page);
}
