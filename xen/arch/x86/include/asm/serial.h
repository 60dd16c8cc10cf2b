/* SPDX-License-Identifier: MIT */
/* The UART (16550 and its like). */
#ifndef ASM_SERIAL_H
#define ASM_SERIAL_H

#include <xen/types.h>

void serial_init(void);              /* as com1= says; nothing when there is no UART */
void serial_init_irq(void);          /* input by interrupt from here on */
void serial_write(const char *s, size_t n); /* waits for the UART; '\n' gets its '\r' */
bool serial_owns_port(u16 port);     /* Domain0 must keep off these */

#endif
