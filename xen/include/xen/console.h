/* SPDX-License-Identifier: MIT */
/* Xen's console: serial and VGA, a ring kept for `xl dmesg`, and console_io. */
#ifndef XEN_CONSOLE_H
#define XEN_CONSOLE_H

#include <xen/types.h>

void console_init_early(void); /* after the command line is parsed: output works from here */
void console_hand_over(void);  /* Domain0 is about to run: the screen and the keyboard are its */
void console_write(const char *s, size_t n); /* a message of ours, to every console and the ring */
void console_input(char c);                  /* a key, from the serial interrupt */
void console_force_unlock(void);             /* panic only */

/* Up to @n bytes of the ring from place *@index on, counted since boot and moved on; what was lost
 * meanwhile is skipped. @clear: later calls start here. Returns the bytes copied. */
size_t console_ring_read(char *buf, size_t n, u32 *index, bool clear);

#endif
