/* SPDX-License-Identifier: MIT */
/* Kernel files as distributed: each compression, bzImage, nesting, and damage. */
/* SOURCES: tools/payload/unpack.c tools/builder/error.c */
/* CFLAGS: $(DOMAIN0) */
/* LIBS: -llzma -lz -lzstd -llz4 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "builder/payload.h"

#define LZ4_BLOCK (8u << 20)                        /* as the kernel's build makes them */
#define LZ4_BYTES (2 * LZ4_BLOCK + (1u << 20))      /* the largest image here */
#define ELF_BYTES (2u << 20)
#define ROOM      (32u << 20)

static uint8_t *elf, *packed, *boot;
static struct build_error error;

/* Looks like ELF to the finder; half of it compresses well, half does not. */
static int make_elf(void **state)
{
    size_t i;

    (void)state;
    elf = malloc(LZ4_BYTES);
    packed = malloc(ROOM);
    boot = malloc(ROOM);
    if (!elf || !packed || !boot)
        return -1;
    srandom(7);
    for (i = 0; i < LZ4_BYTES; i++)
        elf[i] = i & 4096 ? (uint8_t)random() : (uint8_t)(i >> 8);
    memcpy(elf, "\177ELF", 4);
    return 0;
}

static int drop_elf(void **state)
{
    (void)state;
    free(elf);
    free(packed);
    free(boot);
    return 0;
}

/* ---- packers: bytes written to `packed` ---- */

static size_t pack_gzip(const uint8_t *in, size_t size, uint8_t *out)
{
    z_stream z = { .next_in = (Bytef *)in, .avail_in = (uInt)size, .next_out = out,
                   .avail_out = ROOM };

    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* As the kernel's build does it: CRC32, the x86 filter, then LZMA2. */
static size_t pack_xz(const uint8_t *in, size_t size, uint8_t *out)
{
    lzma_options_lzma options;
    lzma_filter filters[] = {
        { .id = LZMA_FILTER_X86 }, { .id = LZMA_FILTER_LZMA2, .options = &options },
        { .id = LZMA_VLI_UNKNOWN },
    };
    size_t written = 0;

    assert_false(lzma_lzma_preset(&options, 0));
    options.dict_size = 32 << 20;
    assert_int_equal(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, in, size, out,
                                               &written, ROOM), LZMA_OK);
    return written;
}

static size_t pack_zstd(const uint8_t *in, size_t size, uint8_t *out)
{
    size_t written = ZSTD_compress(out, ROOM, in, size, 1);

    assert_false(ZSTD_isError(written));
    return written;
}

/* A frame that does not say how much it unpacks to, as `zstd` writes from a pipe. */
static size_t pack_zstd_unsized(const uint8_t *in, size_t size, uint8_t *out)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_inBuffer from = { in, size, 0 };
    ZSTD_outBuffer to = { out, ROOM, 0 };

    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
    assert_int_equal(ZSTD_compressStream2(c, &to, &from, ZSTD_e_flush) > ROOM, 0);
    assert_int_equal(ZSTD_compressStream2(c, &to, &from, ZSTD_e_end), 0);
    ZSTD_freeCCtx(c);
    return to.pos;
}

static size_t pack_lz4(const uint8_t *in, size_t size, uint8_t *out)
{
    size_t at = 4, done, now;
    uint32_t len;

    memcpy(out, "\x02\x21\x4c\x18", 4);
    for (done = 0; done < size; done += now) {
        now = size - done < LZ4_BLOCK ? size - done : LZ4_BLOCK;
        len = (uint32_t)LZ4_compress_default((const char *)in + done, (char *)out + at + 4,
                                             (int)now, (int)(ROOM - at - 4));
        assert_int_not_equal(len, 0);
        memcpy(out + at, &len, 4);
        at += 4 + len;
    }
    return at;
}

typedef size_t pack_fn(const uint8_t *in, size_t size, uint8_t *out);

