/* SPDX-License-Identifier: MIT */
/*
 * The machine-to-physical table can be read and not written.
 *
 * It is the one part of the hypervisor's address space a guest sees. Its entries for the guest's
 * frames must be the inverse of the p2m; the guest may change them for its own frames by a call,
 * not for others', and never by a store.
 */
#include "harness.h"

TEST(m2p)
{
    unsigned long *p2m = (unsigned long *)start_info->mfn_list, wrong = 0;
    unsigned long mfn = p2m[pfn_of(page_alloc())], pfn, max;
    struct xen_machphys_mapping where = { 0 };
    uint64_t seen;

    for (pfn = 0; pfn < start_info->nr_pages; pfn++)
        wrong += machine_to_phys_mapping[p2m[pfn]] != pfn;
    EXPECT(wrong, 0);

    pfn = machine_to_phys_mapping[mfn];
    EXPECT(try_write(&machine_to_phys_mapping[mfn], 1), VECTOR_PF);
    EXPECT(fault.regs.error & 2, 2);
    EXPECT(machine_to_phys_mapping[mfn], pfn);
    EXPECT(mmu_update(mfn << 12 | MMU_MACHPHYS_UPDATE, pfn + 0x100000), 0);
    EXPECT(machine_to_phys_mapping[mfn], pfn + 0x100000);
    EXPECT(mmu_update(mfn << 12 | MMU_MACHPHYS_UPDATE, pfn), 0);

    EXPECT(HYPERCALL(memory_op, XENMEM_machphys_mapping, &where), 0);
    EXPECT(where.v_start, MACH2PHYS_VIRT_START);
    max = HYPERCALL(memory_op, XENMEM_maximum_ram_page, NULL);
    EXPECT_TRUE(where.max_mfn >= max - 1);
    EXPECT_TRUE(mmu_update((max + 1) << 12 | MMU_MACHPHYS_UPDATE, 1) < 0);
    /* Frame 0x101 is the hypervisor's or nobody's; never ours in these tests. */
    if (try_read(&machine_to_phys_mapping[0x101], &seen) == 0 && seen >= start_info->nr_pages)
        EXPECT_TRUE(mmu_update(0x101UL << 12 | MMU_MACHPHYS_UPDATE, 1) < 0);
    page_free(va_of_mfn(mfn));
}
