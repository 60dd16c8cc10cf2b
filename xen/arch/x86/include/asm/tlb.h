/* SPDX-License-Identifier: MIT */
/* TLB flushes: here, or on the CPUs that may hold a domain's translations. */
#ifndef ASM_TLB_H
#define ASM_TLB_H

#include <xen/cpumask.h>

struct domain;

void tlb_flush_local(void);                 /* all non-global entries, this CPU */
void tlb_flush_local_va(unsigned long va);
/* On every CPU of @mask, this one included when in it; returns when all have done it. */
void tlb_flush_mask(cpumask_t mask);
void tlb_flush_mask_va(cpumask_t mask, unsigned long va);
/* Every CPU that may hold translations of @d (domain->dirty_cpus). */
void tlb_flush_domain(struct domain *d);

#endif
