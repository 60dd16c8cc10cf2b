/* SPDX-License-Identifier: MIT */
/* Work put off until the way back to a guest, or the next preempt_point(). */
#include <asm/smp.h>
#include <xen/bitops.h>
#include <xen/softirq.h>

static void (*handlers[NR_SOFTIRQS])(void);

void softirq_register(enum softirq nr, void (*handler)(void))
{
    handlers[nr] = handler;
}

void softirq_raise(enum softirq nr)
{
    set_bit(nr, &this_cpu()->softirqs);
}

/* The kick is left out when the bit was set: whoever set it has kicked, or is that CPU itself. */
void softirq_raise_on(unsigned int cpu, enum softirq nr)
{
    if (!test_and_set_bit(nr, &cpus[cpu].softirqs) && cpu != smp_cpu_id())
        smp_kick(cpu);
}

void softirq_run(void)
{
    unsigned long pending;

    /* this_cpu() anew each time: the last handler may have moved this stack to another CPU. */
    while ((pending = READ_ONCE(this_cpu()->softirqs)) != 0) {
        unsigned int nr = first_bit(pending);

        clear_bit(nr, &this_cpu()->softirqs);
        if (handlers[nr])
            handlers[nr]();
    }
}
