/* SPDX-License-Identifier: MIT */
/*
 * Copying by grant.
 *
 * A copy names each side by frame or by grant, an offset and a length: four chances to leave the
 * page or the permission. Sums beyond a page must be refused (not wrapped), read-only grants not be
 * written, other domains' frames not be named without a grant; and only the bytes asked for
 * may change.
 */
#include "harness.h"

static struct gnttab_copy op;
static struct grant_entry_v1 *table;

static int16_t copy(unsigned int from, unsigned int to, unsigned int len)
{
    op.source.offset = from;
    op.dest.offset = to;
    op.len = len;
    op.status = 1;
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

TEST(grant_copy)
{
    char *a = page_alloc(), *b = page_alloc();

    table = map_grant_table();
    for (unsigned int i = 0; i < PAGE_SIZE; i++)
        a[i] = i;

    memset(&op, 0, sizeof(op));
    op.source.domid = op.dest.domid = DOMID_SELF;
    op.source.u.gmfn = mfn_of(a);
    op.dest.u.gmfn = mfn_of(b);
    EXPECT(copy(100, 200, 50), GNTST_okay);
    EXPECT(memcmp(b + 200, a + 100, 50), 0);
    EXPECT(b[199] | b[250], 0);
    EXPECT(copy(0, 0, PAGE_SIZE), GNTST_okay);
    EXPECT(memcmp(a, b, PAGE_SIZE), 0);
    EXPECT(copy(1, 0, PAGE_SIZE), GNTST_bad_copy_arg);
    EXPECT(copy(0, 4000, 97), GNTST_bad_copy_arg);
    EXPECT(copy(0xffff, 0, 2), GNTST_bad_copy_arg);
    EXPECT(copy(0, 0, 0xffff), GNTST_bad_copy_arg);

    /* Not memory to be written: a page table; nobody's frame; somebody's frame without a grant. */
    op.dest.u.gmfn = root_mfn();
    EXPECT_TRUE(copy(0, 0, 8) < 0);
    op.dest.u.gmfn = 0x101;
    EXPECT_TRUE(copy(0, 0, 8) < 0);
    op.dest.u.gmfn = mfn_of(b);
    op.dest.domid = 1234;
    EXPECT_TRUE(copy(0, 0, 8) < 0);

    /* By grant, to be read only. */
    table[8] = (struct grant_entry_v1){
        .flags = GTF_permit_access | GTF_readonly, .domid = own_domid(), .frame = mfn_of(b)
    };
    memset(b, 0, PAGE_SIZE);
    op.flags = GNTCOPY_dest_gref;
    op.dest.u.ref = 8;
    op.dest.domid = DOMID_SELF;
    EXPECT_TRUE(copy(0, 0, 8) < 0);
    table[8].flags = GTF_permit_access;
    EXPECT(copy(16, 0, 8), GNTST_okay);
    EXPECT(memcmp(b, a + 16, 8), 0);
    EXPECT(table[8].flags, GTF_permit_access);
    table[8].flags = 0;
    EXPECT(map(TEST_VA + PAGE_SIZE, 0), 0);
    page_free(a);
    page_free(b);
}
