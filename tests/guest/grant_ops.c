/* SPDX-License-Identifier: MIT */
/*
 * The grant table's other calls.
 *
 * Its size can be asked, and grows to a limit and not beyond. What Xenolith leaves out must be
 * refused in the way that makes Linux use version 1: set_version(2), transfer, status frames.
 */
#include "harness.h"

TEST(grant_ops)
{
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_get_version version = { .dom = DOMID_SELF };
    struct gnttab_set_version set = { .version = 1 };
    struct gnttab_transfer transfer = { .domid = 1234 };
    struct gnttab_setup_table setup = { .dom = DOMID_SELF };
    static xen_pfn_t frames[1024];

    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_query_size, &size, 1), 0);
    EXPECT(size.status, GNTST_okay);
    EXPECT_TRUE(size.max_nr_frames >= 4 && size.nr_frames <= size.max_nr_frames);
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_get_version, &version, 1), 0);
    EXPECT(version.version, 1);
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_set_version, &set, 1), 0);
    EXPECT(set.version, 1);
    set.version = 3;
    EXPECT_TRUE(HYPERCALL(grant_table_op, GNTTABOP_set_version, &set, 1) < 0);
    if (on_xenolith) {
        set.version = 2;
        EXPECT(HYPERCALL(grant_table_op, GNTTABOP_set_version, &set, 1), -XEN_ENOSYS);
        EXPECT_TRUE(HYPERCALL(grant_table_op, GNTTABOP_transfer, &transfer, 1) < 0
                    || transfer.status < 0);
    }
    EXPECT_TRUE(HYPERCALL(grant_table_op, 99, &set, 1) < 0);

    set_xen_guest_handle(setup.frame_list, frames);
    setup.nr_frames = 3;
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_setup_table, &setup, 1), 0);
    EXPECT(setup.status, GNTST_okay);
    EXPECT_TRUE(frames[0] && frames[1] && frames[2] && frames[0] != frames[2]);
    setup.nr_frames = size.max_nr_frames + 1;
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_setup_table, &setup, 1), 0);
    EXPECT_TRUE(setup.status < 0);
    setup.nr_frames = 1;
    setup.dom = 1234;
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_setup_table, &setup, 1), 0);
    EXPECT(setup.status, GNTST_bad_domain);
}
