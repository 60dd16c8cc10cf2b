/* SPDX-License-Identifier: MIT */
/* Where everything lies in a new domain's memory. */
#ifndef BUILDER_LAYOUT_H
#define BUILDER_LAYOUT_H

#include "builder/image.h"

/*
 * pfn 0 is at virt_base. Upwards from the kernel's end, page by page (public/xen.h, "startofday"):
 *
 *   kernel | ramdisk* | p2m list** | start info | store ring | console ring | page tables | stack
 *          | at least 512 KiB free, to a 4 MiB boundary           <- end of the initial mapping
 *          | p2m list** | its page tables** | ramdisk*
 *
 *   *  after the mapping, by pfn, if the kernel says it can find it there
 *   ** mapped at an address of its own, if the kernel names one
 *
 * Pure function: image and sizes in, layout out. -ENOMEM when memory_frames do not hold it, -EINVAL
 * when addresses run into the hypervisor's; both with the error texts.
 */
int layout_plan(const struct image *image, uint64_t memory_frames, uint64_t ramdisk_bytes,
                struct build_layout *layout, struct build_error *error);

#endif
