/* SPDX-License-Identifier: MIT */
/* Grants: who may map what, how it is undone, copies, and what stays when either side dies. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/frame.h>
#include <asm/pt.h>
#include <public/grant_table.h>
#include <xen/errno.h>
#include <xen/grant_table.h>
#include <xen/hypercall.h>

#define FRAMES 2048
#define RW (PTE_PRESENT | PTE_RW | PTE_USER)
#define VA(i) ((i) * PAGE_SIZE)

/* @zero maps what @d grants. */
static struct domain *zero, *d;
static struct mock_space z;
static mfn_t page;                /* d's, granted as ref 10 by grant() */
static grant_entry_v1_t *entries; /* d's table */

static int start(void **state)
{
    mfn_t table;

    (void)state;
    mock_machine_start(FRAMES);
    zero = mock_domain(0, true, 100, 1);
    d = mock_domain(5, false, 100, 1);
    mock_run(zero->vcpu[0]);
    mock_space(zero, &z);
    assert_int_equal(vcpu_new_guest_table(zero->vcpu[0], z.table[4]), 0);
    page = mock_frame(d, 0);
    assert_int_equal(grant_table_frame(d, 0, &table), 0);
    entries = (grant_entry_v1_t *)mock_words(table);
    mock_bad_size = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_int_equal(frame_audit(), 0);
    if (d)
        mock_domain_kill(d);
    mock_domain_kill(zero);
    mock_machine_stop();
    return 0;
}

static void grant(u32 ref, mfn_t m, u16 flags)
{
    entries[ref] = (grant_entry_v1_t){GTF_permit_access | flags, zero->id, m.n};
}

static int map(u32 ref, u32 flags, u64 addr, u32 *handle)
{
    struct gnttab_map_grant_ref op = {.host_addr = addr, .flags = flags, .ref = ref, .dom = 5};

    assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1), 0);
    *handle = op.handle;
    if (op.status == GNTST_okay)
        assert_int_equal(op.dev_bus_addr, (u64)entries[ref].frame << 12);
    return op.status;
}

static int unmap(u32 handle, u64 addr, u64 bus)
{
    struct gnttab_unmap_grant_ref op = {addr, bus, handle, 99};

    assert_int_equal(do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)&op, 1), 0);
    return op.status;
}

static pte_t entry(unsigned int i)
{
    return mock_words(z.table[1])[i];
}

static void mapping_appears_and_goes(void **state)
{
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    assert_int_equal(entry(3), pte_make(page, RW | PTE_ACCESSED | PTE_DIRTY));
    assert_int_equal(entries[10].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(frame_type(page), FT_WRITABLE);
    assert_int_equal(frame_get_type(page, d, FT_L1), -EBUSY); /* no table while mapped */
    assert_true(mock_touch(VA(3), true));
    assert_int_equal(unmap(h, VA(3), 0), GNTST_okay);
    assert_int_equal(entry(3), 0);
    assert_false(mock_touch(VA(3), false)); /* flushed, too */
    assert_int_equal(entries[10].flags, GTF_permit_access);
    assert_int_equal(frame_counts(page).refs, 1);
    assert_int_equal(unmap(h, VA(3), 0), GNTST_bad_handle);
}

static void only_what_is_granted_can_be_mapped(void **state)
{
    u32 h;

    (void)state;
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_bad_gntref);
    assert_int_equal(map(512, GNTMAP_host_map, VA(3), &h), GNTST_bad_gntref);
    assert_int_equal(map(~0U, GNTMAP_host_map, VA(3), &h), GNTST_bad_gntref);
    grant(10, page, 0);
    assert_int_equal(map(10, 0, VA(3), &h), GNTST_bad_gntref);
    entries[10].domid = 7;
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_bad_gntref);
    for (unsigned int type = 0; type < 4; type++) {
        entries[10] = (grant_entry_v1_t){type, zero->id, page.n};
        assert_int_equal(map(10, GNTMAP_device_map, 0, &h),
                         type == GTF_permit_access ? GNTST_okay : GNTST_bad_gntref);
    }
    grant(11, page, GTF_readonly);
    assert_int_equal(map(11, GNTMAP_host_map, VA(3), &h), GNTST_general_error);
    assert_int_equal(map(11, GNTMAP_host_map | GNTMAP_readonly, VA(3), &h), GNTST_okay);
    assert_false(entry(3) & PTE_RW);
    assert_int_equal(entries[11].flags, GTF_permit_access | GTF_readonly | GTF_reading);
    grant(12, z.table[1], 0); /* not the granter's frame */
    assert_int_equal(map(12, GNTMAP_host_map, VA(4), &h), GNTST_bad_page);
    grant(12, MFN(0xe0000), 0);
    assert_int_equal(map(12, GNTMAP_host_map, VA(4), &h), GNTST_bad_page);
    assert_int_equal(entries[12].flags, GTF_permit_access);
    assert_int_equal(entry(4), 0);
}

