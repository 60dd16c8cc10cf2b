/* SPDX-License-Identifier: MIT */
/*
 * A store to one's own read-only L1 table is carried out by the hypervisor.
 *
 * With the assist switched on, kernels rely on it for entries they change in passing. What is
 * stored is checked exactly like an mmu_update: a good entry appears in the table and works; one
 * that would map a page table writable does not, and the kernel gets its page fault after all.
 * Reads, modifies, exchanges and narrow stores all count as stores.
 */
#include "harness.h"

static volatile uint64_t *entry;
static uint64_t value;

static void do_xchg(void *unused)
{
    (void)unused;
    asm volatile ("xchg %0, %1" : "+r" (value), "+m" (*entry));
}

static void do_cmpxchg(void *expected)
{
    uint64_t old = (uint64_t)expected;

    asm volatile ("lock cmpxchg %2, %1" : "+a" (old), "+m" (*entry) : "r" (value));
}

TEST(page_table_store)
{
    void *page = page_alloc();
    uint64_t seen, at;

    EXPECT(HYPERCALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    EXPECT(map(TEST_VA, 0), 0);
    at = entry_maddr(root_mfn(), TEST_VA, 1);
    entry = (uint64_t *)((char *)va_of_mfn(at >> 12) + (at & 0xfff));
    *(uint64_t *)page = 0x1234;

    EXPECT(try_write(entry, pte(mfn_of(page), PTE_RO)), 0);
    mmuext(MMUEXT_INVLPG_LOCAL, TEST_VA, 0);
    EXPECT(try_read((void *)TEST_VA, &seen), 0);
    EXPECT(seen, 0x1234);
    EXPECT(try_write((void *)TEST_VA, 1), VECTOR_PF);

    /* Refused: the table itself, writable. */
    EXPECT(try_write(entry, pte(at >> 12, PTE_RW)), VECTOR_PF);
    EXPECT(fault.cr2, (unsigned long)entry);
    EXPECT(fault.regs.error & 3, 3);
    EXPECT(PTE_MFN(*entry), mfn_of(page));

    /* An exchange gives the old entry back; a compare with something else changes nothing. */
    value = 0;
    EXPECT_TRUE(try(do_xchg, NULL));
    EXPECT(PTE_MFN(value), mfn_of(page));
    EXPECT(*entry, 0);
    value = pte(mfn_of(page), PTE_RW);
    EXPECT_TRUE(try(do_cmpxchg, (void *)0x5000));
    EXPECT(*entry, 0);
    EXPECT_TRUE(try(do_cmpxchg, (void *)0));
    EXPECT(PTE_MFN(*entry), mfn_of(page));
    EXPECT(try_write((void *)TEST_VA, 0x5678), 0);
    EXPECT(*(volatile uint64_t *)page, 0x5678);
    EXPECT(try_write(entry, 0), 0);
    mmuext(MMUEXT_INVLPG_LOCAL, TEST_VA, 0);
    EXPECT(try_read((void *)TEST_VA, NULL), VECTOR_PF);
    page_free(page);
}