/*
 * ---- a bzImage: boot sector and setup code, then padding, payload, its length unpacked (unless
 * that is 0), rest ----
 */

static size_t wrap(const uint8_t *payload, size_t size, uint32_t length_word, uint8_t *out)
{
    const uint32_t sectors = 20, offset = 0x2c0;
    uint32_t length = (uint32_t)size + (length_word ? 4 : 0);
    size_t start = (sectors + 1) * 512;

    memset(out, 0, start + offset);
    out[0x1f1] = (uint8_t)sectors;
    out[0x1fe] = 0x55;
    out[0x1ff] = 0xaa;
    memcpy(out + 0x202, "HdrS", 4);
    out[0x206] = 0x0f;
    out[0x207] = 0x02;
    memcpy(out + 0x248, &offset, 4);
    memcpy(out + 0x24c, &length, 4);
    memcpy(out + start + offset, payload, size);
    if (length_word)
        memcpy(out + start + offset + size, &length_word, 4);
    memset(out + start + offset + length, 0xee, 1000);
    return start + offset + length + 1000;
}

#define START 4096u     /* something else lies before, in the file that is unpacked to */

/* Unpack; on success *found is the result in fresh memory. */
static int find(const uint8_t *file, size_t size, uint8_t **found, uint64_t *found_size)
{
    int in = memfd_create("in", 0), out = memfd_create("out", 0), err;
    uint64_t offset = 0;

    assert_int_equal(write(in, file, size), size);
    memset(&error, 0, sizeof(error));
    err = payload_unpack(in, out, START, &offset, found_size, &error);
    *found = NULL;
    if (!err) {
        assert_true(offset >= START);
        *found = malloc(*found_size);
        assert_non_null(*found);
        assert_int_equal(pread(out, *found, *found_size, (off_t)offset), *found_size);
    }
    close(in);
    close(out);
    return err;
}

static void finds_bytes(const uint8_t *file, size_t size, size_t bytes)
{
    uint64_t found_size;
    uint8_t *found;

    assert_int_equal(find(file, size, &found, &found_size), 0);
    assert_int_equal(found_size, bytes);
    assert_memory_equal(found, elf, bytes);
    free(found);
}

static void finds(const uint8_t *file, size_t size)
{
    finds_bytes(file, size, ELF_BYTES);
}

static void refuses(const uint8_t *file, size_t size, const char *words)
{
    uint64_t found_size;
    uint8_t *found;

    assert_int_equal(find(file, size, &found, &found_size), -EINVAL);
    assert_non_null(strstr(error.cause, words));
    assert_true(error.remedy[0] != '\0');
}

/* Alone, in a bzImage, and with the length word that the kernel's build appends. */
static void round_trip(pack_fn *pack, size_t bytes, bool length_word)
{
    size_t size = pack(elf, bytes, packed);

    finds_bytes(packed, size, bytes);
    finds_bytes(boot, wrap(packed, size, length_word ? (uint32_t)bytes : 0, boot), bytes);
}

static void gzip_is_unpacked(void **state) { (void)state; round_trip(pack_gzip, ELF_BYTES, false); }
static void xz_is_unpacked(void **state) { (void)state; round_trip(pack_xz, ELF_BYTES, true); }
static void zstd_is_unpacked(void **state) { (void)state; round_trip(pack_zstd, ELF_BYTES, true); }
static void lz4_is_unpacked(void **state) { (void)state; round_trip(pack_lz4, LZ4_BYTES, true); }

static void zstd_without_a_size_is_unpacked(void **state)
{
    (void)state;
    round_trip(pack_zstd_unsized, ELF_BYTES, true);
}

static void plain_elf_is_found(void **state)
{
    (void)state;
    finds(elf, ELF_BYTES);
    memcpy(packed, elf, ELF_BYTES);
    finds(boot, wrap(packed, ELF_BYTES, 0, boot));
}

