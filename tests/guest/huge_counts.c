/* SPDX-License-Identifier: MIT */
/*
 * Counts far beyond what follows.
 *
 * A list of requests says itself how long it is. With counts of 2^32 and more, of which the array
 * holds one page, the calls must work through what is there, say how far they came, and stop at the
 * page that is missing: no multiplication may wrap, no length be kept in too few bits.
 */
#include "harness.h"

static const unsigned int counts[] = { 0x10000, 0x01000000, 0x10000000, 0x55555556, 0x7fffffff };

static void updates(unsigned int count)
{
    struct mmu_update *list = (struct mmu_update *)TEST_VA;
    unsigned int fit = PAGE_SIZE / sizeof(*list), done = 0;
    void *spare = page_alloc();

    for (unsigned int i = 0; i < fit; i++) {
        list[i].ptr = mfn_of(spare) << 12 | MMU_MACHPHYS_UPDATE;
        list[i].val = pfn_of(spare);
    }
    EXPECT(HYPERCALL(mmu_update, list, count, &done, DOMID_SELF), -XEN_EFAULT);
    EXPECT(done, fit);
    page_free(spare);
}

static void operations(unsigned int count)
{
    struct mmuext_op *list = (struct mmuext_op *)TEST_VA;
    unsigned int fit = PAGE_SIZE / sizeof(*list), done = 0;

    memset(list, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < fit; i++)
        list[i].cmd = MMUEXT_INVLPG_LOCAL;
    EXPECT(HYPERCALL(mmuext_op, list, count, &done, DOMID_SELF), -XEN_EFAULT);
    EXPECT(done, fit);
}

static void calls(unsigned int count)
{
    struct multicall_entry *list = (struct multicall_entry *)TEST_VA;
    unsigned int fit = PAGE_SIZE / sizeof(*list);

    memset(list, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < fit; i++) {
        list[i].op = __HYPERVISOR_xen_version;
        list[i].args[0] = XENVER_pagesize;
    }
    EXPECT(HYPERCALL(multicall, list, count), -XEN_EFAULT);
}

static void grants(unsigned int count)
{
    struct gnttab_copy *list = (struct gnttab_copy *)TEST_VA;

    memset(list, 0, PAGE_SIZE);
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_copy, list, count), -XEN_EFAULT);
}

static void extents(unsigned long count)
{
    struct xen_memory_reservation r = { .nr_extents = count, .domid = DOMID_SELF };
    long before, after;
    struct xen_memory_domain self = { .domid = DOMID_SELF };

    memset((void *)TEST_VA, 0xff, PAGE_SIZE); /* frames that nobody has */
    r.extent_start.p = (void *)TEST_VA;
    before = HYPERCALL(memory_op, XENMEM_current_reservation, &self);
    EXPECT_TRUE(HYPERCALL(memory_op, XENMEM_decrease_reservation, &r) <= 0);
    after = HYPERCALL(memory_op, XENMEM_current_reservation, &self);
    EXPECT(before - after, 0);
}

TEST(huge_counts)
{
    char *page = page_alloc();

    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_RW)), 0);
    for (unsigned int i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        updates(counts[i]);
        operations(counts[i]);
        calls(counts[i]);
        grants(counts[i]);
        extents(counts[i]);
    }
    extents(1UL << 32);
    extents(1UL << 63);
    extents(~0UL);
    EXPECT(map(TEST_VA, 0), 0);
    page_free(page);
}
