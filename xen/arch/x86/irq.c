/* SPDX-License-Identifier: MIT */
/*
 * Physical interrupts: vectors, lines, which domain gets which.
 *
 * A vector means the same interrupt on every CPU, so struct irq is found by vector, and moving an
 * interrupt to another CPU only changes where it is sent.
 *
 * An edge interrupt (every MSI) is acknowledged and passed on, and that is all. A level interrupt
 * stays asserted until its driver, in Domain0, has been to the device: so its line is masked
 * when it fires and unmasked by the guest's EOI. Whoever never says EOI loses only that line.
 */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/frame.h>
#include <asm/irq.h>
#include <asm/pci.h>
#include <asm/regs.h>
#include <asm/smp.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/heap.h>
#include <xen/printk.h>
#include <xen/softirq.h>

#define NR_VECTORS 256
#define NR_GSIS    256

enum irq_kind { IRQ_FREE, IRQ_GSI, IRQ_MSI };

struct irq {
    enum irq_kind kind;
    unsigned int gsi;
    bool level, active_low;  /* of a GSI */
    bool eoi_owed;           /* a level interrupt was delivered: masked until the EOI */
    unsigned int cpu;        /* where it is sent */
    struct msi_target msi;
    unsigned int messages;   /* consecutive vectors of this MSI; 0 = belongs to the one before */

    void (*handler)(void *arg); /* Xen's own; or: */
    void *arg;
    struct domain *domain;   /* whose pirq it is; NULL = not mapped */
    unsigned int pirq;
    bool bound;              /* has an event port: may fire */
    unsigned long count;     /* times fired */
};

/* Covers irqs, gsi_vector, gsi_signal, every pirq_map and the I/O APICs. */
static spinlock_t irq_lock = SPINLOCK(RANK_IRQ);
static struct irq irqs[NR_VECTORS];
static u8 gsi_vector[NR_GSIS];     /* 0 = none */
static struct {
    bool level, active_low;
} gsi_signal[NR_GSIS];             /* from firmware, then from Domain0 */
static unsigned int nr_gsis;

struct pirq_map {
    u8 vector[EVENT_NR_PIRQS]; /* 0 = not mapped */
};

/* ---- vectors and lines ---- */

/* @n consecutive free vectors, the first a multiple of @n; 0 = none. */
static unsigned int find_vectors(unsigned int n)
{
    unsigned int v = ROUND_UP((unsigned int)VECTOR_FIRST_DEVICE, n);

    for (; v + n - 1 <= VECTOR_LAST_DEVICE; v += n) {
        unsigned int i = 0;

        while (i < n && v + i != 0x80 && irqs[v + i].kind == IRQ_FREE) /* 0x80: for guests */
            i++;
        if (i == n)
            return v;
    }
    return 0;
}

static void program_line(const struct irq *irq)
{
    const struct ioapic_line line = {
        .vector = irq - irqs,
        .level = irq->level,
        .active_low = irq->active_low,
        .masked = irq->eoi_owed || !(irq->handler || irq->bound),
        .apic_id = cpus[irq->cpu].apic_id,
    };

    ioapic_set(irq->gsi, &line);
}

/* The irq of @gsi, new if need be; NULL when no vector is left. */
static struct irq *gsi_irq(unsigned int gsi)
{
    unsigned int v = gsi_vector[gsi];

    if (v)
        return &irqs[v];
    v = find_vectors(1);
    if (!v)
        return NULL;
    irqs[v] = (struct irq){
        .kind = IRQ_GSI,
        .gsi = gsi,
        .level = gsi_signal[gsi].level,
        .active_low = gsi_signal[gsi].active_low,
    };
    gsi_vector[gsi] = v;
    return &irqs[v];
}

int irq_request(unsigned int gsi, void (*handler)(void *arg), void *arg)
{
    struct irq *irq;
    int rc = 0;

    for (unsigned int i = 0; i < acpi.nr_overrides; i++)
        if (acpi.overrides[i].irq == gsi) {
            gsi = acpi.overrides[i].gsi;
            break;
        }
    if (gsi >= nr_gsis)
        return -EINVAL;
    spin_lock(&irq_lock);
    irq = gsi_irq(gsi);
    if (!irq) {
        rc = -ENOSPC;
    } else if (irq->handler || irq->domain) {
        rc = -EBUSY;
    } else {
        irq->handler = handler;
        irq->arg = arg;
        program_line(irq);
    }
    spin_unlock(&irq_lock);
    return rc;
}

