/* SPDX-License-Identifier: MIT */
/* Reading an ELF kernel: what to load, and the notes that say how it wants to be started. */
#include "builder/image.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#define PAGE 4096ull

static const char not_for_us[] =
    "use a 64-bit kernel with Xen PV support (Linux: CONFIG_XEN_PV)";
static const char damaged[] = "the file is damaged: install the kernel again";

/* The file, and what the notes said; addresses IMAGE_NONE until a note sets them. */
struct reader {
    const uint8_t *elf;
    size_t size;
    Elf64_Ehdr head;
    uint64_t paddr_offset;
    uint64_t hypercall_pfn;         /* old string form: a frame instead of an address */
    bool found;
    struct image *image;
    struct build_error *error;
};

static bool inside(const struct reader *r, uint64_t offset, uint64_t bytes)
{
    return offset <= r->size && bytes <= r->size - offset;
}

/* ---- notes ---- */

/* desc as text, cut at its NUL, its end or the room there is. */
static void copy_text(char *to, size_t room, const uint8_t *desc, uint32_t len)
{
    size_t n = strnlen((const char *)desc, len);

    if (n > room - 1)
        n = room - 1;
    memcpy(to, desc, n);
    to[n] = '\0';
}

static uint64_t note_number(const uint8_t *desc, uint32_t len)
{
    uint64_t wide;
    uint32_t word;

    if (len >= sizeof(wide)) {
        memcpy(&wide, desc, sizeof(wide));
        return wide;
    }
    if (len < sizeof(word))
        return 0;
    memcpy(&word, desc, sizeof(word));
    return word;
}

static int take_note(struct reader *r, uint32_t type, const uint8_t *desc, uint32_t len)
{
    struct image *image = r->image;
    char text[32];

    r->found = true;
    switch (type) {
    case XEN_ELFNOTE_ENTRY:
        image->entry = note_number(desc, len);
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        image->hypercall_page = note_number(desc, len);
        break;
    case XEN_ELFNOTE_VIRT_BASE:
        image->virt_base = note_number(desc, len);
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        r->paddr_offset = note_number(desc, len);
        break;
    case XEN_ELFNOTE_INIT_P2M:
        image->init_p2m = note_number(desc, len);
        break;
    case XEN_ELFNOTE_MOD_START_PFN:
        image->ramdisk_by_pfn = note_number(desc, len) != 0;
        break;
    case XEN_ELFNOTE_GUEST_OS:
        copy_text(image->guest_os, sizeof(image->guest_os), desc, len);
        break;
    case XEN_ELFNOTE_GUEST_VERSION:
        copy_text(image->guest_version, sizeof(image->guest_version), desc, len);
        break;
    case XEN_ELFNOTE_LOADER:
        copy_text(image->loader, sizeof(image->loader), desc, len);
        break;
    case XEN_ELFNOTE_FEATURES:
        copy_text(image->features, sizeof(image->features), desc, len);
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        copy_text(text, sizeof(text), desc, len);
        if (strcmp(text, "xen-3.0"))
            return build_refuse(r->error, -EINVAL, not_for_us,
                                "the kernel wants the guest interface \"%s\", not xen-3.0", text);
        break;
    default:
        break;
    }
    return 0;
}

/* Notes lie one after another: three words, then name and description padded to words. */
static int read_notes(struct reader *r, uint64_t offset, uint64_t bytes)
{
    uint64_t end = offset + bytes, desc;
    Elf64_Nhdr note;
    int err;

    while (end - offset >= sizeof(note)) {
        memcpy(&note, r->elf + offset, sizeof(note));
        desc = offset + sizeof(note) + ((note.n_namesz + 3ull) & ~3ull);
        if (desc + note.n_descsz > end)
            return build_refuse(r->error, -EINVAL, damaged, "the kernel's notes are cut short");
        if (note.n_namesz == 4 && !memcmp(r->elf + offset + sizeof(note), "Xen", 4)) {
            err = take_note(r, note.n_type, r->elf + desc, note.n_descsz);
            if (err)
                return err;
        }
        offset = desc + ((note.n_descsz + 3ull) & ~3ull);
        if (offset > end)
            break;
    }
    return 0;
}

