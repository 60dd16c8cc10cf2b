/* SPDX-License-Identifier: MIT */
/* How the machine stops, starts again or sleeps. */
#ifndef ASM_REBOOT_H
#define ASM_REBOOT_H

#include <xen/types.h>

void machine_restart(void) __attribute__((noreturn)); /* ACPI, keyboard controller, triple fault */
void machine_halt(void) __attribute__((noreturn));    /* this CPU for ever; stop the others first */

/* XENPF_enter_acpi_sleep: Domain0 gives what to write to the PM1a and PM1b control registers for
 * @state. S5 (off) does not return when it works. -EINVAL: no such register, or another state. */
int acpi_enter_sleep(unsigned int state, u16 pm1a, u16 pm1b);

#endif