/* ---- delivery ---- */

static void device_interrupt(unsigned int vector)
{
    struct irq *irq = &irqs[vector];
    void (*handler)(void *) = NULL;
    struct domain *d = NULL;
    unsigned int pirq = 0;
    void *arg = NULL;

    spin_lock(&irq_lock);
    irq->count++;
    if (irq->handler) {
        handler = irq->handler;
        arg = irq->arg;
    } else if (irq->bound) {
        d = irq->domain;
        pirq = irq->pirq;
        if (irq->kind == IRQ_GSI && irq->level) {
            ioapic_mask(irq->gsi, true);
            irq->eoi_owed = true;
        }
    }
    spin_unlock(&irq_lock);
    if (handler)
        handler(arg);
    apic_eoi();
    if (d)
        event_send_pirq(d, pirq);
}

void irq_dispatch(struct regs *r)
{
    switch (r->vector) {
    case VECTOR_TIMER:
        apic_eoi();
        softirq_raise(SOFTIRQ_TIMER);
        break;
    case VECTOR_KICK:
        apic_eoi();
        break;
    case VECTOR_CALL:
        apic_eoi();
        smp_poll();
        break;
    case VECTOR_ERROR:
        printk(XLOG_WARN "APIC error %#x on CPU %u\n", apic_read_error(), smp_cpu_id());
        apic_eoi();
        break;
    default:
        if (r->vector >= VECTOR_FIRST_DEVICE && r->vector <= VECTOR_LAST_DEVICE)
            device_interrupt(r->vector);
        /* else spurious: those are not acknowledged */
    }
}

/* ---- set-up ---- */

void irq_init(void)
{
    pic_mask();
    ioapic_init();
    nr_gsis = MIN(ioapic_nr_gsis(), (unsigned int)NR_GSIS);
    for (unsigned int gsi = 16; gsi < nr_gsis; gsi++) /* PCI; below it is ISA: edge, high */
        gsi_signal[gsi].level = gsi_signal[gsi].active_low = true;
    for (unsigned int i = 0; i < acpi.nr_overrides; i++) {
        const struct acpi_override *o = &acpi.overrides[i];

        if (o->gsi < nr_gsis) {
            gsi_signal[o->gsi].level = o->level;
            gsi_signal[o->gsi].active_low = o->active_low;
        }
    }
}

/* ---- pirqs: mapping ---- */

/* The domain's table, made at its first pirq. No lock held. */
static int have_pirq_map(struct domain *d)
{
    struct pirq_map *m;

    if (!d->privileged)
        return -EPERM;
    if (d->arch.pirqs)
        return 0;
    m = heap_new(struct pirq_map);
    if (!m)
        return -ENOMEM;
    spin_lock(&irq_lock);
    if (!d->arch.pirqs) {
        d->arch.pirqs = m;
        m = NULL;
    }
    spin_unlock(&irq_lock);
    heap_free(m);
    return 0;
}

/* The irq behind @pirq; NULL when there is none. irq_lock held. */
static struct irq *pirq_irq(const struct domain *d, unsigned int pirq)
{
    unsigned int v = d->arch.pirqs && pirq < EVENT_NR_PIRQS ? d->arch.pirqs->vector[pirq] : 0;

    return v ? &irqs[v] : NULL;
}

int pirq_map_gsi(struct domain *d, unsigned int gsi)
{
    struct irq *irq;
    int rc = have_pirq_map(d);

    if (rc || gsi >= nr_gsis)
        return rc ? rc : -EINVAL;
    spin_lock(&irq_lock);
    irq = gsi_irq(gsi);
    if (!irq) {
        rc = -ENOSPC;
    } else if (irq->domain && irq->domain != d) {
        rc = -EBUSY;
    } else { /* Xen's own too: Linux maps all ISA lines, and is refused when it binds one */
        irq->domain = d;
        irq->pirq = gsi;
        d->arch.pirqs->vector[gsi] = irq - irqs;
    }
    spin_unlock(&irq_lock);
    return rc;
}

int pirq_setup_gsi(struct domain *d, unsigned int gsi, bool level, bool active_low)
{
    struct irq *irq;

    if (!d->privileged || gsi >= nr_gsis)
        return -EINVAL;
    spin_lock(&irq_lock);
    gsi_signal[gsi].level = level;
    gsi_signal[gsi].active_low = active_low;
    irq = gsi_vector[gsi] ? &irqs[gsi_vector[gsi]] : NULL;
    if (irq && !irq->handler) {
        irq->level = level;
        irq->active_low = active_low;
        irq->eoi_owed &= level;
        program_line(irq);
    }
    spin_unlock(&irq_lock);
    return 0;
}

