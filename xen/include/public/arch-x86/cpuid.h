/* SPDX-License-Identifier: MIT */
/* The CPUID leaves through which a guest recognises the hypervisor. */
#ifndef XEN_PUBLIC_ARCH_X86_CPUID_H
#define XEN_PUBLIC_ARCH_X86_CPUID_H

/*
 * From leaf 0x40000000 on; seen by PV guests through XEN_CPUID (arch-x86/xen.h).
 *
 * Leaf +0: EAX last leaf, EBX ECX EDX the signature, in which the letters read "XenVMMXenVMM".
 * Leaf +1: EAX version, major << 16 | minor.
 * Leaf +2: EAX number of hypercall pages (1), EBX the MSR to write a page's address to,
 *          ECX features (XEN_CPUID_FEAT1_*).
 * Leaf +3: time. Subleaf 0: EAX bit 0 TSC emulated, EBX tsc_mode, ECX guest TSC kHz.
 * Leaf +4: HVM features. Leaf +5 (PV): EBX bits 0-7 width of machine addresses.
 */
#define XEN_CPUID_FIRST_LEAF 0x40000000
#define XEN_CPUID_LEAF(i)    (XEN_CPUID_FIRST_LEAF + (i))
#define XEN_CPUID_MAX_NUM_LEAVES 5

#define XEN_CPUID_SIGNATURE_EBX 0x566e6558 /* "XenV" */
#define XEN_CPUID_SIGNATURE_ECX 0x65584d4d /* "MMXe" */
#define XEN_CPUID_SIGNATURE_EDX 0x4d4d566e /* "nVMM" */

/* MMU_PT_UPDATE_PRESERVE_AD works. */
#define _XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD 0
#define XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD  (1U << 0)

#define XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK (0xffU << 0)

#endif /* XEN_PUBLIC_ARCH_X86_CPUID_H */
