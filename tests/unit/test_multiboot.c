/* SPDX-License-Identifier: MIT */
/* What the boot loader says: read right when it is right, refused or cut when it is damaged. */
/* SOURCES: xen/arch/x86/multiboot.c */
/* CFLAGS: $(HYPERVISOR) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/boot_info.h>
#include <asm/page.h>

/* Machine addresses from BASE on; whatever lies outside fails the test. */
#define BASE 0x10000ul

static unsigned char *ram;
static size_t ram_size;
static struct boot_info bi;

void *maddr_to_virt(maddr_t m)
{
    if (m.a == 0) /* an address that was not given, and is not followed */
        return NULL;
    assert_true(m.a >= BASE && m.a - BASE <= ram_size);
    return ram + (m.a - BASE);
}

/* ---- building what a loader would ---- */

static unsigned char block[8192];
static size_t used;

static size_t add(const void *p, size_t n)
{
    size_t at = used;

    memcpy(block + used, p, n);
    used += n;
    return at;
}

static size_t add32(uint32_t v)
{
    return add(&v, 4);
}

static void add64(uint64_t v)
{
    add(&v, 8);
}

static void pad8(void)
{
    while (used % 8)
        block[used++] = 0xee;
}

static void begin(void)
{
    used = 0;
    add32(0);
    add32(0);
}

static void tag(uint32_t type, const void *body, uint32_t n)
{
    add32(type);
    add32(n + 8);
    add(body, n);
    pad8();
}

/* Exactly as much memory as the loader wrote, so that reading beyond it is caught. */
static const char *read_block(u32 magic, size_t n)
{
    const char *error;

    free(ram);
    ram = malloc(n);
    ram_size = n;
    memcpy(ram, block, n);
    memset(&bi, 0, sizeof(bi));
    error = multiboot_read(&bi, magic, BASE);
    return error;
}

static const char *finish(void)
{
    uint32_t total;

    add32(0);
    add32(8);
    total = used;
    memcpy(block, &total, 4);
    return read_block(MULTIBOOT2_LOADER, used);
}

static void tag_map(unsigned int n, const uint64_t (*regions)[3])
{
    add32(6);
    add32(16 + n * 24);
    add32(24);
    add32(0);
    for (unsigned int i = 0; i < n; i++) {
        add64(regions[i][0]);
        add64(regions[i][1]);
        add64(regions[i][2]);
    }
}

static void tag_module(uint32_t start, uint32_t end, const char *text)
{
    char body[200];

    memcpy(body, &start, 4);
    memcpy(body + 4, &end, 4);
    strcpy(body + 8, text);
    tag(3, body, 8 + strlen(text) + 1);
}

static const uint64_t plain_map[][3] = {{0, 0x9fc00, 1}, {0x100000, 0x7f00000, 1}};

/* ---- tests ---- */

static void multiboot2(void **state)
{
    static const unsigned char fb[] = {0, 0, 0, 0xe0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 4, 0, 0, 0,
                                       3, 0, 0, 32, 1, 0, 0, 16, 8, 8, 8, 0, 8};

    (void)state;
    begin();
    tag(1, "com1=115200 x", 14);
    tag_module(0x1000000, 0x1800000, "root=/dev/sda1");
    tag_module(0x2000000, 0x2000010, "");
    tag_map(2, plain_map);
    tag(8, fb, sizeof(fb));
    tag(14, "RSD PTR 0123456789ab", 20);
    assert_null(finish());
    assert_string_equal(bi.cmdline, "com1=115200 x");
    assert_int_equal(bi.nr_modules, 2);
    assert_int_equal(bi.modules[0].start.a, 0x1000000);
    assert_int_equal(bi.modules[0].size, 0x800000);
    assert_string_equal(bi.modules[0].cmdline, "root=/dev/sda1");
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.video.base, 0xe0000000);
    assert_int_equal(bi.video.width, 1024);
    assert_int_equal(bi.video.bpp, 32);
    assert_int_equal(bi.video.pixel.green_pos, 8);
    assert_false(bi.video.text);
    assert_memory_equal(bi.rsdp_copy, "RSD PTR 0123456789ab", 20);
}

static void multiboot1(void **state)
{
    uint32_t info[29] = {0x24c};
    size_t at;

    (void)state;
    used = 0;
    add(info, sizeof(info));
    info[4] = BASE + add("xenolith com1=9600", 19);
    info[5] = 1;
    at = add32(0x400000);
    info[6] = BASE + at;
    add32(0x500000);
    add32(0);
    add32(0);
    info[12] = BASE + used;
    info[11] = 48;
    for (unsigned int i = 0; i < 2; i++) {
        add32(20);
        add(plain_map[i], 20);
    }
    info[16] = BASE + add("qemu", 5);
    at = add("vmlinuz console=hvc0", 21);
    memcpy(block + info[6] - BASE + 8, &(uint32_t){BASE + at}, 4);
    memcpy(block, info, sizeof(info));
    assert_null(read_block(MULTIBOOT1_LOADER, used));
    assert_string_equal(bi.cmdline, "com1=9600");
    assert_int_equal(bi.nr_modules, 1);
    assert_int_equal(bi.modules[0].size, 0x100000);
    assert_string_equal(bi.modules[0].cmdline, "console=hvc0");
    assert_int_equal(bi.nr_regions, 2);
    assert_true(bi.video.text);

    memcpy(block + info[16] - BASE, "GRUB", 4); /* gives no file names */
    assert_null(read_block(MULTIBOOT1_LOADER, used));
    assert_string_equal(bi.cmdline, "xenolith com1=9600");
}

