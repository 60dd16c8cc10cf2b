/* SPDX-License-Identifier: MIT */
/* From a kernel file as distributed to the ELF image inside it. */
#ifndef BUILDER_PAYLOAD_H
#define BUILDER_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include "builder/error.h"

/* No kernel unpacks to more; a file that wants to is an attack or damaged. */
#define PAYLOAD_MAX_BYTES (512ul << 20)

/*
 * Find the ELF image in file[0..size): itself, inside a bzImage, or compressed by gzip, xz, zstd or
 * lz4 (legacy frames), also nested. *elf points into the file or into fresh memory that lives as
 * long as the process: the caller is a short-lived child. -EINVAL with the error texts.
 */
int payload_find_elf(const uint8_t *file, size_t size, const uint8_t **elf, size_t *elf_size,
                     struct build_error *error);

#endif
