/* SPDX-License-Identifier: MIT */
/* What a page-table entry may say, whole tables all or nothing, and changes of one entry. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <asm/frame.h>
#include <asm/pt.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>

#define FRAMES 2048
#define RW (PTE_PRESENT | PTE_RW | PTE_USER)
#define RO (PTE_PRESENT | PTE_USER)
#define DEVICE MFN(0xe0000) /* not RAM */

static struct domain *zero, *d;
static struct mock_space s;

static int start(void **state)
{
    (void)state;
    mock_machine_start(FRAMES);
    zero = mock_domain(0, true, 300, 1);
    d = mock_domain(1, false, 300, 1);
    mock_run(d->vcpu[0]);
    mock_space(d, &s);
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

static void use_space(void)
{
    assert_int_equal(vcpu_new_guest_table(d->vcpu[0], s.table[4]), 0);
}

static int write1(unsigned int index, pte_t new)
{
    return pt_write(d, s.table[1], 1, index, new, PT_SET, NULL, d);
}

static pte_t entry(unsigned int level, unsigned int index)
{
    return mock_words(s.table[level])[index];
}

static void tree_is_validated_and_drained(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    mock_words(s.table[1])[3] = pte_make(m, PTE_PRESENT | PTE_RW); /* no user bit */
    assert_int_equal(frame_pin(s.table[4], d, FT_L4), 0);
    for (enum frame_type t = FT_L1; t <= FT_L4; t++)
        assert_int_equal(frame_type(s.table[t - FT_L1 + 1]), t);
    assert_int_equal(frame_type(m), FT_WRITABLE);
    assert_true(entry(1, 3) & PTE_USER); /* its kernel is in ring 3 */
    assert_true(entry(4, L4_SLOT_FIRST) & PTE_PRESENT);
    assert_int_equal(frame_unpin(s.table[4], d), 0);
    for (unsigned int level = 1; level <= 4; level++)
        assert_int_equal(frame_type(s.table[level]), FT_NONE);
    assert_int_equal(frame_counts(m).refs, 1);
    for (unsigned int i = L4_SLOT_FIRST; i <= L4_SLOT_LAST; i++)
        assert_int_equal(entry(4, i), 0);
}

/* A table with one bad entry, last: the references of the 511 before it are given back. */
static void table_is_taken_whole_or_not_at_all(void **state)
{
    mfn_t m = mock_frame(d, 0), l1 = mock_frame(d, 0), alien = mock_frame(zero, 0);
    const pte_t bad[] = {
        pte_make(alien, RO), pte_make(alien, RW), pte_make(l1, RW), pte_make(DEVICE, RO),
        pte_make(MFN(0xfffffffffUL), RO), pte_make(s.table[2], RW),
    };

    (void)state;
    assert_int_equal(frame_pin(s.table[2], d, FT_L2), 0);
    for (unsigned int i = 0; i < PT_ENTRIES - 1; i++)
        mock_words(l1)[i] = pte_make(m, i & 1 ? RW : RO);
    for (unsigned int b = 0; b < ARRAY_SIZE(bad); b++) {
        mock_words(l1)[511] = bad[b];
        assert_int_not_equal(frame_pin(l1, d, FT_L1), 0);
        assert_int_equal(frame_counts(m).refs, 1);
        assert_int_equal(frame_counts(m).types, 0);
        assert_int_equal(frame_type(l1), FT_NONE);
    }
    mock_words(l1)[511] = 0xffff0000; /* not present: anything goes */
    assert_int_equal(frame_pin(l1, d, FT_L1), 0);
    assert_int_equal(frame_counts(m).types, 255);
}

static void table_never_maps_itself_writable(void **state)
{
    (void)state;
    for (unsigned int level = 1; level <= 4; level++) {
        mfn_t m = mock_frame(d, 0);

        mock_words(m)[9] = pte_make(m, RW); /* linear page table, or alias of itself */
        assert_int_equal(frame_pin(m, d, FT_L1 + level - 1), -EBUSY);
        assert_int_equal(frame_type(m), FT_NONE);
    }
}

static void large_pages_are_refused(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    use_space();
    for (unsigned int level = 2; level <= 4; level++)
        assert_int_equal(pt_write(d, s.table[level], level, 7, pte_make(m, RW | PTE_PSE), PT_SET,
                                  NULL, d), -EINVAL);
    assert_int_equal(frame_counts(m).refs, 1);
    /* also as a change of nothing but that bit */
    assert_int_equal(pt_write(d, s.table[2], 2, 0, entry(2, 0) | PTE_PSE, PT_SET, NULL, d),
                     -EINVAL);
    assert_false(entry(2, 0) & PTE_PSE);
}

static void xen_slots_are_not_the_guests(void **state)
{
    pte_t before;

    (void)state;
    use_space();
    before = entry(4, L4_SLOT_FIRST);
    for (unsigned int i = L4_SLOT_FIRST; i <= L4_SLOT_LAST; i++) {
        assert_int_equal(pt_write(d, s.table[4], 4, i, pte_make(s.table[3], RW), PT_SET, NULL, d),
                         -EINVAL);
        assert_int_equal(pt_write(d, s.table[4], 4, i, 0, PT_SET, NULL, d), -EINVAL);
    }
    assert_int_equal(entry(4, L4_SLOT_FIRST), before);
    assert_int_equal(pt_write(d, s.table[4], 4, L4_SLOT_LAST + 1, pte_make(s.table[3], RW), PT_SET,
                              NULL, d), 0);
}

/* Every combination of the low flags, at every level, on a table's own entry: it never becomes
 * a writable mapping of a table (XSA-148, XSA-182). */
static void no_flags_make_a_table_writable(void **state)
{
    (void)state;
    use_space();
    for (unsigned int flags = 0; flags < 512; flags++) {
        for (unsigned int level = 1; level <= 4; level++) {
            pte_t e = pte_make(s.table[level], flags);

            pt_write(d, s.table[1], 1, 20, e, PT_SET, NULL, d);
            pt_write(d, s.table[1], 1, 20, e, PT_KEEP_AD, NULL, d);
            assert_false((entry(1, 20) & (PTE_PRESENT | PTE_RW)) == (PTE_PRESENT | PTE_RW));
            pt_write(d, s.table[level], level, 21, e, PT_SET, NULL, d);
            assert_false(level > 1 && (entry(level, 21) & (PTE_PRESENT | PTE_PSE)) ==
                                          (PTE_PRESENT | PTE_PSE));
        }
    }
}

/* The fast path is for Accessed, Dirty and software bits: a read-only entry of a table with
 * anything else changed is checked again. */
static void rights_are_not_gained_by_the_fast_path(void **state)
{
    pte_t ro;

    (void)state;
    use_space();
    assert_int_equal(write1(30, pte_make(s.table[1], RO)), 0);
    ro = entry(1, 30);
    assert_int_equal(write1(30, ro | PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | PTE_AVAIL_HI), 0);
    assert_int_equal(entry(1, 30), ro | PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | PTE_AVAIL_HI);
    assert_int_equal(write1(30, ro | PTE_RW), -EBUSY);
    assert_int_equal(write1(30, ro | PTE_RW | PTE_DIRTY), -EBUSY);
    assert_int_equal(pt_write(d, s.table[1], 1, 30, ro | PTE_RW, PT_KEEP_AD, NULL, d), -EBUSY);
    assert_false(entry(1, 30) & PTE_RW);
}

static void accessed_and_dirty_are_kept_if_asked(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    use_space();
    assert_int_equal(write1(2, pte_make(m, RW)), 0);
    mock_words(s.table[1])[2] |= PTE_ACCESSED | PTE_DIRTY; /* the CPU did */
    assert_int_equal(pt_write(d, s.table[1], 1, 2, pte_make(m, RO), PT_KEEP_AD, NULL, d), 0);
    assert_int_equal(entry(1, 2), pte_make(m, RO | PTE_ACCESSED | PTE_DIRTY));
    assert_int_equal(frame_type(m), FT_NONE);
    assert_int_equal(write1(2, pte_make(m, RO)), 0);
    assert_int_equal(entry(1, 2), pte_make(m, RO));
}

static void compare_fails_when_the_entry_changed(void **state)
{
    mfn_t m = mock_frame(d, 0), other = mock_frame(d, 0);
    pte_t old = pte_make(m, RO);

    (void)state;
    use_space();
    assert_int_equal(write1(2, pte_make(m, RW)), 0);
    assert_int_equal(pt_write(d, s.table[1], 1, 2, pte_make(other, RW), PT_COMPARE, &old, d),
                     -EAGAIN);
    assert_int_equal(old, pte_make(m, RW));
    assert_int_equal(frame_counts(other).refs, 1);
    assert_int_equal(pt_write(d, s.table[1], 1, 2, pte_make(other, RW), PT_COMPARE, &old, d), 0);
    assert_int_equal(frame_counts(m).refs, 1);
    assert_int_equal(frame_type(other), FT_WRITABLE);
}

static void memory_is_always_write_back(void **state)
{
    mfn_t m = mock_frame(d, 0);

    (void)state;
    use_space();
    assert_int_equal(write1(2, pte_make(m, RW | PTE_PCD | PTE_PWT | PTE_PAT | PTE_GLOBAL)), 0);
    assert_int_equal(entry(1, 2), pte_make(m, RW));
}

static void device_memory_is_for_the_privileged(void **state)
{
    struct mock_space z;
    pte_t uncached = pte_make(DEVICE, RW | PTE_PCD | PTE_PWT);

    (void)state;
    use_space();
    assert_int_equal(write1(2, uncached), -EPERM);
    mock_space(zero, &z);
    mock_run(zero->vcpu[0]);
    assert_int_equal(vcpu_new_guest_table(zero->vcpu[0], z.table[4]), 0);
    assert_int_equal(pt_write(zero, z.table[1], 1, 2, uncached, PT_SET, NULL, zero), 0);
    assert_int_equal(mock_words(z.table[1])[2], uncached); /* cache bits stay */
    assert_int_equal(pt_write(zero, z.table[1], 1, 3, uncached, PT_SET, NULL, NULL), 0);
    assert_int_equal(pt_write(zero, z.table[1], 1, 4, uncached, PT_SET, NULL, d), -EINVAL);
    assert_int_equal(pt_write(zero, z.table[1], 1, 5, pte_make(MFN(0xfee00), RO), PT_SET, NULL,
                              zero), -EPERM); /* local APIC */
    pt_guard_device(MFN(0xfec00), 1);
    assert_int_equal(pt_write(zero, z.table[1], 1, 5, pte_make(MFN(0xfec00), RW), PT_SET, NULL,
                              zero), 0);
    assert_false(mock_words(z.table[1])[5] & PTE_RW);
    assert_int_equal(pt_write(zero, z.table[1], 1, 6, pte_make(MFN(PTE_ADDR >> 12), RO), PT_SET,
                              NULL, zero), -EINVAL); /* more address bits than the CPU has */
}

static void xens_frames_cannot_be_mapped(void **state)
{
    mfn_t xen = page_alloc(0, 0);

    (void)state;
    use_space();
    assert_int_equal(write1(2, pte_make(xen, RO)), -EINVAL);
    assert_int_equal(write1(2, pte_make(xen, RW)), -EINVAL);
    assert_int_equal(write1(2, pte_make(MFN(0), RO)), -EPERM); /* as device memory */
    assert_int_equal(pt_write(d, s.table[1], 1, 2, pte_make(xen, RO), PT_SET, NULL, NULL),
                     -EINVAL);
    page_free(xen, 0);
}

static void another_domains_table_cannot_be_linked(void **state)
{
    struct mock_space z;

    (void)state;
    use_space();
    mock_space(zero, &z);
    assert_int_equal(pt_write(d, s.table[2], 2, 5, pte_make(z.table[1], RW), PT_SET, NULL, zero),
                     -EINVAL);
}

static void same_table_may_be_linked_twice(void **state)
{
    (void)state;
    use_space();
    assert_int_equal(pt_write(d, s.table[2], 2, 5, pte_make(s.table[1], RW), PT_SET, NULL, d), 0);
    assert_int_equal(frame_counts(s.table[1]).types, 2);
    assert_int_equal(pt_write(d, s.table[2], 2, 0, 0, PT_SET, NULL, d), 0);
    assert_int_equal(frame_type(s.table[1]), FT_L1);
    assert_int_equal(pt_write(d, s.table[2], 2, 5, 0, PT_SET, NULL, d), 0);
    assert_int_equal(frame_type(s.table[1]), FT_NONE);
}

static void walk_stops_at_what_is_no_memory(void **state)
{
    mfn_t l1;
    pte_t e;

    (void)state;
    assert_true(pt_walk(s.table[4], 0x3000, &e, &l1));
    assert_true(mfn_eq(l1, s.table[1]));
    assert_false(pt_walk(s.table[4], 0x800000000000, &e, &l1)); /* not canonical */
    assert_false(pt_walk(s.table[4], HV_VIRT_START, &e, &l1));
    assert_false(pt_walk(s.table[4], 1UL << 21, &e, &l1));
    mock_words(s.table[3])[0] = pte_make(DEVICE, RW); /* as a table freed meanwhile might say */
    assert_false(pt_walk(s.table[4], 0x3000, &e, &l1));
    mock_words(s.table[3])[0] = pte_make(s.table[2], RW);
    mock_words(s.table[2])[0] = pte_make(DEVICE, RW);
    assert_false(pt_walk(s.table[4], 0x3000, &e, &l1));
}

/* The longest stretch between two preemption points is one table of level 1. */
static void long_validation_can_be_interrupted(void **state)
{
    mfn_t l2 = mock_frame(d, 0), l1[32];

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(l1); i++) {
        l1[i] = mock_frame(d, 0);
        mock_words(l2)[i * 3] = pte_make(l1[i], RW);
    }
    mock_preempt_count = 0;
    assert_int_equal(frame_pin(l2, d, FT_L2), 0);
    assert_int_equal(mock_preempt_count, ARRAY_SIZE(l1));
    assert_int_equal(frame_unpin(l2, d), 0);
    assert_int_equal(mock_preempt_count, 2 * ARRAY_SIZE(l1));
}

