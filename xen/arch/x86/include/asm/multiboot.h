/* SPDX-License-Identifier: MIT */
/* What the boot loader hands over: reading multiboot 1 and 2 information. */
#ifndef ASM_MULTIBOOT_H
#define ASM_MULTIBOOT_H

#include <asm/boot_info.h>
#include <xen/types.h>

#define MULTIBOOT1_LOADER 0x2badb002
#define MULTIBOOT2_LOADER 0x36d76289

/*
 * Fill @bi from the information at machine address @info; everything is copied but the modules'
 * content. All of it lies below 4 GiB and is reached through the direct map. NULL when done, or
 * what is wrong, as a message to the operator.
 */
const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info);

/* Sort the memory map, cut what overlaps (the less usable type wins) and join neighbours. */
void memory_map_tidy(struct boot_info *bi);

#endif
