/* SPDX-License-Identifier: MIT */
/* Local APIC and I/O APIC. Facts: Intel SDM vol. 3A, chapter 11; 82093AA data sheet. The local APIC
 * is used as firmware left it: through memory, or by MSRs when x2APIC mode is on already. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/irq.h>
#include <asm/msr.h>
#include <asm/pt.h>
#include <asm/time.h>
#include <asm/xen_paging.h>
#include <xen/bitops.h>
#include <xen/errno.h>
#include <xen/printk.h>

#define APIC_ID        0x020
#define APIC_TPR       0x080
#define APIC_EOI       0x0b0
#define APIC_SVR       0x0f0 /* spurious vector, and the switch */
#define APIC_ESR       0x280
#define APIC_ICR       0x300
#define APIC_ICR_HIGH  0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT     0x380 /* timer: initial count */
#define APIC_TMCCT     0x390 /* timer: current count */
#define APIC_TDCR      0x3e0 /* timer: divider */

#define SVR_ENABLE       0x100
#define ICR_BUSY         0x1000
#define ICR_ASSERT       0x4000
#define LVT_NMI          0x400
#define LVT_MASKED       0x10000
#define LVT_TSC_DEADLINE 0x40000
#define DIVIDE_BY_1      0xb

#define APIC_BASE_ENABLE 0x800
#define APIC_BASE_X2APIC 0x400
#define APIC_BASE_ADDR   0xffffff000UL
#define MSR_X2APIC       0x800
#define MSR_TSC_DEADLINE 0x6e0

static volatile u32 *apic_regs; /* NULL: x2APIC mode */
static u64 timer_mul;           /* counts per ns, 32.32 */
static bool tsc_deadline;

static u32 apic_read(unsigned int reg)
{
    return apic_regs ? apic_regs[reg / 4] : (u32)rdmsr(MSR_X2APIC + (reg >> 4));
}

static void apic_write(unsigned int reg, u32 v)
{
    if (apic_regs)
        apic_regs[reg / 4] = v;
    else
        wrmsr(MSR_X2APIC + (reg >> 4), v);
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void apic_send(u32 apic_id, u32 what)
{
    what |= ICR_ASSERT;
    if (!apic_regs) {
        smp_mb();
        wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (u64)apic_id << 32 | what);
        return;
    }
    while (apic_read(APIC_ICR) & ICR_BUSY)
        cpu_relax();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR, what);
}

u32 apic_read_error(void)
{
    apic_write(APIC_ESR, 0);
    return apic_read(APIC_ESR);
}

void apic_init(void)
{
    u64 base = rdmsr(MSR_APIC_BASE);

    if (!(base & APIC_BASE_X2APIC)) {
        apic_regs = iomap(MADDR(base & APIC_BASE_ADDR), PAGE_SIZE);
        if (!apic_regs)
            panic("No memory to map the local APIC");
    }
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    apic_init_cpu();
}

void apic_init_cpu(void)
{
    struct cpu *c = this_cpu();

    if (!apic_regs) /* a CPU just started is in the old mode */
        wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    c->apic_id = apic_read(APIC_ID) >> (apic_regs ? 24 : 0);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_LVT_LINT0, LVT_MASKED); /* the old PIC, which is masked */
    apic_write(APIC_LVT_LINT1, c->id == 0 ? LVT_NMI : LVT_MASKED);
    apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
    apic_read_error();
    apic_eoi();
}

/* ---- timer ---- */

#define CALIBRATION_NS MILLIS(10)

void apic_timer_init(void)
{
    stime_t start, end;
    u32 counted;

    tsc_deadline = cpuid(1, 0).c & BIT(24);
    apic_timer_init_cpu();
    if (tsc_deadline)
        return;
    start = now();
    apic_write(APIC_TMICT, UINT32_MAX);
    while ((end = now()) < start + CALIBRATION_NS)
        cpu_relax();
    counted = UINT32_MAX - apic_read(APIC_TMCCT);
    apic_write(APIC_TMICT, 0);
    timer_mul = ((u64)counted << 32) / (u64)(end - start);
    printk(XLOG_INFO "Local APIC timer: %lu kHz\n", (unsigned long)(timer_mul * 1000000 >> 32));
}

