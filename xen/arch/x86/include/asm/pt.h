/* SPDX-License-Identifier: MIT */
/* Guest page tables: validation (pt_validate.c), updates (mmu_update.c), emulated stores (pt_fault.c). */
#ifndef ASM_PT_H
#define ASM_PT_H

#include <asm/frame.h>
#include <asm/page.h>

struct vcpu;
struct domain;
struct regs;

/*
 * Called by frame.c only. Validate table @m of @level for @d: takes a reference for each present
 * entry, all or none, and for L4 puts in Xen's slots. 0 or -errno. Drain gives them back.
 */
int pt_validate(mfn_t m, unsigned int level, struct domain *d);
void pt_drain(mfn_t m, unsigned int level, struct domain *d);

/*
 * Install @new in slot @index of @d's valid table @table of @level, on behalf of caller @by (the
 * domain whose rights count for foreign frames). Takes the new reference, writes, drops the old.
 * @keep_ad: MMU_PT_UPDATE_PRESERVE_AD. 0, -EINVAL, -EBUSY, -EPERM. Takes the domain's pt lock.
 */
int pt_write(struct domain *d, mfn_t table, unsigned int level, unsigned int index, pte_t new,
             bool keep_ad, struct domain *by);

/* Walk @root (an L4) for @va through the direct map; false when not mapped. For 4 KiB pages. */
bool pt_walk(mfn_t root, unsigned long va, pte_t *l1e, mfn_t *l1_table);

/* Guest page fault that may be a store to its own page table. True when done (rip advanced). */
bool pt_fault_emulate(struct vcpu *v, struct regs *r, unsigned long va);

/*
 * For the grant table: map @m (owner @owner) with @flags at @va of the calling domain, or take it
 * out. References on @m are the grant code's; these only write the L1 entry.
 */
int pt_map_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, pte_t new);
int pt_unmap_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, mfn_t expect,
                   pte_t replacement);

#endif