static void a_compressed_bzimage_is_found(void **state)
{
    size_t size = pack_zstd(elf, ELF_BYTES, packed);

    (void)state;
    size = wrap(packed, size, ELF_BYTES, boot);
    finds(packed, pack_gzip(boot, size, packed));
    size = wrap(elf, ELF_BYTES, 0, boot);           /* with a payload as it is */
    finds(packed, pack_gzip(boot, size, packed));
}

static void endless_nesting_is_refused(void **state)
{
    size_t size = 100;
    int i;

    (void)state;
    memset(boot, 0, size);
    for (i = 0; i < 6; i++) {
        size = pack_gzip(boot, size, packed);
        memcpy(boot, packed, size);
    }
    refuses(boot, size, "not a kernel image");
}

static void a_bomb_is_refused(void **state)
{
    const size_t zeroes = PAYLOAD_MAX_BYTES + 4096;
    uint8_t *bomb = calloc(1, zeroes);
    size_t size;

    (void)state;
    assert_non_null(bomb);
    size = ZSTD_compress(packed, ROOM, bomb, zeroes, 1);
    free(bomb);
    assert_false(ZSTD_isError(size));
    refuses(packed, size, "too large");
}

static void a_cut_file_is_refused(void **state)
{
    static const struct { pack_fn *pack; const char *name; } kinds[] = {
        { pack_gzip, "gzip" }, { pack_xz, "xz" }, { pack_zstd, "zstd" }, { pack_lz4, "lz4" },
    };
    size_t i, k, size;

    (void)state;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size = kinds[i].pack(elf, 1 << 20, packed);
        for (k = 1; k < 6; k++)
            refuses(packed, size * k / 6, kinds[i].name);
        refuses(packed, size - 1, kinds[i].name);
        size = wrap(packed, size, 0, boot);
        refuses(boot, size - 1001, "cut short");
    }
}

/* Bytes of the body changed: refused or at least kept within bounds (ASan looks on). */
static void damage_is_survived(void **state)
{
    static pack_fn *const packers[] = { pack_gzip, pack_xz, pack_zstd, pack_lz4 };
    uint64_t found_size;
    uint8_t *found;
    size_t i, round, size, refused = 0;

    (void)state;
    srandom(3);
    for (i = 0; i < 4; i++) {
        for (round = 0; round < 25; round++) {
            size = packers[i](elf, 256 << 10, packed);
            packed[8 + (size_t)random() % (size - 8)] ^= (uint8_t)(1 << random() % 8);
            refused += find(packed, size, &found, &found_size) != 0;
            free(found);
        }
    }
    assert_in_range(refused, 40, 100);
}

static void other_files_are_refused(void **state)
{
    static const uint8_t text[] = "#!/bin/sh\nexit 0\n", bzip2[] = "BZh91AY&SY", none[1];

    (void)state;
    refuses(text, sizeof(text), "not a kernel image");
    refuses(none, 0, "empty");
    refuses(bzip2, sizeof(bzip2), "bzip2");
    assert_non_null(strstr(error.remedy, "gzip, xz, zstd or lz4"));
}

static void an_old_boot_header_is_refused(void **state)
{
    size_t size = wrap(elf, 4096, 0, boot);

    (void)state;
    boot[0x206] = 5;
    refuses(boot, size, "too old");
    refuses(boot, 0x220, "too old");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_elf_is_found),
        cmocka_unit_test(gzip_is_unpacked),
        cmocka_unit_test(xz_is_unpacked),
        cmocka_unit_test(zstd_is_unpacked),
        cmocka_unit_test(zstd_without_a_size_is_unpacked),
        cmocka_unit_test(lz4_is_unpacked),
        cmocka_unit_test(a_compressed_bzimage_is_found),
        cmocka_unit_test(endless_nesting_is_refused),
        cmocka_unit_test(a_bomb_is_refused),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(an_old_boot_header_is_refused),
    };

    return cmocka_run_group_tests(tests, make_elf, drop_elf);
}
