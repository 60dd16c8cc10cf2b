/* SPDX-License-Identifier: MIT */
/* Work put off until the way back to a guest, or the next preempt_point(). One bit each. */
#ifndef XEN_SOFTIRQ_H
#define XEN_SOFTIRQ_H

#include <asm/cpu.h>

/* In the order in which they run. SCHEDULE is last: it may go away from this stack. */
enum softirq {
    SOFTIRQ_STAND_STILL,
    SOFTIRQ_TIMER,
    SOFTIRQ_DEBUG_KEY,
    SOFTIRQ_REAP, /* free domains that nobody refers to any more */
    SOFTIRQ_SCHEDULE,
    NR_SOFTIRQS
};

void softirq_register(enum softirq nr, void (*handler)(void));
void softirq_raise(enum softirq nr);                       /* on this CPU */
void softirq_raise_on(unsigned int cpu, enum softirq nr);  /* there, and kick it */
/* Run what is pending on this CPU until nothing is. Interrupts off, no lock held. It may come back
 * on another CPU: schedule() is among them. */
void softirq_run(void);

static inline bool softirq_pending(void)
{
    return READ_ONCE(this_cpu()->softirqs) != 0;
}

#endif
