/* SPDX-License-Identifier: MIT */
/*
 * A descriptor can be a door into ring 0; the guest may not make one.
 *
 * All 16 types of system and of code and data descriptors, with each privilege level, are written
 * into a live GDT page. Gates, TSS and LDT descriptors that are present must be refused: a call
 * gate or a task switch would leave ring 3. Code and data are taken, but what is then in the
 * table must have the guest's own privilege, whatever was asked for.
 */
#include "harness.h"

#define DESC_P    (1UL << 47)
#define DESC_S    (1UL << 44)
#define DESC_LONG (1UL << 53)
#define CALL_GATE 12
#define DPL(d)    ((d) >> 45 & 3)

static uint64_t *table;

static long put(int index, uint64_t descriptor)
{
    return HYPERCALL(update_descriptor, maddr_of(table) + index * 8, descriptor);
}

static void try_descriptor(unsigned int type, bool plain, unsigned int dpl, bool present)
{
    uint64_t d = 0x00cf00000000ffffUL | (uint64_t)type << 40 | (uint64_t)dpl << 45
        | (plain ? DESC_S : 0) | (present ? DESC_P : 0);
    long error;

    if (plain && (type & 8))
        d = (d & ~(1UL << 54)) | DESC_LONG; /* 64-bit code */
    table = table ? table : page_alloc();
    error = put(1, d);
    /* Xen takes call gates, to carry them out itself, and keeps them from the processor. */
    if (error == 0 && type == CALL_GATE && !plain && present && !on_xenolith) {
        EXPECT(DPL(table[1]), 0);
        EXPECT(put(1, 0), 0);
        return;
    }
    if (present && !plain && type && error == 0)
        fail("system type %u with DPL %u was taken", type, dpl);
    if (present && plain && error != 0)
        fail("plain type %u with DPL %u was refused: %ld", type, dpl, error);
    if (error == 0 && (table[1] & DESC_P) && plain && DPL(table[1]) == 0)
        fail("plain type %u with DPL %u became %#lx", type, dpl, table[1]);
    EXPECT(put(1, 0), 0);
}

TEST(descriptors)
{
    xen_pfn_t frame;

    table = page_alloc();
    frame = mfn_of(table);
    EXPECT(make_readonly(table), 0);
    EXPECT(HYPERCALL(set_gdt, &frame, 512), 0);
    for (unsigned int type = 0; type < 16; type++)
        for (unsigned int dpl = 0; dpl < 4; dpl++)
            for (int how = 0; how < 4; how++)
                try_descriptor(type, how & 1, dpl, how & 2);

    /* The page is a descriptor page now, and only the call may change it. */
    EXPECT_TRUE(make_writable(table) < 0);
    EXPECT(try_write(&table[1], 0), VECTOR_PF);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, frame, 0) < 0);
    EXPECT_TRUE(HYPERCALL(update_descriptor, maddr_of(table) + 4, 0) < 0);
    EXPECT_TRUE(HYPERCALL(update_descriptor, 0x101000, 0) < 0);
    EXPECT_TRUE(HYPERCALL(update_descriptor, root_mfn() << 12, 0) < 0);

    EXPECT(HYPERCALL(set_gdt, NULL, 0), 0);
    EXPECT(make_writable(table), 0);
    page_free(table);
}