/* @n pirqs in a row without a vector, above the GSIs; or -ENOSPC. irq_lock held. */
static int free_pirqs(const struct domain *d, unsigned int n)
{
    unsigned int run = 0;

    for (unsigned int p = nr_gsis; p < EVENT_NR_PIRQS; p++) {
        run = d->arch.pirqs->vector[p] ? 0 : run + 1;
        if (run == n)
            return p + 1 - n;
    }
    return -ENOSPC;
}

int pirq_find_free(struct domain *d)
{
    int rc = have_pirq_map(d);

    if (rc)
        return rc;
    spin_lock(&irq_lock);
    rc = free_pirqs(d, 1);
    spin_unlock(&irq_lock);
    return rc;
}

static bool pirqs_are_free(const struct domain *d, int first, unsigned int n)
{
    if (first < (int)nr_gsis || first + n > EVENT_NR_PIRQS)
        return false;
    for (unsigned int i = 0; i < n; i++)
        if (d->arch.pirqs->vector[first + i])
            return false;
    return true;
}

static int map_msi_locked(struct domain *d, const struct msi_target *msi, unsigned int n, int *pirq)
{
    unsigned int v = find_vectors(n);

    if (*pirq < 0)
        *pirq = free_pirqs(d, n);
    else if (!pirqs_are_free(d, *pirq, n))
        return -EBUSY;
    if (*pirq < 0 || !v)
        return -ENOSPC;
    for (unsigned int i = 0; i < n; i++) {
        irqs[v + i] = (struct irq){
            .kind = IRQ_MSI,
            .msi = *msi,
            .messages = i == 0 ? n : 0,
            .domain = d,
            .pirq = *pirq + i,
        };
        d->arch.pirqs->vector[*pirq + i] = v + i;
    }
    msi_mask(msi, true);
    msi_write(msi, cpus[0].apic_id, v, n);
    return 0;
}

int pirq_map_msi(struct domain *d, const struct msi_target *msi, unsigned int n, int *pirq)
{
    int rc = have_pirq_map(d);

    if (rc || n == 0 || n > 32 || (n & (n - 1)))
        return rc ? rc : -EINVAL;
    spin_lock(&irq_lock);
    rc = map_msi_locked(d, msi, n, pirq);
    spin_unlock(&irq_lock);
    return rc;
}

static void unmap_locked(struct domain *d, struct irq *irq)
{
    d->arch.pirqs->vector[irq->pirq] = 0;
    irq->domain = NULL;
    if (irq->kind == IRQ_GSI) {
        program_line(irq);
        return; /* keeps its vector: there is one for each line */
    }
    if (irq->messages)
        msi_mask(&irq->msi, true);
    irq->kind = IRQ_FREE;
}

int pirq_unmap(struct domain *d, unsigned int pirq)
{
    struct irq *irq;
    int rc = 0;

    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    if (!irq)
        rc = -EINVAL;
    else if (irq->bound)
        rc = -EBUSY;
    else
        unmap_locked(d, irq);
    spin_unlock(&irq_lock);
    return rc;
}

void pirq_restore_msi(struct domain *d, u16 bdf)
{
    spin_lock(&irq_lock);
    for (struct irq *irq = irqs; irq < irqs + NR_VECTORS; irq++)
        if (irq->kind == IRQ_MSI && irq->messages && irq->domain == d && irq->msi.bdf == bdf) {
            msi_write(&irq->msi, cpus[irq->cpu].apic_id, irq - irqs, irq->messages);
            msi_mask(&irq->msi, !irq->bound);
        }
    spin_unlock(&irq_lock);
}

/* ---- pirqs: use ---- */

static bool is_level(const struct irq *irq)
{
    return irq->kind == IRQ_GSI && irq->level;
}

/* Domain0's bitmap of the pirqs that want an EOI. */
static void mark_eoi(struct domain *d, unsigned int pirq, bool needed)
{
    unsigned long *map = d->arch.pirq_eoi_map;

    if (!map)
        return;
    if (needed)
        set_bit(pirq, map);
    else
        clear_bit(pirq, map);
}

