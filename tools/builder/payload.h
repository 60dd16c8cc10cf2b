/* SPDX-License-Identifier: MIT */
/* From a kernel file as distributed to the ELF image inside it. */
#ifndef BUILDER_PAYLOAD_H
#define BUILDER_PAYLOAD_H

#include <stdint.h>
#include "builder/error.h"

/* No kernel unpacks to more; a file that wants to is an attack or damaged. */
#define PAYLOAD_MAX_BYTES (512ul << 20)

/* Load what payload_unpack() needs, for a child that may not open files. -ELIBACC, error texts. */
int payload_load(struct build_error *error);

/*
 * After payload_load(): find the ELF image in the file `in`: itself, inside a bzImage, or
 * compressed by gzip, xz, zstd or lz4 (legacy frames), also nested. It is left in the file `out`,
 * at *offset and *size long. Each layer is unpacked behind the last, from `start` on. -EINVAL,
 * -ENOSPC or -ENOMEM with the error texts. Mappings and buffers are not given back: the caller is a
 * child that ends soon.
 */
int payload_unpack(int in, int out, uint64_t start, uint64_t *offset, uint64_t *size,
                   struct build_error *error);

#endif
