/* SPDX-License-Identifier: MIT */
/* PCI configuration space, mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2). */
#include <asm/msr.h>
#include <asm/pci.h>
#include <xen/domain.h>

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

static spinlock_t pci_lock = SPINLOCK(RANK_PCI); /* the address register, until data is moved */

static u32 config_read(u32 address, unsigned int offset, unsigned int bytes)
{
    u32 value;

    spin_lock(&pci_lock);
    outl(address, CONFIG_ADDRESS);
    value = port_in(CONFIG_DATA + offset, bytes);
    spin_unlock(&pci_lock);
    return value;
}

static void config_write(u32 address, unsigned int offset, unsigned int bytes, u32 value)
{
    spin_lock(&pci_lock);
    outl(address, CONFIG_ADDRESS);
    port_out(value, CONFIG_DATA + offset, bytes);
    spin_unlock(&pci_lock);
}

static u32 config_address(u16 bdf, unsigned int reg)
{
    return CONFIG_ENABLE | (u32)bdf << 8 | (reg & 0xfc);
}

u32 pci_read(u16 bdf, unsigned int reg, unsigned int bytes)
{
    return config_read(config_address(bdf, reg), reg & 3, bytes);
}

void pci_write(u16 bdf, unsigned int reg, unsigned int bytes, u32 value)
{
    config_write(config_address(bdf, reg), reg & 3, bytes, value);
}

/* ---- the guest's view ---- */

u32 pci_guest_port_read(struct domain *d, unsigned int port, unsigned int bytes)
{
    u32 all_ones = bytes == 4 ? ~0u : (1u << 8 * bytes) - 1;

    if (!d->privileged)
        return all_ones;
    if (port == CONFIG_ADDRESS && bytes == 4)
        return d->arch.pci_address;
    if (port < CONFIG_DATA || !(d->arch.pci_address & CONFIG_ENABLE) || port + bytes > 0xd00)
        return all_ones;
    return config_read(d->arch.pci_address & ~3u, port - CONFIG_DATA, bytes);
}

void pci_guest_port_write(struct domain *d, unsigned int port, unsigned int bytes, u32 value)
{
    if (!d->privileged)
        return;
    if (port == CONFIG_ADDRESS && bytes == 4)
        d->arch.pci_address = value;
    else if (port == 0xcf9 && bytes == 1)
        outb(value, port); /* the reset control register lives among them */
    else if (port >= CONFIG_DATA && (d->arch.pci_address & CONFIG_ENABLE) && port + bytes <= 0xd00)
        config_write(d->arch.pci_address & ~3u, port - CONFIG_DATA, bytes, value);
}
