/* SPDX-License-Identifier: MIT */
/*
 * What the processor looks like from a PV guest.
 *
 * By the forced-emulation prefix a guest sees the hypervisor's CPUID: the signature, the version,
 * and feature bits without those a PV guest cannot use (VMX, SVM, large pages, PCID, and MONITOR,
 * which would stop the processor).
 */
#include "harness.h"
#include <public/arch-x86/cpuid.h>

static void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    asm volatile (XEN_CPUID : "=a" (r[0]), "=b" (r[1]), "=c" (r[2]), "=d" (r[3])
                  : "a" (leaf), "c" (sub));
}

TEST(cpuid)
{
    uint32_t r[4];

    cpuid(XEN_CPUID_FIRST_LEAF, 0, r);
    EXPECT(r[1], XEN_CPUID_SIGNATURE_EBX);
    EXPECT(r[2], XEN_CPUID_SIGNATURE_ECX);
    EXPECT(r[3], XEN_CPUID_SIGNATURE_EDX);
    EXPECT_TRUE(r[0] >= XEN_CPUID_LEAF(2));
    cpuid(XEN_CPUID_LEAF(1), 0, r);
    EXPECT(r[0], 4 << 16 | 17);
    cpuid(XEN_CPUID_LEAF(2), 0, r);
    EXPECT(r[0], 1);
    EXPECT(r[2] & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD, 1);

    cpuid(1, 0, r);
    EXPECT(r[2] >> 5 & 1, 0);       /* VMX */
    EXPECT(r[2] >> 17 & 1, 0);      /* PCID */
    EXPECT(r[2] >> 31 & 1, 1);      /* hypervisor */
    EXPECT(r[3] >> 4 & 1, 1);       /* TSC */
    EXPECT(r[3] >> 3 & 1, 0);       /* PSE */
    if (!in_domain0) /* Domain0 passes MONITOR's leaf on to ACPI */
        EXPECT(r[2] >> 3 & 1, 0);
    cpuid(0x80000001, 0, r);
    EXPECT(r[2] >> 2 & 1, 0);       /* SVM */
    EXPECT(r[3] >> 29 & 1, 1);      /* long mode */
    EXPECT(r[3] >> 20 & 1, 1);      /* NX */
    EXPECT(r[3] >> 26 & 1, 0);      /* 1 GiB pages */
}
