/* SPDX-License-Identifier: MIT */
/* CRC-32, eight bytes at a time: a kernel of 60 MiB passes through here at every boot. */
#include <xen/crc32.h>
#include <xen/string.h>

static u32 table[8][256];

static void fill_tables(void)
{
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;

        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
        table[0][i] = c;
    }
    for (int t = 1; t < 8; t++)
        for (u32 i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 0xff];
}

u32 crc32(const u8 *p, size_t n)
{
    u32 crc = ~0u;

    if (!table[0][1])
        fill_tables();
    for (; n >= 8; n -= 8, p += 8) {
        u32 lo, hi;

        memcpy(&lo, p, 4);
        memcpy(&hi, p + 4, 4);
        lo ^= crc;
        crc = table[7][lo & 0xff] ^ table[6][lo >> 8 & 0xff] ^ table[5][lo >> 16 & 0xff] ^
              table[4][lo >> 24] ^ table[3][hi & 0xff] ^ table[2][hi >> 8 & 0xff] ^
              table[1][hi >> 16 & 0xff] ^ table[0][hi >> 24];
    }
    while (n--)
        crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
    return ~crc;
}
