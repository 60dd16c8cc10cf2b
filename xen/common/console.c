/* SPDX-License-Identifier: MIT */
/* Xen's console and the console_io hypercall. */
#include <asm/console.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

#define RING_SIZE  (128 * 1024) /* powers of two */
#define INPUT_SIZE 256

#define SWITCH_KEY   1 /* Ctrl-A */
#define SWITCH_COUNT 3

static bool use_serial = true, use_vga = true;

/* Covers the three below, the ring and the output devices. */
static spinlock_t console_lock = SPINLOCK(RANK_CONSOLE);
static char ring[RING_SIZE];
static u32 ring_end, ring_start; /* counted from boot, modulo 2^32 */
static char last_char = '\n';    /* of a guest's output */

static spinlock_t input_lock = SPINLOCK(RANK_CONSOLE); /* covers the three below */
static char input[INPUT_SIZE];
static u32 input_head, input_tail;

/* The serial interrupt's alone. */
static bool input_to_xen = true;
static unsigned int switch_keys;

static int parse_console(const char *value)
{
    static const char *const names[] = {"com1", "vga", "none"};
    bool chosen[ARRAY_SIZE(names)] = {false};

    while (*value) {
        unsigned int i = 0;

        while (i < ARRAY_SIZE(names) && strncmp(value, names[i], strlen(names[i])) != 0)
            i++;
        if (i == ARRAY_SIZE(names))
            return -EINVAL;
        chosen[i] = true;
        value += strlen(names[i]);
        if (*value == ',')
            value++;
        else if (*value)
            return -EINVAL;
    }
    use_serial = chosen[0];
    use_vga = chosen[1];
    return 0;
}
BOOT_OPTION("console", parse_console);

void console_init_early(void)
{
    if (use_serial)
        serial_init();
    if (use_vga)
        vga_init();
    /* What was printed while the options were read. */
    serial_write(ring, ring_end);
    vga_write(ring, ring_end);
}

/* ---- output ---- */

static void ring_write(const char *s, size_t n)
{
    while (n--)
        ring[ring_end++ % RING_SIZE] = *s++;
    if (ring_end - ring_start > RING_SIZE)
        ring_start = ring_end - RING_SIZE;
}

static void output(const char *s, size_t n)
{
    serial_write(s, n);
    vga_write(s, n);
}

void console_write(const char *s, size_t n)
{
    spin_lock(&console_lock);
    if (last_char != '\n') /* not in the middle of a guest's line */
        output("\n", 1);
    last_char = '\n';
    output(s, n);
    ring_write(s, n);
    spin_unlock(&console_lock);
}

void console_force_unlock(void)
{
    spin_lock_init(&console_lock, RANK_CONSOLE);
    vga_take_back();
}

size_t console_ring_read(char *buf, size_t n, u32 *index, bool clear)
{
    u32 at = *index;

    spin_lock(&console_lock);
    if (ring_end - at > ring_end - ring_start)
        at = ring_start;
    n = MIN(n, (size_t)(ring_end - at));
    for (size_t i = 0; i < n; i++)
        buf[i] = ring[(at + i) % RING_SIZE];
    if (clear)
        ring_start = at + n;
    spin_unlock(&console_lock);
    *index = at + n;
    return n;
}

/* ---- input ---- */

static void show_input_target(void)
{
    printk("Keys go to %s now (Ctrl-A three times switches)\n", input_to_xen ? "Xen" : "Domain0");
}

static void keep_for_dom0(char c)
{
    spin_lock(&input_lock);
    if (input_head - input_tail < INPUT_SIZE)
        input[input_head++ % INPUT_SIZE] = c;
    spin_unlock(&input_lock);
    event_send_dom0_virq(VIRQ_CONSOLE);
}

void console_input(char c)
{
    switch_keys = c == SWITCH_KEY ? switch_keys + 1 : 0;
    if (switch_keys == SWITCH_COUNT) {
        switch_keys = 0;
        input_to_xen = !input_to_xen;
        show_input_target();
    } else if (input_to_xen || !dom0) {
        debug_key_press(c);
    } else {
        keep_for_dom0(c);
    }
}

void console_hand_over(void)
{
    input_to_xen = false;
    show_input_target();
    vga_release();
}

/* ---- console_io ---- */

/* Domain0's go out as they are; another domain's with a prefix before each line. */
static void write_guest_text(const struct domain *d, const char *s, size_t n)
{
    char prefix[16];
    int len = snprintf(prefix, sizeof(prefix), "(d%u) ", d->id);

    spin_lock(&console_lock);
    if (d->privileged)
        output(s, n);
    for (size_t i = 0; i < n; i++) {
        if (!d->privileged && last_char == '\n')
            output(prefix, len);
        if (!d->privileged)
            output(&s[i], 1);
        last_char = s[i];
    }
    spin_unlock(&console_lock);
}

static long console_io_write(unsigned int count, unsigned long buffer)
{
    const struct domain *d = current_domain;
    char text[128];

    if (!d->privileged && !guest_may_print())
        return -EPERM;
    while (count) {
        unsigned int n = MIN(count, (unsigned int)sizeof(text));

        if (copy_in_bytes(text, GPTR(buffer), n))
            return -EFAULT;
        write_guest_text(d, text, n);
        buffer += n;
        count -= n;
        preempt_point();
    }
    return 0;
}

static long console_io_read(unsigned int count, unsigned long buffer)
{
    char text[INPUT_SIZE];
    unsigned int n = 0;

    if (!current_domain->privileged)
        return -EPERM;
    spin_lock(&input_lock);
    while (n < MIN(count, (unsigned int)sizeof(text)) && input_tail != input_head)
        text[n++] = input[input_tail++ % INPUT_SIZE];
    spin_unlock(&input_lock);
    return copy_out_bytes(GPTR(buffer), text, n) ? -EFAULT : (long)n;
}

long do_console_io(unsigned int cmd, unsigned int count, unsigned long buffer)
{
    switch (cmd) {
    case CONSOLEIO_write:
        return console_io_write(count, buffer);
    case CONSOLEIO_read:
        return console_io_read(count, buffer);
    default:
        return -ENOSYS;
    }
}
