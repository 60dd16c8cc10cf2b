/* SPDX-License-Identifier: MIT */
/* Exceptions: ours, the guest's, or ours to emulate; and putting them on a guest's stack. */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <asm/regs.h>
#include <xen/types.h>

struct vcpu;

void traps_init(void);      /* fill the IDT */
void traps_init_cpu(void);  /* this CPU's syscall MSRs and stub */

/* upcall.c: deliver an exception to @v's guest kernel at the next exit. */
void upcall_exception(struct vcpu *v, unsigned int vector, bool has_error, u32 error_code);
void upcall_page_fault(struct vcpu *v, unsigned long cr2, u32 error_code);
/* A privileged instruction done for the guest. True when done (rip advanced). emulate.c */
bool emulate_privileged(struct vcpu *v, struct regs *r);
bool emulate_forced_cpuid(struct vcpu *v, struct regs *r);
/* CPUID as a guest of @v's domain sees it. */
void guest_cpuid(struct vcpu *v, u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d);

/* A fix-up for the instruction at @rip, or 0 (guest_copy.c, msr.h *_safe, iret). */
unsigned long extable_find(unsigned long rip);

void show_registers(const struct regs *r);
void show_trace(const struct regs *r); /* symbolised */

#endif
