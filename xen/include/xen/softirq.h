/* SPDX-License-Identifier: MIT */
/* Work put off until the way back to a guest, or the next preempt_point(). One bit each. */
#ifndef XEN_SOFTIRQ_H
#define XEN_SOFTIRQ_H

#include <xen/types.h>

enum softirq { SOFTIRQ_TIMER, SOFTIRQ_SCHEDULE, SOFTIRQ_DEBUG_KEY, SOFTIRQ_EVENTS, NR_SOFTIRQS };

void softirq_register(enum softirq nr, void (*handler)(void));
void softirq_raise(enum softirq nr);                       /* on this CPU */
void softirq_raise_on(unsigned int cpu, enum softirq nr);  /* there, and kick it */
/* Run what is pending on this CPU, SCHEDULE last. Interrupts off, no lock held. */
void softirq_run(void);
bool softirq_pending(void);

#endif
