/* SPDX-License-Identifier: MIT */
/* What Domain0 may ask of the hardware: the physdev_op hypercall. public/physdev.h describes each
 * call. Calls that only announce something we do not need to know are accepted. */
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/pci.h>
#include <public/physdev.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>

#define MAX_IOBITMAP_PORTS 65536

union arguments {
    struct physdev_eoi eoi;
    struct physdev_pirq_eoi_gmfn eoi_gmfn;
    struct physdev_irq_status_query status;
    struct physdev_set_iopl iopl;
    struct physdev_set_iobitmap iobitmap;
    struct physdev_apic apic;
    struct physdev_irq irq;
    struct physdev_map_pirq map;
    struct physdev_unmap_pirq unmap;
    struct physdev_setup_gsi setup_gsi;
    struct physdev_get_free_pirq free_pirq;
    struct physdev_restore_msi restore;
    struct physdev_pci_device device;
};

/* ---- any domain ---- */

static long eoi(struct domain *d, union arguments *a)
{
    return pirq_eoi(d, a->eoi.irq);
}

static long irq_status(struct domain *d, union arguments *a)
{
    a->status.flags = pirq_needs_eoi(d, a->status.irq) ? XENIRQSTAT_needs_eoi : 0;
    return 0;
}

static long set_iopl(struct domain *, union arguments *a)
{
    if (a->iopl.iopl > 3)
        return -EINVAL;
    current->arch.iopl = a->iopl.iopl;
    return 0;
}

static long set_iobitmap(struct domain *, union arguments *a)
{
    if (a->iobitmap.nr_ports > MAX_IOBITMAP_PORTS)
        return -EINVAL;
    current->arch.iobmp_addr = a->iobitmap.bitmap.addr;
    current->arch.iobmp_ports = a->iobitmap.nr_ports;
    return 0;
}

/* ---- Domain0 ---- */

static long eoi_gmfn(struct domain *d, union arguments *a)
{
    return pirq_set_eoi_frame(d, a->eoi_gmfn.gmfn);
}

static long apic_read(struct domain *, union arguments *a)
{
    return ioapic_read_register(a->apic.apic_physbase, a->apic.reg, &a->apic.value);
}

static long alloc_irq_vector(struct domain *d, union arguments *a)
{
    a->irq.vector = 0; /* ours to know */
    return pirq_map_gsi(d, a->irq.irq);
}

static long map_gsi(struct domain *d, struct physdev_map_pirq *m)
{
    int rc = pirq_map_gsi(d, m->index);

    if (rc == 0 && m->pirq >= 0 && m->pirq != m->index)
        return -EINVAL; /* GSIs keep their number */
    m->pirq = m->index;
    return rc;
}

/* One MSI-X entry, one MSI, or with MULTI_MSI several messages of an MSI. */
static long map_msi(struct domain *d, struct physdev_map_pirq *m)
{
    bool multi = m->type == MAP_PIRQ_TYPE_MULTI_MSI, msix = !multi && m->table_base != 0;
    unsigned int n = multi ? (unsigned int)m->entry_nr : 1;
    struct msi_target target;
    int rc;

    if (m->bus >> 16 != 0) /* segment 0 is all that ports 0xcf8 reach */
        return -ENODEV;
    if (m->bus < 0 || m->bus > 255 || m->devfn < 0 || m->devfn > 255)
        return -EINVAL;
    rc = msi_open(m->bus << 8 | m->devfn, msix, msix ? m->entry_nr : 0, &target);
    return rc ? rc : pirq_map_msi(d, &target, n, &m->pirq);
}

static long map_pirq(struct domain *d, union arguments *a)
{
    if (a->map.domid != DOMID_SELF && a->map.domid != d->id)
        return -EPERM; /* devices are not passed through */
    if (a->map.type == MAP_PIRQ_TYPE_GSI)
        return map_gsi(d, &a->map);
    return a->map.type == MAP_PIRQ_TYPE_MSI || a->map.type == MAP_PIRQ_TYPE_MSI_SEG ||
           a->map.type == MAP_PIRQ_TYPE_MULTI_MSI ? map_msi(d, &a->map) : -EINVAL;
}

