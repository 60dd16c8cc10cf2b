/* SPDX-License-Identifier: MIT */
/*
 * CPUID as PV guests see it: the machine's own answer less what a PV guest cannot use, and the
 * hypervisor leaves. Bit names: Intel SDM vol. 2A (CPUID), AMD APM vol. 3, appendix E.
 * Hypervisor leaves: public/arch-x86/cpuid.h.
 */
#include <asm/cpu_policy.h>
#include <asm/fpu.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <public/arch-x86/cpuid.h>
#include <public/version.h>
#include <xen/domain.h>
#include <xen/types.h>

#define XEN_LEAF_FIRST 0x40000000
#define XEN_LEAF_LAST  (XEN_LEAF_FIRST + 5)

/* What is hidden: 1 = never shown. */
#define HIDE_1_ECX  (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(10) |      \
                     BIT(11) | BIT(14) | BIT(15) | BIT(17) | BIT(18) | BIT(21) | BIT(24))
#define HIDE_1_EDX  (BIT(1) | BIT(3) | BIT(7) | BIT(12) | BIT(13) | BIT(14) | BIT(17) | BIT(18) |  \
                     BIT(21) | BIT(22) | BIT(29) | BIT(31))
/* What is shown of leaf 7: user-mode instructions, and FSGSBASE. */
#define SHOW_7_EBX  (BIT(0) | BIT(3) | BIT(4) | BIT(5) | BIT(8) | BIT(9) | BIT(11) | BIT(13) |     \
                     BIT(16) | BIT(17) | BIT(18) | BIT(19) | BIT(21) | BIT(23) | BIT(24) |         \
                     BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30) | BIT(31))
#define SHOW_7_ECX  (BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14) |   \
                     BIT(22) | BIT(25) | BIT(27) | BIT(28))
#define SHOW_7_EDX  (BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(14) | BIT(23))
#define SHOW_71_EAX (BIT(4) | BIT(5) | BIT(10) | BIT(11) | BIT(12))
#define HIDE_E1_EDX (BIT(1) | BIT(3) | BIT(7) | BIT(12) | BIT(13) | BIT(14) | BIT(17) | BIT(26))
#define SHOW_E1_ECX (BIT(0) | BIT(1) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) |      \
                     BIT(16) | BIT(21) | BIT(22))
#define SHOW_E8_EBX (BIT(0) | BIT(2) | BIT(9))

static void leaf_1(u32 *c, u32 *d)
{
    *c = (*c & ~(u32)HIDE_1_ECX) | BIT(31);
    /* OSXSAVE is on before the guest asks for it: Linux takes its absence for "no XSAVE here". */
    if (xcr0_max)
        *c |= BIT(27);
    else
        *c &= ~(u32)(BIT(26) | BIT(27) | BIT(12) | BIT(28) | BIT(29));
    *d &= ~(u32)HIDE_1_EDX;
}

/* Components outside xcr0_max do not exist; sizes are those of what is left. */
static void leaf_xsave(u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
    if (sub == 0) {
        *a &= xcr0_max;
        *c = *b; /* XCR0 is never above what we set at boot, so this is the most it can take */
        *d = 0;
    } else if (sub == 1) {
        *a &= 0x7; /* XSAVEOPT, XSAVEC, XGETBV(1): no supervisor states */
        *b = *c = *d = 0;
    } else if (sub >= 63 || !(xcr0_max >> sub & 1)) {
        *a = *b = *c = *d = 0;
    }
}

static void leaf_extended(u32 leaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
    switch (leaf) {
    case 0x80000001:
        *c &= (u32)SHOW_E1_ECX;
        *d &= ~(u32)HIDE_E1_EDX;
        break;
    case 0x80000007:
        *a = *b = *c = 0;
        *d &= (u32)BIT(8);
        break;
    case 0x80000008:
        *b &= (u32)SHOW_E8_EBX;
        break;
    case 0x8000000a: /* SVM, IBS, memory encryption */
    case 0x8000001b:
    case 0x8000001c:
    case 0x8000001f ... 0x80000026:
        *a = *b = *c = *d = 0;
    }
}

static void leaf_xen(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
    *a = *b = *c = *d = 0;
    switch (leaf - XEN_LEAF_FIRST) {
    case 0:
        *a = XEN_LEAF_LAST;
        *b = XEN_CPUID_SIGNATURE_EBX;
        *c = XEN_CPUID_SIGNATURE_ECX;
        *d = XEN_CPUID_SIGNATURE_EDX;
        break;
    case 1:
        *a = 4 << 16 | 17;
        break;
    case 2:
        *a = 1;
        *b = XEN_LEAF_FIRST; /* the MSR that would fill hypercall pages */
        *c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        if (sub == 0) {
            *b = 2; /* native TSC, always */
            *c = cpu_khz;
        } else if (sub == 2) {
            *a = cpu_khz;
        }
        break;
    case 5:
        *b = 46; /* bits of a machine address that page tables may hold */
        break;
    }
}

void guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
    if (leaf >= XEN_LEAF_FIRST && leaf <= XEN_LEAF_LAST) {
        leaf_xen(leaf, sub, a, b, c, d);
        return;
    }
    cpuid_count(leaf, sub, a, b, c, d);
    switch (leaf) {
    case 1:
        leaf_1(c, d);
        break;
    case 5: /* MONITOR, power, performance counters, resource direction, trace, CAT, SGX */
    case 6:
    case 0xa:
    case 0xf:
    case 0x10:
    case 0x12:
    case 0x14:
        *a = *b = *c = *d = 0;
        break;
    case 7:
        if (sub == 0) {
            *b &= (u32)SHOW_7_EBX;
            *c &= (u32)SHOW_7_ECX;
            *d &= (u32)SHOW_7_EDX;
        } else {
            *a &= sub == 1 ? (u32)SHOW_71_EAX : 0;
            *b = *c = *d = 0;
        }
        break;
    case 0xd:
        leaf_xsave(sub, a, b, c, d);
        break;
    default:
        if (leaf >= 0x80000000)
            leaf_extended(leaf, a, b, c, d);
    }
    cpu_policy_apply(v->domain, leaf, sub, a, b, c, d);
}
