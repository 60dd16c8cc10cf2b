/* SPDX-License-Identifier: MIT */
/* memory_op: gaining, returning and trading frames; limits and claims; what is asked about. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/boot_info.h>
#include <asm/frame.h>
#include <public/memory.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>

#define FRAMES 8192

static struct domain *zero, *d;
static unsigned long list[2048];

static int start(void **state)
{
    (void)state;
    mock_machine_start(FRAMES);
    zero = mock_domain(0, true, 4000, 1);
    d = mock_domain(1, false, 600, 1);
    mock_run(zero->vcpu[0]);
    memset(list, 0, sizeof(list));
    mock_bad_size = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_int_equal(frame_audit(), 0);
    mock_domain_kill(d);
    mock_domain_kill(zero);
    mock_machine_stop();
    return 0;
}

static long reserve(unsigned int cmd, unsigned long n, unsigned int order, unsigned int flags,
                    domid_t id)
{
    struct xen_memory_reservation r = {
        .extent_start.addr = (unsigned long)list,
        .nr_extents = n,
        .extent_order = order,
        .mem_flags = flags,
        .domid = id,
    };

    return mock_memory_op(cmd, (unsigned long)&r);
}

static long question(unsigned int cmd, domid_t id)
{
    struct xen_memory_domain q = {.domid = id};

    return mock_memory_op(cmd, (unsigned long)&q);
}

static void populate_gives_frames_and_enters_pfns(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 100; i++)
        list[i] = 1000 + i;
    assert_int_equal(reserve(XENMEM_populate_physmap, 100, 0, 0, 1), 100);
    for (unsigned int i = 0; i < 100; i++) {
        assert_ptr_equal(frame_owner(MFN(list[i])), d);
        assert_int_equal(m2p_get(MFN(list[i])).n, 1000 + i);
    }
    assert_int_equal(question(XENMEM_current_reservation, 1), 100);
    assert_int_equal(question(XENMEM_maximum_reservation, 1), 600);
    list[0] = 0x200;
    assert_int_equal(reserve(XENMEM_populate_physmap, 1, 9, 0, 0), 1);
    assert_int_equal(list[0] & 511, 0);
    assert_int_equal(m2p_get(MFN(list[0] + 511)).n, 0x200 + 511);
}

static void limit_is_kept(void **state)
{
    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 700, 0, 0, 1), 600);
    assert_int_equal(d->tot_pages, 600);
    assert_int_equal(d->pages_coming, 0);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 1), 0);
    assert_int_equal(reserve(XENMEM_decrease_reservation, 600, 0, 0, 1), 600);
    assert_int_equal(d->tot_pages, 0);
}

static void orders_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 10, 0, 0), 0); /* XSA-31 */
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 63, 0, 0), 0);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, ~0U, 0, 0), 0);
    mock_run(d->vcpu[0]);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 1, 0, DOMID_SELF), 0);
    assert_int_equal(reserve(XENMEM_increase_reservation, ~0UL, 0, 0, DOMID_SELF), -EINVAL);
}

static void others_memory_needs_privilege(void **state)
{
    (void)state;
    mock_run(d->vcpu[0]);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 0), -EPERM);
    assert_int_equal(question(XENMEM_current_reservation, 0), -EPERM);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 1), 1);
    mock_run(zero->vcpu[0]);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 77), -ESRCH);
    assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, 0, DOMID_SELF), 0); /* d's */
    assert_int_equal(d->tot_pages, 1);
}

static void addresses_can_be_asked_for(void **state)
{
    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 50, 0, XENMEMF_address_bits(22), 0), 50);
    for (unsigned int i = 0; i < 50; i++)
        assert_true(list[i] < 1024);
}

static void unreadable_lists_stop_the_work(void **state)
{
    (void)state;
    mock_bad_addr = (unsigned long)&list[10];
    mock_bad_size = 8;
    assert_int_equal(reserve(XENMEM_populate_physmap, 20, 0, 0, 1), 10);
    assert_int_equal(reserve(XENMEM_increase_reservation, 20, 0, 0, 1), 10);
    assert_int_equal(d->tot_pages, 20);
    mock_bad_size = 0;
}

static long exchange(unsigned int in_order, unsigned int out_order, unsigned int bits,
                     unsigned long *in, unsigned long *out, unsigned long frames,
                     unsigned long *done)
{
    struct xen_memory_exchange x = {
        .in = {{(unsigned long)in}, frames >> in_order, in_order, 0, DOMID_SELF},
        .out = {{(unsigned long)out}, frames >> out_order, out_order, bits, DOMID_SELF},
    };
    long rc = mock_memory_op(XENMEM_exchange, (unsigned long)&x);

    *done = x.nr_exchanged;
    return rc;
}