int pirq_set_eoi_frame(struct domain *d, unsigned long mfn)
{
    int rc;

    if (!d->privileged)
        return -EPERM;
    rc = frame_get_type(MFN(mfn), d, FT_WRITABLE);
    if (rc)
        return rc;
    spin_lock(&irq_lock);
    if (d->arch.pirq_eoi_map) {
        rc = -EBUSY;
    } else {
        d->arch.pirq_eoi_mfn = MFN(mfn);
        d->arch.pirq_eoi_map = mfn_to_virt(MFN(mfn));
        for (unsigned int p = 0; p < EVENT_NR_PIRQS; p++) {
            const struct irq *irq = pirq_irq(d, p);

            mark_eoi(d, p, irq && irq->bound && is_level(irq));
        }
    }
    spin_unlock(&irq_lock);
    if (rc)
        frame_put_type(MFN(mfn));
    return rc;
}

/* The bound state of a line or message changed. */
static void apply(const struct irq *irq)
{
    if (irq->kind == IRQ_GSI)
        program_line(irq);
    else
        msi_mask(&irq->msi, !irq->bound);
}

int pirq_bind(struct domain *d, unsigned int pirq)
{
    struct irq *irq;
    int rc = 0;

    if (!d->privileged)
        return -EPERM;
    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    if (!irq) {
        rc = -EINVAL;
    } else if (irq->bound || irq->handler) {
        rc = -EBUSY;
    } else {
        irq->bound = true;
        irq->eoi_owed = false;
        mark_eoi(d, pirq, is_level(irq));
        apply(irq);
    }
    spin_unlock(&irq_lock);
    return rc;
}

void pirq_unbind(struct domain *d, unsigned int pirq)
{
    struct irq *irq;

    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    if (irq && irq->bound) {
        irq->bound = irq->eoi_owed = false;
        mark_eoi(d, pirq, false);
        apply(irq);
    }
    spin_unlock(&irq_lock);
}

int pirq_eoi(struct domain *d, unsigned int pirq)
{
    struct irq *irq;

    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    if (irq && irq->eoi_owed) {
        irq->eoi_owed = false;
        if (irq->bound)
            ioapic_mask(irq->gsi, false);
    }
    spin_unlock(&irq_lock);
    return irq ? 0 : -EINVAL;
}

bool pirq_needs_eoi(struct domain *d, unsigned int pirq)
{
    const struct irq *irq;
    bool needs;

    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    needs = irq && is_level(irq);
    spin_unlock(&irq_lock);
    return needs;
}

void pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu)
{
    struct irq *irq;

    spin_lock(&irq_lock);
    irq = pirq_irq(d, pirq);
    /* The messages of a multiple MSI go to one place: the first one's. */
    if (irq && irq->cpu != cpu && (irq->kind == IRQ_GSI || irq->messages)) {
        irq->cpu = cpu;
        if (irq->kind == IRQ_GSI)
            program_line(irq);
        else
            msi_write(&irq->msi, cpus[cpu].apic_id, irq - irqs, irq->messages);
    }
    spin_unlock(&irq_lock);
}

void pirq_release_all(struct domain *d)
{
    struct pirq_map *m = d->arch.pirqs;

    if (!m)
        return;
    for (unsigned int p = 0; p < EVENT_NR_PIRQS; p++) {
        pirq_unbind(d, p);
        pirq_unmap(d, p);
    }
    spin_lock(&irq_lock);
    d->arch.pirq_eoi_map = NULL;
    d->arch.pirqs = NULL;
    spin_unlock(&irq_lock);
    frame_replace(&d->arch.pirq_eoi_mfn, MFN_NONE);
    heap_free(m);
}

static void show_irqs(void)
{
    spin_lock(&irq_lock);
    for (const struct irq *irq = irqs; irq < irqs + NR_VECTORS; irq++) {
        if (irq->kind == IRQ_FREE)
            continue;
        printk(" vector %02x %s %-4u cpu %u fired %lu:", (unsigned int)(irq - irqs),
               irq->kind == IRQ_GSI ? irq->level ? "level" : "edge " : "MSI  ",
               irq->kind == IRQ_GSI ? irq->gsi : irq->msi.bdf, irq->cpu, irq->count);
        if (irq->domain)
            printk(" d%u pirq %u%s%s\n", irq->domain->id, irq->pirq, irq->bound ? " bound" : "",
                   irq->eoi_owed ? " masked until EOI" : "");
        else
            printk(" %s\n", irq->handler ? "Xen" : "nobody");
    }
    spin_unlock(&irq_lock);
}
DEBUG_KEY('i', "interrupts", show_irqs);
