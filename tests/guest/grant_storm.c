/* SPDX-License-Identifier: MIT */
/*
 * A storm of grant mappings, with a ledger.
 *
 * For the host, for devices, or both; read-only or writable; undone together, in halves, by wrong
 * handles, twice: in any order that thousands of random calls make, the flags in the shared entry
 * must say exactly what is still mapped, and in the end nothing. A count that is dropped for a kind
 * that was not mapped, or a flag cleared before a call has failed (XSA-224, 230, 394), shows as a
 * difference to the ledger, or as a frame that stays held.
 */
#include "harness.h"

#define SLOTS  16
#define REFS   4
#define ROUNDS 4000

static struct grant_entry_v1 *table;
static void *pages[REFS];

static struct slot {
    bool host, device, readonly;
    unsigned int ref;
    grant_handle_t handle;
} slots[SLOTS];

static uint64_t address(unsigned int slot)
{
    return TEST_VA + (16 + slot) * PAGE_SIZE;
}

/* What the ledger says that the entry's flags must be. */
static uint16_t due(unsigned int ref)
{
    uint16_t flags = GTF_permit_access;

    for (int i = 0; i < SLOTS; i++)
        if (slots[i].ref == ref && (slots[i].host || slots[i].device))
            flags |= GTF_reading | (slots[i].readonly ? 0 : GTF_writing);
    return flags;
}

static void map_slot(unsigned int i, uint64_t r, domid_t self)
{
    struct slot *s = &slots[i];
    struct gnttab_map_grant_ref op = {
        .host_addr = address(i), .dom = self, .ref = 8 + (r & (REFS - 1)),
        .flags = (r >> 8 & 3) | (r & 0x400 ? GNTMAP_readonly : 0),
    };

    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
    if (!(op.flags & (GNTMAP_host_map | GNTMAP_device_map))) {
        EXPECT_TRUE(op.status < 0);
        return;
    }
    EXPECT(op.status, GNTST_okay);
    if (op.flags & GNTMAP_device_map)
        EXPECT(op.dev_bus_addr, maddr_of(pages[op.ref - 8]));
    *s = (struct slot){
        .host = op.flags & GNTMAP_host_map, .device = op.flags & GNTMAP_device_map,
        .readonly = op.flags & GNTMAP_readonly, .ref = op.ref, .handle = op.handle,
    };
}

static void unmap_slot(unsigned int i, uint64_t r)
{
    struct slot *s = &slots[i];
    struct gnttab_unmap_grant_ref op = { .handle = s->handle };
    bool nobody = (r & 0xf0) == 0, elsewhere = (r & 0xf00) == 0 && s->host;

    if (r & 1 && s->host)
        op.host_addr = address(i);
    if (r & 2 && s->device)
        op.dev_bus_addr = maddr_of(pages[s->ref - 8]);
    if (nobody)
        op.handle += 1000; /* nobody's */
    if (elsewhere)
        op.host_addr = address(i) + 64 * PAGE_SIZE; /* nothing is mapped there */
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    if (nobody || elsewhere) {
        if (op.status == GNTST_okay && (op.host_addr || op.dev_bus_addr))
            fail("an unmap of something else was carried out");
        return;
    }
    EXPECT(op.status, GNTST_okay);
    s->host = s->host && !op.host_addr;
    s->device = s->device && !op.dev_bus_addr;
}

static void check_entries(void)
{
    for (unsigned int ref = 8; ref < 8 + REFS; ref++)
        if (table[ref].flags != due(ref))
            fail("entry %u has flags %#x, not %#x", ref, table[ref].flags, due(ref));
}

TEST(grant_storm)
{
    domid_t self = own_domid();

    memset(slots, 0, sizeof(slots));
    EXPECT(map(TEST_VA, 0), 0);
    table = map_grant_table();
    for (int i = 0; i < REFS; i++) {
        pages[i] = page_alloc();
        table[8 + i] = (struct grant_entry_v1){
            .flags = GTF_permit_access, .domid = self, .frame = mfn_of(pages[i])
        };
    }
    for (unsigned int n = times(ROUNDS); n; n--) {
        uint64_t r = random64();
        unsigned int i = r >> 32 & (SLOTS - 1);

        if (slots[i].host || slots[i].device)
            unmap_slot(i, r);
        else
            map_slot(i, r, self);
        check_entries();
    }
    for (unsigned int i = 0; i < SLOTS; i++)
        if (slots[i].host || slots[i].device)
            unmap_slot(i, 0xfff);
    check_entries();
    for (int i = 0; i < REFS; i++) {
        EXPECT(table[8 + i].flags, GTF_permit_access);
        table[8 + i].flags = 0;
        EXPECT(make_readonly(pages[i]), 0); /* held by nobody: any type may be had */
        EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(pages[i]), 0), 0);
        EXPECT(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(pages[i]), 0), 0);
        EXPECT(make_writable(pages[i]), 0);
        page_free(pages[i]);
    }
    EXPECT(map(TEST_VA + PAGE_SIZE, 0), 0);
}
