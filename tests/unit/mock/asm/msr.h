/* SPDX-License-Identifier: MIT */
/* The interrupt flag is not a test's to change; the rest is the real header. */
#ifndef TESTS_UNIT_MOCK_ASM_MSR_H
#define TESTS_UNIT_MOCK_ASM_MSR_H

#define irqs_on  hardware_irqs_on
#define irqs_off hardware_irqs_off
#include_next <asm/msr.h>
#undef irqs_on
#undef irqs_off

static inline void irqs_on(void)
{
}

static inline void irqs_off(void)
{
}

#endif
