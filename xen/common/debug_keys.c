/* SPDX-License-Identifier: MIT */
/* Debug keys: one row each, beside the code that answers. */
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
    for (unsigned int key = 0; key < 128; key++)
        if (test_bit(key, pressed) && test_and_clear_bit(key, pressed))
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

/* What a CPU does: taken down there, printed here. It must not print itself: it may be waiting for
 * the console's lock while it answers, and would wait for ever if it took another ticket. */
struct snapshot {
    const struct vcpu *v;
    struct regs guest;
    struct trace trace;
};

static void take_snapshot(void *arg)
{
    const unsigned long *frame = __builtin_frame_address(0);
    struct snapshot *s = arg;

    s->v = current;
    if (!s->v->domain->is_idle)
        s->guest = *s->v->arch.regs;
    take_trace(&s->trace, frame, frame[1], frame[0]);
}

static void show_cpus(void)
{
    struct snapshot s;
    unsigned int cpu;

    for_each_online_cpu (cpu) {
        if (cpu == smp_cpu_id())
            take_snapshot(&s);
        else
            smp_call(cpumask_of(cpu), take_snapshot, &s);
        printk("cpu %u: d%uv%u\n", cpu, s.v->domain->id, s.v->id);
        if (!s.v->domain->is_idle)
            show_registers(&s.guest);
        show_trace(&s.trace);
    }
}
DEBUG_KEY('d', "registers and traces of all CPUs", show_cpus);
