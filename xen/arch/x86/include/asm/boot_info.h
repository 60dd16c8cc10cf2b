/* SPDX-License-Identifier: MIT */
/* What the boot loader told us, in one form for multiboot 1 and 2, and reading that. */
#ifndef ASM_BOOT_INFO_H
#define ASM_BOOT_INFO_H

#include <xen/types.h>

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_ACPI     3
#define E820_NVS      4
#define E820_UNUSABLE 5

struct memory_region {
    u64 start, size;
    u32 type;
};

struct boot_module {
    maddr_t start;
    size_t size;
    char cmdline[1024];
};

/* Where a pixel's colours lie, in the loader's order, which is that of the ABI too. */
struct pixel_layout {
    u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};

struct boot_info {
    const char *loader;
    char cmdline[1024];
    unsigned int nr_regions;
    struct memory_region regions[256]; /* sorted, not overlapping */
    unsigned int nr_modules;
    struct boot_module modules[4];     /* 0 = kernel, 1 = initrd */
    u64 rsdp;                          /* machine address of ACPI's root pointer; acpi.c */
    u8 rsdp_copy[36];                  /* root pointer as the loader gave it; zero = search */
    u64 efi_system_table;              /* 0 = BIOS */
    struct video {
        u64 base;
        u32 pitch, width, height, bpp; /* bpp 0 = VGA text or none */
        struct pixel_layout pixel;
        bool text;                     /* EGA text at @base */
    } video;
};

extern struct boot_info boot_info;

#define MULTIBOOT1_LOADER 0x2badb002
#define MULTIBOOT2_LOADER 0x36d76289

/* Fill @bi from the information at machine address @info, which lies below 4 GiB; all is copied but
 * the modules' content. NULL, or what is wrong, as a message to the operator. */
const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info);

/* Sort the memory map, cut what overlaps (the less usable type wins) and join neighbours. */
void memory_map_tidy(struct boot_info *bi);

#endif
