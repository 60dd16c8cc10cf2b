/* SPDX-License-Identifier: MIT */
/* Local APIC (this CPU's interrupts, timer, messages to other CPUs) and I/O APICs (lines). */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <xen/types.h>

void apic_init(void);     /* boot CPU: map it, find the mode, calibrate the timer after time_init */
void apic_init_cpu(void); /* every CPU */
void apic_eoi(void);
/* To the CPU @apic_id: a vector, or one of the two that make it start. */
void apic_send(u32 apic_id, u32 what);
#define APIC_INIT          0x500
#define APIC_STARTUP(page) (0x600 | (page)) /* in real mode, at this page below 1 MiB */
u32 apic_read_error(void);

void apic_timer_init(void);     /* boot CPU, once the TSC is calibrated */
void apic_timer_init_cpu(void); /* every CPU, after it */
/* One interrupt at VECTOR_TIMER in @ns (at least 1; a long time may be cut short). 0 = stop. */
void apic_timer_set(u64 ns);

/* ---- I/O APICs; the caller holds the irq lock ---- */

struct ioapic_line {
    u8 vector;
    bool level, active_low, masked;
    u32 apic_id; /* where it goes */
};

void pic_mask(void);                 /* the old interrupt controller: for good */
void ioapic_init(void);              /* every line masked */
unsigned int ioapic_nr_gsis(void);   /* highest line + 1 */
void ioapic_set(unsigned int gsi, const struct ioapic_line *line);
void ioapic_mask(unsigned int gsi, bool masked);
/* For Domain0's apic_read: register @reg of the chip at @address. 0 or -EINVAL. */
int ioapic_read_register(u64 address, u32 reg, u32 *value);

#endif