/* Another vcpu, at each point where a validation may be interrupted. */
static mfn_t victim;
static void meddle(void)
{
    if (frame_counts(victim).types == 1)
        assert_int_equal(frame_get_type(victim, d, FT_WRITABLE), -EBUSY);
    assert_int_equal(frame_get_type_held(victim, d, FT_L3), -EBUSY);
    assert_int_equal(frame_seize(victim, d), -EBUSY);
    assert_int_equal(frame_get(victim, d), 0);
    frame_put(victim);
}

static void half_validated_table_is_nobodys(void **state)
{
    (void)state;
    victim = s.table[3];
    mock_preempt = meddle;
    assert_int_equal(frame_pin(victim, d, FT_L3), 0);
    mock_preempt = NULL;
    assert_int_equal(frame_type(victim), FT_L3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tree_is_validated_and_drained),
        TEST(table_is_taken_whole_or_not_at_all),
        TEST(table_never_maps_itself_writable),
        TEST(large_pages_are_refused),
        TEST(xen_slots_are_not_the_guests),
        TEST(no_flags_make_a_table_writable),
        TEST(rights_are_not_gained_by_the_fast_path),
        TEST(accessed_and_dirty_are_kept_if_asked),
        TEST(compare_fails_when_the_entry_changed),
        TEST(memory_is_always_write_back),
        TEST(device_memory_is_for_the_privileged),
        TEST(xens_frames_cannot_be_mapped),
        TEST(another_domains_table_cannot_be_linked),
        TEST(same_table_may_be_linked_twice),
        TEST(walk_stops_at_what_is_no_memory),
        TEST(long_validation_can_be_interrupted),
        TEST(half_validated_table_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
