/* SPDX-License-Identifier: MIT */
/*
 * Every number a frame can have, from a guest.
 *
 * A guest does not know the machine's memory map, so it tries all numbers below the highest frame,
 * and some beyond: Domain0's memory, the hypervisor's, device registers, the interrupt
 * controllers. It may map what is its own and what is shared with it, and nothing else, neither to
 * write nor to read; nor may it copy such a frame, or make a page table of it.
 */
#include "harness.h"

static bool shared(unsigned long mfn)
{
    return mfn == start_info->shared_info >> 12 || mfn == start_info->store_mfn
        || mfn == start_info->console.domU.mfn;
}

TEST(frames_all)
{
    static const unsigned long beyond[] = { 0xfec00, 0xfee00, 0xfed00, 0xfffff, 0xffffffffff };
    unsigned long max = HYPERCALL(memory_op, XENMEM_maximum_ram_page, NULL);
    unsigned int taken = 0;
    uint64_t at;
    void *page = page_alloc();

    if (in_domain0) {
        skip("Domain0 may map devices, and frames_foreign tries its memory");
        return;
    }
    EXPECT(map(TEST_VA, 0), 0);
    map_grant_table();
    at = entry_maddr(root_mfn(), TEST_VA, 1);
    for (unsigned long mfn = 0; mfn < max; mfn++)
        if (!is_our_frame(mfn) && !shared(mfn) && mmu_update(at, pte(mfn, PTE_RO)) == 0) {
            mmu_update(at, 0);
            taken++; /* one is the grant table's, see below */
        }
    EXPECT(taken, 1);
    for (unsigned int i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        EXPECT_TRUE(mmu_update(at, pte(beyond[i], PTE_RO)) < 0);
        EXPECT_TRUE(mmu_update(at, pte(beyond[i], PTE_RW | PTE_PCD)) < 0);
        EXPECT_TRUE(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), beyond[i]) < 0);
    }
    for (unsigned long mfn = 0; mfn < max; mfn += 997)
        if (!is_our_frame(mfn) && !shared(mfn)) {
            EXPECT_TRUE(mmuext(MMUEXT_COPY_PAGE, mfn_of(page), mfn) < 0 || mfn_of(page) == mfn);
            EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, mfn, 0) < 0);
        }
    mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
    page_free(page);
}
