/* SPDX-License-Identifier: MIT */
/* Reading ELF kernels: notes, the old string, defaults, and every way of being damaged. */
/* SOURCES: tools/builder/elf_image.c tools/builder/error.c */
/* CFLAGS: $(DOMAIN0) */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image.h"
#include "builder_fake_elf.h"

#define HIGH 0xffffffff80000000ull

static struct fake_elf elf;
static struct image image;
static struct build_error error;

/* The exact bytes in memory of their own, so that a read beyond them is noticed. */
static int parse_bytes(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    int err;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    memset(&error, 0, sizeof(error));
    err = image_from_elf(copy, size, &image, &error);
    free(copy);
    return err;
}

static int parse(void)
{
    return parse_bytes(elf.bytes, elf.size);
}

static void refused_with(const char *words)
{
    assert_int_equal(parse(), -EINVAL);
    assert_non_null(strstr(error.cause, words));
    assert_true(error.remedy[0] != '\0');
}

static void linux_notes_are_read(void **state)
{
    (void)state;
    fake_linux(&elf);
    assert_int_equal(parse(), 0);
    assert_true(image.has_notes);
    assert_string_equal(image.guest_os, "linux");
    assert_string_equal(image.guest_version, "2.6");
    assert_string_equal(image.loader, "generic");
    assert_string_equal(image.features, "!writable_page_tables|pae_pgdir_above_4gb");
    assert_int_equal(image.virt_base, HIGH);
    assert_int_equal(image.entry, HIGH + 0x1200010);
    assert_int_equal(image.hypercall_page, HIGH + 0x1001000);
    assert_int_equal(image.init_p2m, 0x8000000000ull);
    assert_true(image.ramdisk_by_pfn);
    assert_int_equal(image.start, HIGH + 0x1000000);
    assert_int_equal(image.end, HIGH + 0x1400000);
    assert_int_equal(image.nr_segments, 2);
    assert_int_equal(image.segments[1].file_bytes, 0x1800);
    assert_int_equal(image.segments[1].memory_bytes, 0x200000);
}

static void segments_come_out_ascending(void **state)
{
    (void)state;
    fake_start(&elf, 0x400000);
    fake_segment(&elf, 0x400000, 0x400000, 0x100, 0x1000, 2);
    fake_segment(&elf, 0x100000, 0x100000, 0x100, 0x1000, 1);
    assert_int_equal(parse(), 0);
    assert_int_equal(image.segments[0].vaddr, 0x100000);
    assert_int_equal(image.segments[1].vaddr, 0x400000);
    assert_int_equal(image.start, 0x100000);
    assert_int_equal(image.end, 0x401000);
}

/* NetBSD and old Linux: physical addresses that contain the base, told by PADDR_OFFSET. */
static void paddr_offset_is_taken_off(void **state)
{
    (void)state;
    fake_start(&elf, 0);
    fake_segment(&elf, HIGH + 0x100000, HIGH + 0x100000, 0x100, 0x1000, 1);
    fake_note_number(&elf, XEN_ELFNOTE_VIRT_BASE, HIGH);
    fake_note_number(&elf, XEN_ELFNOTE_PADDR_OFFSET, HIGH);
    fake_note_number(&elf, XEN_ELFNOTE_ENTRY, HIGH + 0x100000);
    fake_notes_done(&elf);
    assert_int_equal(parse(), 0);
    assert_int_equal(image.segments[0].vaddr, HIGH + 0x100000);
}

static void numbers_may_have_four_bytes(void **state)
{
    uint32_t base = 0;

    (void)state;
    fake_tiny(&elf);
    fake_note(&elf, XEN_ELFNOTE_VIRT_BASE, &base, 4);
    fake_note(&elf, XEN_ELFNOTE_ENTRY, &(uint32_t){ 0x100020 }, 4);
    fake_notes_done(&elf);
    assert_int_equal(parse(), 0);
    assert_int_equal(image.entry, 0x100020);
}

static void foreign_notes_are_passed_over(void **state)
{
    const Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = 8, .n_type = XEN_ELFNOTE_ENTRY };

    (void)state;
    fake_tiny(&elf);
    memcpy(elf.bytes + elf.notes_end, &note, sizeof(note));
    memcpy(elf.bytes + elf.notes_end + sizeof(note), "GNU", 4);
    memset(elf.bytes + elf.notes_end + sizeof(note) + 4, 0xff, 8);
    elf.notes_end += sizeof(note) + 12;
    fake_note_number(&elf, XEN_ELFNOTE_VIRT_BASE, 0);
    fake_notes_done(&elf);
    assert_int_equal(parse(), 0);
    assert_int_equal(image.entry, 0x100010);
    assert_true(image.has_notes);
}

