/* SPDX-License-Identifier: MIT */
/* The register frame that entry.S builds, selectors, and flag bits. */
#ifndef ASM_REGS_H
#define ASM_REGS_H

/* Where Xen's own descriptors stand in every GDT: pages 14 and 15. Public: arch-x86/xen.h. */
#define FIRST_XEN_GDT_PAGE  14
#define FIRST_XEN_GDT_ENTRY (FIRST_XEN_GDT_PAGE * 512)

/* Selectors. The guest ones are ABI (FLAT_RING3_CS32 and so on in arch-x86/xen-x86_64.h). */
#define XEN_CS     0xe008
#define XEN_DS     0xe010 /* ring 0 data; SS in Xen may also be null */
#define GUEST_CS32 0xe023
#define GUEST_DS   0xe02b
#define GUEST_CS64 0xe033
#define TSS_SEL    0xe040 /* two slots */
#define LDT_SEL    0xe050 /* two slots */

#define FLAG_CF   0x00000001
#define FLAG_TF   0x00000100
#define FLAG_IF   0x00000200
#define FLAG_DF   0x00000400
#define FLAG_IOPL 0x00003000
#define FLAG_NT   0x00004000
#define FLAG_RF   0x00010000
#define FLAG_VM   0x00020000
#define FLAG_AC   0x00040000
#define FLAG_VIF  0x00080000
#define FLAG_VIP  0x00100000

#define TRAP_DE  0
#define TRAP_DB  1
#define TRAP_NMI 2
#define TRAP_BP  3
#define TRAP_OF  4
#define TRAP_BR  5
#define TRAP_UD  6
#define TRAP_NM  7
#define TRAP_DF  8
#define TRAP_TS  10
#define TRAP_NP  11
#define TRAP_SS  12
#define TRAP_GP  13
#define TRAP_PF  14
#define TRAP_MF  16
#define TRAP_AC  17
#define TRAP_MC  18
#define TRAP_XM  19

#define PFEC_PRESENT 1
#define PFEC_WRITE   2
#define PFEC_USER    4
#define PFEC_RSVD    8

#ifndef __ASSEMBLER__
#include <xen/types.h>

/* Built by entry.S at the top of the vcpu's stack for a guest, or deeper for a nested entry. */
struct regs {
    u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    u32 error_code;
    u32 vector;
    u64 rip;
    u64 cs;
    u64 rflags;
    u64 rsp;
    u64 ss;
};

/* The register that instructions name @n, 0 to 15. Source: Intel SDM vol. 2A, table 2-2. */
static inline u64 *regs_numbered(struct regs *r, unsigned int n)
{
#define AT(reg) offsetof(struct regs, reg)
    static const u8 at[16] = {AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
                              AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                              AT(r12), AT(r13), AT(r14), AT(r15)};
#undef AT

    return (u64 *)((char *)r + at[n]);
}

#endif
#endif
