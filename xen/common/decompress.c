/* SPDX-License-Identifier: MIT */
/* Which format a packed stream has: each begins with its own magic number. */
#include <xen/decompress.h>
#include <xen/errno.h>
#include <xen/string.h>

int decompress(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced)
{
    static const struct {
        const char *magic;
        size_t n;
        int (*unpack)(const u8 *, size_t, u8 *, size_t, size_t *);
    } formats[] = {
        {"\x1f\x8b", 2, unpack_gzip},
        {"\xfd" "7zXZ", 6, unpack_xz},
        {"\x28\xb5\x2f\xfd", 4, unpack_zstd},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
        if (in_size >= formats[i].n && !memcmp(in, formats[i].magic, formats[i].n))
            return formats[i].unpack(in, in_size, out, out_size, produced);
    return -EOPNOTSUPP;
}
