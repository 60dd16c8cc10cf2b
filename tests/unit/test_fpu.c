/* SPDX-License-Identifier: MIT */
/* Register state that tools give a vcpu: none is kept that could fault when it is loaded. */
/* SOURCES: xen/arch/x86/fpu.c tests/unit/mock.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/vcpu.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>

#define WITH_AVX 832 /* bytes: 512 of FXSAVE, a header of 64, 256 of AVX */

static u8 area[PAGE_SIZE] __aligned(64), given[PAGE_SIZE] __aligned(64);
static struct vcpu v = {.arch.fpu = area};
static u64 loaded_xcr0;

int xsetbv_safe(u32 index, u64 value)
{
    assert_int_equal(index, 0);
    loaded_xcr0 = value;
    return 0;
}

static bool for_real; /* this machine's own registers are loaded */

int xrstor_safe(void *from, u64 mask)
{
    if (for_real)
        __asm__ __volatile__("xrstor64 (%0)" ::"r"(from), "a"((u32)mask), "d"((u32)(mask >> 32))
                             : "memory");
    return 0;
}

int fxrstor_safe(void *from)
{
    (void)from;
    return 0;
}

void *page_alloc_virt(unsigned int order)
{
    assert_int_equal(order, 0);
    return memset(area, 0, sizeof(area));
}

void page_free_virt(void *p, unsigned int order)
{
    (void)p;
    (void)order;
}

static int start(void **state)
{
    (void)state;
    xcr0_max = XCR0_X87 | XCR0_SSE | XCR0_AVX;
    fpu_xstate_size = WITH_AVX;
    memset(area, 0xee, sizeof(area));
    memset(given, 0, sizeof(given));
    memset(given + 24, 0xff, 8); /* MXCSR and its mask */
    given[512] = 7;              /* which parts there are */
    given[576] = 0x5a;           /* the first byte of AVX */
    return 0;
}

static void good_state_is_taken(void **state)
{
    (void)state;
    assert_int_equal(fpu_set_xstate(&v.arch, 7, given, WITH_AVX), 0);
    assert_int_equal(v.arch.xcr0, 7);
    assert_int_equal(area[576], 0x5a);
    assert_int_equal(area[WITH_AVX], 0); /* nothing of before */
    assert_int_equal(area[25], 0xff);
    assert_int_equal(area[26], 0);       /* the reserved half of MXCSR */
    given[512] = 3;
    assert_int_equal(fpu_set_xstate(&v.arch, 3, given, 576), 0);
    assert_int_equal(area[576], 0);
}

static void what_would_fault_is_refused(void **state)
{
    (void)state;
    memset(area, 0, sizeof(area));
    given[512] = 0x0f; /* a part that the machine has not */
    assert_int_equal(fpu_set_xstate(&v.arch, 7, given, WITH_AVX), -EINVAL);
    given[512] = 7;
    for (unsigned int i = 520; i < 576; i += 8) { /* compacted, or reserved */
        given[i + 7] = 0x80;
        assert_int_equal(fpu_set_xstate(&v.arch, 7, given, WITH_AVX), -EINVAL);
        given[i + 7] = 0;
    }
    assert_int_equal(fpu_set_xstate(&v.arch, 7, given, 575), -EINVAL);
    assert_int_equal(fpu_set_xstate(&v.arch, 7, given, WITH_AVX + 1), -EINVAL);
    assert_int_equal(area[576], 0);
}

static bool has_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bw");
}

/* No emulated machine has AVX-512. The processor that the tests run on may: its registers go
 * through our save and load, a mask and one that only AVX-512 has among them. */
static void avx512_is_kept(void **state)
{
    static u8 real_area[4 * PAGE_SIZE] __aligned(64); /* room for what a guest never has */
    static const u64 zero[8], kept[8] = {1, 2, 3, 4, 5, 6, 7, 0x8000000000000008};
    u64 mask = 0x123456789abcdef0, got[8], got_mask;

    (void)state;
    if (!has_avx512())
        skip();
    xcr0_max = XCR0_GUEST;
    v.arch.xcr0 = XCR0_GUEST;
    v.arch.fpu = real_area;
    for_real = true;
    __asm__ __volatile__("vmovdqu64 %0, %%zmm31\n\tkmovq %1, %%k5" ::"m"(kept), "r"(mask));
    fpu_save(&v.arch);
    __asm__ __volatile__("vmovdqu64 %0, %%zmm31\n\tkmovq %1, %%k5" ::"m"(zero), "r"(0UL));
    fpu_load(&v.arch);
    __asm__ __volatile__("vmovdqu64 %%zmm31, %0\n\tkmovq %%k5, %1" : "=m"(got), "=r"(got_mask));
    for_real = false;
    v.arch.fpu = area;
    assert_memory_equal(got, kept, sizeof(kept));
    assert_int_equal(got_mask, mask);
}

static void xcr0_values(void **state)
{
    static const u64 bad[] = {0, 2, 4, 5, 6, 8, 0x27, 0xe7, 1UL << 63};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(fpu_set_xcr0(&v.arch, bad[i]), -EINVAL);
        assert_int_equal(fpu_set_xstate(&v.arch, bad[i], given, WITH_AVX), -EINVAL);
    }
    assert_int_equal(fpu_set_xcr0(&v.arch, 3), 0);
    assert_int_equal(loaded_xcr0, 3);
    xcr0_max = XCR0_GUEST;
    assert_int_equal(fpu_set_xcr0(&v.arch, 0xe7), 0);
    assert_int_equal(fpu_set_xcr0(&v.arch, 0x67), -EINVAL); /* AVX-512 is all or nothing */
    assert_int_equal(fpu_set_xcr0(&v.arch, 0xe3), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_state_is_taken),
        TEST(what_would_fault_is_refused),
        TEST(xcr0_values),
        TEST(avx512_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