static void page_table_cannot_be_granted_writable(void **state)
{
    mfn_t table = mock_frame(d, 0);
    u32 h;

    (void)state;
    assert_int_equal(frame_pin(table, d, FT_L1), 0);
    grant(10, table, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_bad_page);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_readonly, VA(3), &h), GNTST_okay);
}

static void bad_places_leave_nothing_behind(void **state)
{
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, 1UL << 35, &h), GNTST_bad_virt_addr);
    assert_int_equal(map(10, GNTMAP_host_map, HV_VIRT_START, &h), GNTST_bad_virt_addr);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_contains_pte, mfn_to_maddr(page).a, &h),
                     GNTST_bad_virt_addr);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_contains_pte,
                         mfn_to_maddr(z.table[1]).a + 4, &h), GNTST_bad_virt_addr);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_contains_pte,
                         mfn_to_maddr(z.table[2]).a + 8, &h), GNTST_bad_virt_addr);
    assert_int_equal(entries[10].flags, GTF_permit_access);
    assert_int_equal(frame_counts(page).refs, 1);
}

static void entry_may_be_named_by_its_address(void **state)
{
    u64 slot = mfn_to_maddr(z.table[1]).a + 6 * sizeof(pte_t);
    u32 h, flags = GNTMAP_host_map | GNTMAP_contains_pte | GNTMAP_application_map |
                   1 << _GNTMAP_guest_avail0;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, flags, slot, &h), GNTST_okay);
    assert_int_equal(entry(6), pte_make(page, RW | PTE_ACCESSED | PTE_DIRTY | 0x200));
    assert_int_equal(unmap(h, slot + 8, 0), GNTST_bad_virt_addr);
    assert_int_equal(unmap(h, slot, 0), GNTST_okay);
    assert_int_equal(entry(6), 0);
}

static void both_kinds_end_one_by_one(void **state)
{
    u64 bus = mfn_to_maddr(page).a;
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_device_map, VA(3), &h), GNTST_okay);
    assert_int_equal(frame_counts(page).types, 3); /* two uses and the L1 entry */
    assert_int_equal(unmap(h, VA(3), 0), GNTST_okay);
    assert_int_equal(entries[10].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(unmap(h, 0, bus + PAGE_SIZE), GNTST_bad_dev_addr);
    assert_int_equal(unmap(h, 0, bus), GNTST_okay);
    assert_int_equal(entries[10].flags, GTF_permit_access);
    assert_int_equal(unmap(h, 0, bus), GNTST_bad_handle);
}

static void marks_follow_the_last_use_of_each_kind(void **state)
{
    u32 reader, writer;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map | GNTMAP_readonly, VA(3), &reader), GNTST_okay);
    assert_int_equal(entries[10].flags, GTF_permit_access | GTF_reading);
    assert_int_equal(map(10, GNTMAP_host_map, VA(4), &writer), GNTST_okay);
    assert_int_equal(unmap(writer, VA(4), 0), GNTST_okay);
    assert_int_equal(entries[10].flags, GTF_permit_access | GTF_reading);
    assert_int_equal(unmap(reader, VA(3), 0), GNTST_okay);
    assert_int_equal(entries[10].flags, GTF_permit_access);
}

/* The granter changes its entry while it is in use: what was pinned stays what is mapped. */
static void entry_in_use_is_not_believed(void **state)
{
    mfn_t other = mock_frame(d, 0);
    u32 h, h2;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    entries[10].frame = other.n;
    {
        struct gnttab_map_grant_ref op = {VA(4), GNTMAP_host_map, 10, 5, 0, 0, 0};

        assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1), 0);
        assert_int_equal(op.status, GNTST_okay);
        h2 = op.handle;
        assert_int_equal(op.dev_bus_addr, mfn_to_maddr(page).a);
    }
    assert_int_equal(frame_counts(other).refs, 1);
    entries[10].flags = 0;
    assert_int_equal(unmap(h, VA(3), 0), GNTST_okay);
    assert_int_equal(unmap(h2, VA(4), 0), GNTST_okay);
    assert_int_equal(frame_counts(page).refs, 1);
}