/* ---- the string of older kernels: "KEY=value,KEY=value,..." in section __xen_guest ---- */

static int take_pair(struct reader *r, const char *key, const char *value)
{
    struct image *image = r->image;
    uint64_t number = strtoull(value, NULL, 0);

    if (!strcmp(key, "VIRT_BASE"))
        image->virt_base = number;
    else if (!strcmp(key, "VIRT_ENTRY"))
        image->entry = number;
    else if (!strcmp(key, "ELF_PADDR_OFFSET"))
        r->paddr_offset = number;
    else if (!strcmp(key, "HYPERCALL_PAGE"))
        r->hypercall_pfn = number;
    else if (!strcmp(key, "GUEST_OS"))
        strncpy(image->guest_os, value, sizeof(image->guest_os) - 1);
    else if (!strcmp(key, "GUEST_VER"))
        strncpy(image->guest_version, value, sizeof(image->guest_version) - 1);
    else if (!strcmp(key, "LOADER"))
        strncpy(image->loader, value, sizeof(image->loader) - 1);
    else if (!strcmp(key, "FEATURES"))
        strncpy(image->features, value, sizeof(image->features) - 1);
    else if (!strcmp(key, "XEN_VER") && strcmp(value, "xen-3.0"))
        return build_refuse(r->error, -EINVAL, not_for_us,
                            "the kernel wants the guest interface \"%.32s\", not xen-3.0", value);
    return 0;
}

static int read_guest_string(struct reader *r, uint64_t offset, uint64_t bytes)
{
    char text[1024], *pair, *value, *rest = text;
    int err;

    copy_text(text, sizeof(text), r->elf + offset, bytes > 1023 ? 1023 : (uint32_t)bytes);
    r->found = true;
    while ((pair = strsep(&rest, ","))) {
        value = strchr(pair, '=');
        if (!value)
            continue;
        *value++ = '\0';
        err = take_pair(r, pair, value);
        if (err)
            return err;
    }
    /* In this form the ELF addresses count from the virtual base unless it says otherwise. */
    if (r->paddr_offset == IMAGE_NONE)
        r->paddr_offset = r->image->virt_base == IMAGE_NONE ? 0 : r->image->virt_base;
    return 0;
}

/* ---- headers ---- */

static int read_head(struct reader *r)
{
    Elf64_Ehdr *h = &r->head;

    if (r->size < sizeof(*h))
        return build_refuse(r->error, -EINVAL, damaged, "the kernel's ELF header is cut short");
    memcpy(h, r->elf, sizeof(*h));
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_DATA] != ELFDATA2LSB)
        return build_refuse(r->error, -EINVAL, not_for_us, "the file is not an ELF image");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64)
        return build_refuse(r->error, -EINVAL, not_for_us,
                            "the kernel is not for x86-64 (ELF class %u, machine %u)",
                            h->e_ident[EI_CLASS], h->e_machine);
    if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum ||
        !inside(r, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
        return build_refuse(r->error, -EINVAL, damaged,
                            "the kernel's program headers are missing or cut short");
    return 0;
}

static Elf64_Phdr program_header(const struct reader *r, unsigned int i)
{
    Elf64_Phdr ph;

    memcpy(&ph, r->elf + r->head.e_phoff + i * sizeof(ph), sizeof(ph));
    return ph;
}

static int read_note_segments(struct reader *r)
{
    unsigned int i;
    int err = 0;

    for (i = 0; i < r->head.e_phnum && !err; i++) {
        Elf64_Phdr ph = program_header(r, i);

        if (ph.p_type != PT_NOTE)
            continue;
        if (!inside(r, ph.p_offset, ph.p_filesz))
            return build_refuse(r->error, -EINVAL, damaged, "the kernel's notes are cut short");
        err = read_notes(r, ph.p_offset, ph.p_filesz);
    }
    return err;
}

