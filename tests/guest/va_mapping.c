/* SPDX-License-Identifier: MIT */
/*
 * update_va_mapping: the same rules by another way.
 *
 * It finds the entry itself, by walking the tables for an address the guest names. Addresses
 * without tables, of the hypervisor, and not canonical must be refused; the flush that was asked
 * for must have happened when it returns, so a mapping taken away is gone at once.
 */
#include "harness.h"

TEST(va_mapping)
{
    uint64_t *a = page_alloc(), *b = page_alloc(), seen;
    static const unsigned long bad[] = {
        HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_END - 0x1000, 0xffff830000000000,
        0x0000800000000000, 0x500000000000,
    };

    a[0] = 0xa;
    b[0] = 0xb;
    EXPECT(map(TEST_VA, pte(mfn_of(a), PTE_RO)), 0);
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (update_va((void *)bad[i], pte(mfn_of(a), PTE_RO)) == 0)
            fail("%#lx was mapped", bad[i]);

    EXPECT(try_read((void *)TEST_VA, &seen), 0);
    EXPECT(seen, 0xa);
    EXPECT(HYPERCALL(update_va_mapping, TEST_VA, pte(mfn_of(b), PTE_RO),
                     UVMF_INVLPG | UVMF_LOCAL), 0);
    EXPECT(try_read((void *)TEST_VA, &seen), 0);
    EXPECT(seen, 0xb);
    EXPECT(HYPERCALL(update_va_mapping, TEST_VA, pte(mfn_of(a), PTE_RO),
                     UVMF_TLB_FLUSH | UVMF_ALL), 0);
    EXPECT(try_read((void *)TEST_VA, &seen), 0);
    EXPECT(seen, 0xa);
    EXPECT(HYPERCALL(update_va_mapping, TEST_VA, 0, UVMF_INVLPG | UVMF_ALL), 0);
    EXPECT(try_read((void *)TEST_VA, &seen), VECTOR_PF);
    EXPECT_TRUE(HYPERCALL(update_va_mapping_otherdomain, TEST_VA, pte(mfn_of(a), PTE_RO), 0, 1234)
                < 0);
    page_free(a);
    page_free(b);
}
