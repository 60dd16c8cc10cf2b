/* SPDX-License-Identifier: MIT */
/*
 * A page table must never be writable by its owner.
 *
 * Everything rests on this: whoever can store to a live page table owns the machine. For a table of
 * each level in turn, an L1 entry that maps it is asked for with each of the 512 combinations of
 * the low nine flags (and of NX): by update_va_mapping, by mmu_update, and by mmu_update with
 * the Accessed and Dirty bits kept. Present and writable must be refused; whatever was accepted,
 * a store through it must fault or leave the table as it was.
 */
#include "harness.h"

static uint64_t tables[5];      /* mfn by level */

static void find_tables(void)
{
    for (int level = 1; level <= 4; level++)
        tables[level] = entry_maddr(root_mfn(), TEST_VA, level) >> 12;
}

static long ask(int how, uint64_t entry)
{
    uint64_t at = entry_maddr(root_mfn(), TEST_VA, 1);

    switch (how) {
    case 0: return update_va((void *)TEST_VA, entry);
    case 1: return mmu_update(at, entry);
    default: return mmu_update(at | MMU_PT_UPDATE_PRESERVE_AD, entry);
    }
}

/* A store that succeeds would hit the last entry of the table, which is not in use. */
static bool store_gets_through(unsigned long table)
{
    volatile uint64_t *entry = (volatile uint64_t *)(TEST_VA + 511 * 8);
    volatile uint64_t *truth = (uint64_t *)va_of_mfn(table) + 511;
    uint64_t before = *truth;

    /* Clear bit 9 of a not-present entry: harmless, and emulated where that is on offer. */
    return try_write(entry, before ^ PTE_U) == 0 && *truth != before && (before & PTE_P);
}

TEST(page_table_readonly)
{
    unsigned int accepted = 0, refused = 0, wrong = 0;

    if (map(TEST_VA, 0) != 0)
        return;
    find_tables();
    for (int level = 1; level <= 4; level++)
        for (int how = 0; how < 3; how++)
            for (uint64_t flags = 0; flags < 1024; flags++) {
                uint64_t nx = flags & 512 ? PTE_NX : 0;
                long error = ask(how, pte(tables[level], (flags & 511) | nx));
                bool writable = (flags & PTE_P) && (flags & PTE_W);

                *(error ? &refused : &accepted) += 1;
                if (writable && error == 0 && ++wrong == 1)
                    fail("L%d writable with flags %#lx by way %d", level, flags & 511, how);
                if (!error && (flags & 0x1f) == PTE_P && store_gets_through(tables[level]))
                    fail("L%d written with flags %#lx", level, flags & 511);
                if (!error)
                    ask(0, 0);
            }
    EXPECT(wrong, 0);
    EXPECT(accepted + refused, 4 * 3 * 1024);
    /* Not-present entries mean nothing and are all accepted, read-only ones too. */
    EXPECT_TRUE(accepted >= 4 * 3 * 512);
    EXPECT(ask(0, 0), 0);
}