static void wrong_unmaps_change_nothing(void **state)
{
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    assert_int_equal(unmap(h, VA(9), 0), GNTST_bad_virt_addr);
    assert_int_equal(unmap(h + 1, VA(3), 0), GNTST_bad_handle);
    assert_int_equal(unmap(~0U, VA(3), 0), GNTST_bad_handle);
    assert_int_equal(unmap(h, 0, 0), GNTST_okay); /* asks for nothing */
    assert_int_equal(entries[10].flags, GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(unmap(h, VA(3), 0), GNTST_okay);
}

/* The mapper overwrites the entry itself: it loses its mapping, the granter loses nothing. */
static void overwritten_mapping_keeps_the_counts(void **state)
{
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    assert_int_equal(do_update_va_mapping(VA(3), entry(3) & ~PTE_DIRTY, 0), 0);
    assert_int_equal(do_update_va_mapping(VA(4), entry(3), 0), -EINVAL); /* not to be copied */
    assert_int_equal(do_update_va_mapping(VA(3), 0, 0), 0);
    assert_int_equal(frame_audit(), 0);
    assert_int_equal(frame_counts(page).types, 1);
    assert_int_equal(unmap(h, VA(3), 0), GNTST_bad_virt_addr);
}

static void replace_moves_an_entry(void **state)
{
    mfn_t own = mock_frame(zero, 0);
    struct gnttab_unmap_and_replace op = {.host_addr = VA(3), .new_addr = VA(7)};
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    assert_int_equal(do_update_va_mapping(VA(7), pte_make(own, RW), 0), 0);
    op.handle = h;
    assert_int_equal(do_grant_table_op(GNTTABOP_unmap_and_replace, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(entry(3), pte_make(own, RW));
    assert_int_equal(entry(7), 0);
    assert_int_equal(frame_counts(page).refs, 1);
    assert_int_equal(frame_counts(own).types, 1);
}

static void batches_are_flushed_once(void **state)
{
    struct gnttab_unmap_grant_ref op[30];
    unsigned long before;

    (void)state;
    grant(10, page, 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(op); i++) {
        op[i] = (struct gnttab_unmap_grant_ref){.host_addr = VA(i + 1)};
        assert_int_equal(map(10, GNTMAP_host_map, VA(i + 1), &op[i].handle), GNTST_okay);
    }
    op[7].host_addr = VA(400);
    before = mock_flush_count;
    assert_int_equal(do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)op, 30), 0);
    assert_int_equal(mock_flush_count - before, 1);
    for (unsigned int i = 0; i < ARRAY_SIZE(op); i++)
        assert_int_equal(op[i].status, i == 7 ? GNTST_bad_virt_addr : GNTST_okay); /* XSA-318 */
    assert_int_equal(frame_counts(page).types, 2);
}

static void handles_are_limited_and_reused(void **state)
{
    struct gnttab_map_grant_ref op = {.flags = GNTMAP_device_map, .ref = 10, .dom = 5};
    unsigned int n = 0;

    (void)state;
    grant(10, page, 0);
    for (;; n++) {
        assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1), 0);
        if (op.status != GNTST_okay)
            break;
        assert_int_equal(op.handle, n);
    }
    assert_int_equal(op.status, GNTST_no_space);
    assert_int_equal(n, zero->max_maptrack_frames * 256);
    assert_int_equal(unmap(17, 0, mfn_to_maddr(page).a), GNTST_okay);
    assert_int_equal(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(op.handle, 17);
}

static int copy(struct gnttab_copy op)
{
    assert_int_equal(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1), 0);
    return op.status;
}

static void copies_go_both_ways(void **state)
{
    mfn_t own = mock_frame(zero, 0);
    struct gnttab_copy in = {.source = {.u.ref = 10, .domid = 5, .offset = 8},
                             .dest = {.u.gmfn = own.n, .domid = DOMID_SELF, .offset = 16},
                             .len = 8, .flags = GNTCOPY_source_gref};
    struct gnttab_copy out = {.source = in.dest, .dest = in.source, .len = 8,
                              .flags = GNTCOPY_dest_gref};

    (void)state;
    grant(10, page, GTF_readonly);
    mock_words(page)[1] = 0x1122334455667788;
    assert_int_equal(copy(in), GNTST_okay);
    assert_int_equal(mock_words(own)[2], 0x1122334455667788);
    assert_int_equal(copy(out), GNTST_general_error);
    grant(10, page, 0);
    mock_words(own)[2] = 99;
    assert_int_equal(copy(out), GNTST_okay);
    assert_int_equal(mock_words(page)[1], 99);
    assert_int_equal(entries[10].flags, GTF_permit_access);
    in.len = 4090;
    assert_int_equal(copy(in), GNTST_bad_copy_arg);
    in.len = 8;
    in.dest.u.gmfn = page.n;
    assert_int_equal(copy(in), GNTST_bad_page);
    in.dest = (struct gnttab_copy_ptr){.u.gmfn = page.n, .domid = 5};
    assert_int_equal(copy(in), GNTST_permission_denied);
    in.dest = (struct gnttab_copy_ptr){.u.gmfn = z.table[1].n, .domid = DOMID_SELF};
    assert_int_equal(copy(in), GNTST_bad_page); /* a page table */
    in.source.domid = 77;
    assert_int_equal(copy(in), GNTST_bad_domain);
}

