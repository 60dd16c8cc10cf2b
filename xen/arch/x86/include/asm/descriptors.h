/* SPDX-License-Identifier: MIT */
/* Segment descriptors: ours, and checks on the guest's. */
#ifndef ASM_DESCRIPTORS_H
#define ASM_DESCRIPTORS_H

#include <asm/page.h>

struct domain;
struct cpu;
struct vcpu;

/* Build the CPU's GDT page, TSS and IDT and load them. @cpu's window must be mapped. */
void descriptors_init_cpu(struct cpu *c);

/* Put @v's GDT and LDT pages into this CPU's window, and its LDT in force. */
void descriptors_load(struct vcpu *v);
void descriptors_load_ldt(struct vcpu *v); /* only the LDT's limit changed */

/* May @d install @desc? It may come back changed (accessed bit set, DPL raised): 0 or -EINVAL. */
int descriptor_check(const struct domain *d, u64 *desc);

/* Set IDT vector to @handler: used once at boot by traps.c. */
void idt_set_gate(unsigned int vector, void (*entry)(void), unsigned int dpl, unsigned int ist);

/* xen_paging.c: put @m (MFN_NONE = nothing) at page @page of this CPU's window: pages of the GDT
 * are counted from 0, of the LDT from WINDOW_LDT. */
void window_set(unsigned int page, mfn_t m);

#endif