static void unknown_loader(void **state)
{
    (void)state;
    begin();
    assert_non_null(read_block(0x12345678, used));
}

static void no_memory_map(void **state)
{
    (void)state;
    begin();
    tag(1, "x", 2);
    assert_non_null(finish());
}

static void damaged_tags(void **state)
{
    uint32_t total;

    (void)state;
    begin();                    /* smaller than its header */
    tag_map(2, plain_map);
    memcpy(block + 12, &(uint32_t){4}, 4);
    assert_non_null(finish());
    begin();                    /* a size of 0 would never end */
    tag_map(2, plain_map);
    memcpy(block + 12, &(uint32_t){0}, 4);
    assert_non_null(finish());
    begin();                    /* longer than all */
    tag_map(2, plain_map);
    memcpy(block + 12, &(uint32_t){0xfffffff0}, 4);
    assert_non_null(finish());
    begin();                    /* a module tag without its addresses */
    tag(3, "abc", 3);
    assert_non_null(finish());
    begin();                    /* no end tag */
    tag_map(2, plain_map);
    total = used;
    memcpy(block, &total, 4);
    assert_non_null(read_block(MULTIBOOT2_LOADER, used));
}

static void long_texts_are_cut(void **state)
{
    char text[3000];

    (void)state;
    memset(text, 'a', sizeof(text)); /* no NUL at all */
    begin();
    tag(1, text, sizeof(text));
    tag_map(2, plain_map);
    assert_null(finish());
    assert_int_equal(strlen(bi.cmdline), sizeof(bi.cmdline) - 1);
}

static void too_much_of_all(void **state)
{
    (void)state;
    begin();
    for (unsigned int i = 0; i < 20; i++)
        tag_module(i << 20, (i + 1) << 20, "m");
    for (unsigned int i = 0; i < 20; i++) {
        const uint64_t map[8][3] = {{i * 100ul << 24, 1 << 20, 1},
                                    {i * 100ul << 24 | 1 << 22, 1, 2},
                                    {(i * 100ul + 1) << 24, 1 << 20, 3}};

        tag_map(8, map);
    }
    assert_null(finish());
    assert_int_equal(bi.nr_modules, ARRAY_SIZE(bi.modules));
    assert_in_range(bi.nr_regions, 20, ARRAY_SIZE(bi.regions));
}

static void overlaps_are_cut(void **state)
{
    static const uint64_t map[][3] = {
        {0x200000, 0x100000, 1}, /* RAM that a reserved range cuts in two */
        {0x240000, 0x1000, 2},
        {0x100000, 0x100000, 1}, /* joins the first */
        {0x2ff000, 0x2000, 4},   /* sticks out at its end */
        {0x500000, 0, 1},        /* nothing */
        {UINT64_MAX - 10, 20, 1} /* wraps round */
    };
    static const struct memory_region expect[] = {
        {0x100000, 0x140000, 1}, {0x240000, 0x1000, 2},
        {0x241000, 0xbe000, 1},  {0x2ff000, 0x2000, 4}};

    (void)state;
    begin();
    tag_map(6, map);
    assert_null(finish());
    assert_int_equal(bi.nr_regions, ARRAY_SIZE(expect));
    for (unsigned int i = 0; i < ARRAY_SIZE(expect); i++) {
        assert_int_equal(bi.regions[i].start, expect[i].start);
        assert_int_equal(bi.regions[i].size, expect[i].size);
        assert_int_equal(bi.regions[i].type, expect[i].type);
    }
}

/* Whatever the bytes: no access outside, and a sane result. */
static void random_damage(void **state)
{
    unsigned int seed = 1;

    (void)state;
    for (unsigned int round = 0; round < 20000; round++) {
        begin();
        tag(1, "one two", 8);
        tag_module(0x100000, 0x200000, "text");
        tag_map(2, plain_map);
        tag(14, "RSD PTR ", 8);
        finish();
        for (unsigned int i = 0; i < 4; i++)
            block[8 + rand_r(&seed) % (used - 8)] = rand_r(&seed);
        if (read_block(MULTIBOOT2_LOADER, used))
            continue;
        assert_in_range(bi.nr_regions, 1, ARRAY_SIZE(bi.regions));
        assert_true(bi.nr_modules <= ARRAY_SIZE(bi.modules));
        for (unsigned int i = 1; i < bi.nr_regions; i++)
            assert_true(bi.regions[i - 1].start + bi.regions[i - 1].size <= bi.regions[i].start);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiboot2),        cmocka_unit_test(multiboot1),
        cmocka_unit_test(unknown_loader),    cmocka_unit_test(no_memory_map),
        cmocka_unit_test(damaged_tags),      cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(too_much_of_all),   cmocka_unit_test(overlaps_are_cut),
        cmocka_unit_test(random_damage),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(ram);
    return failed;
}
