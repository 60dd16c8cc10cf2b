/* SPDX-License-Identifier: MIT */
/* A vcpu's FPU state. Facts: Intel SDM vol. 1, chapter 13 (XSAVE area, XCR0 rules). */
#include <asm/cpu.h>
#include <asm/fpu.h>
#include <asm/traps.h>
#include <asm/vcpu.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/string.h>

#define FXSAVE_MXCSR      24 /* byte offsets in the area */
#define FXSAVE_MXCSR_MASK 28
#define XSAVE_HEADER      512
#define XSAVE_LEGACY_END  576

bool cpu_has_tsc_aux;
u64 xcr0_max;
u32 fpu_xstate_size;
static u32 mxcsr_mask = 0xffbf;

/* An area must fit in one page: with AVX-512 it takes 2,696 bytes. */
static u8 probe_area[PAGE_SIZE] __aligned(64);

static void detect(void)
{
    cpu_has_tsc_aux = cpuid(0x80000001, 0).d & BIT(27);
    if (cpuid(1, 0).c & BIT(26))
        xcr0_max = cpuid(0xd, 0).a & XCR0_GUEST;
    __asm__ __volatile__("fxsave64 %0" : "=m"(probe_area));
    memcpy(&mxcsr_mask, probe_area + FXSAVE_MXCSR_MASK, 4);
    if (!mxcsr_mask)
        mxcsr_mask = 0xffbf;
}

void fpu_init_cpu(void)
{
    struct cpu *c = this_cpu();

    write_cr0((read_cr0() & ~(CR0_TS | CR0_EM)) | CR0_MP | CR0_NE);
    c->cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;
    write_cr4(c->cr4);
    if (c->id == 0)
        detect();
    if (xcr0_max) {
        c->cr4 |= CR4_OSXSAVE;
        write_cr4(c->cr4);
        xsetbv_safe(0, xcr0_max);
        fpu_xstate_size = cpuid(0xd, 0).b;
        if (fpu_xstate_size > PAGE_SIZE)
            panic("The CPU's register state takes %u bytes, more than a page", fpu_xstate_size);
    }
}

void *fpu_alloc(void)
{
    u8 *area = page_alloc_virt(0);
    const u16 fcw = 0x37f;
    const u32 mxcsr = 0x1f80;

    if (area) {
        memcpy(area, &fcw, sizeof(fcw));
        memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
        area[XSAVE_HEADER] = XCR0_X87 | XCR0_SSE; /* XSTATE_BV */
    }
    return area;
}

/* Saved with all of XCR0: SSE instructions work, and change registers, whatever a guest's says. */
void fpu_save(struct arch_vcpu *a)
{
    u8 *area = a->fpu;

    if (!xcr0_max) {
        __asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
        return;
    }
    if (a->xcr0 != xcr0_max)
        xsetbv_safe(0, xcr0_max);
    __asm__ __volatile__("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
}

/* With all of XCR0, as in the save: nothing of the last guest stays in what this one has off. */
void fpu_load(struct arch_vcpu *a)
{
    if (xcr0_max ? xrstor_safe(a->fpu, ~0UL) : fxrstor_safe(a->fpu))
        panic("A saved FPU state is malformed");
    if (xcr0_max && a->xcr0 != xcr0_max)
        xsetbv_safe(0, a->xcr0);
}

void fpu_set_legacy(struct arch_vcpu *a, const void *fxsave)
{
    u8 *area = a->fpu;
    u32 mxcsr;

    memcpy(area, fxsave, 512);
    memcpy(&mxcsr, area + FXSAVE_MXCSR, 4);
    mxcsr &= mxcsr_mask;
    memcpy(area + FXSAVE_MXCSR, &mxcsr, 4);
    memset(area + XSAVE_HEADER, 0, XSAVE_LEGACY_END - XSAVE_HEADER);
    area[XSAVE_HEADER] = XCR0_X87 | XCR0_SSE;
}

/* May a guest have this in XCR0? What builds on other state needs that too. */
static bool xcr0_allowed(u64 xcr0)
{
    const u64 avx512 = 0xe0;

    if (!(xcr0 & XCR0_X87) || (xcr0 & ~xcr0_max))
        return false;
    if ((xcr0 & XCR0_AVX) && !(xcr0 & XCR0_SSE))
        return false;
    return !(xcr0 & avx512) || ((xcr0 & avx512) == avx512 && (xcr0 & XCR0_AVX));
}

/* What is refused here would fault when it is loaded. */
int fpu_set_xstate(struct arch_vcpu *a, u64 xcr0, const void *xsave, size_t n)
{
    const u8 *from = xsave;
    u8 *area = a->fpu;
    u64 header[8];

    if (!xcr0_allowed(xcr0) || n < XSAVE_LEGACY_END || n > fpu_xstate_size)
        return -EINVAL;
    memcpy(header, from + XSAVE_HEADER, sizeof(header));
    if (header[0] & ~xcr0_max)
        return -EINVAL;
    for (unsigned int i = 1; i < ARRAY_SIZE(header); i++)
        if (header[i])
            return -EINVAL;
    fpu_set_legacy(a, xsave);
    memcpy(area + XSAVE_HEADER, from + XSAVE_HEADER, n - XSAVE_HEADER);
    memset(area + n, 0, PAGE_SIZE - n);
    a->xcr0 = xcr0;
    return 0;
}

int fpu_set_xcr0(struct arch_vcpu *a, u64 xcr0)
{
    if (!xcr0_allowed(xcr0) || xsetbv_safe(0, xcr0))
        return -EINVAL;
    a->xcr0 = xcr0;
    return 0;
}
