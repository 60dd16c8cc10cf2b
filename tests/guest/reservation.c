/* SPDX-License-Identifier: MIT */
/*
 * Giving frames back and getting new ones.
 *
 * A frame given back while something still refers to it is a use after free in another domain's
 * memory. Frames that are mapped may only go when the last mapping does; page tables and frames of
 * others not at all; the same frame not twice. New frames count against the limit and, on
 * Xenolith, come zeroed. (Xen leaves it to a living domain to clear what it gives away.)
 */
#include "harness.h"

#define N 8

static long reserve(unsigned int op, xen_pfn_t *list, unsigned long n, unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n, .extent_order = order, .domid = DOMID_SELF
    };

    set_xen_guest_handle(r.extent_start, list);
    return HYPERCALL(memory_op, op, &r);
}

static long current(void)
{
    struct xen_memory_domain d = { .domid = DOMID_SELF };

    return HYPERCALL(memory_op, XENMEM_current_reservation, &d);
}

TEST(reservation)
{
    xen_pfn_t mfns[N], pfns[N], bad;
    char *pages[N];
    long had = current();
    uint64_t seen;

    EXPECT_TRUE(had > 1000);
    for (int i = 0; i < N; i++) {
        pages[i] = page_alloc();
        memset(pages[i], 0x5a, PAGE_SIZE);
        mfns[i] = mfn_of(pages[i]);
        pfns[i] = pfn_of(pages[i]);
        EXPECT(update_va(pages[i], 0), 0);
    }
    EXPECT(reserve(XENMEM_decrease_reservation, mfns, N, 0), N);
    EXPECT(current(), had - N);
    EXPECT_TRUE(reserve(XENMEM_decrease_reservation, mfns, 1, 0) <= 0);
    EXPECT_TRUE(map(TEST_VA, pte(mfns[0], PTE_RW)) < 0);

    bad = 0x101;
    EXPECT_TRUE(reserve(XENMEM_decrease_reservation, &bad, 1, 0) <= 0);
    bad = ~0UL;
    EXPECT_TRUE(reserve(XENMEM_decrease_reservation, &bad, 1, 0) <= 0);

    memcpy(mfns, pfns, sizeof(mfns));
    EXPECT(reserve(XENMEM_populate_physmap, mfns, N, 0), N);
    EXPECT(current(), had);
    for (int i = 0; i < N; i++) {
        EXPECT(machine_to_phys_mapping[mfns[i]], pfns[i]);
        ((unsigned long *)start_info->mfn_list)[pfns[i]] = mfns[i];
        EXPECT(make_writable(pages[i]), 0);
        if (try_read(pages[i] + 64, &seen) || (on_xenolith && seen != 0))
            fail("a new frame is not zero: %#lx", seen);
        page_free(pages[i]);
    }
    EXPECT_TRUE(reserve(XENMEM_populate_physmap, mfns, 1, 60) <= 0);
    EXPECT(current(), had);
}