/* Kernels whose link script makes no note segment have the notes, or the string, in a section. */
static int read_note_sections(struct reader *r)
{
    const Elf64_Ehdr *h = &r->head;
    Elf64_Shdr names = { 0 }, sh;
    const char *name;
    unsigned int i;
    int err = 0;

    if (h->e_shentsize != sizeof(sh) ||
        !inside(r, h->e_shoff, (uint64_t)h->e_shnum * sizeof(sh)))
        return 0;
    if (h->e_shstrndx < h->e_shnum)
        memcpy(&names, r->elf + h->e_shoff + h->e_shstrndx * sizeof(names), sizeof(names));
    for (i = 0; i < h->e_shnum && !err && !r->found; i++) {
        memcpy(&sh, r->elf + h->e_shoff + i * sizeof(sh), sizeof(sh));
        if (sh.sh_type == SHT_NOBITS || !inside(r, sh.sh_offset, sh.sh_size))
            continue;
        if (sh.sh_type == SHT_NOTE)
            err = read_notes(r, sh.sh_offset, sh.sh_size);
        if (err || sh.sh_name >= names.sh_size || !inside(r, names.sh_offset, names.sh_size))
            continue;
        name = (const char *)r->elf + names.sh_offset + sh.sh_name;
        if (!strncmp(name, "__xen_guest", names.sh_size - sh.sh_name))
            err = read_guest_string(r, sh.sh_offset, sh.sh_size);
    }
    return err;
}

/* ---- segments ---- */

