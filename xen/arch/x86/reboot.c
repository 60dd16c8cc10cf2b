/* SPDX-License-Identifier: MIT */
/* How the machine stops, starts again or sleeps. Facts: ACPI Specification 6.4, 4.8.3.6, 7.4.2. */
#include <asm/acpi.h>
#include <asm/cpu.h>
#include <asm/msr.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/xen_paging.h>
#include <xen/errno.h>
#include <xen/printk.h>

#define KBC_COMMAND 0x64
#define KBC_RESET   0xfe
#define KBC_FULL    0x02

#define PM1_SLP_EN 0x2000

void machine_halt(void)
{
    for (;;)
        __asm__ __volatile__("cli; hlt");
}

static void acpi_reset(void)
{
    volatile u8 *reg;

    if (!acpi.has_reset)
        return;
    if (acpi.reset_space == 1) {
        outb(acpi.reset_value, acpi.reset_address);
        return;
    }
    reg = iomap(MADDR(acpi.reset_address), 1);
    if (reg)
        *reg = acpi.reset_value;
}

static void keyboard_reset(void)
{
    for (unsigned int i = 0; i < 1000 && inb(KBC_COMMAND) & KBC_FULL; i++)
        delay_us(10);
    outb(KBC_RESET, KBC_COMMAND);
}

static void triple_fault(void)
{
    static const struct __packed {
        u16 limit;
        u64 base;
    } no_idt;

    __asm__ __volatile__("lidt %0; ud2" ::"m"(no_idt));
}

void machine_restart(void)
{
    irqs_off();
    smp_stop_others();
    acpi_reset();
    delay_us(50000);
    keyboard_reset();
    delay_us(50000);
    triple_fault();
    machine_halt();
}

int acpi_enter_sleep(unsigned int state, u16 pm1a, u16 pm1b)
{
    if (state != 5 || !acpi.pm1a_control || !(pm1a & PM1_SLP_EN))
        return -EINVAL;
    printk(XLOG_INFO "Domain0 switches the machine off\n");
    outw(pm1a, acpi.pm1a_control);
    if (acpi.pm1b_control)
        outw(pm1b, acpi.pm1b_control);
    delay_us(1000000);
    printk(XLOG_ERR "The machine did not switch off\n");
    return -EINVAL;
}
