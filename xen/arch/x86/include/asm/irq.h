/* SPDX-License-Identifier: MIT */
/* Physical interrupts: vectors, lines, which domain gets which. */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <xen/types.h>

struct domain;
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

/* Xen's own device (serial): handler runs with interrupts off, takes only RANK_CONSOLE locks. */
int irq_request(unsigned int gsi, void (*handler)(void *arg), void *arg);

/*
 * A guest's pirq. event_channel.c calls bind/unbind; delivery calls event_send_pirq(d, pirq).
 * bind: 0, -EINVAL, -EBUSY, -EPERM. eoi: the guest is done, let the line fire again.
 */
int pirq_bind(struct domain *d, unsigned int pirq, bool share);
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
