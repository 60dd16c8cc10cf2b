/* SPDX-License-Identifier: MIT */
/*
 * mmu_update away from the common case.
 *
 * Lists of nothing, of one bad update in the middle (what was done must be told), to frames that
 * are plain memory (a word is written) or not ours (nothing is), for other domains that do not
 * exist, with unknown commands; and Accessed and Dirty, which PRESERVE_AD must keep.
 */
#include "harness.h"

static long updates(struct mmu_update *list, unsigned int n, unsigned int *done, unsigned int dom)
{
    *done = 99;
    return HYPERCALL(mmu_update, list, n, done, dom);
}

TEST(mmu_update_edges)
{
    uint64_t *page = page_alloc(), at, m = maddr_of(page);
    struct mmu_update list[3];
    unsigned int done;

    EXPECT(updates(list, 0, &done, DOMID_SELF), 0);
    EXPECT(done, 0);
    list[0] = (struct mmu_update){ .ptr = m, .val = 11 };
    list[1] = (struct mmu_update){ .ptr = 0x101000, .val = 22 };
    list[2] = (struct mmu_update){ .ptr = m + 8, .val = 33 };
    EXPECT_TRUE(updates(list, 3, &done, DOMID_SELF) < 0);
    EXPECT(done, 1);
    EXPECT(page[0], 11);
    EXPECT(page[1], 0);
    list[1].ptr = m + 16;
    EXPECT(updates(list, 3, &done, DOMID_SELF), 0);
    EXPECT(done, 3);
    EXPECT(page[1], 33);
    EXPECT(page[2], 22);

    EXPECT_TRUE(updates(list, 1, &done, 1234) < 0);
    EXPECT_TRUE(updates(list, 1, &done, DOMID_SELF | 1235 << 16) < 0);
    list[0].ptr = m | MMU_PT_UPDATE_NO_TRANSLATE;
    EXPECT(updates(list, 1, &done, DOMID_SELF), 0);
    list[0].ptr = 1UL << 60;
    EXPECT_TRUE(updates(list, 1, &done, DOMID_SELF) < 0);

    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_P | PTE_W | PTE_U)), 0);
    at = entry_maddr(root_mfn(), TEST_VA, 1);
    *(volatile uint64_t *)TEST_VA = 1;
    EXPECT(read_entry(at) & (PTE_A | PTE_D), PTE_A | PTE_D);
    EXPECT(mmu_update(at | MMU_PT_UPDATE_PRESERVE_AD, pte(mfn_of(page), PTE_P | PTE_U)), 0);
    EXPECT(read_entry(at) & (PTE_A | PTE_D | PTE_W), PTE_A | PTE_D);
    EXPECT(mmu_update(at, pte(mfn_of(page), PTE_P | PTE_U)), 0);
    EXPECT(read_entry(at) & (PTE_A | PTE_D), 0);
    /* The software bits are the guest's. */
    EXPECT(mmu_update(at, pte(mfn_of(page), PTE_RO | PTE_AVAIL)), 0);
    EXPECT(read_entry(at) & PTE_AVAIL, PTE_AVAIL);
    EXPECT(map(TEST_VA, 0), 0);
    page_free(page);
}
