/* SPDX-License-Identifier: MIT */
/* Debug keys: one row each, beside the code that answers. */
#include <asm/cpu.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/traps.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/softirq.h>

extern const struct debug_key debug_keys_start[], debug_keys_end[];

static unsigned long pressed[BITMAP_WORDS(128)]; /* one bit per key; changed atomically */

void debug_key_press(char key)
{
    if ((u8)key >= 128)
        return;
    set_bit(key, pressed);
    softirq_raise(SOFTIRQ_DEBUG_KEY);
}

static void run_key(char key)
{
    const struct debug_key *k = debug_keys_start;

    while (k < debug_keys_end && k->key != key)
        k++;
    if (k == debug_keys_end)
        return;
    printk("'%c': %s\n", k->key, k->what);
    k->fn();
}

static void run_pressed_keys(void)
{
    unsigned int key;

    while ((key = find_next_bit(pressed, 128, 0)) < 128)
        if (test_and_clear_bit(key, pressed))
            run_key(key);
}

void debug_keys_init(void)
{
    softirq_register(SOFTIRQ_DEBUG_KEY, run_pressed_keys);
}

static void show_help(void)
{
    for (char key = ' '; key < 127; key++)
        for (const struct debug_key *k = debug_keys_start; k < debug_keys_end; k++)
            if (k->key == key)
                printk(" %c  %s\n", k->key, k->what);
}
DEBUG_KEY('h', "list the keys", show_help);

static void reboot_key(void)
{
    printk("Rebooting\n");
    machine_restart();
}
DEBUG_KEY('R', "reboot the machine", reboot_key);

/* Where this CPU is in Xen, and whose registers it holds. */
static void show_cpu(void *unused)
{
    struct regs here = {.rip = (u64)__builtin_return_address(0),
                        .rbp = (u64)__builtin_frame_address(0)};
    const struct vcpu *v = current;

    (void)unused;
    printk("cpu %u: d%uv%u\n", smp_cpu_id(), v->domain->id, v->id);
    if (!v->domain->is_idle)
        show_registers(v->arch.regs);
    show_trace(&here);
}

static void show_cpus(void)
{
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        if (cpu == smp_cpu_id())
            show_cpu(NULL);
        else
            smp_call(cpumask_of(cpu), show_cpu, NULL);
    }
}
DEBUG_KEY('d', "registers and traces of all CPUs", show_cpus);
