/* SPDX-License-Identifier: MIT */
/* The screen, text or pixels, until Domain0 takes it. */
#ifndef ASM_VGA_H
#define ASM_VGA_H

#include <xen/types.h>

void vga_init(void);      /* from boot_info.video; in the early address space */
void vga_map(void);       /* and in Xen's own */
void vga_write(const char *s, size_t n);
void vga_release(void);   /* Domain0 draws from here on, unless vga=keep */
void vga_take_back(void); /* panic: whatever it draws, this is more important */

#endif
