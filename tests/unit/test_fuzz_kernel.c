/* SPDX-License-Identifier: MIT */
/* Whatever a kernel file holds, it is described soundly, or refused with a cause. */
/* SOURCES: tests/unit/fuzz.c tools/payload/unpack.c tools/builder/elf_image.c tools/builder/layout.c tools/builder/page_tables.c tools/builder/error.c */
/* CFLAGS: $(DOMAIN0) -O1 -fsanitize-coverage=trace-pc */
/* LIBS: -llzma -lz -lzstd -llz4 -Wl,--wrap=mmap -Wl,--wrap=pwrite */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <lz4.h>
#include <lzma.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "builder/image.h"
#include "builder/layout.h"
#include "builder/payload.h"
#include "builder_fake_elf.h"
#include "fuzz.h"

#define ROOM       FUZZ_MAX_BYTES
#define DISK_BYTES (256u << 10)

/* The parsers leave mappings to the end of their process; here there are a million in one. */
static struct {
    void *at;
    size_t bytes;
} kept[16];
static unsigned int kept_count;

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);

void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
    void *map = __real_mmap(at, bytes, prot, flags, fd, offset);

    if (map == MAP_FAILED)
        return map;
    assert_true(kept_count < sizeof(kept) / sizeof(kept[0]));
    kept[kept_count].at = map;
    kept[kept_count++].bytes = bytes;
    return map;
}

/* A small disk: what unpacks to gigabytes fills it soon. */
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if ((uint64_t)at + len > DISK_BYTES) {
        errno = ENOSPC;
        return -1;
    }
    return __real_pwrite(fd, data, len, at);
}

static int in = -1, out = -1;

static void look(const uint8_t *elf, size_t size)
{
    struct build_error error = { 0 };
    struct build_layout layout;
    struct image image;

    if (image_from_elf(elf, size, &image, &error)) {
        assert_true(error.cause[0]);
        return;
    }
    assert_true(image_sound(&image, size));
    for (uint64_t frames = 1024; frames <= 1 << 20; frames <<= 5) {
        if (layout_plan(&image, frames, frames * 1024, &layout, &error)) {
            assert_true(error.cause[0]);
            continue;
        }
        assert_true(layout.kernel.pfn + layout.kernel.frames <= frames);
        assert_true(layout.stack.pfn < frames);
        assert_true(layout.page_tables.pfn + layout.page_tables.frames <= frames);
    }
}

static void try_kernel(const char *text, size_t length)
{
    struct build_error error = { 0 };
    uint64_t offset, size;
    int err;

    assert_int_equal(ftruncate(in, 0) | ftruncate(out, 0), 0);
    assert_int_equal(pwrite(in, text, length, 0), length);
    err = payload_unpack(in, out, IMAGE_HEADER_BYTES, &offset, &size, &error);
    if (err)
        assert_true(error.cause[0]);
    else
        look(mmap(NULL, size, PROT_READ, MAP_SHARED, out, (off_t)offset), size);
    while (kept_count) {
        kept_count--;
        munmap(kept[kept_count].at, kept[kept_count].bytes);
    }
}

/* ---- good files ---- */

static struct fake_elf elf;
static uint8_t packed[5][ROOM];

static size_t gzip(uint8_t *to)
{
    z_stream z = { .next_in = elf.bytes, .avail_in = (uInt)elf.size, .next_out = to,
                   .avail_out = ROOM };

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static size_t xz(uint8_t *to)
{
    size_t size = 0;

    assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, elf.bytes, elf.size, to,
                                             &size, ROOM), LZMA_OK);
    return size;
}

static size_t lz4(uint8_t *to)
{
    uint32_t n = (uint32_t)LZ4_compress_default((const char *)elf.bytes, (char *)to + 8,
                                                (int)elf.size, ROOM - 8);

    memcpy(to, "\x02\x21\x4c\x18", 4);
    memcpy(to + 4, &n, 4);
    return 8 + n;
}

/* The least of a boot sector and setup code before a payload: two sectors. */
static size_t bzimage(uint8_t *to)
{
    uint32_t offset = 0, length = (uint32_t)gzip(to + 1024);

    memset(to, 0, 1024);
    to[0x1f1] = 1;
    memcpy(to + 0x1fe, "\x55\xaa", 2);
    memcpy(to + 0x202, "HdrS\x0f\x02", 6);
    memcpy(to + 0x248, &offset, 4);
    memcpy(to + 0x24c, &length, 4);
    return 1024 + length;
}

static void test_kernels(void **state)
{
    static const char *const none[] = { NULL };
    static const char *const words[] = {
        "\177ELF", "HdrS", "\x1f\x8b\x08", "\xfd" "7zXZ", "\x28\xb5\x2f\xfd", "\x02\x21\x4c\x18",
        "Xen", "linux", "GUEST_OS=linux,", "VIRT_BASE=0x", "ENTRY=",
        "\xff\xff\xff\xff\xff\xff\xff\xff",
        "\x80\xff\xff\xff\xff", "__xen_guest", "LOADER=generic", "PAE=yes[extended-cr3]", NULL
    };
    struct fuzz_bytes seeds[] = {
        { elf.bytes, 0 }, { packed[0], gzip(packed[0]) }, { packed[1], xz(packed[1]) },
        { packed[2], ZSTD_compress(packed[2], ROOM, elf.bytes, elf.size, 1) },
        { packed[3], lz4(packed[3]) }, { packed[4], bzimage(packed[4]) }, { NULL, 0 },
    };

    (void)state;
    seeds[0].length = elf.size;
    fuzz(&(struct fuzz){ none, words, try_kernel, seeds, 32768 });
}

static int begin(void **state)
{
    (void)state;
    fake_linux(&elf);
    in = memfd_create("in", MFD_CLOEXEC);
    out = memfd_create("out", MFD_CLOEXEC);
    return in < 0 || out < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup(test_kernels, begin) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
