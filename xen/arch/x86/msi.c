/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts. Domain0's PV kernel leaves the messages to us and itself only turns
 * MSI or MSI-X on and off in the device. Facts: PCI Local Bus Specification 3.0, 6.8. */
#include <asm/page.h>
#include <asm/pci.h>
#include <asm/xen_paging.h>
#include <xen/errno.h>
#include <xen/heap.h>
#include <xen/list.h>
#include <xen/spinlock.h>

#define PCI_VENDOR       0x00
#define PCI_STATUS       0x06
#define PCI_BAR(n)       (0x10 + 4 * (n))
#define PCI_CAPABILITIES 0x34
#define STATUS_CAP_LIST  0x10
#define CAP_MSI          0x05
#define CAP_MSIX         0x11
#define BAR_64BIT        0x04

#define MSI_CONTROL      2
#define MSI_ADDRESS      4
#define MSI_ADDRESS_HIGH 8 /* with CONTROL_64BIT; then what follows is 4 further up */
#define MSI_DATA         8
#define MSI_MASK         12
#define CONTROL_64BIT    0x080
#define CONTROL_MASKABLE 0x100
#define CONTROL_COUNT    0x070 /* log2 of the messages in use */

#define MSIX_CONTROL     2
#define MSIX_TABLE       4 /* offset in a BAR, whose number is in the low 3 bits */
#define MSIX_SIZE        0x7ff
#define MSIX_ENTRY_BYTES 16
#define MSIX_MASKED      1

/* Message address and data: fixed delivery to one CPU, edge. Intel SDM vol. 3A, 11.11. */
#define MESSAGE_ADDRESS(apic_id) (0xfee00000u | (apic_id) << 12)

/* Tables that have been mapped: iomap() is never undone, so a device met again gets the same. */
struct msix_table {
    struct list link;
    u64 address;
    volatile u32 *regs;
    unsigned int entries;
};
static spinlock_t tables_lock = SPINLOCK(RANK_MEMORY); /* covers tables */
static struct list tables = LIST_INIT(tables);

static unsigned int find_capability(u16 bdf, u8 id)
{
    unsigned int at;

    if (pci_read(bdf, PCI_VENDOR, 2) == 0xffff || !(pci_read(bdf, PCI_STATUS, 2) & STATUS_CAP_LIST))
        return 0;
    at = pci_read(bdf, PCI_CAPABILITIES, 1) & 0xfc;
    for (unsigned int i = 0; at >= 0x40 && i < 48; i++) { /* 48 fit; a loop ends here */
        if (pci_read(bdf, at, 1) == id)
            return at;
        at = pci_read(bdf, at + 1, 1) & 0xfc;
    }
    return 0;
}

static u64 bar_address(u16 bdf, unsigned int bar)
{
    u32 low = pci_read(bdf, PCI_BAR(bar), 4);
    u64 high = (low & BAR_64BIT) && bar < 5 ? pci_read(bdf, PCI_BAR(bar + 1), 4) : 0;

    return high << 32 | (low & ~15u);
}

static struct msix_table *new_table(u64 address, unsigned int entries)
{
    struct msix_table *t = heap_new(struct msix_table);

    if (!t)
        return NULL;
    t->address = address;
    t->entries = entries;
    t->regs = iomap(MADDR(address), entries * MSIX_ENTRY_BYTES);
    if (!t->regs) {
        heap_free(t);
        return NULL;
    }
    list_add_tail(&t->link, &tables);
    return t;
}

static struct msix_table *get_table(u64 address, unsigned int entries)
{
    struct msix_table *t, *found = NULL;

    spin_lock(&tables_lock);
    list_for_each (t, &tables, link)
        if (t->address == address && t->entries >= entries)
            found = t;
    if (!found)
        found = new_table(address, entries);
    spin_unlock(&tables_lock);
    return found;
}

static int open_msix(u16 bdf, unsigned int cap, unsigned int entry, struct msi_target *t)
{
    unsigned int entries = (pci_read(bdf, cap + MSIX_CONTROL, 2) & MSIX_SIZE) + 1;
    u32 place = pci_read(bdf, cap + MSIX_TABLE, 4);
    u64 bar = (place & 7) < 6 ? bar_address(bdf, place & 7) : 0;
    struct msix_table *table;

    if (entry >= entries || !bar)
        return -EINVAL;
    table = get_table(bar + (place & ~7u), entries);
    if (!table)
        return -ENOMEM;
    t->vector = table->regs + entry * (MSIX_ENTRY_BYTES / 4);
    return 0;
}

int msi_open(u16 bdf, bool msix, unsigned int entry, struct msi_target *t)
{
    unsigned int cap = find_capability(bdf, msix ? CAP_MSIX : CAP_MSI);

    if (!cap)
        return -ENODEV;
    *t = (struct msi_target){.bdf = bdf, .msix = msix, .entry = entry};
    return msix ? open_msix(bdf, cap, entry, t) : 0;
}

static void write_msi(u16 bdf, u32 address, u32 data, unsigned int n)
{
    unsigned int cap = find_capability(bdf, CAP_MSI), shift = 0;
    u16 control;

    if (!cap)
        return;
    control = pci_read(bdf, cap + MSI_CONTROL, 2);
    pci_write(bdf, cap + MSI_ADDRESS, 4, address);
    if (control & CONTROL_64BIT) {
        pci_write(bdf, cap + MSI_ADDRESS_HIGH, 4, 0);
        shift = 4;
    }
    pci_write(bdf, cap + MSI_DATA + shift, 2, data);
    control = (control & ~CONTROL_COUNT) | __builtin_ctz(n) << 4;
    pci_write(bdf, cap + MSI_CONTROL, 2, control);
}

void msi_write(const struct msi_target *t, u32 apic_id, u8 vector, unsigned int n)
{
    u32 address = MESSAGE_ADDRESS(apic_id);

    if (!t->msix) {
        write_msi(t->bdf, address, vector, n);
        return;
    }
    t->vector[0] = address;
    t->vector[1] = 0;
    t->vector[2] = vector;
}

void msi_mask(const struct msi_target *t, bool masked)
{
    unsigned int cap, at;
    u16 control;

    if (t->msix) {
        t->vector[3] = masked ? MSIX_MASKED : 0;
        return;
    }
    cap = find_capability(t->bdf, CAP_MSI);
    control = cap ? pci_read(t->bdf, cap + MSI_CONTROL, 2) : 0;
    if (!(control & CONTROL_MASKABLE))
        return;
    at = cap + MSI_MASK + (control & CONTROL_64BIT ? 4 : 0);
    pci_write(t->bdf, at, 4, masked ? ~0u : 0);
}
