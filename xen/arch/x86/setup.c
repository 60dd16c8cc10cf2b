/* SPDX-License-Identifier: MIT */
/* start_xen(): boot as a list of steps, in order. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/boot_info.h>
#include <asm/console.h>
#include <asm/descriptors.h>
#include <asm/fpu.h>
#include <asm/irq.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <asm/xen_paging.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>

#define LEAST_MEMORY (64UL << 20)

static u64 ram_bytes(void)
{
    u64 sum = 0;

    for (unsigned int i = 0; i < boot_info.nr_regions; i++)
        if (boot_info.regions[i].type == E820_RAM)
            sum += boot_info.regions[i].size;
    return sum;
}

/* The console works as soon as the options are known, so what is wrong is told after that. */
static void read_boot_info(u32 magic, u32 info)
{
    const char *error = multiboot_read(&boot_info, magic, info);

    cmdline_parse(boot_info.cmdline);
    console_init_early();
    printk(XLOG_INFO "Xenolith " XENOLITH_VERSION ", loaded by %s\n",
           boot_info.loader ? boot_info.loader : "?");
    printk(XLOG_INFO "Options: %s\n", saved_cmdline);
    if (error)
        boot_error("%s", error);
    printk(XLOG_INFO "Memory: %lu MiB\n", (unsigned long)(ram_bytes() >> 20));
    if (ram_bytes() < LEAST_MEMORY)
        boot_error("%lu MiB of memory are too little: Xen and Domain0 need %lu MiB at the least",
                   (unsigned long)(ram_bytes() >> 20), LEAST_MEMORY >> 20);
    if (boot_info.nr_modules == 0)
        boot_error("No Domain0 kernel: the boot loader must load one as first module, an initrd "
                   "as second (GRUB: module2 /boot/vmlinuz ...)");
}

/* On the boot CPU's idle vcpu's stack, for good. */
static void run_dom0(void)
{
    console_hand_over();
    domain_unpause(dom0);
    sched_idle_loop();
}

/* Called by boot.S with interrupts off, on the boot stack, in the early address space. */
void start_xen(u32 magic, u32 info);
void start_xen(u32 magic, u32 info)
{
    read_boot_info(magic, info);          /* memory map, modules, options, console */
    xen_paging_init();                    /* our own address space; page_alloc works */
    vga_map();
    if (xen_paging_init_window(0))
        panic("No memory for the first CPU's tables");
    descriptors_init_cpu(this_cpu());     /* needs the window */
    traps_init();                         /* from here on a fault is reported */
    traps_init_cpu();
    fpu_init_cpu();
    acpi_init();                          /* CPUs, I/O APICs, clocks */
    irq_init();                           /* PIC and I/O APICs masked: nothing hangs in the air */
    apic_init();                          /* when the local APIC stops listening to the PIC */
    time_init();                          /* now(); the APIC timer after it */
    timer_init_cpu(0);
    debug_keys_init();
    sched_init();                         /* this CPU runs its idle vcpu */
    domain_init();
    smp_boot_cpus();                      /* the others go to their idle loops */
    serial_init_irq();                    /* keys */
    dom0_build();                         /* paused */
    xen_paging_end_boot();                /* the modules' memory, and the decompressors' */
    printk(XLOG_INFO "Free memory: %lu MiB\n", page_alloc_free_count() >> 8);
    run_on_stack(stack_top_of(idle_vcpu(0)->stack), run_dom0);
}
