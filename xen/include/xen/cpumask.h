/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs: one word, since NR_CPUS is 64. */
#ifndef XEN_CPUMASK_H
#define XEN_CPUMASK_H

#include <xen/bitops.h>

#define NR_CPUS 64

typedef unsigned long cpumask_t;

extern cpumask_t cpu_online_map; /* CPUs that run the scheduler. Grows during boot only. */

#define CPUMASK_ALL (~0UL)

static inline cpumask_t cpumask_of(unsigned int cpu)
{
    return BIT(cpu);
}

static inline bool cpumask_test(unsigned int cpu, cpumask_t m)
{
    return m >> cpu & 1;
}

#define for_each_cpu(cpu, mask)                                                                    \
    for (cpumask_t m_##cpu = (mask);                                                               \
         m_##cpu && ((cpu) = first_bit(m_##cpu), true); m_##cpu &= m_##cpu - 1)

#define for_each_online_cpu(cpu) for_each_cpu(cpu, cpu_online_map)

#endif
