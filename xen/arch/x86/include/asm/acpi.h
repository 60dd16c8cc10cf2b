/* SPDX-License-Identifier: MIT */
/* What the firmware tables list: CPUs, I/O APICs, clocks, how to reset and switch off. */
#ifndef ASM_ACPI_H
#define ASM_ACPI_H

#include <xen/cpumask.h>

struct acpi_override { /* ISA interrupt @irq arrives at @gsi */
    u8 irq;
    u32 gsi;
    bool level, active_low;
};

struct acpi_ioapic {
    u8 id;
    u64 address;
    u32 gsi_base;
};

struct acpi_info {
    unsigned int nr_cpus;
    struct {
        u32 apic_id, acpi_id;
    } cpus[NR_CPUS];
    unsigned int nr_cpus_left_out; /* beyond NR_CPUS */
    unsigned int nr_ioapics;
    struct acpi_ioapic ioapics[16];
    unsigned int nr_overrides;
    struct acpi_override overrides[16];
    u64 hpet_address;              /* 0 = none; below too */
    u16 pm_timer_port;
    u16 pm1a_control, pm1b_control;
    bool has_reset;
    u8 reset_space, reset_value;   /* 0 = memory, 1 = I/O port */
    u64 reset_address;
    u8 century_register;           /* of the CMOS clock */
};

extern struct acpi_info acpi;

void acpi_init(void); /* fills it; what no table tells stays 0 */

/* One table each, @len bytes at @table, checksum and header checked. -EINVAL: cut short. */
int acpi_read_madt(struct acpi_info *info, const void *table, size_t len);
int acpi_read_fadt(struct acpi_info *info, const void *table, size_t len);
int acpi_read_hpet(struct acpi_info *info, const void *table, size_t len);

#endif
