/* SPDX-License-Identifier: MIT */
/* Reading a kernel image, bzImage or ELF. It is trusted, but a truncated or foreign file must end
 * in a message, so offsets are checked. Facts: System V ABI chapters 4 and 5; public/elfnote.h. */
#include <public/elfnote.h>
#include <xen/errno.h>
#include <xen/kernel_image.h>
#include <xen/string.h>

struct elf_header {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    u32 type, flags;
    u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_note {
    u32 name_size, desc_size, type;
};

#define PT_LOAD 1
#define PT_NOTE 4
#define EM_X86_64 62

#define UNSET (~0ULL)

static bool in_image(const struct elf_kernel *k, u64 offset, u64 n)
{
    return offset <= k->size && n <= k->size - offset;
}

static const struct elf_segment *segment(const struct elf_kernel *k, unsigned int i)
{
    const struct elf_header *h = (const void *)k->image;

    return (const void *)(k->image + h->phoff + i * sizeof(struct elf_segment));
}

static unsigned int segment_count(const struct elf_kernel *k)
{
    return ((const struct elf_header *)(const void *)k->image)->phnum;
}

/* What is wrong with it; NULL: nothing. */
static const char *check_header(const struct elf_kernel *k)
{
    const struct elf_header *h = (const void *)k->image;

    if (k->size < sizeof(*h) || memcmp(h->ident, "\177ELF\2\1", 6))
        return "it is not a 64-bit ELF image";
    if (h->machine != EM_X86_64)
        return "it is made for another processor";
    if (h->phentsize != sizeof(struct elf_segment) ||
        !in_image(k, h->phoff, (u64)h->phnum * sizeof(struct elf_segment)))
        return "its program headers lie outside the file";
    for (unsigned int i = 0; i < h->phnum; i++) {
        const struct elf_segment *s = segment(k, i);

        if (!in_image(k, s->offset, s->filesz))
            return "it is cut short: a segment lies outside the file";
    }
    return NULL;
}

/* ---- notes ---- */

static void take_note(struct elf_kernel *k, u32 type, const u8 *desc, u32 size)
{
    u64 *const numbers[] = {
        [XEN_ELFNOTE_ENTRY] = &k->entry,
        [XEN_ELFNOTE_HYPERCALL_PAGE] = &k->hypercall_page,
        [XEN_ELFNOTE_VIRT_BASE] = &k->virt_base,
        [XEN_ELFNOTE_PADDR_OFFSET] = &k->paddr_offset,
        [XEN_ELFNOTE_INIT_P2M] = &k->init_p2m,
    };
    u64 v = 0;

    memcpy(&v, desc, MIN(size, 8u));
    if (type < ARRAY_SIZE(numbers) && numbers[type])
        *numbers[type] = v;
    switch (type) {
    case XEN_ELFNOTE_MOD_START_PFN:
        k->mod_start_pfn = v;
        break;
    case XEN_ELFNOTE_GUEST_OS:
        strlcpy(k->guest_os, (const char *)desc, MIN((size_t)size, sizeof(k->guest_os)));
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        k->supports_pv = size >= 7 && !strncmp((const char *)desc, "xen-3.0", 7);
        break;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        k->supports_dom0 = v >> 11 & 1; /* XENFEAT_dom0 */
        break;
    }
}

static void read_notes(struct elf_kernel *k, const u8 *p, u64 left)
{
    struct elf_note n;

    while (left >= sizeof(n)) {
        u64 name, total;

        memcpy(&n, p, sizeof(n));
        name = ROUND_UP((u64)n.name_size, 4);
        total = sizeof(n) + name + ROUND_UP((u64)n.desc_size, 4);
        if (total > left)
            return;
        if (n.name_size == 4 && !memcmp(p + sizeof(n), "Xen", 4))
            take_note(k, n.type, p + sizeof(n) + name, n.desc_size);
        p += total;
        left -= total;
    }
}

/* ---- the whole ---- */

static const char *measure(struct elf_kernel *k)
{
    u64 start = UNSET, end = 0;

    for (unsigned int i = 0; i < segment_count(k); i++) {
        const struct elf_segment *s = segment(k, i);
        u64 at = s->paddr - k->paddr_offset;

        if (s->type != PT_LOAD || s->memsz == 0)
            continue;
        if (s->filesz > s->memsz || s->memsz > BIT(32) || at > BIT(32))
            return "a segment has an impossible size or address";
        start = MIN(start, at);
        end = MAX(end, at + s->memsz);
    }
    if (start == UNSET)
        return "it has nothing to load";
    k->virt_start = k->virt_base + start;
    k->virt_end = k->virt_base + end;
    if (k->entry < k->virt_start || k->entry >= k->virt_end)
        return "its entry point lies outside the image";
    return NULL;
}

const char *elf_parse(const void *image, size_t size, struct elf_kernel *k)
{
    const char *why;

    *k = (struct elf_kernel){.image = image, .size = size, .virt_base = UNSET,
                             .paddr_offset = UNSET, .supports_dom0 = true};
    why = check_header(k);
    if (why)
        return why;
    k->entry = ((const struct elf_header *)image)->entry;
    for (unsigned int i = 0; i < segment_count(k); i++)
        if (segment(k, i)->type == PT_NOTE)
            read_notes(k, k->image + segment(k, i)->offset, segment(k, i)->filesz);
    if (!k->supports_pv)
        return "it has no Xen notes: a kernel with CONFIG_XEN_PV is needed";
    if (k->virt_base == UNSET)
        k->virt_base = 0;
    /* Images without PADDR_OFFSET give p_paddr as virtual addresses (public/elfnote.h). */
    if (k->paddr_offset == UNSET)
        k->paddr_offset = k->virt_base;
    return measure(k);
}

void elf_load(const struct elf_kernel *k,
              void (*put)(void *ctx, u64 offset, const void *from, size_t n), void *ctx)
{
    for (unsigned int i = 0; i < segment_count(k); i++) {
        const struct elf_segment *s = segment(k, i);
        u64 at = s->paddr - k->paddr_offset;

        if (s->type != PT_LOAD)
            continue;
        put(ctx, at, k->image + s->offset, s->filesz);
        put(ctx, at + s->filesz, NULL, s->memsz - s->filesz);
    }
}

/* ---- a Linux bzImage: where the packed kernel lies ---- */

#define SETUP_SECTS      0x1f1 /* byte offsets in a bzImage's header */
#define HEADER_MAGIC     0x202
#define BOOT_PROTOCOL    0x206
#define PAYLOAD_OFFSET   0x248
#define PAYLOAD_LENGTH   0x24c
#define HEADER_END       0x250

static u32 word(const u8 *p)
{
    u32 v;

    memcpy(&v, p, sizeof(v));
    return v;
}

int bzimage_payload(const u8 *image, size_t size, const u8 **payload, size_t *payload_size,
                    size_t *unpacked_size)
{
    size_t start, length;

    if (size < HEADER_END || memcmp(image + HEADER_MAGIC, "HdrS", 4))
        return -ENOENT;
    if ((word(image + BOOT_PROTOCOL) & 0xffff) < 0x208)
        return -ENOEXEC;
    start = (image[SETUP_SECTS] ? image[SETUP_SECTS] : 4) * 512UL + 512 +
            word(image + PAYLOAD_OFFSET);
    length = word(image + PAYLOAD_LENGTH);
    if (length < 4 || start > size || length > size - start)
        return -ENOEXEC;
    *payload = image + start;
    *payload_size = length;
    *unpacked_size = word(image + start + length - 4);
    return 0;
}
