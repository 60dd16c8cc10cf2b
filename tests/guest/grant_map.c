/* SPDX-License-Identifier: MIT */
/*
 * Mapping what was granted, and only that.
 *
 * A domain grants frames to itself here, so that both sides can be seen. A mapping must show the
 * granter's frame, mark the entry in use, respect read-only, and vanish with unmap. Wrong
 * references, wrong domains, wrong handles, unmapping twice, and write access to a read-only grant
 * are refused, and leave no mark in the entry.
 */
#include "harness.h"

static struct grant_entry_v1 *table;

static int16_t map_grant(grant_ref_t ref, domid_t dom, uint32_t flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = TEST_VA, .flags = flags, .ref = ref, .dom = dom
    };

    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_map_grant_ref, &op, 1), 0);
    *handle = op.handle;
    return op.status;
}

static int16_t unmap_grant(grant_handle_t handle, uint64_t at)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = at, .handle = handle };

    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

static void refusals(domid_t self, grant_handle_t *h)
{
    EXPECT_TRUE(map_grant(9, self, GNTMAP_host_map, h) < 0);        /* empty entry */
    EXPECT(map_grant(1 << 30, self, GNTMAP_host_map, h), GNTST_bad_gntref);
    EXPECT(map_grant(8, 1234, GNTMAP_host_map, h), GNTST_bad_domain);
    EXPECT_TRUE(map_grant(8, self, 0, h) < 0);                      /* no kind of mapping */
    EXPECT(unmap_grant(0x7fffffff, TEST_VA), GNTST_bad_handle);
    table[8].domid = 1234;                                          /* not for us */
    EXPECT_TRUE(map_grant(8, self, GNTMAP_host_map, h) < 0);
    table[8].domid = self;
    table[8].flags = GTF_permit_access | GTF_readonly;
    EXPECT_TRUE(map_grant(8, self, GNTMAP_host_map, h) < 0);        /* writable */
    EXPECT(table[8].flags & (GTF_reading | GTF_writing), 0);
}

TEST(grant_map)
{
    uint64_t *page = page_alloc(), seen;
    domid_t self = own_domid();
    grant_handle_t h;

    EXPECT(map(TEST_VA, 0), 0);
    table = map_grant_table();
    page[7] = 0x77;
    table[8].frame = mfn_of(page);
    table[8].domid = self;
    table[8].flags = GTF_permit_access;

    EXPECT(map_grant(8, self, GNTMAP_host_map, &h), GNTST_okay);
    EXPECT(table[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
    EXPECT(try_read((uint64_t *)TEST_VA + 7, &seen), 0);
    EXPECT(seen, 0x77);
    EXPECT(try_write((uint64_t *)TEST_VA + 7, 0x78), 0);
    EXPECT(page[7], 0x78);
    EXPECT_TRUE(unmap_grant(h, TEST_VA + 2 * PAGE_SIZE) < 0);
    EXPECT(unmap_grant(h, TEST_VA), GNTST_okay);
    EXPECT(table[8].flags, GTF_permit_access);
    EXPECT(try_read((void *)TEST_VA, &seen), VECTOR_PF);
    EXPECT_TRUE(unmap_grant(h, TEST_VA) < 0);

    EXPECT(map_grant(8, self, GNTMAP_host_map | GNTMAP_readonly, &h), GNTST_okay);
    EXPECT(table[8].flags, GTF_permit_access | GTF_reading);
    EXPECT(try_read((uint64_t *)TEST_VA + 7, &seen), 0);
    EXPECT(try_write((uint64_t *)TEST_VA + 7, 0x79), VECTOR_PF);
    EXPECT(unmap_grant(h, TEST_VA), GNTST_okay);

    refusals(self, &h);
    table[8].flags = 0;
    EXPECT(map(TEST_VA + PAGE_SIZE, 0), 0);
    page_free(page);
}
