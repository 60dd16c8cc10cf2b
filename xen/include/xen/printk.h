/* SPDX-License-Identifier: MIT */
/* Messages, and what to do about our own mistakes. */
#ifndef XEN_PRINTK_H
#define XEN_PRINTK_H

#include <xen/types.h>

/* Prefix of a message, as in "loglvl=": no prefix means KERN_WARN level. */
#define XLOG_ERR   "<0>"
#define XLOG_WARN  "<1>"
#define XLOG_INFO  "<2>"

void printk(const char *fmt, ...) __printf_like(1, 2);

/* May guests write to Xen's console with console_io? (guest_loglvl=debug or all; debug builds.) */
bool guest_may_print(void);

int snprintf(char *buf, size_t size, const char *fmt, ...) __printf_like(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, __builtin_va_list ap);

/* Our own mistake: print, show registers and call trace, stop or reboot. Never for guest input. */
void panic(const char *fmt, ...) __printf_like(1, 2) __attribute__((noreturn));

/* The first half of panic(), for who has more to show than a call trace: it takes the consoles and
 * stops the other CPUs. @what comes before the message. stop_or_reboot() is the second. */
void panic_begin(const char *what, const char *fmt, ...) __printf_like(2, 3);

/* The other CPUs are stopped: reboot in a while, or halt if boot option noreboot says so. */
void stop_or_reboot(void) __attribute__((noreturn));

/* What the operator gave cannot work (options, modules, memory): say so in one message, and end. */
#define boot_error(...)                                                                            \
    (panic_begin("FATAL: Xenolith cannot start", __VA_ARGS__), stop_or_reboot())

/* ---- symbols.c: names of our own functions, for call traces ---- */

/* The function that holds @addr: its name and how far in. NULL, offset = @addr, when none does. */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);

/* The @i-th function in ascending order: its name and address. NULL: there are not so many. */
const char *symbol_get(u32 i, unsigned long *addr);

#define BUG_ON(x)                                                                                  \
    do {                                                                                           \
        if (unlikely(x))                                                                           \
            panic("BUG_ON(%s) at %s:%d", #x, __FILE__, __LINE__);                                  \
    } while (0)

#ifdef DEBUG
#define ASSERT(x) BUG_ON(!(x))
#else
#define ASSERT(x) ((void)sizeof(!(x)))
#endif

#endif
