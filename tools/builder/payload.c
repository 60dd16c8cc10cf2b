/* SPDX-License-Identifier: MIT */
/* From a kernel file as distributed to the ELF image inside it. */
#include "builder/payload.h"

#include <errno.h>
#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY    /* ZSTD_findFrameCompressedSize() in old releases */
#include <zstd.h>

struct bytes {
    const uint8_t *data;
    size_t size;
};

static const char reinstall[] = "the file is damaged: install the kernel package again";

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool starts_with(struct bytes in, const void *magic, size_t len)
{
    return in.size >= len && !memcmp(in.data, magic, len);
}

/* ---- the four decompressors: bytes written to out, or -1 for damaged input ---- */

static ssize_t unpack_gzip(struct bytes in, uint8_t *out, size_t room)
{
    z_stream z = { .next_in = (Bytef *)in.data, .next_out = out };
    size_t fed = 0;
    int ret;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return -1;
    do {
        /* zlib counts in 32 bits. */
        if (!z.avail_in) {
            z.avail_in = in.size - fed < INT_MAX ? (uInt)(in.size - fed) : INT_MAX;
            fed += z.avail_in;
        }
        z.avail_out = room - z.total_out < INT_MAX ? (uInt)(room - z.total_out) : INT_MAX;
        ret = inflate(&z, Z_NO_FLUSH);
    } while (ret == Z_OK && (z.avail_in || fed < in.size || !z.avail_out) && z.total_out < room);
    inflateEnd(&z);
    return ret == Z_STREAM_END ? (ssize_t)z.total_out : -1;
}

static ssize_t unpack_xz(struct bytes in, uint8_t *out, size_t room)
{
    uint64_t memory_limit = 256ul << 20;
    size_t used = 0, written = 0;

    /* Decodes one stream; the length word that the kernel's build appends is not looked at. */
    if (lzma_stream_buffer_decode(&memory_limit, 0, NULL, in.data, &used, in.size, out, &written,
                                  room) != LZMA_OK)
        return -1;
    return (ssize_t)written;
}

static ssize_t unpack_zstd(struct bytes in, uint8_t *out, size_t room)
{
    size_t frame = ZSTD_findFrameCompressedSize(in.data, in.size), written;

    if (ZSTD_isError(frame))
        return -1;
    /* All at once: no window buffer, which for kernels may be as large as the result. */
    written = ZSTD_decompress(out, room, in.data, frame);
    return ZSTD_isError(written) ? -1 : (ssize_t)written;
}

/* Legacy frame: magic, then blocks of (compressed length, data), each of 8 MiB unpacked. */
static ssize_t unpack_lz4(struct bytes in, uint8_t *out, size_t room)
{
    const int block_max = 8 << 20;
    size_t at = 4, written = 0, len;
    int n;

    while (in.size - at >= 4) {
        len = le32(in.data + at);
        at += 4;
        /* The kernel's build appends the unpacked length, which looks like one more block. */
        if (at == in.size && len == written)
            break;
        if (!len || len > in.size - at || room - written < (size_t)block_max)
            return -1;
        n = LZ4_decompress_safe((const char *)in.data + at, (char *)out + written, (int)len,
                                block_max);
        if (n <= 0)
            return -1;
        at += len;
        written += (size_t)n;
    }
    return written ? (ssize_t)written : -1;
}

struct format {
    const char *name;
    const char *magic;
    size_t magic_len;
    ssize_t (*unpack)(struct bytes in, uint8_t *out, size_t room);  /* NULL: known, not read */
};

static const struct format formats[] = {
    { "gzip",  "\x1f\x8b", 2, unpack_gzip },
    { "xz",    "\xfd" "7zXZ", 6, unpack_xz },
    { "zstd",  "\x28\xb5\x2f\xfd", 4, unpack_zstd },
    { "lz4",   "\x02\x21\x4c\x18", 4, unpack_lz4 },
    { "bzip2", "BZh", 3, NULL },
    { "lzma",  "\x5d\x00\x00", 3, NULL },
    { "lzo",   "\x89LZO", 4, NULL },
};

static const struct format *find_format(struct bytes in)
{
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (starts_with(in, formats[i].magic, formats[i].magic_len))
            return &formats[i];
    return NULL;
}

/* Replace *in by what it unpacks to. */
static int unpack(const struct format *format, struct bytes *in, struct build_error *error)
{
    ssize_t written;
    uint8_t *out;

    if (!format->unpack)
        return build_refuse(error, -EINVAL, "use a kernel packed with gzip, xz, zstd or lz4",
                            "the kernel is compressed by %s", format->name);
    out = mmap(NULL, PAYLOAD_MAX_BYTES, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (out == MAP_FAILED)
        return build_refuse(error, -ENOMEM, "free some of Domain0's memory",
                            "no room to unpack the kernel");
    written = format->unpack(*in, out, PAYLOAD_MAX_BYTES);
    if (written < 0)
        return build_refuse(error, -EINVAL, reinstall,
                            "the kernel's %s data is cut short, damaged or too large",
                            format->name);
    in->data = out;
    in->size = (size_t)written;
    return 0;
}

/*
 * The bzImage header, Linux's Documentation/x86/boot: 0x1f1 number of setup sectors, 0x202 "HdrS",
 * 0x206 protocol version, 0x248 and 0x24c where the payload is, counted from the setup code's end.
 */
static int open_bzimage(struct bytes *in, struct build_error *error)
{
    const uint8_t *p = in->data;
    uint64_t start, offset, length;

    if (in->size < 0x250 || (p[0x206] | p[0x207] << 8) < 0x208)
        return build_refuse(error, -EINVAL, "use a 64-bit kernel newer than Linux 2.6.24",
                            "the boot file is too old to say where its kernel image is");
    start = ((p[0x1f1] ? p[0x1f1] : 4) + 1) * 512ul;
    offset = start + le32(p + 0x248);
    length = le32(p + 0x24c);
    if (offset > in->size || length > in->size - offset)
        return build_refuse(error, -EINVAL, reinstall,
                            "the boot file is cut short: %zu bytes of %llu", in->size,
                            (unsigned long long)(offset + length));
    in->data += offset;
    in->size = length;
    return 0;
}

static bool is_bzimage(struct bytes in)
{
    return in.size > 0x206 && in.data[0x1fe] == 0x55 && in.data[0x1ff] == 0xaa &&
           !memcmp(in.data + 0x202, "HdrS", 4);
}

int payload_find_elf(const uint8_t *file, size_t size, const uint8_t **elf, size_t *elf_size,
                     struct build_error *error)
{
    struct bytes in = { file, size };
    const struct format *format;
    int depth, err;

    /* A compressed bzImage with a compressed payload is the deepest that makes sense. */
    for (depth = 0; depth < 4; depth++) {
        if (starts_with(in, "\177ELF", 4)) {
            *elf = in.data;
            *elf_size = in.size;
            return 0;
        }
        format = find_format(in);
        if (is_bzimage(in))
            err = open_bzimage(&in, error);
        else if (format)
            err = unpack(format, &in, error);
        else
            break;
        if (err)
            return err;
    }
    return build_refuse(error, -EINVAL, "name a vmlinuz or an ELF kernel in kernel=",
                        in.size ? "the file is not a kernel image" : "the file is empty");
}
