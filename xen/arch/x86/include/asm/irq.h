/* SPDX-License-Identifier: MIT */
/* Physical interrupts: vectors, lines, which domain gets which. */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <xen/types.h>

struct domain;
struct msi_target;
struct regs;

/* Vectors. Device interrupts use 0x30 to 0xdf. */
#define VECTOR_FIRST_DEVICE 0x30
#define VECTOR_LAST_DEVICE  0xdf
#define VECTOR_SPURIOUS     0xff
#define VECTOR_ERROR        0xfe
#define VECTOR_TIMER        0xf0
#define VECTOR_KICK         0xf1 /* look at your softirqs */
#define VECTOR_CALL         0xf2 /* smp_call */

/* From entry.S, interrupts off: acknowledge and dispatch vector @r->vector. */
void irq_dispatch(struct regs *r);

void irq_init(void);

/* Xen's own device (serial): handler runs with interrupts off, takes only RANK_CONSOLE locks.
 * 0, -EINVAL (no such line), -EBUSY, -ENOSPC (no vector). */
int irq_request(unsigned int gsi, void (*handler)(void *arg), void *arg);

/* A guest's pirq is its number for one physical interrupt; only Domain0 has any. pirq_map_gsi or
 * pirq_map_msi; bound to an event port it may fire; pirq_unmap. GSIs keep their number, MSIs get
 * higher ones. */

/* Make GSI @gsi known; again is fine. 0, -EINVAL, -EPERM, -ENOMEM, -ENOSPC. */
int pirq_map_gsi(struct domain *d, unsigned int gsi);
/* How the line signals, before or after it is mapped. 0 or -EINVAL. */
int pirq_setup_gsi(struct domain *d, unsigned int gsi, bool level, bool active_low);
/* @n vectors (a power of two; above 1 consecutive, as MSI wants them) for MSI @msi, as pirqs
 * *@pirq.. (*@pirq < 0: choose). 0, -EINVAL, -EBUSY, -ENODEV, -ENOMEM, -ENOSPC. */
int pirq_map_msi(struct domain *d, const struct msi_target *msi, unsigned int n, int *pirq);
/* 0, -EINVAL (not mapped), -EBUSY (still bound). */
int pirq_unmap(struct domain *d, unsigned int pirq);
/* A pirq nobody uses, for an MSI; or -ENOSPC. */
int pirq_find_free(struct domain *d);
/* The device @bdf lost its state: write its MSI messages again. */
void pirq_restore_msi(struct domain *d, u16 bdf);
/* Bitmap page of the guest's in which pirqs that need an EOI are marked. 0, -EBUSY, -EINVAL. */
int pirq_set_eoi_frame(struct domain *d, unsigned long mfn);

/* bind: 0, -EINVAL (not mapped), -EBUSY (bound, or Xen's own line), -EPERM (not Domain0).
 * eoi: the guest is done, let the line fire again. 0, -EINVAL. */
int pirq_bind(struct domain *d, unsigned int pirq);
void pirq_unbind(struct domain *d, unsigned int pirq);
int pirq_eoi(struct domain *d, unsigned int pirq);
bool pirq_needs_eoi(struct domain *d, unsigned int pirq);
/* Let interrupts of @pirq go to @cpu, where its event's vcpu runs. A hint. */
void pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu);
/* The domain dies: every pirq unbound and unmapped. */
void pirq_release_all(struct domain *d);

/* The physdev_op hypercall (physdev.c), arguments as the guest gave them. */
long do_physdev_op(int cmd, unsigned long arg);

#endif
