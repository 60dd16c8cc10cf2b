/* SPDX-License-Identifier: MIT */
/* Where things lie in a new domain, and its page tables walked entry by entry. */
/* SOURCES: tools/builder/layout.c tools/builder/page_tables.c tools/builder/elf_image.c tools/builder/error.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/layout.h"
#include "builder/page_tables.h"
#include "builder_fake_elf.h"

#define HIGH 0xffffffff80000000ull
#define MIB  (1ull << 20)

static struct image image;
static struct build_layout layout;
static struct build_error error;

static void use(void (*make)(struct fake_elf *))
{
    static struct fake_elf elf;

    make(&elf);
    assert_int_equal(image_from_elf(elf.bytes, elf.size, &image, &error), 0);
}

static int plan(uint64_t mib, uint64_t ramdisk_bytes)
{
    memset(&error, 0, sizeof(error));
    return layout_plan(&image, mib * 256, ramdisk_bytes, &layout, &error);
}

/* ---- walking ---- */

struct domain {
    xen_pfn_t *p2m;
    uint64_t *main_tables, *p2m_tables;
    uint64_t present;           /* entries seen present, in all tables */
};

/* A table by its mfn, as the hardware finds it; it must be one of the two regions'. */
static uint64_t *table_at(const struct domain *d, uint64_t mfn)
{
    uint64_t i;

    for (i = 0; i < layout.page_tables.frames; i++)
        if (d->p2m[layout.page_tables.pfn + i] == mfn)
            return d->main_tables + i * PT_ENTRIES;
    for (i = 0; i < layout.p2m_tables.frames; i++)
        if (d->p2m[layout.p2m_tables.pfn + i] == mfn)
            return d->p2m_tables + i * PT_ENTRIES;
    fail_msg("mfn %#lx is not a page table", (unsigned long)mfn);
    return NULL;
}

/* pfn that va leads to, or ~0; *leaf is the last entry. */
static uint64_t translate(const struct domain *d, uint64_t va, uint64_t *leaf)
{
    uint64_t *table = table_at(d, d->p2m[layout.page_tables.pfn]);
    uint64_t entry = 0, pfn;
    int level;

    for (level = 4; level >= 1; level--) {
        entry = table[(va >> (12 + 9 * (level - 1))) % PT_ENTRIES];
        if (!(entry & 1))
            return ~0ull;
        if (level > 1) {
            assert_int_equal(entry & 0x7, 0x7);
            table = table_at(d, (entry & 0x000ffffffffff000ull) >> 12);
        }
    }
    *leaf = entry;
    for (pfn = 0; pfn < layout.memory_frames; pfn++)
        if (d->p2m[pfn] == (entry & 0x000ffffffffff000ull) >> 12)
            return pfn;
    fail_msg("va %#lx leads to a frame that is not the domain's", (unsigned long)va);
    return ~0ull;
}

static uint64_t count_present(const uint64_t *tables, uint64_t frames)
{
    uint64_t i, n = 0;

    for (i = 0; i < frames * PT_ENTRIES; i++)
        n += tables[i] & 1;
    return n;
}

static bool in(const struct build_region *r, uint64_t pfn)
{
    return pfn >= r->pfn && pfn - r->pfn < r->frames;
}

static void check_page(const struct domain *d, uint64_t va, uint64_t pfn)
{
    uint64_t leaf;

    assert_int_equal(translate(d, va, &leaf), pfn);
    /* Tables must not be writable by their owner; all else is. No large pages, no global ones. */
    assert_int_equal(!!(leaf & 2), !in(&layout.page_tables, pfn) && !in(&layout.p2m_tables, pfn));
    assert_int_equal(leaf & 0x180, 0);
}

/*
 * Make the tables over frames in scrambled order and check every page of both ranges, a few just
 * outside, and that no entry is there beyond those needed.
 */
