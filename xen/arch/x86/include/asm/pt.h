/* SPDX-License-Identifier: MIT */
/* Guest page tables: checks (pt_validate.c), updates (mmu_update.c), stores (pt_fault.c). */
#ifndef ASM_PT_H
#define ASM_PT_H

#include <asm/frame.h>
#include <asm/page.h>
#include <xen/cpumask.h>

struct vcpu;
struct domain;
struct regs;

/* Called by frame.c only. Validate table @m of @level for @d: takes a reference for each present
 * entry, all or none, and for L4 puts in Xen's slots. 0 or -errno. Drain gives them back. */
int pt_validate(mfn_t m, unsigned int level, struct domain *d);
void pt_drain(mfn_t m, unsigned int level, struct domain *d);

/* How pt_write treats the entry that stands there. */
enum pt_mode {
    PT_SET,     /* replace it */
    PT_KEEP_AD, /* replace it, but keep Accessed and Dirty as they are (PRESERVE_AD) */
    PT_COMPARE, /* only if it is *@old; else -EAGAIN and *@old is what stands there */
};

/*
 * Install @new in slot @index of @d's table @table of @level: takes the new reference, writes by
 * one atomic exchange, drops the old one. The caller holds a typed reference on @table; no lock
 * is needed, and none may be held. @owner: whose frames @new may name: @d itself, or a domain
 * that the caller has rights over; NULL: device memory, and frames Xen shares with everybody
 * privileged. *@old (not NULL with PT_COMPARE) is what was replaced.
 * 0, -EINVAL (bits, slot or frame refused), -EBUSY (in use as another type), -EPERM, -EAGAIN.
 */
int pt_write(struct domain *d, mfn_t table, unsigned int level, unsigned int index, pte_t new,
             enum pt_mode mode, pte_t *old, struct domain *owner);

/* Guests may only read this device memory: I/O APICs. For Xen's drivers, during boot. */
void pt_guard_device(mfn_t first, unsigned long n);

/* Walk @root (an L4) for @va through the direct map; false when not mapped. For 4 KiB pages. */
bool pt_walk(mfn_t root, unsigned long va, pte_t *l1e, mfn_t *l1_table);

/* Guest page fault that may be a store to its own page table. True when done (rip advanced). */
bool pt_fault_emulate(struct vcpu *v, struct regs *r, unsigned long va);

/*
 * For the grant table: point the L1 entry for @host_addr in the calling domain's tables (or, with
 * @is_pte_addr, at that machine address) to a frame of @owner, or take it out. The entry holds a
 * reference of its own, beside those of the grant code.
 * 0, -EINVAL (no such entry, frame refused), -EBUSY; unmap: -ENOENT, it does not map @expect.
 */
int pt_map_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, pte_t new,
                 struct domain *owner);
/* With @from the L1 entry of that address moves there. */
int pt_unmap_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, unsigned long from,
                   mfn_t expect);

/* For frame_audit.c: is a reference held for entry @e? *@type: as what; FT_NONE: a plain one. */
bool pt_entry_counts(pte_t e, unsigned int level, unsigned int index, enum frame_type *type);

/* ---- tlb.c: flushes here, or on the CPUs that may hold a domain's translations ---- */

void tlb_flush_local(void);                 /* all non-global entries, this CPU */
void tlb_flush_local_va(unsigned long va);
/* On every CPU of @mask, this one included when in it; returns when all have done it. */
void tlb_flush_mask(cpumask_t mask);
void tlb_flush_mask_va(cpumask_t mask, unsigned long va);
/* Every CPU that may hold translations of @d (domain->dirty_cpus). */
void tlb_flush_domain(struct domain *d);

#endif
