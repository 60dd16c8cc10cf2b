/* SPDX-License-Identifier: MIT */
/* From a kernel file as distributed to the ELF image inside it. A module: see builder/payload.c. */
#include "builder/payload.h"

#include <errno.h>
#include <limits.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

struct bytes {
    const uint8_t *data;
    size_t size;
};

/*
 * Where a layer goes. Written in small pieces from a buffer that stays in the cache: mapping the
 * whole result costs a page fault for each page, which in a PV guest is most of the time.
 */
struct sink {
    int fd;
    uint64_t start, size;
    uint8_t *buffer;
};

#define BUFFER_BYTES (256u << 10)
#define LZ4_BLOCK    (8u << 20)

/* zstd's window: 128 MiB, as Linux's kernels are packed, and as much as Linux itself unpacks. */
#define ZSTD_WINDOW_LOG 27

static const char reinstall[] = "the file is damaged: install the kernel package again";

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool starts_with(struct bytes in, const void *magic, size_t len)
{
    return in.size >= len && !memcmp(in.data, magic, len);
}

static int put(struct sink *sink, const uint8_t *data, size_t len)
{
    ssize_t n;

    if (len > PAYLOAD_MAX_BYTES - sink->size)
        return -EFBIG;
    for (; len; data += n, len -= (size_t)n, sink->size += (uint64_t)n) {
        n = pwrite(sink->fd, data, len, (off_t)(sink->start + sink->size));
        if (n <= 0)
            return n ? -errno : -ENOSPC;
    }
    return 0;
}

/* ---- the four decompressors: 0, -EBADMSG for damaged input, or what put() says ---- */

static int unpack_gzip(struct bytes in, struct sink *sink)
{
    z_stream z = { .next_in = (Bytef *)in.data };
    size_t fed = 0;
    int ret, err = 0;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return -ENOMEM;
    do {
        if (!z.avail_in) {
            /* zlib counts in 32 bits. */
            z.avail_in = in.size - fed < INT_MAX ? (uInt)(in.size - fed) : INT_MAX;
            fed += z.avail_in;
        }
        z.next_out = sink->buffer;
        z.avail_out = BUFFER_BYTES;
        ret = inflate(&z, Z_NO_FLUSH);
        err = put(sink, sink->buffer, BUFFER_BYTES - z.avail_out);
    } while (ret == Z_OK && !err);
    inflateEnd(&z);
    return err ? err : ret == Z_STREAM_END ? 0 : -EBADMSG;
}

static int unpack_xz(struct bytes in, struct sink *sink)
{
    lzma_stream lzma = LZMA_STREAM_INIT;
    lzma_ret ret;
    int err = 0;

    /* One stream; the length word that the kernel's build appends is not looked at. */
    if (lzma_stream_decoder(&lzma, 256ul << 20, 0) != LZMA_OK)
        return -ENOMEM;
    lzma.next_in = in.data;
    lzma.avail_in = in.size;
    do {
        lzma.next_out = sink->buffer;
        lzma.avail_out = BUFFER_BYTES;
        ret = lzma_code(&lzma, LZMA_FINISH);
        err = put(sink, sink->buffer, BUFFER_BYTES - lzma.avail_out);
    } while (ret == LZMA_OK && !err);
    lzma_end(&lzma);
    return err ? err : ret == LZMA_STREAM_END ? 0 : -EBADMSG;
}

static int unpack_zstd(struct bytes in, struct sink *sink)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer from = { in.data, in.size, 0 };
    ZSTD_outBuffer to;
    size_t left = 1;
    int err = 0;

    if (!zstd)
        return -ENOMEM;
    ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    do {
        to = (ZSTD_outBuffer){ sink->buffer, BUFFER_BYTES, 0 };
        left = ZSTD_decompressStream(zstd, &to, &from);
        if (ZSTD_isError(left) || (left && from.pos == from.size && to.pos < to.size))
            err = -EBADMSG;
        else
            err = put(sink, sink->buffer, to.pos);
    } while (left && !err);
    ZSTD_freeDCtx(zstd);
    return err;
}

