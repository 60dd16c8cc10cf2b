/* SPDX-License-Identifier: MIT */
/*
 * Clearing and copying frames by call.
 *
 * The hypervisor does the writing, through its own mapping, so it must ask what the frame is: not a
 * page table, not a descriptor page, not somebody else's. Reading a foreign frame is as bad.
 * Flushing takes any address and harms nobody.
 */
#include "harness.h"

TEST(page_ops)
{
    uint64_t *a = page_alloc(), *b = page_alloc(), *table = page_alloc();
    struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_MULTI };
    unsigned long mask = 1;
    xen_pfn_t frame = mfn_of(table);

    a[0] = a[511] = 0xa;
    EXPECT(mmuext(MMUEXT_COPY_PAGE, mfn_of(b), mfn_of(a)), 0);
    EXPECT(memcmp(a, b, PAGE_SIZE), 0);
    EXPECT(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(b), 0), 0);
    EXPECT(b[0] | b[511], 0);

    EXPECT_TRUE(mmuext(MMUEXT_CLEAR_PAGE, root_mfn(), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_COPY_PAGE, root_mfn(), mfn_of(a)) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_CLEAR_PAGE, 0x101, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_COPY_PAGE, 0x101, mfn_of(a)) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_COPY_PAGE, mfn_of(a), 0x101) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_CLEAR_PAGE, ~0UL >> 12, 0) < 0);
    EXPECT(make_readonly(table), 0);
    EXPECT(HYPERCALL(set_gdt, &frame, 512), 0);
    EXPECT_TRUE(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(table), 0) < 0);
    EXPECT(HYPERCALL(set_gdt, NULL, 0), 0);
    EXPECT(make_writable(table), 0);

    EXPECT(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    EXPECT(mmuext(MMUEXT_INVLPG_LOCAL, HYPERVISOR_VIRT_START, 0), 0);
    EXPECT(mmuext(MMUEXT_INVLPG_ALL, 1UL << 63, 0), 0);
    set_xen_guest_handle(flush.arg2.vcpumask, &mask);
    EXPECT(HYPERCALL(mmuext_op, &flush, 1, NULL, DOMID_SELF), 0);
    flush.arg2.vcpumask.p = (void *)HYPERVISOR_VIRT_END - 8;
    EXPECT_TRUE(HYPERCALL(mmuext_op, &flush, 1, NULL, DOMID_SELF) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_MARK_SUPER, mfn_of(a) & ~511UL, 0) < 0);
    page_free(a);
    page_free(b);
    page_free(table);
}
