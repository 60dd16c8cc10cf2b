/* SPDX-License-Identifier: MIT */
/*
 * A frame with a writable mapping somewhere must not become a page table anywhere.
 *
 * The mirror image of page_table_readonly: first map, then promote. One forgotten alias, be it in a
 * table that is itself not loaded, is enough. Pinning such a frame, hanging it into an upper
 * level, and loading it into CR3 must all fail, and succeed once the alias is gone.
 */
#include "harness.h"

static long hang(void *page)
{
    uint64_t at = entry_maddr(root_mfn(), TEST_VA + (1UL << 30), 2);
    long error = mmu_update(at, pte(mfn_of(page), PTE_TABLE));

    mmu_update(at, 0);
    return error;
}

TEST(page_table_alias)
{
    void *page = page_alloc();

    EXPECT(map(TEST_VA, 0), 0);
    EXPECT(map(TEST_VA + (1UL << 30), 0), 0);
    mmu_update(entry_maddr(root_mfn(), TEST_VA + (1UL << 30), 2), 0);

    /* Mapped writable by the image itself. */
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(page), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(page), 0) < 0);
    EXPECT_TRUE(hang(page) < 0);

    /* Read-only there, writable at another address. */
    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_RW)), 0);
    EXPECT(make_readonly(page), 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(page), 0) < 0);
    EXPECT_TRUE(hang(page) < 0);

    /* The alias gone; and with the frame promoted, the alias cannot come back. */
    EXPECT(map(TEST_VA, 0), 0);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), 0);
    EXPECT_TRUE(map(TEST_VA, pte(mfn_of(page), PTE_RW)) < 0);
    EXPECT_TRUE(make_writable(page) < 0);
    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_RO)), 0);
    EXPECT(map(TEST_VA, 0), 0);
    EXPECT(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0), 0);
    EXPECT(make_writable(page), 0);
    page_free(page);
}