static long unmap_pirq(struct domain *d, union arguments *a)
{
    if (a->unmap.domid != DOMID_SELF && a->unmap.domid != d->id)
        return -EPERM;
    return pirq_unmap(d, a->unmap.pirq);
}

static long setup_gsi(struct domain *d, union arguments *a)
{
    if (a->setup_gsi.triggering > 1 || a->setup_gsi.polarity > 1)
        return -EINVAL;
    return pirq_setup_gsi(d, a->setup_gsi.gsi, a->setup_gsi.triggering, a->setup_gsi.polarity);
}

static long get_free_pirq(struct domain *d, union arguments *a)
{
    int pirq = pirq_find_free(d);

    a->free_pirq.pirq = pirq;
    return pirq < 0 ? pirq : 0;
}

static long restore_msi(struct domain *d, union arguments *a)
{
    pirq_restore_msi(d, a->restore.bus << 8 | a->restore.devfn);
    return 0;
}

static long restore_msi_ext(struct domain *d, union arguments *a)
{
    if (a->device.seg)
        return -ENODEV;
    pirq_restore_msi(d, a->device.bus << 8 | a->device.devfn);
    return 0;
}

static long accept(struct domain *, union arguments *)
{
    return 0;
}

/* ---- the table ---- */

static const struct {
    long (*fn)(struct domain *d, union arguments *a);
    size_t size;   /* of the argument; 0 = not looked at */
    bool returns;  /* it is copied back */
    bool any;      /* not for Domain0 alone */
} calls[] = {
#define CALL(name, f, member, ...) \
    [PHYSDEVOP_##name] = {.fn = f, .size = sizeof(((union arguments *)0)->member), __VA_ARGS__}
    CALL(eoi, eoi, eoi, .any = true),
    CALL(irq_status_query, irq_status, status, .returns = true, .any = true),
    CALL(set_iopl, set_iopl, iopl, .any = true),
    CALL(set_iobitmap, set_iobitmap, iobitmap, .any = true),
    CALL(pirq_eoi_gmfn_v2, eoi_gmfn, eoi_gmfn),
    CALL(apic_read, apic_read, apic, .returns = true),
    CALL(alloc_irq_vector, alloc_irq_vector, irq, .returns = true),
    CALL(map_pirq, map_pirq, map, .returns = true),
    CALL(unmap_pirq, unmap_pirq, unmap),
    CALL(setup_gsi, setup_gsi, setup_gsi),
    CALL(get_free_pirq, get_free_pirq, free_pirq, .returns = true),
    CALL(restore_msi, restore_msi, restore),
    CALL(restore_msi_ext, restore_msi_ext, device),
#define ACCEPT(name) [PHYSDEVOP_##name] = {.fn = accept}
    ACCEPT(IRQ_UNMASK_NOTIFY),
    ACCEPT(apic_write), /* the I/O APICs are Xen's: dropped */
    ACCEPT(free_irq_vector),
    ACCEPT(manage_pci_add),
    ACCEPT(manage_pci_remove),
    ACCEPT(manage_pci_add_ext),
    ACCEPT(pci_mmcfg_reserved),
    ACCEPT(pci_device_add),
    ACCEPT(pci_device_remove),
    ACCEPT(prepare_msix),
    ACCEPT(release_msix),
    ACCEPT(dbgp_op),
};

long do_physdev_op(int cmd, unsigned long arg)
{
    struct domain *d = current_domain;
    union arguments a;
    long rc;

    if (cmd < 0 || cmd >= (int)ARRAY_SIZE(calls) || !calls[cmd].fn)
        return -ENOSYS;
    if (!calls[cmd].any && !d->privileged)
        return -EPERM;
    if (copy_in_bytes(&a, GPTR(arg), calls[cmd].size))
        return -EFAULT;
    rc = calls[cmd].fn(d, &a);
    if (rc == 0 && calls[cmd].returns && copy_out_bytes(GPTR(arg), &a, calls[cmd].size))
        return -EFAULT;
    return rc;
}
