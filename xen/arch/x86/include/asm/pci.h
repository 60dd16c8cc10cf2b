/* SPDX-License-Identifier: MIT */
/* PCI configuration space by ports 0xcf8 and 0xcfc: ours (MSI set-up), and Domain0's accesses. */
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

#endif
