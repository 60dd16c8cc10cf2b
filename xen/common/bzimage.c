/* SPDX-License-Identifier: MIT */
/* A Linux bzImage: where the packed kernel lies. */
#include <xen/errno.h>
#include <xen/kernel_image.h>
#include <xen/string.h>

#define SETUP_SECTS      0x1f1 /* byte offsets in the header */
#define HEADER_MAGIC     0x202
#define BOOT_PROTOCOL    0x206
#define PAYLOAD_OFFSET   0x248
#define PAYLOAD_LENGTH   0x24c
#define HEADER_END       0x250

static u32 word(const u8 *p)
{
    u32 v;

    memcpy(&v, p, sizeof(v));
    return v;
}

int bzimage_payload(const u8 *image, size_t size, const u8 **payload, size_t *payload_size,
                    size_t *unpacked_size)
{
    size_t start, length;

    if (size < HEADER_END || memcmp(image + HEADER_MAGIC, "HdrS", 4))
        return -ENOENT;
    if ((word(image + BOOT_PROTOCOL) & 0xffff) < 0x208)
        return -ENOEXEC;
    start = (image[SETUP_SECTS] ? image[SETUP_SECTS] : 4) * 512UL + 512 +
            word(image + PAYLOAD_OFFSET);
    length = word(image + PAYLOAD_LENGTH);
    if (length < 4 || start > size || length > size - start)
        return -ENOEXEC;
    *payload = image + start;
    *payload_size = length;
    *unpacked_size = word(image + start + length - 4);
    return 0;
}