/* Legacy frame: magic, then blocks of (compressed length, data), each of 8 MiB unpacked. */
static int unpack_lz4(struct bytes in, struct sink *sink)
{
    uint8_t *block = malloc(LZ4_BLOCK);
    size_t at = 4, len;
    int n, err = block ? 0 : -ENOMEM;

    while (!err && in.size - at >= 4) {
        len = le32(in.data + at);
        at += 4;
        /* The kernel's build appends the unpacked length, which looks like one more block. */
        if (at == in.size && len == sink->size)
            break;
        if (!len || len > in.size - at) {
            err = -EBADMSG;
            break;
        }
        n = LZ4_decompress_safe((const char *)in.data + at, (char *)block, (int)len,
                                (int)LZ4_BLOCK);
        err = n <= 0 ? -EBADMSG : put(sink, block, (size_t)n);
        at += len;
    }
    free(block);
    return err ? err : sink->size ? 0 : -EBADMSG;
}

struct format {
    const char *name;
    const char *magic;
    size_t magic_len;
    int (*unpack)(struct bytes in, struct sink *sink);      /* NULL: known, not read */
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

/* What lies in `out` from `start` on, as bytes to look at. */
static int look_at(int out, uint64_t start, uint64_t size, struct bytes *in)
{
    void *map = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, out, (off_t)start) : "";

    if (map == MAP_FAILED)
        return -errno;
    in->data = map;
    in->size = size;
    return 0;
}

/* Go on behind what is in the sink, at a page, as mmap() wants it. */
static void next_layer(struct sink *sink)
{
    sink->start = (sink->start + sink->size + 4095) & ~4095ull;
    sink->size = 0;
}

/* Unpack *in behind what is in the sink, and go on there. */
static int unpack(const struct format *format, struct bytes *in, struct sink *sink,
                  struct build_error *error)
{
    int err;

    if (!format->unpack)
        return build_refuse(error, -EINVAL, "use a kernel packed with gzip, xz, zstd or lz4",
                            "the kernel is compressed by %s", format->name);
    next_layer(sink);
    err = format->unpack(*in, sink);
    if (!err)
        err = look_at(sink->fd, sink->start, sink->size, in);
    if (err == -EBADMSG || err == -EFBIG)
        return build_refuse(error, -EINVAL, reinstall, "the kernel's %s data is %s",
                            format->name, err == -EFBIG ? "too large" : "cut short or damaged");
    return err ? build_refuse(error, err, "free memory or disk space in Domain0",
                              "no room to unpack the kernel: %s", strerror(-err)) : 0;
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

/* Leave the ELF image in the sink: there already if it was unpacked, else copied. */
static int keep(struct bytes in, bool unpacked, struct sink *sink, struct build_error *error)
{
    int err = 0;

    if (!unpacked) {
        next_layer(sink);
        err = put(sink, in.data, in.size);
    }
    return err ? build_refuse(error, err == -EFBIG ? -EINVAL : err,
                              "free memory or disk space in Domain0",
                              "the kernel cannot be copied: %s", strerror(-err)) : 0;
}

static int peel(struct bytes in, struct sink *sink, struct build_error *error)
{
    const struct format *format;
    bool unpacked = false;
    int depth, err;

    /* A compressed bzImage with a compressed payload is the deepest that makes sense. */
    for (depth = 0; depth < 4; depth++) {
        if (starts_with(in, "\177ELF", 4))
            return keep(in, unpacked, sink, error);
        format = find_format(in);
        if (is_bzimage(in)) {
            err = open_bzimage(&in, error);
            unpacked = false;
        } else if (format) {
            err = unpack(format, &in, sink, error);
            unpacked = true;
        } else {
            break;
        }
        if (err)
            return err;
    }
    return build_refuse(error, -EINVAL, "name a vmlinuz or an ELF kernel in kernel=",
                        in.size ? "the file is not a kernel image" : "the file is empty");
}

int payload_unpack(int in, int out, uint64_t start, uint64_t *offset, uint64_t *size,
                   struct build_error *error)
{
    struct sink sink = { .fd = out, .start = start, .buffer = malloc(BUFFER_BYTES) };
    struct bytes file = { NULL, 0 };
    struct stat st;
    int err;

    err = !sink.buffer ? -ENOMEM : fstat(in, &st) ? -errno :
          look_at(in, 0, (uint64_t)st.st_size, &file);
    if (err)
        return build_refuse(error, err, "check the path after kernel=",
                            "the kernel cannot be read: %s", strerror(-err));
    err = peel(file, &sink, error);
    free(sink.buffer);
    *offset = sink.start;
    *size = sink.size;
    return err;
}
