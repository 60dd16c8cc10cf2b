/* SPDX-License-Identifier: MIT */
/*
 * What is granted must be plain memory, and stay it while it is mapped.
 *
 * Granting a page table to oneself and mapping the grant writable is page_table_readonly by the
 * back door; so is making a page table of a frame that is mapped through a grant; so is granting a
 * frame of the hypervisor's. A mapping made by grant and then overwritten by an ordinary entry
 * must not leave the frame held or unmap something else.
 */
#include "harness.h"

static struct grant_entry_v1 *table;
static domid_t self;

static int16_t map_frame(unsigned long mfn, uint32_t flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = TEST_VA, .flags = flags, .ref = 8, .dom = self
    };

    table[8].frame = mfn;
    table[8].domid = self;
    table[8].flags = GTF_permit_access;
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
    *handle = op.handle;
    return op.status;
}

static int16_t unmap(grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = TEST_VA, .handle = handle };

    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

TEST(grant_types)
{
    void *page = page_alloc();
    grant_handle_t h;

    self = own_domid();
    EXPECT(map(TEST_VA, 0), 0);
    table = map_grant_table();

    EXPECT_TRUE(map_frame(root_mfn(), GNTMAP_host_map, &h) < 0);
    EXPECT_TRUE(map_frame(entry_maddr(root_mfn(), TEST_VA, 1) >> 12, GNTMAP_host_map, &h) < 0);
    EXPECT_TRUE(map_frame(0x101, GNTMAP_host_map, &h) < 0);
    EXPECT_TRUE(map_frame(0xffffffff, GNTMAP_host_map, &h) < 0);
    EXPECT(table[8].flags & (GTF_reading | GTF_writing), 0);

    /* Held writable by a grant mapping alone: no page table. */
    EXPECT(map_frame(mfn_of(page), GNTMAP_host_map, &h), GNTST_okay);
    EXPECT(make_readonly(page), 0);
    EXPECT_TRUE(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0) < 0);
    EXPECT(unmap(h), GNTST_okay);
    EXPECT(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), 0);
    EXPECT_TRUE(map_frame(mfn_of(page), GNTMAP_host_map, &h) < 0);
    EXPECT(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page), 0), 0);
    EXPECT(make_writable(page), 0);
    table[8].flags = 0;
    EXPECT(map(TEST_VA + PAGE_SIZE, 0), 0);
    page_free(page);
}
