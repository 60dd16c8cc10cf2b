/* SPDX-License-Identifier: MIT */
/* Reading a kernel image: 64-bit ELF, its segments, and the notes that PV kernels carry. */
#ifndef XEN_ELF_H
#define XEN_ELF_H

#include <xen/types.h>

/* What a kernel says about itself; XEN_ELFNOTE_* of public/elfnote.h. */
struct elf_kernel {
    const u8 *image;
    size_t size;
    u64 entry;            /* virtual; the note, or the ELF header's */
    u64 virt_base;        /* virtual address of its pfn 0 */
    u64 paddr_offset;     /* subtract from p_paddr; 0 when the notes are new enough */
    u64 virt_start, virt_end; /* the loaded image, virtual */
    u64 hypercall_page;   /* virtual; 0 = none wanted */
    u64 init_p2m;         /* virtual address wanted for the p2m table; 0 = after the image */
    bool has_init_p2m;
    bool mod_start_pfn;   /* initrd may be named by pfn and left unmapped */
    bool supports_pv;
    bool supports_dom0;   /* true when it does not say */
    char guest_os[32];
};

/* Check @image and fill @k. NULL, or a sentence that says why it cannot be used. */
const char *elf_parse(const void *image, size_t size, struct elf_kernel *k);

/* Call @put for each piece of each segment: @offset from virt_base, @from NULL = zeros. */
void elf_load(const struct elf_kernel *k,
              void (*put)(void *ctx, u64 offset, const void *from, size_t n), void *ctx);

#endif
