/* SPDX-License-Identifier: MIT */
/* Names of our own functions, for call traces. */
#ifndef XEN_SYMBOLS_H
#define XEN_SYMBOLS_H

#include <xen/types.h>

/* The function that holds @addr: its name and how far in. NULL, offset = @addr, when none does. */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);

/* The @i-th function in ascending order: its name and address. NULL: there are not so many. */
const char *symbol_get(u32 i, unsigned long *addr);

#endif
