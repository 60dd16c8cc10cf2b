/* SPDX-License-Identifier: MIT */
/* Starting CPUs, and asking another CPU to do something. Who waits for an answer, or a spin lock,
 * answers others meanwhile: two CPUs that call each other do not hang. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/boot_info.h>
#include <asm/descriptors.h>
#include <asm/fpu.h>
#include <asm/irq.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <asm/xen_paging.h>
#include <xen/bitops.h>
#include <xen/cmdline.h>
#include <xen/printk.h>
#include <xen/domain.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/string.h>

cpumask_t cpu_online_map = 1;

/* ---- calls ---- */

/* Each calling CPU has a slot; the CPUs it asks take themselves out of pending. */
static struct {
    void (*fn)(void *arg);
    void *arg;
    cpumask_t pending; /* who has yet to run it; atomic */
} calls[NR_CPUS];

static cpumask_t callers[NR_CPUS]; /* by the CPU asked: who waits for it. Atomic */
static cpumask_t stopping; /* who has to stop for ever. Set by panic and reboot; atomic */

void smp_poll(void)
{
    unsigned int me = smp_cpu_id(), caller;
    cpumask_t waiting;

    if (unlikely(cpumask_test(me, READ_ONCE(stopping)))) {
        clear_bit(me, &stopping);
        machine_halt();
    }
    if (likely(!READ_ONCE(callers[me])))
        return;
    waiting = atomic_xchg(&callers[me], 0);
    for_each_cpu (caller, waiting) {
        calls[caller].fn(calls[caller].arg);
        clear_bit(me, &calls[caller].pending);
    }
}

void smp_call(cpumask_t mask, void (*fn)(void *arg), void *arg)
{
    unsigned int me = smp_cpu_id(), cpu;

    mask &= cpu_online_map;
    if (!mask)
        return;
    calls[me].fn = fn;
    calls[me].arg = arg;
    atomic_set(&calls[me].pending, mask);
    for_each_cpu (cpu, mask) /* one that has a caller already is interrupted already */
        if (__atomic_fetch_or(&callers[cpu], cpumask_of(me), __ATOMIC_SEQ_CST) == 0)
            apic_send(cpus[cpu].apic_id, VECTOR_CALL);
    while (atomic_read(&calls[me].pending)) {
        cpu_relax();
        smp_poll();
    }
}

void smp_kick(unsigned int cpu)
{
    apic_send(cpus[cpu].apic_id, VECTOR_KICK);
}

static bool held;             /* somebody holds all others; atomic */
static unsigned int standing; /* how many of them wait; atomic */

/* SOFTIRQ_STAND_STILL */
static void stand_still(void)
{
    atomic_inc(&standing);
    while (atomic_read(&held))
        smp_poll();
    atomic_dec(&standing);
}

void smp_hold_others(void)
{
    unsigned int cpu, others = 0;

    while (atomic_xchg(&held, true))
        stand_still();
    for_each_cpu (cpu, cpu_online_map & ~cpumask_of(smp_cpu_id())) {
        softirq_raise_on(cpu, SOFTIRQ_STAND_STILL);
        others++;
    }
    while (atomic_read(&standing) != others)
        smp_poll();
}

void smp_release_others(void)
{
    atomic_set(&held, false);
}

/* A CPU that does not answer within a tenth of a second is lost anyway. */
void smp_stop_others(void)
{
    cpumask_t others = cpu_online_map & ~cpumask_of(smp_cpu_id());
    unsigned int cpu;

    atomic_set(&stopping, others);
    for_each_cpu (cpu, others)
        apic_send(cpus[cpu].apic_id, VECTOR_CALL);
    for (unsigned int i = 0; i < 1000 && atomic_read(&stopping); i++)
        delay_us(100);
}

/* ---- starting the others ---- */

static unsigned int max_cpus = NR_CPUS;

static int parse_maxcpus(const char *value)
{
    unsigned int n;

    if (parse_uint(value, &n) || n < 1)
        return -EINVAL;
    max_cpus = MIN(n, (unsigned int)NR_CPUS);
    return 0;
}
BOOT_OPTION("maxcpus", parse_maxcpus);

