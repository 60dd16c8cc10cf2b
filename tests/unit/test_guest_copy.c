/* SPDX-License-Identifier: MIT */
/* Guest pointers: which ranges are refused, whatever index and size make them up. */
/* SOURCES: xen/common/guest_copy.c */
/* CFLAGS: $(HYPERVISOR) */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/layout.h>
#include <asm/traps.h>
#include <xen/errno.h>
#include <xen/guest_copy.h>

static unsigned long touched; /* by the last copy that was let through; 0: none was */

size_t copy_may_fault(void *dst, const void *src, size_t n)
{
    unsigned long d = (unsigned long)dst, s = (unsigned long)src;

    (void)n;
    touched = d > s ? d : s; /* the guest's: ours is the other */
    return 0;
}

static void ranges(void **state)
{
    static const struct {
        unsigned long addr;
        size_t n;
        bool bad;
    } cases[] = {
        {0x1000, 8, false},
        {0, 0, false},
        {HV_VIRT_START - 8, 8, true},              /* not canonical below Xen */
        {(1UL << 47) - 8, 8, false},
        {(1UL << 47) - 8, 9, true},
        {HV_VIRT_START, 1, true},
        {HV_VIRT_END - 1, 1, true},
        {HV_VIRT_END, 8, false},
        {HV_VIRT_END - 1, 2, true},
        {~0UL, 1, false},
        {~0UL, 2, true},                           /* wraps */
        {0x1000, HV_VIRT_END - 0x1000 + 8, true},  /* from below to above */
        {1UL << 47, 1, true},
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(guest_range_bad(cases[i].addr, cases[i].n), cases[i].bad);
}

/* Base and element are fine by themselves; where they lead is what counts. */
static void arrays(void **state)
{
    static const unsigned long base = (1UL << 47) - 0x1000;
    u64 x[4] = {};

    (void)state;
    touched = 0;
    assert_int_equal(copy_out_array(base, 8, 511, x, 1), 0);
    assert_int_equal(touched, base + 511 * 8);
    touched = 0;
    assert_int_equal(copy_out_array(base, 8, 512, x, 1), -EFAULT);
    assert_int_equal(copy_out_array(base, 8, 511, x, 2), -EFAULT);
    assert_int_equal(copy_out_array(base, 8, (HV_VIRT_START - base) / 8, x, 1), -EFAULT);
    assert_int_equal(copy_in_array(x, base, 8, (HV_VIRT_START - base) / 8, 1), -EFAULT);
    assert_int_equal(copy_out_array(0x1000, 8, 1UL << 61, x, 1), -EFAULT); /* times 8: 0 */
    assert_int_equal(copy_in_array(x, 0x1000, 8, 1UL << 61, 1), -EFAULT);
    assert_int_equal(copy_in_array(x, 0x1000, 8, 0, 1UL << 61), -EFAULT);
    assert_int_equal(copy_in_array(x, 1UL << 46, 8, -(1UL << 43), 1), -EFAULT);
    assert_int_equal(touched, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(arrays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
