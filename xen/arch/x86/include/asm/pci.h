/* SPDX-License-Identifier: MIT */
/* PCI: configuration space by ports 0xcf8 and 0xcfc, ours and Domain0's accesses; MSI set-up. */
#ifndef ASM_PCI_H
#define ASM_PCI_H

#include <xen/types.h>

struct domain;

/* @bdf = bus << 8 | device << 3 | function; @reg < 256, aligned to @bytes (1, 2 or 4). */
u32 pci_read(u16 bdf, unsigned int reg, unsigned int bytes);
void pci_write(u16 bdf, unsigned int reg, unsigned int bytes, u32 value);

/* Is @port one of 0xcf8 to 0xcff? */
static inline bool pci_config_port(unsigned int port)
{
    return port - 0xcf8 < 8;
}

/* A guest's access: the address register is kept per domain, so ours and its never mix. */
u32 pci_guest_port_read(struct domain *d, unsigned int port, unsigned int bytes);
void pci_guest_port_write(struct domain *d, unsigned int port, unsigned int bytes, u32 value);

/* One message of a device: an MSI-X table entry, or the first of an MSI's. */
struct msi_target {
    u16 bdf;
    bool msix;
    u16 entry;            /* of the MSI-X table */
    volatile u32 *vector; /* that entry, mapped; NULL for MSI */
};

/* Find the capability, map the table entry: fills @t from @bdf, @msix and @entry. 0, -ENODEV (no
 * such device or capability), -EINVAL (no such entry), -ENOMEM. No lock held. */
int msi_open(u16 bdf, bool msix, unsigned int entry, struct msi_target *t);

/* The device shall signal @vector on the CPU @apic_id, or on vector + i for message i of an MSI of
 * @n messages. Callers hold the irq lock. */
void msi_write(const struct msi_target *t, u32 apic_id, u8 vector, unsigned int n);
/* Mask or unmask; a plain MSI without mask bits cannot be masked and stays as it is. */
void msi_mask(const struct msi_target *t, bool masked);

#endif