static void tables_grow_to_their_limit(void **state)
{
    unsigned long frames[8];
    struct gnttab_setup_table op = {.dom = 5, .nr_frames = 3,
                                    .frame_list.addr = (unsigned long)frames};
    struct gnttab_query_size size = {.dom = 5};

    (void)state;
    assert_int_equal(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_ptr_equal(mock_words(MFN(frames[0])), entries);
    assert_int_equal(do_grant_table_op(GNTTABOP_query_size, (unsigned long)&size, 1), 0);
    assert_int_equal(size.nr_frames, 3);
    assert_int_equal(size.max_nr_frames, 4);
    op.nr_frames = 5;
    assert_int_equal(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    op.nr_frames = ~0U;
    assert_int_equal(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    mock_run(d->vcpu[0]);
    op = (struct gnttab_setup_table){.dom = 0, .nr_frames = 1, .frame_list = op.frame_list};
    assert_int_equal(do_grant_table_op(GNTTABOP_setup_table, (unsigned long)&op, 1), 0);
    assert_int_equal(op.status, GNTST_bad_domain);
}

static void version_two_is_refused(void **state)
{
    struct gnttab_set_version set = {2};
    struct gnttab_get_version get = {.dom = DOMID_SELF};

    (void)state;
    assert_int_equal(do_grant_table_op(GNTTABOP_set_version, (unsigned long)&set, 1), -ENOSYS);
    assert_int_equal(set.version, 1);
    assert_int_equal(do_grant_table_op(GNTTABOP_set_version, (unsigned long)&set, 1), 0);
    assert_int_equal(do_grant_table_op(GNTTABOP_get_version, (unsigned long)&get, 1), 0);
    assert_int_equal(get.version, 1);
    assert_int_equal(do_grant_table_op(GNTTABOP_transfer, 0, 1), -EOPNOTSUPP);
    assert_int_equal(do_grant_table_op(GNTTABOP_cache_flush, 0, 1), -EOPNOTSUPP);
    assert_int_equal(do_grant_table_op(99, 0, 1), -ENOSYS);
}

static void dead_granter_lives_on_in_its_mapped_frame(void **state)
{
    mfn_t table;
    u32 h;

    (void)state;
    grant(10, page, 0);
    assert_int_equal(map(10, GNTMAP_host_map, VA(3), &h), GNTST_okay);
    assert_int_equal(grant_table_frame(d, 0, &table), 0);
    mock_domain_kill(d);
    assert_ptr_equal(frame_owner(page), d); /* the struct is still there */
    mock_words(page)[0] = 1;
    assert_int_equal(frame_get(page, d), -EINVAL);
    assert_int_equal(unmap(h, VA(3), 0), GNTST_okay);
    assert_ptr_equal(frame_owner(page), NULL);
    mock_idle();
    assert_int_equal(mock_words(page)[0], 0);
    d = NULL;
}

static void dead_mapper_lets_go(void **state)
{
    u32 h;

    (void)state;
    entries[20] = (grant_entry_v1_t){GTF_permit_access, 6, page.n};
    {
        struct domain *mapper = mock_domain(6, false, 50, 1);
        struct mock_space s;

        mock_run(mapper->vcpu[0]);
        mock_space(mapper, &s);
        assert_int_equal(vcpu_new_guest_table(mapper->vcpu[0], s.table[4]), 0);
        assert_int_equal(map(20, GNTMAP_host_map | GNTMAP_device_map, VA(1), &h), GNTST_okay);
        assert_true(mock_touch(VA(1), true));
        mock_domain_kill(mapper);
    }
    mock_run(zero->vcpu[0]);
    assert_int_equal(entries[20].flags, GTF_permit_access);
    assert_int_equal(frame_counts(page).refs, 1);
    assert_int_equal(mock_stale(), 0);
    assert_int_equal(frame_pin(page, d, FT_L1), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mapping_appears_and_goes),
        TEST(only_what_is_granted_can_be_mapped),
        TEST(page_table_cannot_be_granted_writable),
        TEST(bad_places_leave_nothing_behind),
        TEST(entry_may_be_named_by_its_address),
        TEST(both_kinds_end_one_by_one),
        TEST(marks_follow_the_last_use_of_each_kind),
        TEST(entry_in_use_is_not_believed),
        TEST(wrong_unmaps_change_nothing),
        TEST(overwritten_mapping_keeps_the_counts),
        TEST(replace_moves_an_entry),
        TEST(batches_are_flushed_once),
        TEST(handles_are_limited_and_reused),
        TEST(copies_go_both_ways),
        TEST(tables_grow_to_their_limit),
        TEST(version_two_is_refused),
        TEST(dead_granter_lives_on_in_its_mapped_frame),
        TEST(dead_mapper_lets_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