static void check_tables(void)
{
    uint64_t frames = layout.memory_frames, i, leaf, pages, p2m_pages = 0;
    struct domain d = {
        .p2m = calloc(frames, sizeof(*d.p2m)),
        .main_tables = calloc(layout.page_tables.frames, 4096),
        .p2m_tables = calloc(layout.p2m_tables.frames + 1, 4096),
    };
    bool apart = layout.p2m.vaddr != layout.virt_base + layout.p2m.pfn * 4096;

    assert_true(d.p2m && d.main_tables && d.p2m_tables);
    for (i = 0; i < frames; i++)
        d.p2m[i] = 0x12345 + (i * 7919) % frames;
    page_tables_write(&layout, d.p2m, d.main_tables, d.p2m_tables);
    pages = (layout.mapped_end - layout.virt_base) / 4096;
    for (i = 0; i < pages; i += i % 64 < 60 || pages < 4096 ? 1 : 61)
        check_page(&d, layout.virt_base + i * 4096, i);
    assert_int_equal(translate(&d, layout.virt_base - 4096, &leaf), ~0ull);
    if (layout.mapped_end)
        assert_int_equal(translate(&d, layout.mapped_end, &leaf), ~0ull);
    if (apart) {
        p2m_pages = layout.p2m.frames;
        for (i = 0; i < p2m_pages; i++)
            check_page(&d, layout.p2m.vaddr + i * 4096, layout.p2m.pfn + i);
    }
    /* Each table but the L4 has one entry above it; each page has one. */
    assert_int_equal(count_present(d.main_tables, layout.page_tables.frames) +
                     count_present(d.p2m_tables, layout.p2m_tables.frames),
                     pages + p2m_pages + layout.page_tables.frames + layout.p2m_tables.frames - 1);
    free(d.p2m);
    free(d.main_tables);
    free(d.p2m_tables);
}

/* Regions that exist do not overlap, and fit. */
static void check_regions(void)
{
    const struct build_region *all[] = {
        &layout.kernel, &layout.ramdisk, &layout.p2m, &layout.p2m_tables, &layout.start_info,
        &layout.store_ring, &layout.console_ring, &layout.page_tables, &layout.stack,
    };
    size_t i, k, n = sizeof(all) / sizeof(all[0]);

    for (i = 0; i < n; i++) {
        assert_true(all[i]->pfn + all[i]->frames <= layout.memory_frames);
        for (k = 0; k < i; k++)
            if (all[i]->frames && all[k]->frames)
                assert_true(all[i]->pfn + all[i]->frames <= all[k]->pfn ||
                            all[k]->pfn + all[k]->frames <= all[i]->pfn);
    }
    assert_int_equal(layout.mapped_end % (4 * MIB), 0);
    assert_true(layout.mapped_end - (layout.stack.vaddr + 4096) >= 512 << 10);
}

/* ---- tests ---- */

static void linux_finds_what_it_asked_for(void **state)
{
    (void)state;
    use(fake_linux);
    assert_int_equal(plan(160, 9 * MIB + 5), 0);
    check_regions();
    assert_int_equal(layout.kernel.pfn, 0x1000);
    assert_int_equal(layout.kernel.frames, 0x400);
    assert_int_equal(layout.p2m.vaddr, 0x8000000000ull);
    assert_true(layout.p2m.mapped);
    assert_int_equal(layout.p2m.frames, 80);
    assert_int_equal(layout.p2m_tables.frames, 3);
    assert_int_equal(layout.p2m_tables.pfn, layout.p2m.pfn + layout.p2m.frames);
    assert_false(layout.ramdisk.mapped);
    assert_int_equal(layout.ramdisk.frames, 9 * 256 + 1);
    check_tables();
}

static void a_tiny_kernel_fits_into_4_mib(void **state)
{
    (void)state;
    use(fake_tiny);
    assert_int_equal(plan(4, 0), 0);
    check_regions();
    assert_int_equal(layout.mapped_end, 4 * MIB);
    assert_int_equal(layout.p2m.vaddr, layout.p2m.pfn * 4096);
    assert_int_equal(layout.p2m_tables.frames, 0);
    assert_int_equal(layout.page_tables.frames, 2 + 1 + 1 + 1);
    check_tables();
}

static void a_ramdisk_without_the_note_is_mapped(void **state)
{
    (void)state;
    use(fake_tiny);
    assert_int_equal(plan(32, 5 * MIB + 1), 0);
    check_regions();
    assert_true(layout.ramdisk.mapped);
    assert_int_equal(layout.ramdisk.pfn, layout.kernel.pfn + layout.kernel.frames);
    assert_int_equal(layout.ramdisk.vaddr, layout.ramdisk.pfn * 4096);
    check_tables();
}

/* The ramdisk alone fills the region just so that one more table moves its end. */
static void tables_that_map_themselves_settle(void **state)
{
    uint64_t ramdisk;

    (void)state;
    use(fake_tiny);
    for (ramdisk = 2 * MIB; ramdisk < 4 * MIB; ramdisk += 16 << 10) {
        assert_int_equal(plan(16, ramdisk), 0);
        check_regions();
    }
    check_tables();
}

