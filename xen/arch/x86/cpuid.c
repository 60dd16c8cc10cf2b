/* SPDX-License-Identifier: MIT */
/* CPUID as PV guests see it: the machine's answer less what they cannot use, and Xen's own leaves
 * (public/arch-x86/cpuid.h). Bit names: Intel SDM vol. 2A (CPUID), AMD APM vol. 3, appendix E. */
#include <asm/cpu_policy.h>
#include <asm/fpu.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <public/arch-x86/cpuid.h>
#include <xen/domain.h>

#define XEN_LEAF_FIRST 0x40000000
#define XEN_LEAF_LAST  (XEN_LEAF_FIRST + 5)

/* What is hidden: 1 = never shown. */
#define HIDE_1_ECX  (BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(10) |      \
                     BIT(11) | BIT(14) | BIT(15) | BIT(17) | BIT(18) | BIT(21) | BIT(24))
#define HIDE_1_EDX  (BIT(1) | BIT(3) | BIT(12) | BIT(13) | BIT(17) | BIT(18) |  \
                     BIT(21) | BIT(22) | BIT(29) | BIT(31))
/* What is shown of leaf 7: user-mode instructions, and FSGSBASE. */
#define SHOW_7_EBX  (BIT(0) | BIT(3) | BIT(4) | BIT(5) | BIT(8) | BIT(9) | BIT(11) | BIT(13) |     \
                     BIT(16) | BIT(17) | BIT(18) | BIT(19) | BIT(21) | BIT(23) | BIT(24) |         \
                     BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30) | BIT(31))
#define SHOW_7_ECX  (BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14) |   \
                     BIT(22) | BIT(25) | BIT(27) | BIT(28))
#define SHOW_7_EDX  (BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(14) | BIT(23))
#define SHOW_71_EAX (BIT(4) | BIT(5) | BIT(10) | BIT(11) | BIT(12))
#define HIDE_E1_EDX (BIT(1) | BIT(3) | BIT(12) | BIT(13) | BIT(17) | BIT(26))
#define SHOW_E1_ECX (BIT(0) | BIT(1) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) |      \
                     BIT(16) | BIT(21) | BIT(22))
#define SHOW_E8_EBX (BIT(0) | BIT(2) | BIT(9))

/* What a guest sees of leaves [first, last]: the first row that fits, with @sub ANY any subleaf. */
#define ANY ~0U
#define ALL ~0U

static const struct {
    u32 first, last, sub;
    struct cpuid_regs bits;
} shown[] = {
    {1, 1, ANY, {ALL, ALL, ~(u32)HIDE_1_ECX, ~(u32)HIDE_1_EDX}},
    {5, 6, ANY, {0, 0, 0, 0}}, /* MONITOR, power */
    {7, 7, 0, {ALL, SHOW_7_EBX, SHOW_7_ECX, SHOW_7_EDX}},
    {7, 7, 1, {SHOW_71_EAX, 0, 0, 0}},
    {7, 7, ANY, {0, 0, 0, 0}},
    {0xa, 0xa, ANY, {0, 0, 0, 0}}, /* performance counters */
    {0xd, 0xd, 1, {0x7, 0, 0, 0}}, /* XSAVEOPT, XSAVEC, XGETBV(1): no supervisor states */
    {0xf, 0x10, ANY, {0, 0, 0, 0}}, /* resource direction, cache allocation */
    {0x12, 0x12, ANY, {0, 0, 0, 0}}, /* SGX */
    {0x14, 0x14, ANY, {0, 0, 0, 0}}, /* trace */
    {0x80000001, 0x80000001, ANY, {ALL, ALL, SHOW_E1_ECX, ~(u32)HIDE_E1_EDX}},
    {0x80000007, 0x80000007, ANY, {0, 0, 0, BIT(8)}},
    {0x80000008, 0x80000008, ANY, {ALL, SHOW_E8_EBX, ALL, ALL}},
    {0x8000000a, 0x8000000a, ANY, {0, 0, 0, 0}}, /* SVM */
    {0x8000001b, 0x8000001c, ANY, {0, 0, 0, 0}}, /* sampling, profiling */
    {0x8000001f, 0x80000026, ANY, {0, 0, 0, 0}}, /* memory encryption and later */
};

/* OSXSAVE is on before the guest asks for it: Linux takes its absence for "no XSAVE here". */
static void leaf_1(struct cpuid_regs *r)
{
    r->c |= BIT(31);
    if (xcr0_max)
        r->c |= BIT(27);
    else
        r->c &= ~(u32)(BIT(26) | BIT(27) | BIT(12) | BIT(28) | BIT(29));
}

/* Components outside xcr0_max do not exist; sizes are those of what is left. */
static void leaf_xsave(u32 sub, struct cpuid_regs *r)
{
    if (sub == 0) {
        r->a &= xcr0_max;
        r->c = r->b; /* XCR0 is never above what we set at boot, so this is the most it can take */
        r->d = 0;
    } else if (sub > 1 && (sub >= 63 || !(xcr0_max >> sub & 1))) {
        *r = (struct cpuid_regs){};
    }
}

static struct cpuid_regs leaf_xen(u32 leaf, u32 sub)
{
    switch (leaf - XEN_LEAF_FIRST) {
    case 0:
        return (struct cpuid_regs){XEN_LEAF_LAST, XEN_CPUID_SIGNATURE_EBX, XEN_CPUID_SIGNATURE_ECX,
                                   XEN_CPUID_SIGNATURE_EDX};
    case 1: /* the version */
        return (struct cpuid_regs){.a = 4 << 16 | 17};
    case 2: /* one MSR, that would fill hypercall pages */
        return (struct cpuid_regs){1, XEN_LEAF_FIRST, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 0};
    case 3: /* time: native TSC, always */
        return sub == 0 ? (struct cpuid_regs){.b = 2, .c = cpu_khz}
                        : (struct cpuid_regs){.a = sub == 2 ? cpu_khz : 0};
    case 5: /* bits of a machine address that page tables may hold */
        return (struct cpuid_regs){.b = 46};
    }
    return (struct cpuid_regs){};
}

struct cpuid_regs guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub)
{
    struct cpuid_regs r;

    if (leaf >= XEN_LEAF_FIRST && leaf <= XEN_LEAF_LAST)
        return leaf_xen(leaf, sub);
    r = cpuid(leaf, sub);
    for (unsigned int i = 0; i < ARRAY_SIZE(shown); i++)
        if (leaf >= shown[i].first && leaf <= shown[i].last &&
            (shown[i].sub == ANY || shown[i].sub == sub)) {
            r.a &= shown[i].bits.a;
            r.b &= shown[i].bits.b;
            r.c &= shown[i].bits.c;
            r.d &= shown[i].bits.d;
            break;
        }
    if (leaf == 1)
        leaf_1(&r);
    else if (leaf == 0xd)
        leaf_xsave(sub, &r);
    cpu_policy_apply(v->domain, leaf, sub, &r);
    return r;
}
