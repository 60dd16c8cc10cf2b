/* SPDX-License-Identifier: MIT */
/* The VGA text screen, until Domain0 takes it. */
#ifndef ASM_VGA_H
#define ASM_VGA_H

#include <xen/types.h>

void vga_init(void);    /* nothing when the loader left a graphics mode */
void vga_write(const char *s, size_t n);
void vga_release(void); /* Domain0 draws from here on, unless vga=keep */

#endif