static void notes_are_found_in_a_section(void **state)
{
    (void)state;
    fake_tiny(&elf);
    fake_note_number(&elf, XEN_ELFNOTE_ENTRY, 0x100040);
    fake_section(&elf, ".note.Xen", SHT_NOTE, NULL, elf.notes_end - FAKE_NOTES);
    assert_int_equal(parse(), 0);
    assert_true(image.has_notes);
    assert_int_equal(image.entry, 0x100040);
}

static void the_old_string_is_read(void **state)
{
    static const char text[] = "GUEST_OS=Mini-OS,XEN_VER=xen-3.0,VIRT_BASE=0x0,"
                               "ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x101,LOADER=generic";

    (void)state;
    fake_tiny(&elf);
    fake_section(&elf, "__xen_guest", SHT_PROGBITS, text, sizeof(text));
    assert_int_equal(parse(), 0);
    assert_true(image.has_notes);
    assert_string_equal(image.guest_os, "Mini-OS");
    assert_int_equal(image.hypercall_page, 0x101000);
    assert_int_equal(image.entry, 0x100010);
}

/* In the string, ELF addresses count from the base unless it says otherwise. */
static void the_old_string_implies_the_offset(void **state)
{
    static const char text[] = "XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000";

    (void)state;
    fake_start(&elf, HIGH + 0x100000);
    fake_segment(&elf, HIGH + 0x100000, HIGH + 0x100000, 0x100, 0x1000, 1);
    fake_section(&elf, "__xen_guest", SHT_PROGBITS, text, sizeof(text));
    assert_int_equal(parse(), 0);
    assert_int_equal(image.segments[0].vaddr, HIGH + 0x100000);
}

static void no_notes_mean_base_zero(void **state)
{
    (void)state;
    fake_tiny(&elf);
    assert_int_equal(parse(), 0);
    assert_false(image.has_notes);
    assert_int_equal(image.virt_base, 0);
    assert_int_equal(image.entry, 0x100010);
    assert_int_equal(image.hypercall_page, IMAGE_NONE);
    assert_int_equal(image.init_p2m, IMAGE_NONE);
}

static void no_notes_and_linked_high_mean_base_high(void **state)
{
    (void)state;
    fake_start(&elf, HIGH + 0x500010);
    fake_segment(&elf, HIGH + 0x500000, HIGH + 0x500000, 0x100, 0x1000, 1);
    assert_int_equal(parse(), 0);
    assert_int_equal(image.virt_base, HIGH + 0x400000);
    assert_int_equal(image.segments[0].vaddr, HIGH + 0x500000);
}

/* A Linux without CONFIG_XEN_PV: linked high, loaded low, entered at a physical address. */
static void a_native_kernel_is_refused(void **state)
{
    (void)state;
    fake_start(&elf, 0x1000000);
    fake_segment(&elf, HIGH + 0x1000000, 0x1000000, 0x100, 0x1000, 1);
    fake_segment(&elf, 0, 0x1800000, 0x100, 0x1000, 1);
    fake_head(&elf)->e_entry = HIGH + 0x1000000;
    refused_with("no Xen notes");
    assert_non_null(strstr(error.remedy, "CONFIG_XEN_PV"));
}

static void other_machines_are_refused(void **state)
{
    (void)state;
    fake_tiny(&elf);
    fake_head(&elf)->e_machine = EM_AARCH64;
    refused_with("not for x86-64");
    fake_tiny(&elf);
    fake_head(&elf)->e_ident[EI_CLASS] = ELFCLASS32;
    refused_with("not for x86-64");
    fake_tiny(&elf);
    elf.bytes[1] = 'X';
    refused_with("not an ELF image");
}

static void another_interface_is_refused(void **state)
{
    (void)state;
    fake_tiny(&elf);
    fake_note_text(&elf, XEN_ELFNOTE_XEN_VERSION, "xen-9.0");
    fake_notes_done(&elf);
    refused_with("xen-9.0");
}

static void impossible_features_are_refused(void **state)
{
    (void)state;
    fake_tiny(&elf);
    fake_note_text(&elf, XEN_ELFNOTE_FEATURES, "writable_page_tables|!auto_translated_physmap");
    fake_notes_done(&elf);
    refused_with("auto_translated_physmap");
    fake_tiny(&elf);
    fake_note_text(&elf, XEN_ELFNOTE_FEATURES, "auto_translated_physmap");
    fake_notes_done(&elf);
    assert_int_equal(parse(), 0);
}

