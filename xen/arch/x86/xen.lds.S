/* SPDX-License-Identifier: MIT */
/* The link map. The image runs at IMAGE_VIRT and is loaded at IMAGE_PHYS, as one segment in which
 * file and memory have the same shape: a multiboot 1 loader copies it without knowing ELF64. */
#include <asm/layout.h>

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(boot_start)

PHDRS
{
    image PT_LOAD FLAGS(7);
}

SECTIONS
{
    . = IMAGE_VIRT;
    image_start = .;

    .text : AT(ADDR(.text) - IMAGE_VIRT + IMAGE_PHYS) {
        *(.head)
        *(.text.entry)
        *(.stubs)
        *(EXCLUDE_FILE(*.a:* *decompress.c.o *c_library.c.o) .text
          EXCLUDE_FILE(*.a:* *decompress.c.o *c_library.c.o) .text.*)
    } :image
    image_text_end = .;

    /* Given back once Domain0 is built: what unpacks its kernel. */
    . = ALIGN(4096);
    init_start = .;
    .init_text : AT(ADDR(.init_text) - IMAGE_VIRT + IMAGE_PHYS) {
        *(.text .text.*)
    } :image
    . = ALIGN(4096);
    init_data_start = .;
    .init_data : AT(ADDR(.init_data) - IMAGE_VIRT + IMAGE_PHYS) {
        *.a:*(.rodata .rodata.* .data .data.* .bss)
        *decompress.c.o(.rodata .rodata.* .data .data.* .bss)
        *c_library.c.o(.rodata .rodata.* .data .data.* .bss)
        *(.got .got.plt)
        . = ALIGN(8);
        constructors_start = .;
        *(.init_array)
        constructors_end = .;
    } :image
    . = ALIGN(4096);

    image_rodata_start = .;
    .rodata : AT(ADDR(.rodata) - IMAGE_VIRT + IMAGE_PHYS) {
        *(.rodata .rodata.*)
        . = ALIGN(8);
        extable_start = .;
        *(.extable)
        extable_end = .;
        . = ALIGN(8);
        boot_options_start = .;
        *(.boot_options)
        boot_options_end = .;
        debug_keys_start = .;
        *(.debug_keys)
        debug_keys_end = .;
        *(.symbols)
    } :image

    . = ALIGN(4096);
    image_data_start = .;
    .data : AT(ADDR(.data) - IMAGE_VIRT + IMAGE_PHYS) {
        *(.data.page_aligned)
        *(.data .data.*)
        . = ALIGN(8);
    } :image
    image_load_end = .;

    /* Aligned by hand: a section so aligned would move the segment, and with it the multiboot
       header, too far into the file. */
    . = ALIGN(STACK_SIZE);
    .bss (NOLOAD) : AT(ADDR(.bss) - IMAGE_VIRT + IMAGE_PHYS) {
        bss_start = .;
        boot_stack = .;
        . += STACK_SIZE;
        *(.bss.page_aligned)
        *(.bss .bss.*)
        *(COMMON)
        . = ALIGN(4096);
    } :image
    image_end = .;

    /DISCARD/ : {
        *(.comment)
        *(.eh_frame)
        *(.note.*)
    }
}

/* Not so large that part of it would be mapped by a large page. */
ASSERT(image_rodata_start - init_start < 0x200000, "the image's boot part is larger than 2 MiB")
/* boot.S maps this much. */
ASSERT(image_end - image_start <= 0x2000000, "the image is larger than 32 MiB")
