/* SPDX-License-Identifier: MIT */
/*
 * Pinning and unpinning keep their books.
 *
 * A pin is one type reference that the guest holds by name. Taking it twice, dropping it when it is
 * not held, and dropping it while the table is in use are where counts go wrong. A table whose
 * 300th entry is bad must give all 299 references back: the frames they named must be as free
 * as before.
 */
#include "harness.h"

TEST(pin)
{
    uint64_t *table = page_alloc(), *page = page_alloc();
    unsigned long t = mfn_of(table), p = mfn_of(page);

    EXPECT_TRUE(mmuext(MMUEXT_UNPIN_TABLE, t, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, ~0UL >> 12, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_UNPIN_TABLE, ~0UL >> 12, 0) < 0);

    /* A bad entry far into the table: write access to a frame that is a page table. */
    for (int i = 0; i < 300; i++)
        table[i] = pte(p, PTE_RW);
    table[300] = pte(root_mfn(), PTE_RW);
    EXPECT(make_readonly(table), 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, t, 0) < 0);
    EXPECT(make_writable(table), 0);
    /* Nothing may hold p now: it can be made a page table itself. */
    EXPECT(make_readonly(page), 0);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, p, 0), 0);
    EXPECT(mmuext(MMUEXT_UNPIN_TABLE, p, 0), 0);
    EXPECT(make_writable(page), 0);

    /* Good, this time; then twice; then unpinned once too often. */
    table[300] = 0;
    EXPECT(make_readonly(table), 0);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, t, 0), 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, t, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L2_TABLE, t, 0) < 0);
    /* p is mapped writable by it 300 times. */
    EXPECT(make_readonly(page), 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, p, 0) < 0);
    EXPECT(mmuext(MMUEXT_UNPIN_TABLE, t, 0), 0);
    EXPECT_TRUE(mmuext(MMUEXT_UNPIN_TABLE, t, 0) < 0);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, p, 0), 0);
    EXPECT(mmuext(MMUEXT_UNPIN_TABLE, p, 0), 0);

    /* In use without a pin: the table that maps TEST_VA. */
    EXPECT(map(TEST_VA, 0), 0);
    EXPECT_TRUE(mmuext(MMUEXT_UNPIN_TABLE, entry_maddr(root_mfn(), TEST_VA, 1) >> 12, 0) < 0);
    EXPECT(make_writable(table), 0);
    EXPECT(make_writable(page), 0);
    page_free(table);
    page_free(page);
}
