/* SPDX-License-Identifier: MIT */
/* Domain0's kernel as it comes packed: each format as Linux's build makes it, and damaged. */
/* SOURCES: xen/common/decompress.c */
/* CFLAGS: $(HYPERVISOR) */
/* LIBS: -llzma -lz -lzstd */
#include <errno.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include <asm/c_library.h>
#include <xen/kernel_image.h>

#define KERNEL (300u << 10)
#define ROOM   (400u << 10)

static u8 kernel[KERNEL], packed[ROOM], *out;
static size_t produced;
static int inside; /* of the libraries' environment */

void c_library_begin(void)
{
    assert_int_equal(inside++, 0);
}

void c_library_end(void)
{
    assert_int_equal(--inside, 0);
}

/* Half of it packs well, half does not. */
static int make_kernel(void **state)
{
    (void)state;
    srandom(11);
    for (size_t i = 0; i < KERNEL; i++)
        kernel[i] = i & 4096 ? (u8)random() : (u8)(i >> 8);
    return 0;
}

/* ---- packers: into packed[], with the unpacked size behind, as Linux's build does ---- */

static size_t with_size(size_t n)
{
    u32 size = KERNEL;

    memcpy(packed + n, &size, sizeof(size));
    return n + sizeof(size);
}

static size_t pack_gzip(void)
{
    z_stream z = {.next_in = kernel, .avail_in = KERNEL, .next_out = packed, .avail_out = ROOM};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, 0), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return with_size(z.total_out);
}

static size_t pack_xz(lzma_check check)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {
        {.id = LZMA_FILTER_X86}, {.id = LZMA_FILTER_LZMA2, .options = &options},
        {.id = LZMA_VLI_UNKNOWN},
    };
    size_t n = 0;

    assert_false(lzma_lzma_preset(&options, 0));
    options.dict_size = 1 << 20;
    assert_int_equal(lzma_stream_buffer_encode(filters, check, NULL, kernel, KERNEL, packed, &n,
                                               ROOM), LZMA_OK);
    return with_size(n);
}

static size_t pack_zstd(bool sized)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t n;

    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, sized);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 20);
    n = ZSTD_compress2(c, packed, ROOM, kernel, KERNEL);
    assert_false(ZSTD_isError(n));
    ZSTD_freeCCtx(c);
    return with_size(n);
}

/* Into memory of exactly @room bytes, so that a byte outside is noticed. */
static int unpack(size_t n, size_t room)
{
    u8 *in = malloc(n);
    int rc;

    memcpy(in, packed, n);
    free(out);
    out = malloc(room);
    produced = 0;
    rc = decompress(in, n, out, room, &produced);
    free(in);
    assert_int_equal(inside, 0);
    return rc;
}

static void expect_good(size_t n)
{
    assert_int_equal(unpack(n, KERNEL), 0);
    assert_int_equal(produced, KERNEL);
    assert_memory_equal(out, kernel, KERNEL);
    assert_int_equal(unpack(n, KERNEL + 4096), 0);
    assert_int_equal(unpack(n, KERNEL - 1), -ENOBUFS);
}

/* Cut anywhere, or with a byte changed anywhere: an error, or (in a byte that says nothing) all of
 * it, and never a byte outside. */
static void expect_noticed(size_t n)
{
    n -= 4; /* nobody reads the size that was put behind */
    for (size_t cut = 0; cut < n; cut += 1 + cut / 3)
        assert_true(unpack(cut, ROOM) < 0);
    assert_int_not_equal(unpack(n - 1, KERNEL), 0);
    for (int i = 0; i < 60; i++) {
        size_t at = i < 20 ? (size_t)i : i < 40 ? n - (size_t)i + 19 : (size_t)random() % n;
        u8 was = packed[at];

        packed[at] ^= 1u << i % 8;
        if (unpack(n, KERNEL) == 0)
            assert_memory_equal(out, kernel, KERNEL);
        packed[at] = was;
    }
    expect_good(n);
}

static void gzip(void **state)
{
    size_t n = pack_gzip();

    (void)state;
    expect_good(n);
    expect_noticed(n);
}

static void xz(void **state)
{
    size_t n = pack_xz(LZMA_CHECK_CRC64);

    (void)state;
    expect_good(n);
    n = pack_xz(LZMA_CHECK_CRC32);
    expect_good(n);
    expect_noticed(n);
}

static void zstd(void **state)
{
    size_t n = pack_zstd(false);

    (void)state;
    expect_good(n);
    n = pack_zstd(true);
    expect_good(n);
    expect_noticed(n);
}

static void other(void **state)
{
    (void)state;
    memcpy(packed, "\x02\x21\x4c\x18", 4); /* lz4 */
    assert_int_equal(unpack(4096, KERNEL), -EOPNOTSUPP);
    memcpy(packed, "BZh9", 4);
    assert_int_equal(unpack(4096, KERNEL), -EOPNOTSUPP);
    assert_int_equal(unpack(1, KERNEL), -EOPNOTSUPP);
    memcpy(packed, "\x1f\x8b", 2);
    assert_int_equal(unpack(2, KERNEL), -EILSEQ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip),
        cmocka_unit_test(xz),
        cmocka_unit_test(zstd),
        cmocka_unit_test(other),
    };

    return cmocka_run_group_tests(tests, make_kernel, NULL);
}