static void scattered_frames_are_traded_for_a_block(void **state)
{
    unsigned long out[2] = {5000, 6000}, done, before;

    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 1024, 0, 0, 0), 1024);
    before = page_alloc_free_count();
    assert_int_equal(exchange(0, 9, 24, list, out, 1024, &done), 0);
    assert_int_equal(done, 1024);
    assert_true(out[0] < 4096 && out[1] < 4096);
    assert_int_equal(m2p_get(MFN(out[1] + 3)).n, 6003);
    assert_ptr_equal(frame_owner(MFN(out[0] + 511)), zero);
    assert_int_equal(zero->tot_pages, 1024);
    assert_int_equal(page_alloc_free_count(), before);
    list[0] = 7000;
    assert_int_equal(exchange(9, 0, 0, out, list, 512, &done), 0);
    assert_int_equal(done, 1);
    assert_int_equal(m2p_get(MFN(list[0])).n, 7000);
}

static void frame_in_use_is_not_traded(void **state)
{
    unsigned long out[1] = {5000}, done, before;

    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 512, 0, 0, 0), 512);
    assert_int_equal(frame_get(MFN(list[300]), zero), 0);
    before = page_alloc_free_count();
    assert_int_equal(exchange(0, 9, 0, list, out, 512, &done), -EBUSY);
    assert_int_equal(done, 0);
    assert_int_equal(page_alloc_free_count(), before);
    assert_int_equal(zero->tot_pages, 512);
    for (unsigned int i = 0; i < 512; i++) {
        assert_int_equal(frame_get(MFN(list[i]), zero), 0); /* none was lost on the way */
        frame_put(MFN(list[i]));
    }
    frame_put(MFN(list[300]));
    list[5] = list[4]; /* the same frame twice */
    assert_int_not_equal(exchange(0, 9, 0, list, out, 512, &done), 0);
    mock_bad_addr = (unsigned long)out;
    mock_bad_size = 8;
    assert_int_equal(exchange(0, 9, 0, list, out, 512, &done), -EFAULT);
    assert_int_equal(exchange(0, 0, 0, list, list, 512 + (1UL << 40), &done), -EINVAL);
    assert_int_equal(exchange(0, 11, 0, list, out, 2048, &done), -EPERM);
}

/* Domain0 gets what is free but @rest frames; the last ones are in the list. */
static void take_all_but(unsigned long rest)
{
    zero->max_pages = FRAMES;
    for (unsigned long left = page_alloc_free_count() - rest; left > 0;) {
        unsigned long n = MIN(left, ARRAY_SIZE(list));

        assert_int_equal(reserve(XENMEM_increase_reservation, n, 0, 0, 0), n);
        left -= n;
    }
}

static void nobody_gets_what_another_left(void **state)
{
    static const u64 zeroes[PAGE_SIZE / 8];
    mfn_t m;

    (void)state;
    take_all_but(0);
    m = MFN(list[0]);
    for (int next = 1; next >= 0; next--) { /* a guest gets it, then Domain0 */
        memset(mock_words(m), 0xa5, PAGE_SIZE);
        assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, 0, !next), 1);
        assert_int_equal(page_alloc_free_count(), 1);
        assert_int_equal(page_alloc_dirty_count(), 1);
        assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, next), 1);
        assert_int_equal(list[0], m.n);
        assert_memory_equal(mock_words(m), zeroes, PAGE_SIZE);
    }
}

static void block_may_be_clean_and_dirty(void **state)
{
    unsigned long first;

    (void)state;
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 9, 0, 0), 1);
    first = list[0];
    take_all_but(0);
    for (unsigned int i = 0; i < 512; i++)
        list[i] = first + i;
    assert_int_equal(reserve(XENMEM_decrease_reservation, 256, 0, 0, 0), 256);
    mock_idle();
    memmove(list, list + 256, 256 * sizeof(list[0]));
    assert_int_equal(reserve(XENMEM_decrease_reservation, 256, 0, 0, 0), 256);
    assert_int_equal(page_alloc_dirty_count(), 256);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 9, 0, 1), 1);
    assert_int_equal(list[0], first);
}

static void claims_set_memory_aside(void **state)
{
    struct xen_memory_reservation r = {.nr_extents = 500, .domid = 1};

    (void)state;
    assert_int_equal(mock_memory_op(XENMEM_claim_pages, (unsigned long)&r), 0);
    assert_int_equal(mock_memory_op(XENMEM_claim_pages, (unsigned long)&r), -EINVAL);
    assert_int_equal(d->outstanding_claim, 500);
    take_all_but(500);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 0), 0);
    assert_int_equal(reserve(XENMEM_increase_reservation, 400, 0, 0, 1), 400);
    assert_int_equal(d->outstanding_claim, 100);
    r.nr_extents = 0;
    assert_int_equal(mock_memory_op(XENMEM_claim_pages, (unsigned long)&r), 0);
    assert_int_equal(reserve(XENMEM_increase_reservation, 100, 0, 0, 0), 100);
    mock_run(d->vcpu[0]);
    assert_int_equal(mock_memory_op(XENMEM_claim_pages, (unsigned long)&r), -EPERM);
}

