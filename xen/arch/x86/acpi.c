/* SPDX-License-Identifier: MIT */
/* The firmware's tables: read through iomap(), since some lie in memory that it calls reserved.
 * Facts: ACPI Specification 6.4, chapter 5; IA-PC HPET Specification 1.0a, 3.2.4. */
#include <asm/acpi.h>
#include <asm/boot_info.h>
#include <asm/page.h>
#include <asm/xen_paging.h>
#include <xen/errno.h>
#include <xen/printk.h>
#include <xen/string.h>

struct acpi_info acpi;

struct __packed rsdp {
    char signature[8];
    u8 checksum;
    char oem[6];
    u8 revision;
    u32 rsdt;
    u32 length; /* from revision 2 on, like what follows */
    u64 xsdt;
    u8 checksum2, reserved[3];
};
#define RSDP_OLD_SIZE 20

struct __packed header {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem[22];
    u32 creator_revision;
};
#define TABLE_MAX (1UL << 20)

struct __packed generic_address {
    u8 space, bits, offset, access;
    u64 address;
};

static bool checksum_ok(const void *p, size_t n)
{
    const u8 *b = p;
    u8 sum = 0;

    while (n--)
        sum += *b++;
    return sum == 0;
}

/* ---- single tables ---- */

struct __packed madt {
    struct header h;
    u32 lapic_address, flags;
};

enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_X2APIC = 9 };

struct __packed madt_entry {
    u8 type, length;
    union {
        struct __packed {
            u8 acpi_id, apic_id;
            u32 flags;
        } lapic;
        struct __packed {
            u8 id, reserved;
            u32 address, gsi_base;
        } ioapic;
        struct __packed {
            u8 bus, irq;
            u32 gsi;
            u16 flags;
        } override;
        struct __packed {
            u16 reserved;
            u32 apic_id, flags, acpi_id;
        } x2apic;
    };
};
#define CPU_ENABLED 1

#define POLARITY(flags) ((flags)&3)
#define TRIGGER(flags)  ((flags) >> 2 & 3)
#define POLARITY_LOW    3
#define TRIGGER_LEVEL   3

static void add_cpu(struct acpi_info *info, u32 apic_id, u32 acpi_id, u32 flags)
{
    if (!(flags & CPU_ENABLED))
        return;
    for (unsigned int i = 0; i < info->nr_cpus; i++)
        if (info->cpus[i].apic_id == apic_id) /* listed in both forms */
            return;
    if (info->nr_cpus == NR_CPUS) {
        info->nr_cpus_left_out++;
        return;
    }
    info->cpus[info->nr_cpus].apic_id = apic_id;
    info->cpus[info->nr_cpus].acpi_id = acpi_id;
    info->nr_cpus++;
}

static size_t madt_entry_size(u8 type)
{
    static const u8 sizes[] = {
        [MADT_LAPIC] = 8, [MADT_IOAPIC] = 12, [MADT_OVERRIDE] = 10, [MADT_X2APIC] = 16,
    };

    return type < ARRAY_SIZE(sizes) && sizes[type] ? sizes[type] : 2;
}

static void read_madt_entry(struct acpi_info *info, const struct madt_entry *e)
{
    switch (e->type) {
    case MADT_LAPIC:
        add_cpu(info, e->lapic.apic_id, e->lapic.acpi_id, e->lapic.flags);
        break;
    case MADT_X2APIC:
        add_cpu(info, e->x2apic.apic_id, e->x2apic.acpi_id, e->x2apic.flags);
        break;
    case MADT_IOAPIC:
        if (info->nr_ioapics < ARRAY_SIZE(info->ioapics))
            info->ioapics[info->nr_ioapics++] = (struct acpi_ioapic){
                .id = e->ioapic.id,
                .address = e->ioapic.address,
                .gsi_base = e->ioapic.gsi_base,
            };
        break;
    case MADT_OVERRIDE:
        if (e->override.irq < 16 && info->nr_overrides < ARRAY_SIZE(info->overrides))
            info->overrides[info->nr_overrides++] = (struct acpi_override){
                .irq = e->override.irq,
                .gsi = e->override.gsi,
                .level = TRIGGER(e->override.flags) == TRIGGER_LEVEL,
                .active_low = POLARITY(e->override.flags) == POLARITY_LOW,
            };
        break;
    }
}

