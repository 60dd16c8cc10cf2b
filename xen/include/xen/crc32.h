/* SPDX-License-Identifier: MIT */
/* CRC-32 as gzip and xz use it (ISO 3309, polynomial 0xedb88320 reflected). */
#ifndef XEN_CRC32_H
#define XEN_CRC32_H

#include <xen/types.h>

u32 crc32(const u8 *p, size_t n);

#endif