static void memory_maps_are_told(void **state)
{
    struct __packed {
        u64 start, size;
        u32 type;
    } e[4], given[2] = {{0, 1 << 20, 1}, {1 << 20, 1 << 30, 1}};
    struct xen_memory_map map = {.nr_entries = 4, .buffer.addr = (unsigned long)e};
    struct xen_foreign_memory_map fmap = {1, {2, {(unsigned long)given}}};

    (void)state;
    boot_info.nr_regions = 2;
    boot_info.regions[1] = (struct memory_region){0x100000, 0x7f00000, E820_RAM};
    assert_int_equal(mock_memory_op(XENMEM_machine_memory_map, (unsigned long)&map), 0);
    assert_int_equal(map.nr_entries, 2);
    assert_int_equal(e[1].size, 0x7f00000);
    assert_int_equal(mock_memory_op(XENMEM_set_memory_map, (unsigned long)&fmap), 0);
    mock_run(d->vcpu[0]);
    assert_int_equal(mock_memory_op(XENMEM_machine_memory_map, (unsigned long)&map), -EPERM);
    map.nr_entries = 1;
    assert_int_equal(mock_memory_op(XENMEM_memory_map, (unsigned long)&map), 0);
    assert_int_equal(map.nr_entries, 1);
    assert_memory_equal(&e[0], &given[0], sizeof(given[0]));
    assert_int_equal(mock_memory_op(XENMEM_set_memory_map, (unsigned long)&fmap), -EPERM);
    mock_run(zero->vcpu[0]);
    assert_int_equal(mock_memory_op(XENMEM_memory_map, (unsigned long)&map), -ENOSYS);
    fmap.map.nr_entries = ~0U;
    assert_int_equal(mock_memory_op(XENMEM_set_memory_map, (unsigned long)&fmap), -EINVAL);
}

static void grant_frames_are_listed(void **state)
{
    struct xen_mem_acquire_resource r = {.domid = 1, .type = XENMEM_resource_grant_table};

    (void)state;
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), 0);
    assert_int_equal(r.nr_frames, d->max_grant_frames);
    r.frame_list.addr = (unsigned long)list;
    r.nr_frames = 2;
    r.frame = 1;
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), 0);
    assert_ptr_equal(frame_owner(MFN(list[1])), d);
    assert_int_equal(frame_get_type(MFN(list[1]), d, FT_WRITABLE), 0);
    frame_put_type(MFN(list[1]));
    r.frame = 3;
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), -EINVAL);
    r.frame = ~0UL;
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), -EINVAL);
    r.type = XENMEM_resource_ioreq_server;
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), -EOPNOTSUPP);
    mock_run(d->vcpu[0]);
    assert_int_equal(mock_memory_op(XENMEM_acquire_resource, (unsigned long)&r), -EPERM);
}

static void pieces_of_the_m2p_are_listed(void **state)
{
    struct xen_machphys_mfn_list l = {.max_extents = 5, .extent_start.addr = (unsigned long)list};

    (void)state;
    assert_int_equal(mock_memory_op(XENMEM_machphys_mfn_list, (unsigned long)&l), 0);
    assert_int_equal(l.nr_extents, 2);
    assert_int_equal(list[1], 1024);
    l.max_extents = 1;
    assert_int_equal(mock_memory_op(XENMEM_machphys_mfn_list, (unsigned long)&l), 0);
    assert_int_equal(l.nr_extents, 1);
    mock_bad_addr = (unsigned long)list;
    mock_bad_size = 8;
    assert_int_equal(mock_memory_op(XENMEM_machphys_mfn_list, (unsigned long)&l), -EFAULT);
}

static void what_is_left_out_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mock_memory_op(XENMEM_add_to_physmap, (unsigned long)list), -EACCES);
    assert_int_equal(mock_memory_op(XENMEM_paging_op, (unsigned long)list), -ENOSYS);
    assert_int_equal(mock_memory_op(4711, (unsigned long)list), -ENOSYS);
    assert_int_equal(mock_memory_op(XENMEM_maximum_ram_page, 0), FRAMES);
    for (unsigned int cmd = 0; cmd < 64; cmd++) {
        long rc = mock_memory_op(cmd, 8); /* a structure that cannot be read */

        assert_true(rc < 0 || cmd == XENMEM_maximum_ram_page ||
                    cmd == XENMEM_get_sharing_freed_pages ||
                    cmd == XENMEM_get_sharing_shared_pages);
    }
}