int acpi_read_madt(struct acpi_info *info, const void *table, size_t len)
{
    const struct madt *m = table;
    size_t at = sizeof(*m);

    if (len < sizeof(*m))
        return -EINVAL;
    while (len - at >= 2) {
        const struct madt_entry *e = (const struct madt_entry *)((const char *)table + at);

        if (e->length < madt_entry_size(e->type) || e->length > len - at)
            return -EINVAL;
        read_madt_entry(info, e);
        at += e->length;
    }
    return 0;
}

/* Fields of the FADT, by offset: most of its 276 bytes are Domain0's business. */
#define FADT_PM1A_CONTROL 64
#define FADT_PM1B_CONTROL 68
#define FADT_PM_TIMER     76
#define FADT_CENTURY      108
#define FADT_FLAGS        112
#define FADT_RESET        116 /* a generic_address */
#define FADT_RESET_VALUE  128
#define FADT_SIZE_1       116 /* ACPI 1.0 */
#define FADT_SIZE_2       129 /* with the reset register */
#define FLAG_RESET        0x400

static u32 field32(const void *table, size_t at)
{
    u32 v;

    memcpy(&v, (const char *)table + at, sizeof(v));
    return v;
}

int acpi_read_fadt(struct acpi_info *info, const void *table, size_t len)
{
    const u8 *bytes = table;
    struct generic_address reset;
    u32 flags;

    if (len < FADT_SIZE_1)
        return -EINVAL;
    flags = field32(table, FADT_FLAGS);
    info->pm1a_control = field32(table, FADT_PM1A_CONTROL);
    info->pm1b_control = field32(table, FADT_PM1B_CONTROL);
    info->pm_timer_port = field32(table, FADT_PM_TIMER);
    info->century_register = bytes[FADT_CENTURY];
    if (len < FADT_SIZE_2 || !(flags & FLAG_RESET))
        return 0;
    memcpy(&reset, bytes + FADT_RESET, sizeof(reset));
    info->has_reset = reset.space <= 1 && reset.address;
    info->reset_space = reset.space;
    info->reset_address = reset.address;
    info->reset_value = bytes[FADT_RESET_VALUE];
    return 0;
}

struct __packed hpet_table {
    struct header h;
    u32 block_id;
    struct generic_address address;
};

int acpi_read_hpet(struct acpi_info *info, const void *table, size_t len)
{
    const struct hpet_table *t = table;

    if (len < sizeof(*t))
        return -EINVAL;
    if (t->address.space == 0)
        info->hpet_address = t->address.address;
    return 0;
}

/* ---- finding them ---- */

static const struct {
    char signature[5];
    int (*read)(struct acpi_info *info, const void *table, size_t len);
} readers[] = {
    {"APIC", acpi_read_madt},
    {"FACP", acpi_read_fadt},
    {"HPET", acpi_read_hpet},
};

/* The whole table at @at, or NULL: no memory, an absurd length, or a wrong checksum. */
static const struct header *map_table(u64 at)
{
    const struct header *h = iomap(MADDR(at), sizeof(*h));

    if (!h || h->length < sizeof(*h) || h->length > TABLE_MAX)
        return NULL;
    h = iomap(MADDR(at), h->length);
    return h && checksum_ok(h, h->length) ? h : NULL;
}