static int by_address(const void *a, const void *b)
{
    const struct image_segment *x = a, *y = b;

    return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static int take_segment(struct reader *r, const Elf64_Phdr *ph)
{
    struct image *image = r->image;
    struct image_segment *segment = &image->segments[image->nr_segments];

    if (!ph->p_memsz)
        return 0;
    if (image->nr_segments == IMAGE_MAX_SEGMENTS)
        return build_refuse(r->error, -EINVAL, "link the kernel with fewer segments",
                            "the kernel has more than %u load segments", IMAGE_MAX_SEGMENTS);
    if (ph->p_filesz > ph->p_memsz || !inside(r, ph->p_offset, ph->p_filesz))
        return build_refuse(r->error, -EINVAL, damaged, "a load segment is cut short");
    segment->vaddr = ph->p_paddr - r->paddr_offset + image->virt_base;
    segment->memory_bytes = ph->p_memsz;
    segment->file_offset = ph->p_offset;
    segment->file_bytes = ph->p_filesz;
    image->nr_segments++;
    return 0;
}

static int read_segments(struct reader *r)
{
    struct image *image = r->image;
    unsigned int i;
    int err = 0;

    for (i = 0; i < r->head.e_phnum && !err; i++) {
        Elf64_Phdr ph = program_header(r, i);

        if (ph.p_type == PT_LOAD)
            err = take_segment(r, &ph);
    }
    if (err)
        return err;
    if (!image->nr_segments)
        return build_refuse(r->error, -EINVAL, not_for_us, "the kernel has nothing to load");
    qsort(image->segments, image->nr_segments, sizeof(image->segments[0]), by_address);
    image->start = image->segments[0].vaddr;
    image->end = image->segments[image->nr_segments - 1].vaddr +
                 image->segments[image->nr_segments - 1].memory_bytes;
    return 0;
}

/*
 * Without any notes: pfn 0 is at address 0, or, for a kernel linked high with its physical
 * addresses equal to the virtual ones, at the 4 MiB boundary below it.
 */
static void assume_defaults(struct reader *r)
{
    struct image *image = r->image;
    uint64_t lowest = IMAGE_NONE;
    unsigned int i;

    for (i = 0; i < r->head.e_phnum && !r->found; i++) {
        Elf64_Phdr ph = program_header(r, i);

        if (ph.p_type == PT_LOAD && ph.p_paddr == ph.p_vaddr && ph.p_vaddr < lowest)
            lowest = ph.p_vaddr;
    }
    if (image->virt_base == IMAGE_NONE)
        image->virt_base = 0;
    if (lowest != IMAGE_NONE && lowest >= 1ull << 30)
        image->virt_base = r->paddr_offset = lowest & ~(4096 * 1024ull - 1);
    if (r->paddr_offset == IMAGE_NONE)
        r->paddr_offset = 0;
    if (image->entry == IMAGE_NONE)
        image->entry = r->head.e_entry;
    if (r->hypercall_pfn != IMAGE_NONE)
        image->hypercall_page = image->virt_base + r->hypercall_pfn * PAGE;
}

/* A feature marked '!' is one that the kernel cannot do without; these two no PV guest is given. */
static int check_features(const struct reader *r)
{
    char text[sizeof(r->image->features)], *rest = text, *word;

    strcpy(text, r->image->features);
    while ((word = strsep(&rest, "|")))
        if (!strcmp(word, "!auto_translated_physmap") || !strcmp(word, "!supervisor_mode_kernel"))
            return build_refuse(r->error, -EINVAL, not_for_us,
                                "the kernel needs the feature %s, which PV guests do not have",
                                word + 1);
    return 0;
}

int image_from_elf(const uint8_t *elf, size_t size, struct image *image,
                   struct build_error *error)
{
    struct reader r = {
        .elf = elf, .size = size, .image = image, .error = error,
        .paddr_offset = IMAGE_NONE, .hypercall_pfn = IMAGE_NONE,
    };
    int err;

    memset(image, 0, sizeof(*image));
    memcpy(image->magic, IMAGE_MAGIC, sizeof(image->magic));
    image->virt_base = image->entry = image->hypercall_page = image->init_p2m = IMAGE_NONE;
    err = read_head(&r);
    if (!err)
        err = read_note_segments(&r);
    if (!err && !r.found)
        err = read_note_sections(&r);
    if (err)
        return err;
    image->has_notes = r.found;
    assume_defaults(&r);
    err = read_segments(&r);
    if (!err)
        err = check_features(&r);
    if (err)
        return err;
    if (!image_sound(image, size))
        return build_refuse(error, -EINVAL, not_for_us, r.found ?
                            "the kernel's notes and addresses contradict each other" :
                            "the kernel has no Xen notes, and its addresses are not a PV guest's");
    return 0;
}

/* ---- checks ---- */

/* Addresses that the hypervisor has to itself (public/arch-x86/xen-x86_64.h), and the hole. */
static bool guest_range(uint64_t start, uint64_t end)
{
    return start < end && (end <= 0x0000800000000000ull ||
                           start >= 0xffff880000000000ull);
}

static bool text_ended(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

static bool segments_sound(const struct image *image, uint64_t file_bytes)
{
    uint64_t at = image->virt_base;
    unsigned int i;

    for (i = 0; i < image->nr_segments; i++) {
        const struct image_segment *s = &image->segments[i];

        if (s->vaddr < at || s->memory_bytes > IMAGE_MEMORY_MAX ||
            s->vaddr + s->memory_bytes < s->vaddr || s->file_bytes > s->memory_bytes ||
            s->file_offset > file_bytes || s->file_bytes > file_bytes - s->file_offset)
            return false;
        at = s->vaddr + s->memory_bytes;
    }
    return at == image->end;
}

bool image_sound(const struct image *image, uint64_t file_bytes)
{
    return !memcmp(image->magic, IMAGE_MAGIC, sizeof(image->magic)) &&
           image->nr_segments && image->nr_segments <= IMAGE_MAX_SEGMENTS &&
           text_ended(image->guest_os, sizeof(image->guest_os)) &&
           text_ended(image->guest_version, sizeof(image->guest_version)) &&
           text_ended(image->loader, sizeof(image->loader)) &&
           text_ended(image->features, sizeof(image->features)) &&
           image->virt_base % PAGE == 0 &&
           image->start == image->segments[0].vaddr &&
           guest_range(image->virt_base, image->end) &&
           image->end - image->virt_base <= IMAGE_MEMORY_MAX &&
           segments_sound(image, file_bytes) &&
           image->entry >= image->start && image->entry < image->end &&
           (image->hypercall_page == IMAGE_NONE ||
            (image->hypercall_page % PAGE == 0 && image->hypercall_page >= image->start &&
             image->hypercall_page < image->end)) &&
           (image->init_p2m == IMAGE_NONE ||
            (image->init_p2m % PAGE == 0 && guest_range(image->init_p2m, image->init_p2m + PAGE)));
}