static void dying_domain_gets_nothing(void **state)
{
    struct xen_memory_reservation claim = {.nr_extents = 5, .domid = 1};

    (void)state;
    d->dying = DOMAIN_DYING;
    assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 0, 1), 0);
    assert_int_equal(mock_memory_op(XENMEM_claim_pages, (unsigned long)&claim), -EINVAL);
    d->dying = DOMAIN_ALIVE;
}

/* Begun on another CPU: @d dies there while the call under test stands at a preemption point. */
static unsigned int deaths_tried;

static void kill_meanwhile(void)
{
    unsigned long had = d->tot_pages;

    mock_preempt = NULL;
    d->dying = DOMAIN_DYING;
    mock_event_waits = true; /* else it would wait here for the call that stands still */
    assert_int_equal(domain_release_memory(d), -ERESTART);
    mock_event_waits = false;
    assert_true(!d->gaining || d->tot_pages == had);
    deaths_tried++;
    mock_preempt = kill_meanwhile;
}

/* Domain0 gives a domain memory that is being destroyed: none of it may stay behind. */
static void death_waits_for_those_who_give(void **state)
{
    unsigned long out[2] = {5000, 6000};
    struct xen_memory_exchange x = {
        .in = {{(unsigned long)list}, 512, 0, 0, 1},
        .out = {{(unsigned long)out}, 1, 9, 0, 1},
    };

    (void)state;
    d->max_pages = 2000;
    deaths_tried = 0;
    mock_preempt = kill_meanwhile;
    assert_int_equal(reserve(XENMEM_populate_physmap, 1, 9, 0, 1), 1);
    mock_preempt = NULL;
    assert_true(deaths_tried > 10);
    assert_int_equal(domain_release_memory(d), 0);
    assert_int_equal(d->tot_pages, 0);

    d->dying = DOMAIN_ALIVE;
    assert_int_equal(reserve(XENMEM_increase_reservation, 512, 0, 0, 1), 512);
    deaths_tried = 0;
    mock_preempt = kill_meanwhile;
    do_memory_op(&(unsigned long){XENMEM_exchange}, (unsigned long)&x);
    mock_preempt = NULL;
    assert_true(deaths_tried > 10);
    assert_int_equal(domain_release_memory(d), 0);
    assert_int_equal(d->tot_pages, 0);
    d->dying = DOMAIN_ALIVE;
}

/* A caller for whom an event waits gets it between two extents, and the call is made again. */
static void events_interrupt_long_calls(void **state)
{
    struct xen_memory_reservation r = {.extent_start.addr = (unsigned long)list, .nr_extents = 5,
                                       .domid = 1};
    unsigned long cmd = XENMEM_increase_reservation, restarts = 0, out[2] = {5000, 6000}, done;
    long rc;

    (void)state;
    mock_event_waits = true;
    while ((rc = do_memory_op(&cmd, (unsigned long)&r)) == -ERESTART) {
        restarts++;
        assert_int_equal(cmd & MEMOP_CMD_MASK, XENMEM_increase_reservation);
        assert_int_equal(d->tot_pages, restarts); /* nothing twice */
    }
    assert_int_equal(rc, 5);
    assert_int_equal(restarts, 4);
    cmd = XENMEM_increase_reservation | 77UL << MEMOP_EXTENT_SHIFT; /* past the end */
    assert_int_equal(do_memory_op(&cmd, (unsigned long)&r), 77);
    assert_int_equal(d->tot_pages, 5);
    assert_int_equal(reserve(XENMEM_increase_reservation, 1024, 0, 0, 0), 1024);
    assert_int_equal(exchange(0, 9, 0, list, out, 1024, &done), 0);
    assert_int_equal(done, 1024);
    restarts = 0;
    assert_int_equal(reserve(XENMEM_increase_reservation, 95, 0, 0, 1), 95);
    while ((rc = domain_release_memory(d)) == -ERESTART)
        restarts++;
    assert_int_equal(rc, 0);
    assert_int_equal(restarts, 9); /* of 100 frames: 4 steps to unpin, and 5 runs */
    mock_event_waits = false;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(populate_gives_frames_and_enters_pfns),
        TEST(limit_is_kept),
        TEST(orders_are_bounded),
        TEST(others_memory_needs_privilege),
        TEST(addresses_can_be_asked_for),
        TEST(unreadable_lists_stop_the_work),
        TEST(scattered_frames_are_traded_for_a_block),
        TEST(frame_in_use_is_not_traded),
        TEST(nobody_gets_what_another_left),
        TEST(block_may_be_clean_and_dirty),
        TEST(claims_set_memory_aside),
        TEST(memory_maps_are_told),
        TEST(grant_frames_are_listed),
        TEST(pieces_of_the_m2p_are_listed),
        TEST(what_is_left_out_is_refused),
        TEST(dying_domain_gets_nothing),
        TEST(death_waits_for_those_who_give),
        TEST(events_interrupt_long_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