static void the_list_may_share_tables_with_the_mapping(void **state)
{
    (void)state;
    use(fake_tiny);
    image.init_p2m = 8 * MIB;                   /* same L2 and L3 */
    assert_int_equal(plan(6, 0), 0);
    assert_int_equal(layout.p2m_tables.frames, 1);
    check_tables();
    image.init_p2m = 1ull << 30;                /* same L3 */
    assert_int_equal(plan(6, 0), 0);
    assert_int_equal(layout.p2m_tables.frames, 2);
    check_tables();
    use(fake_linux);
    image.init_p2m = HIGH - 4096 * 40;          /* ends in the table before the mapping's first */
    assert_int_equal(plan(78, 0), 0);
    assert_int_equal(layout.p2m.frames, 39);
    check_tables();
    image.init_p2m = HIGH - (1ull << 30) - 4096 * 16;   /* across an L2 boundary */
    assert_int_equal(plan(78, 0), 0);
    check_tables();
}

static void a_large_guest_has_a_large_list(void **state)
{
    (void)state;
    use(fake_linux);
    assert_int_equal(plan(64 << 10, 0), 0);
    check_regions();
    assert_int_equal(layout.p2m.frames, 32768);
    assert_int_equal(layout.p2m_tables.frames, 64 + 1 + 1);
}

static void too_little_memory_is_refused(void **state)
{
    (void)state;
    use(fake_linux);
    assert_int_equal(plan(20, 0), -ENOMEM);
    assert_non_null(strstr(error.cause, "the guest has 20480 KiB"));
    assert_non_null(strstr(error.remedy, "memory=25"));
    assert_int_equal(plan(25, 0), 0);
    use(fake_tiny);
    assert_int_equal(plan(3, 0), -ENOMEM);
}

static void running_into_the_hypervisor_is_refused(void **state)
{
    (void)state;
    use(fake_tiny);
    image.init_p2m = 0x00007ffffffff000ull;     /* two pages do not fit below the hole */
    assert_int_equal(plan(6, 0), -EINVAL);
    image.init_p2m = 3 * MIB;                   /* inside the mapping */
    assert_int_equal(plan(6, 0), -EINVAL);
    assert_true(error.remedy[0] != '\0');
}

static void beyond_the_last_address_is_refused(void **state)
{
    (void)state;
    use(fake_linux);
    assert_int_equal(plan(8000, 2040 * MIB), 0);        /* the ramdisk is not mapped */
    image.ramdisk_by_pfn = 0;
    assert_int_equal(plan(8000, 2040 * MIB), -EINVAL);
    use(fake_linux);
    image.init_p2m = IMAGE_NONE;
    assert_int_equal(plan(1100000, 0), -EINVAL);
    image.init_p2m = 0xffffffffffffe000;
    assert_int_equal(plan(64, 0), -EINVAL);
    image.init_p2m = -(64ull * 256 * 8);                /* ends where addresses end */
    assert_int_equal(plan(64, 0), -EINVAL);
    assert_non_null(strstr(error.cause, "leaves no room"));
}

/* Sizes and addresses at random: whatever is accepted is sound. */
static void random_layouts_are_sound(void **state)
{
    uint64_t mib, accepted = 0;
    unsigned int round;

    (void)state;
    srandom(11);
    for (round = 0; round < 40; round++) {
        use(random() & 1 ? fake_linux : fake_tiny);
        if (random() & 1)
            image.ramdisk_by_pfn = !image.ramdisk_by_pfn;
        if (random() & 1)
            image.init_p2m = ((uint64_t)random() % 0x7fff) << 32 | ((uint64_t)random() << 12);
        mib = 4 + (uint64_t)random() % 40;
        if (plan(mib, (uint64_t)random() % (mib * MIB)))
            continue;
        accepted++;
        check_regions();
        check_tables();
    }
    assert_in_range(accepted, 5, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_finds_what_it_asked_for),
        cmocka_unit_test(a_tiny_kernel_fits_into_4_mib),
        cmocka_unit_test(a_ramdisk_without_the_note_is_mapped),
        cmocka_unit_test(tables_that_map_themselves_settle),
        cmocka_unit_test(the_list_may_share_tables_with_the_mapping),
        cmocka_unit_test(a_large_guest_has_a_large_list),
        cmocka_unit_test(too_little_memory_is_refused),
        cmocka_unit_test(running_into_the_hypervisor_is_refused),
        cmocka_unit_test(beyond_the_last_address_is_refused),
        cmocka_unit_test(random_layouts_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
