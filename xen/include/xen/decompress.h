/* SPDX-License-Identifier: MIT */
/* Unpacking Domain0's kernel: gzip, xz and zstd streams, by their magic numbers. */
#ifndef XEN_DECOMPRESS_H
#define XEN_DECOMPRESS_H

#include <xen/types.h>

/*
 * Unpack the stream at @in (what follows its end is ignored) into @out. 0 and the number of bytes
 * in *@produced; -EILSEQ malformed, -EOPNOTSUPP unknown format or feature, -ENOBUFS @out too
 * small, -ENOMEM. Corrupt input never writes outside @out nor runs for ever. Only while booting:
 * the code is gone after that (xen_paging_end_boot()).
 */
int decompress(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced);

#endif
