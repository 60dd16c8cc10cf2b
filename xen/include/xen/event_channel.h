/* SPDX-License-Identifier: MIT */
/* Event channels of the two-level ABI; the numbers are from public/event_channel.h. */
#ifndef XEN_EVENT_CHANNEL_H
#define XEN_EVENT_CHANNEL_H

#include <xen/domain.h>

/* Physical interrupts a domain may have ports for; numbers from 0. */
#define EVENT_NR_PIRQS 1024

/* An unbound port of @d's for @remote. Port or -errno. */
int event_alloc_unbound(struct domain *d, domid_t remote);
int event_domain_init(struct domain *d, unsigned int max_port); /* 0 or -ENOMEM */
void event_domain_close_all(struct domain *d); /* death: closes every port, preempt_point()s */
void event_domain_free(struct domain *d);

/* Raise @virq for @v (per-vcpu ones) or for the domain's port of a global one (vcpu 0). */
void event_send_virq(struct vcpu *v, unsigned int virq);
/* Global virqs of Domain0 (VIRQ_DOM_EXC, VIRQ_CONSOLE, ...). May be called with locks held. */
void event_send_dom0_virq(unsigned int virq);
/* A physical interrupt for the pirq bound in @d. Interrupt context. */
void event_send_pirq(struct domain *d, unsigned int pirq);

/* True when @v must be upcalled: upcall pending and not masked. */
static inline bool event_upcall_due(const struct vcpu *v)
{
    return READ_ONCE(v->info->evtchn_upcall_pending) && !READ_ONCE(v->info->evtchn_upcall_mask);
}
/* preempt_point() in a call that can be continued. True: return -ERESTART, an event waits. */
bool event_interrupts(void);
/* Mark @v's upcall pending and kick it (used after vcpu_info moved). */
void event_mark_pending(struct vcpu *v);
/* Is @port of @v's domain pending? */
bool event_port_pending(struct vcpu *v, unsigned int port);

long do_event_channel_op(int cmd, unsigned long arg);

#endif
