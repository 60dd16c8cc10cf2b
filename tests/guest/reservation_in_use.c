/* SPDX-License-Identifier: MIT */
/*
 * Giving away a frame that is in use.
 *
 * While a mapping of the frame exists it must not reach anybody else: either the call refuses, or
 * the frame stays the domain's until the mapping goes. Which frame the domain gets next tells.
 */
#include "harness.h"

static long reserve(unsigned int op, xen_pfn_t *frame)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, frame);
    return HYPERCALL(memory_op, op, &r);
}

TEST(reservation_in_use)
{
    void *page = page_alloc(), *table = page_alloc();
    unsigned long mfn = mfn_of(page);
    xen_pfn_t frame = mfn;
    long done;

    *(volatile uint64_t *)page = 0x1111;
    EXPECT(map(TEST_VA, pte(mfn, PTE_RW)), 0);
    done = reserve(XENMEM_decrease_reservation, &frame); /* mapped twice */
    for (int i = 0; done == 1 && i < 64; i++) {
        frame = 0x100000 + i;
        if (reserve(XENMEM_populate_physmap, &frame) != 1)
            break;
        if (frame == mfn)
            fail("a frame that is still mapped was given out again");
        reserve(XENMEM_decrease_reservation, &frame);
    }
    EXPECT(*(volatile uint64_t *)TEST_VA, 0x1111);
    EXPECT(*(volatile uint64_t *)page, 0x1111);

    /* A page table: pinned, so in use. */
    EXPECT(make_readonly(table), 0);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(table), 0), 0);
    frame = mfn_of(table);
    if (reserve(XENMEM_decrease_reservation, &frame) == 1)
        EXPECT_TRUE(map(TEST_VA + PAGE_SIZE, pte(mfn_of(table), PTE_RW)) < 0);

    /* Let go of everything; put frames back where the pool expects them. */
    EXPECT(map(TEST_VA, 0), 0);
    mmuext(MMUEXT_UNPIN_TABLE, mfn_of(table), 0);
    update_va(page, 0);
    update_va(table, 0);
    for (int i = 0; i < 2; i++) { /* fails for a frame that went with its last mapping */
        frame = mfn_of(i ? table : page);
        reserve(XENMEM_decrease_reservation, &frame);
    }
    for (int i = 0; i < 2; i++) {
        void *p = i ? table : page;

        frame = pfn_of(p);
        EXPECT(reserve(XENMEM_populate_physmap, &frame), 1);
        ((unsigned long *)start_info->mfn_list)[pfn_of(p)] = frame;
        EXPECT(make_writable(p), 0);
        page_free(p);
    }
}
