/* SPDX-License-Identifier: MIT */
/* Starting CPUs, and asking another CPU to do something. */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <xen/cpumask.h>

/* Start every CPU that ACPI lists, up to maxcpus=. Interrupts off. */
void smp_boot_cpus(void);

/* Run @fn(@arg) on each CPU of @mask (not this one) and wait. @fn takes no lock. */
void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg);

/* Answer calls that wait for this CPU. Called while spinning with interrupts off. */
void smp_poll(void);

/* Make @cpu look at its softirqs (it may be in a guest or idle). */
void smp_kick(unsigned int cpu);

/* All other CPUs wait where they hold no lock, from here to smp_release_others(). No lock held. */
void smp_hold_others(void);
void smp_release_others(void);

/* Stop all other CPUs for ever (panic, reboot). */
void smp_stop_others(void);

#endif