static void read_table(u64 at)
{
    const struct header *h = map_table(at);

    if (!h) {
        printk(XLOG_WARN "ACPI: the table at %#lx is damaged, ignored\n", (unsigned long)at);
        return;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
        if (memcmp(h->signature, readers[i].signature, 4) == 0 &&
            readers[i].read(&acpi, h, h->length))
            printk(XLOG_WARN "ACPI: table %s is cut short\n", readers[i].signature);
}

/* The root table: addresses of the others, 4 or 8 bytes each. */
static void read_root(u64 at, size_t entry_size)
{
    const struct header *root = map_table(at);

    if (!root) {
        printk(XLOG_WARN "ACPI: the root table at %#lx is damaged\n", (unsigned long)at);
        return;
    }
    for (size_t i = sizeof(*root); i + entry_size <= root->length; i += entry_size) {
        u64 table = 0;

        memcpy(&table, (const char *)root + i, entry_size);
        if (table)
            read_table(table);
    }
}

static bool rsdp_ok(const struct rsdp *r)
{
    return memcmp(r->signature, "RSD PTR ", 8) == 0 && checksum_ok(r, RSDP_OLD_SIZE);
}

static const struct rsdp *search(u64 start, u64 end)
{
    for (u64 at = start; at + sizeof(struct rsdp) <= end; at += 16) {
        const struct rsdp *r = maddr_to_virt(MADDR(at));

        if (rsdp_ok(r)) {
            boot_info.rsdp = at;
            return r;
        }
    }
    return NULL;
}

/* UEFI's list of vendors' tables. Facts: UEFI Specification 2.10, 4.3 and 4.6. */
struct __packed efi_system_table {
    char signature[8];
    u8 unused[96];
    u64 nr_tables, tables;
};

struct __packed efi_table {
    u8 guid[16];
    u64 address;
};
#define EFI_TABLES_MAX 256

static const u8 efi_acpi_guids[][16] = {
    {0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, /* ACPI 2.0 and later */
     0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81},
    {0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11, /* ACPI 1.0 */
     0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d},
};

/* Where the root pointer lies; the loader gives a copy only, but Domain0 must find it too. */
static u64 efi_find_rsdp(u64 system_table)
{
    const struct efi_system_table *st = system_table ? iomap(MADDR(system_table), sizeof(*st)) : 0;
    const struct efi_table *t;

    if (!st || memcmp(st->signature, "IBI SYST", 8) != 0 || st->nr_tables > EFI_TABLES_MAX)
        return 0;
    t = iomap(MADDR(st->tables), st->nr_tables * sizeof(*t));
    for (unsigned int g = 0; t && g < ARRAY_SIZE(efi_acpi_guids); g++)
        for (u64 i = 0; i < st->nr_tables; i++)
            if (memcmp(t[i].guid, efi_acpi_guids[g], sizeof(t[i].guid)) == 0)
                return t[i].address;
    return 0;
}

static const struct rsdp *find_rsdp(void)
{
    const struct rsdp *r = (const struct rsdp *)boot_info.rsdp_copy;
    u64 ebda = (u64) * (const u16 *)maddr_to_virt(MADDR(0x40e)) << 4;

    boot_info.rsdp = efi_find_rsdp(boot_info.efi_system_table);
    if (rsdp_ok(r))
        return r;
    r = ebda >= 0x80000 && ebda < 0xa0000 ? search(ebda, ebda + 1024) : NULL;
    return r ? r : search(0xe0000, 0x100000);
}

void acpi_init(void)
{
    const struct rsdp *r = find_rsdp();

    if (!r) {
        printk(XLOG_WARN "No ACPI tables: one CPU, no I/O APIC\n");
        return;
    }
    if (r->revision >= 2 && r->xsdt)
        read_root(r->xsdt, 8);
    else
        read_root(r->rsdt, 4);
    printk(XLOG_INFO "ACPI: %u CPUs, %u I/O APICs\n", acpi.nr_cpus, acpi.nr_ioapics);
    if (acpi.nr_cpus_left_out)
        printk(XLOG_WARN "%u CPUs more than Xenolith can use (%u)\n", acpi.nr_cpus_left_out,
               NR_CPUS);
}
