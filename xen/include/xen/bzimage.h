/* SPDX-License-Identifier: MIT */
/* A Linux bzImage: where the packed kernel lies. Facts: Linux Documentation/x86/boot.rst. */
#ifndef XEN_BZIMAGE_H
#define XEN_BZIMAGE_H

#include <xen/types.h>

/*
 * When @image is a bzImage: 0, *@payload and *@payload_size, and *@unpacked_size as the build
 * appended it. -ENOENT when it is no bzImage; -ENOEXEC when it is one that is cut short or older
 * than boot protocol 2.08 (which has no payload fields).
 */
int bzimage_payload(const u8 *image, size_t size, const u8 **payload, size_t *payload_size,
                    size_t *unpacked_size);

#endif
