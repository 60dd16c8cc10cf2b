/* SPDX-License-Identifier: MIT */
/* A kernel, unpacked and described: what to load where, and what it expects. */
#ifndef BUILDER_IMAGE_H
#define BUILDER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "builder/error.h"

#define IMAGE_MAX_SEGMENTS 16
#define IMAGE_HEADER_BYTES 4096     /* description before the data, in the file of an image */
#define IMAGE_NONE         UINT64_MAX   /* an address that the kernel did not give */
#define IMAGE_MAGIC        "XLIMAGE1"   /* 8 bytes, without the NUL */
#define IMAGE_MEMORY_MAX (2ul << 30)  /* no kernel spans more from its virtual base */

struct image_segment {
    uint64_t vaddr;                 /* where the guest sees it; pfn 0 is at virt_base */
    uint64_t memory_bytes;          /* the rest after file_bytes is zero */
    uint64_t file_offset;           /* in the file of the image, not of the kernel */
    uint64_t file_bytes;
};

/* Plain data without pointers: it comes through a pipe from the reader, and lies in the cache. */
struct image {
    char magic[8];
    uint32_t nr_segments;
    uint32_t has_notes;
    uint32_t ramdisk_by_pfn;        /* takes an initrd that is not mapped */
    uint32_t reserved;
    uint64_t virt_base;
    uint64_t entry;
    uint64_t hypercall_page;        /* IMAGE_NONE: none asked for */
    uint64_t init_p2m;              /* IMAGE_NONE: list in the main mapping */
    uint64_t start, end;            /* addresses of the lowest and past the highest byte */
    char guest_os[32], guest_version[32], loader[32];
    char features[256];
    struct image_segment segments[IMAGE_MAX_SEGMENTS];
};

/*
 * Describe the ELF image in elf[0..size); segments' file_offset counts from the start of elf. Pure
 * function. -EINVAL with the error texts.
 */
int image_from_elf(const uint8_t *elf, size_t size, struct image *image,
                   struct build_error *error);

/*
 * Every number in range and the segments inside a file of file_bytes, ascending and apart: for
 * a description from a process or file that is not to be trusted. True when sound.
 */
bool image_sound(const struct image *image, uint64_t file_bytes);

struct loaded_image {
    struct image image;
    int fd;                         /* the segments' bytes, for pread(); they may change */
    bool packed;                    /* else it is the kernel's own file, and never in the cache */
    bool from_cache;
};

/*
 * Unpack and describe the kernel at `path`, in a child process without privileges, or take it from
 * the cache below cache_dir ("" for no cache). An ELF image is described and used where it is.
 * image_close() when done.
 */
int image_load(const char *path, const char *cache_dir, struct loaded_image *loaded,
               struct build_error *error);
void image_close(struct loaded_image *loaded);

#endif
