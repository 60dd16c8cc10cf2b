/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts: telling a PCI device what to write where. */
#ifndef ASM_MSI_H
#define ASM_MSI_H

#include <xen/types.h>

/* One message of a device: an MSI-X table entry, or the first of an MSI's. */
struct msi_target {
    u16 bdf;
    bool msix;
    u16 entry;            /* of the MSI-X table */
    volatile u32 *vector; /* that entry, mapped; NULL for MSI */
};

/*
 * Find the capability, map the table entry: fills @t from @bdf, @msix and @entry. 0, -ENODEV
 * (no such device or capability), -EINVAL (no such entry), -ENOMEM. No lock held.
 */
int msi_open(u16 bdf, bool msix, unsigned int entry, struct msi_target *t);

/* The device shall signal @vector on the CPU @apic_id, or on vector + i for message i of an MSI of
 * @n messages. Callers hold the irq lock. */
void msi_write(const struct msi_target *t, u32 apic_id, u8 vector, unsigned int n);
/* Mask or unmask; a plain MSI without mask bits cannot be masked and stays as it is. */
void msi_mask(const struct msi_target *t, bool masked);

#endif
