/* SPDX-License-Identifier: MIT */
/* Messages: levels, a prefix, and panic. A request that is refused has its errno, not a message. */
#include <asm/msr.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/string.h>

#define LINE_MAX 512

/* Messages of a level below these are shown. Levels are 0 error, 1 warning, 2 info, 3 debug. */
#ifdef DEBUG
static unsigned int levels_shown = 4, guest_levels_shown = 4;
#else
static unsigned int levels_shown = 3, guest_levels_shown = 2;
#endif
static bool at_line_start = true;

static int parse_level(const char *value, unsigned int *shown)
{
    static const char *const names[] = {"none", "error", "warning", "info", "debug"};
    const char *limited = strchr(value, '/');

    if (limited) /* LEVEL/LEVEL: up to the second, but not too many; ours are never many */
        value = limited + 1;
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(value, names[i]) == 0) {
            *shown = i;
            return 0;
        }
    if (strcmp(value, "all") != 0)
        return -EINVAL;
    *shown = ARRAY_SIZE(names) - 1;
    return 0;
}

static int parse_loglvl(const char *value)
{
    return parse_level(value, &levels_shown);
}
BOOT_OPTION("loglvl", parse_loglvl);

static int parse_guest_loglvl(const char *value)
{
    return parse_level(value, &guest_levels_shown);
}
BOOT_OPTION("guest_loglvl", parse_guest_loglvl);

bool guest_may_print(void)
{
    return guest_levels_shown >= 4;
}

/* Is the message shown? *@fmt moves behind the level. */
static bool level_shown(const char **fmt)
{
    const char *f = *fmt;

    if (f[0] != '<' || f[1] == '\0' || f[2] != '>')
        return levels_shown > 1;
    *fmt = f + 3;
    return (unsigned int)(f[1] - '0') < levels_shown;
}

static void vprintk(const char *fmt, __builtin_va_list ap)
{
    char line[LINE_MAX];
    size_t n = 0;

    if (!level_shown(&fmt))
        return;
    if (at_line_start)
        n = strlcpy(line, "(XEN) ", sizeof(line));
    n += vsnprintf(line + n, sizeof(line) - n, fmt, ap);
    if (n >= sizeof(line)) {
        n = sizeof(line) - 1;
        line[n - 1] = '\n';
    }
    if (n == 0)
        return;
    at_line_start = line[n - 1] == '\n';
    console_write(line, n);
}

void printk(const char *fmt, ...)
{
    __builtin_va_list ap;

    __builtin_va_start(ap, fmt);
    vprintk(fmt, ap);
    __builtin_va_end(ap);
}

static bool no_reboot;

static int parse_noreboot(const char *value)
{
    int on = parse_bool(value);

    if (on < 0)
        return on;
    no_reboot = on;
    return 0;
}
BOOT_OPTION("noreboot", parse_noreboot);

void stop_or_reboot(void)
{
    if (no_reboot) {
        printk(XLOG_ERR "Stopped: boot option noreboot\n");
        machine_halt();
    }
    printk(XLOG_ERR "Rebooting in five seconds\n");
    delay_us(5000000);
    machine_restart();
}

/* What is shown of the end, whatever loglvl= says. */
static void last_words(const char *what, const char *fmt, __builtin_va_list ap)
{
    struct cpu *c = this_cpu();

    irqs_off();
    if (c->in_panic)
        machine_halt();
    c->in_panic = true;
    smp_stop_others();
    console_force_unlock();
    at_line_start = true;
    levels_shown = 4;
    printk("\n");
    printk("%s on CPU %u:\n", what, c->id);
    vprintk(fmt, ap);
    printk("\n");
}

void panic_begin(const char *what, const char *fmt, ...)
{
    __builtin_va_list ap;

    __builtin_va_start(ap, fmt);
    last_words(what, fmt, ap);
    __builtin_va_end(ap);
}

void panic(const char *fmt, ...)
{
    u64 *frame = __builtin_frame_address(0);
    __builtin_va_list ap;
    struct trace t;

    __builtin_va_start(ap, fmt);
    last_words("Panic", fmt, ap);
    __builtin_va_end(ap);
    take_trace(&t, frame, (u64)__builtin_return_address(0), *frame);
    show_trace(&t);
    stop_or_reboot();
}