void apic_timer_init_cpu(void)
{
    apic_write(APIC_TDCR, DIVIDE_BY_1);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (tsc_deadline ? LVT_TSC_DEADLINE : 0));
    /* The mode must be in force before the first deadline is written. */
    smp_mb();
}

void apic_timer_set(u64 ns)
{
    u64 count;

    ns = MIN(ns, (u64)SECS(1)); /* nothing below overflows then */
    if (tsc_deadline) {
        wrmsr(MSR_TSC_DEADLINE, ns ? rdtsc() + ns * cpu_khz / 1000000 : 0);
        return;
    }
    count = ((unsigned __int128)ns * timer_mul) >> 32;
    apic_write(APIC_TMICT, ns ? MIN(MAX(count, 1UL), (u64)UINT32_MAX) : 0);
}

/* ---- the old PIC, and I/O APICs ---- */

#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1

void pic_mask(void)
{
    outb(0xff, PIC2_DATA);
    outb(0xff, PIC1_DATA);
}

#define IOAPIC_VERSION  1
#define IOAPIC_LINE(n)  (0x10 + 2 * (n)) /* two registers each */
#define LINE_ACTIVE_LOW 0x2000
#define LINE_LEVEL      0x8000
#define LINE_MASKED     0x10000

static struct ioapic {
    volatile u32 *regs; /* [0] selects, [4] is the register selected */
    u64 address;
    unsigned int gsi_base, lines;
} ioapics[16];
static unsigned int nr_ioapics;

static u32 ioapic_read(struct ioapic *io, unsigned int reg)
{
    io->regs[0] = reg;
    return io->regs[4];
}

static void ioapic_write(struct ioapic *io, unsigned int reg, u32 v)
{
    io->regs[0] = reg;
    io->regs[4] = v;
}

void ioapic_init(void)
{
    for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
        const struct acpi_ioapic *from = &acpi.ioapics[i];
        struct ioapic *io = &ioapics[nr_ioapics];

        io->regs = iomap(MADDR(from->address), 0x20);
        if (!io->regs)
            panic("No memory to map an I/O APIC");
        pt_guard_device(maddr_to_mfn(MADDR(from->address)), 1);
        io->address = from->address;
        io->gsi_base = from->gsi_base;
        io->lines = (ioapic_read(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
        for (unsigned int n = 0; n < io->lines; n++)
            ioapic_write(io, IOAPIC_LINE(n), LINE_MASKED);
        nr_ioapics++;
    }
}

unsigned int ioapic_nr_gsis(void)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < nr_ioapics; i++)
        n = MAX(n, ioapics[i].gsi_base + ioapics[i].lines);
    return n;
}

/* The chip of @gsi and in *@n the first register of its line; NULL: none has it. */
static struct ioapic *find_line(unsigned int gsi, unsigned int *n)
{
    for (unsigned int i = 0; i < nr_ioapics; i++) {
        *n = IOAPIC_LINE(gsi - ioapics[i].gsi_base);
        if (gsi - ioapics[i].gsi_base < ioapics[i].lines)
            return &ioapics[i];
    }
    return NULL;
}

/* Masked while the two halves disagree. */
void ioapic_set(unsigned int gsi, const struct ioapic_line *line)
{
    unsigned int n;
    struct ioapic *io = find_line(gsi, &n);

    if (!io)
        return;
    ioapic_write(io, n, LINE_MASKED);
    ioapic_write(io, n + 1, line->apic_id << 24);
    ioapic_write(io, n, line->vector | (line->active_low ? LINE_ACTIVE_LOW : 0) |
                            (line->level ? LINE_LEVEL : 0) | (line->masked ? LINE_MASKED : 0));
}

void ioapic_mask(unsigned int gsi, bool masked)
{
    unsigned int n;
    struct ioapic *io = find_line(gsi, &n);

    if (io)
        ioapic_write(io, n, (ioapic_read(io, n) & ~LINE_MASKED) | (masked ? LINE_MASKED : 0));
}

int ioapic_read_register(u64 address, u32 reg, u32 *value)
{
    for (unsigned int i = 0; i < nr_ioapics; i++)
        if (ioapics[i].address == address && reg < IOAPIC_LINE(ioapics[i].lines)) {
            *value = ioapic_read(&ioapics[i], reg);
            return 0;
        }
    return -EINVAL;
}
