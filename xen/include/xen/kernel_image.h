/* SPDX-License-Identifier: MIT */
/* Domain0's kernel: finding it in a bzImage, unpacking it, reading it as ELF. */
#ifndef XEN_KERNEL_IMAGE_H
#define XEN_KERNEL_IMAGE_H

#include <xen/types.h>

/* Of a bzImage (Linux, Documentation/x86/boot.rst): its payload, and the size that its build added.
 * 0; -ENOENT: it is none; -ENOEXEC: cut short, or older than boot protocol 2.08: no payload. */
int bzimage_payload(const u8 *image, size_t size, const u8 **payload, size_t *payload_size,
                    size_t *unpacked_size);

/*
 * Unpack the gzip, xz or zstd stream at @in (what follows its end is ignored) into @out. 0 and the
 * number of bytes in *@produced; -EILSEQ malformed, -EOPNOTSUPP unknown format or feature, -ENOBUFS
 * @out too small, -ENOMEM. Corrupt input never writes outside @out nor runs for ever. Only while
 * booting: the code is gone after that (xen_paging_end_boot()).
 */
int decompress(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced);

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