static int parse_nosmp(const char *value)
{
    if (parse_bool(value) != 1)
        return -EINVAL;
    max_cpus = 1;
    return 0;
}
BOOT_OPTION("nosmp", parse_nosmp);

extern const char ap_trampoline[], ap_trampoline_end[];
struct stack_top *ap_stack; /* read by boot.S */
static unsigned int ap_arrived; /* the CPU that has reached ap_main; atomic */

/* A page of RAM below 640 KiB that nothing uses: all that was there has been copied. 0 = none. */
static u64 trampoline_page(void)
{
    for (unsigned int i = 0; i < boot_info.nr_regions; i++) {
        const struct memory_region *r = &boot_info.regions[i];
        u64 page = MAX(ROUND_UP(r->start, PAGE_SIZE), 0x1000UL);

        if (r->type == E820_RAM && page + PAGE_SIZE <= MIN(r->start + r->size, 0xa0000UL))
            return page;
    }
    return 0;
}

void ap_main(void);
void ap_main(void)
{
    unsigned int cpu = smp_cpu_id();

    paging_init_cpu();
    descriptors_init_cpu(this_cpu());
    traps_init_cpu();
    fpu_init_cpu();
    apic_init_cpu();
    atomic_set(&ap_arrived, cpu);
    time_init_cpu();
    set_bit(cpu, &cpu_online_map);
    sched_idle_loop();
}

static bool wait_for_arrival(unsigned int cpu)
{
    for (unsigned int i = 0; i < 10000; i++) {
        if (atomic_read(&ap_arrived) == cpu)
            return true;
        delay_us(100);
    }
    return false;
}

/* INIT, then STARTUP twice, with the pauses of Intel's MultiProcessor Specification, B.4. */
static void wake_cpu(u32 apic_id, u64 page)
{
    apic_send(apic_id, APIC_INIT);
    delay_us(10000);
    for (unsigned int i = 0; i < 2; i++) {
        apic_send(apic_id, APIC_STARTUP(page >> PAGE_SHIFT));
        delay_us(200);
    }
}

static int boot_cpu(unsigned int cpu, u32 apic_id, u32 acpi_id, u64 page)
{
    struct cpu *c = &cpus[cpu];

    c->id = cpu;
    c->apic_id = apic_id;
    c->acpi_id = acpi_id;
    if (xen_paging_init_window(cpu))
        return -ENOMEM;
    timer_init_cpu(cpu);
    sched_init_cpu(cpu);
    ap_stack = stack_top_of(idle_vcpu(cpu)->stack);
    wake_cpu(apic_id, page);
    if (!wait_for_arrival(cpu))
        return -ENXIO;
    time_check_warp();
    while (!cpumask_test(cpu, READ_ONCE(cpu_online_map)))
        cpu_relax();
    return 0;
}

void smp_boot_cpus(void)
{
    u64 page = trampoline_page();
    unsigned int cpu = 1;

    softirq_register(SOFTIRQ_STAND_STILL, stand_still);
    for (unsigned int i = 0; i < acpi.nr_cpus; i++)
        if (acpi.cpus[i].apic_id == cpus[0].apic_id)
            cpus[0].acpi_id = acpi.cpus[i].acpi_id;
    if (!page || max_cpus == 1)
        return;
    memcpy(maddr_to_virt(MADDR(page)), ap_trampoline, ap_trampoline_end - ap_trampoline);
    for (unsigned int i = 0; i < acpi.nr_cpus && cpu < max_cpus; i++) {
        u32 apic_id = acpi.cpus[i].apic_id;

        if (apic_id == cpus[0].apic_id)
            continue;
        if (boot_cpu(cpu, apic_id, acpi.cpus[i].acpi_id, page))
            printk(XLOG_ERR "CPU with APIC id %u does not start, left out\n", apic_id);
        else
            cpu++;
    }
    printk(XLOG_INFO "%u CPUs\n", cpu);
}
