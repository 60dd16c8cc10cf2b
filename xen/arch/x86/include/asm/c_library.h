/* SPDX-License-Identifier: MIT */
/* What the decompression libraries need of a C library; boot only. */
#ifndef ASM_C_LIBRARY_H
#define ASM_C_LIBRARY_H

#include <xen/types.h>

/* Around every call into them, on the boot CPU with interrupts off. */
void c_library_begin(void);
void c_library_end(void);

/* As in ISO C. */
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void free(void *p);

#endif
