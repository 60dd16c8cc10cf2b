/* SPDX-License-Identifier: MIT */
/* The devices of Xen's console: the UART (a 16550), and the screen until Domain0 has it. */
#ifndef ASM_CONSOLE_H
#define ASM_CONSOLE_H

#include <xen/types.h>

void serial_init(void);              /* as com1= says; nothing when there is no UART */
void serial_init_irq(void);          /* input by interrupt from here on */
void serial_write(const char *s, size_t n); /* waits for the UART; '\n' gets its '\r' */
bool serial_owns_port(u16 port);     /* Domain0 must keep off these */

void vga_init(void);      /* from boot_info.video; in the early address space */
void vga_map(void);       /* and in Xen's own */
void vga_write(const char *s, size_t n);
void vga_release(void);   /* Domain0 draws from here on, unless vga=keep */
void vga_take_back(void); /* panic: whatever it draws, this is more important */

#endif
