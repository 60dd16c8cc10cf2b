/* SPDX-License-Identifier: MIT */
/* Unpacking Domain0's kernel by liblzma, libz and libzstd, in what c_library.c makes for them. A
 * stream says itself where it ends: Linux's build puts the unpacked size behind it. */
#include <lzma.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <asm/c_library.h>
#include <xen/errno.h>
#include <xen/kernel_image.h>
#include <xen/string.h>

/* zstd tells these, if they are there, what it does. They must be: a weak symbol that nobody
 * defines is out of a call's reach from where Xen is. */
unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx *context);
void ZSTD_trace_decompress_end(unsigned long long trace, const void *what);

unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx *)
{
    return 0; /* and do not tell the end */
}

void ZSTD_trace_decompress_end(unsigned long long, const void *)
{
}

struct stream {
    const u8 *in;
    size_t in_size;
    u8 *out;
    size_t out_size, produced;
};

static int unpack_gzip(struct stream *s)
{
    z_stream z = {
        .next_in = s->in, .avail_in = MIN(s->in_size, UINT_MAX),
        .next_out = s->out, .avail_out = MIN(s->out_size, UINT_MAX),
    };
    int ret = inflateInit2(&z, 16 + MAX_WBITS);

    if (ret == Z_OK)
        ret = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    s->produced = z.total_out;
    if (ret == Z_BUF_ERROR)
        return z.avail_in ? -ENOBUFS : -EILSEQ;
    return ret == Z_STREAM_END ? 0 : ret == Z_MEM_ERROR ? -ENOMEM : -EILSEQ;
}

static int unpack_xz(struct stream *s)
{
    uint64_t limit = UINT64_MAX; /* the allocator has one of its own */
    size_t at = 0;

    switch (lzma_stream_buffer_decode(&limit, 0, NULL, s->in, &at, s->in_size, s->out,
                                      &s->produced, s->out_size)) {
    case LZMA_OK:
        return 0;
    case LZMA_MEM_ERROR:
        return -ENOMEM;
    case LZMA_BUF_ERROR:
        return -ENOBUFS;
    case LZMA_OPTIONS_ERROR:
        return -EOPNOTSUPP;
    default:
        return -EILSEQ;
    }
}

static int unpack_zstd(struct stream *s)
{
    size_t frame = ZSTD_findFrameCompressedSize(s->in, s->in_size), n;
    ZSTD_DCtx *context;

    if (ZSTD_isError(frame))
        return -EILSEQ;
    context = ZSTD_createDCtx();
    if (!context)
        return -ENOMEM;
    n = ZSTD_decompressDCtx(context, s->out, s->out_size, s->in, frame);
    ZSTD_freeDCtx(context);
    if (ZSTD_isError(n))
        return ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall ? -ENOBUFS : -EILSEQ;
    s->produced = n;
    return 0;
}

int decompress(const u8 *in, size_t in_size, u8 *out, size_t out_size, size_t *produced)
{
    static const struct {
        const char *magic;
        size_t n;
        int (*unpack)(struct stream *s);
    } formats[] = {
        {"\x1f\x8b", 2, unpack_gzip},
        {"\xfd" "7zXZ", 6, unpack_xz},
        {"\x28\xb5\x2f\xfd", 4, unpack_zstd},
    };
    struct stream s = {.in = in, .in_size = in_size, .out = out, .out_size = out_size};
    int rc = -EOPNOTSUPP;

    for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
        if (in_size < formats[i].n || memcmp(in, formats[i].magic, formats[i].n))
            continue;
        c_library_begin();
        rc = formats[i].unpack(&s);
        c_library_end();
    }
    *produced = s.produced;
    return rc;
}
