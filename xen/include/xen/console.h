/* SPDX-License-Identifier: MIT */
/* Xen's console: serial, VGA or frame buffer, a ring kept for `xl dmesg`, and console_io. */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

void console_init_early(void); /* after the command line is parsed: com1= works from here */
void console_init_late(void);  /* interrupts are up: serial input */
void console_write(const char *s, size_t n);      /* raw bytes to every console and the ring */
void console_force_unlock(void);                  /* panic only */
/* Copy of the ring from @start on: bytes copied; for sysctl readconsole. */
size_t console_ring_read(char *buf, size_t n, u32 *index, bool clear);

#endif