static void bad_addresses_are_refused(void **state)
{
    (void)state;
    fake_tiny(&elf);
    fake_head(&elf)->e_entry = 0x200000;
    refused_with("no Xen notes");
    /* Overlapping segments. */
    fake_tiny(&elf);
    fake_segment(&elf, 0x104000, 0x104000, 0x10, 0x1000, 1);
    refused_with("no Xen notes");
    /* The hypervisor's own slots. */
    fake_tiny(&elf);
    fake_note_number(&elf, XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000ull);
    fake_note_number(&elf, XEN_ELFNOTE_ENTRY, 0xffff800000100000ull);
    fake_notes_done(&elf);
    refused_with("contradict");
    /* A hypercall page outside, and one in the middle of a page. */
    fake_tiny(&elf);
    fake_note_number(&elf, XEN_ELFNOTE_HYPERCALL_PAGE, 0x300000);
    fake_notes_done(&elf);
    refused_with("contradict");
    fake_tiny(&elf);
    fake_note_number(&elf, XEN_ELFNOTE_HYPERCALL_PAGE, 0x101008);
    fake_notes_done(&elf);
    refused_with("contradict");
    /* Larger than any kernel. */
    fake_tiny(&elf);
    fake_phdr(&elf, 0)->p_memsz = 1ull << 40;
    refused_with("no Xen notes");
    fake_tiny(&elf);
    fake_phdr(&elf, 0)->p_memsz = ~0ull - 0x1000;
    refused_with("no Xen notes");
}

static void damaged_headers_are_refused(void **state)
{
    unsigned int i;

    (void)state;
    fake_tiny(&elf);
    fake_phdr(&elf, 0)->p_filesz = 0x100000;
    refused_with("cut short");
    fake_tiny(&elf);
    fake_head(&elf)->e_phnum = 0;
    refused_with("program headers");
    fake_tiny(&elf);
    fake_head(&elf)->e_phoff = ~0ull - 8;
    refused_with("program headers");
    fake_linux(&elf);
    fake_phdr(&elf, 2)->p_filesz -= 2;
    refused_with("cut short");
    fake_tiny(&elf);
    fake_phdr(&elf, 0)->p_type = PT_NULL;
    refused_with("nothing to load");
    fake_tiny(&elf);
    for (i = 0; i < IMAGE_MAX_SEGMENTS; i++)
        fake_segment(&elf, 0x200000 + i * 0x1000, 0x200000 + i * 0x1000, 16, 16, 1);
    refused_with("more than 16");
}

/* Cut anywhere: refused, or described soundly; never read beyond the end (ASan looks on). */
static void any_length_is_handled(void **state)
{
    size_t size;

    (void)state;
    fake_linux(&elf);
    for (size = 0; size < elf.size; size += size < 0x900 ? 1 : 97)
        if (!parse_bytes(elf.bytes, size))
            assert_true(image_sound(&image, size));
        else
            assert_true(error.cause[0] && error.remedy[0]);
}

/* Bytes changed at random in what is parsed, with a fixed seed; FUZZ_ROUNDS in the environment
 * asks for more than the few of every day. */
static void any_damage_is_handled(void **state)
{
    static struct fake_elf damaged;
    const char *wanted = getenv("FUZZ_ROUNDS");
    unsigned int rounds = wanted ? (unsigned int)atoi(wanted) : 20000, round, accepted = 0, i;

    (void)state;
    srandom(rounds);
    fake_linux(&elf);
    fake_section(&elf, ".note.Xen", SHT_NOTE, NULL, elf.notes_end - FAKE_NOTES);
    for (round = 0; round < rounds; round++) {
        memcpy(damaged.bytes, elf.bytes, elf.size);
        for (i = 0; i <= round % 8; i++)
            damaged.bytes[(size_t)random() % 0xa00] = (uint8_t)random();
        if (parse_bytes(damaged.bytes, elf.size)) {
            assert_true(error.cause[0] && error.remedy[0]);
            continue;
        }
        accepted++;
        assert_true(image_sound(&image, elf.size));
    }
    /* Most of these bytes are padding: a test that refuses all of them tests nothing. */
    assert_in_range(accepted, rounds / 20, rounds - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_notes_are_read),
        cmocka_unit_test(segments_come_out_ascending),
        cmocka_unit_test(paddr_offset_is_taken_off),
        cmocka_unit_test(numbers_may_have_four_bytes),
        cmocka_unit_test(foreign_notes_are_passed_over),
        cmocka_unit_test(notes_are_found_in_a_section),
        cmocka_unit_test(the_old_string_is_read),
        cmocka_unit_test(the_old_string_implies_the_offset),
        cmocka_unit_test(no_notes_mean_base_zero),
        cmocka_unit_test(no_notes_and_linked_high_mean_base_high),
        cmocka_unit_test(a_native_kernel_is_refused),
        cmocka_unit_test(other_machines_are_refused),
        cmocka_unit_test(another_interface_is_refused),
        cmocka_unit_test(impossible_features_are_refused),
        cmocka_unit_test(bad_addresses_are_refused),
        cmocka_unit_test(damaged_headers_are_refused),
        cmocka_unit_test(any_length_is_handled),
        cmocka_unit_test(any_damage_is_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
