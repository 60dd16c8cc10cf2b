/* SPDX-License-Identifier: MIT */
/* What GRUB told us: memory map, modules, command line, screen. It may be wrong, if not hostile, so
 * sizes are checked. Facts: Multiboot Specification 0.6.96 and 2.0. */
#include <asm/boot_info.h>
#include <asm/page.h>
#include <xen/printk.h>
#include <xen/string.h>

struct boot_info boot_info;

/* ---- the memory map ---- */

static void add_region(struct boot_info *bi, u64 start, u64 size, u32 type)
{
    /* One place stays free: cutting an overlap may need it. */
    if (size == 0 || start + size < start || bi->nr_regions >= ARRAY_SIZE(bi->regions) / 2)
        return;
    if (type < E820_RAM || type > E820_UNUSABLE)
        type = E820_RESERVED;
    bi->regions[bi->nr_regions++] = (struct memory_region){start, size, type};
}

static u64 region_end(const struct memory_region *r)
{
    return r->start + r->size;
}

static void sort_regions(struct boot_info *bi)
{
    for (unsigned int i = 1; i < bi->nr_regions; i++) {
        struct memory_region r = bi->regions[i];
        unsigned int j = i;

        for (; j > 0 && bi->regions[j - 1].start > r.start; j--)
            bi->regions[j] = bi->regions[j - 1];
        bi->regions[j] = r;
    }
}

/* Type of [start, ...) when several regions claim it: anything beats RAM, the highest beats all. */
static u32 type_at(const struct memory_region *r, unsigned int n, u64 at)
{
    u32 type = 0;

    for (unsigned int i = 0; i < n; i++)
        if (r[i].start <= at && at < region_end(&r[i]))
            type = MAX(type, r[i].type);
    return type;
}

/* First place after @at where some region begins or ends. */
static u64 next_edge(const struct memory_region *r, unsigned int n, u64 at)
{
    u64 edge = UINT64_MAX;

    for (unsigned int i = 0; i < n; i++) {
        if (r[i].start > at)
            edge = MIN(edge, r[i].start);
        if (region_end(&r[i]) > at)
            edge = MIN(edge, region_end(&r[i]));
    }
    return edge;
}

void memory_map_tidy(struct boot_info *bi)
{
    static struct memory_region in[ARRAY_SIZE(bi->regions)];
    unsigned int n = bi->nr_regions, out = 0;

    sort_regions(bi);
    memcpy(in, bi->regions, sizeof(in[0]) * n);
    for (u64 at = n ? in[0].start : UINT64_MAX; at != UINT64_MAX;) {
        u64 end = next_edge(in, n, at);
        u32 type = type_at(in, n, at);
        struct memory_region *last = out ? &bi->regions[out - 1] : NULL;

        if (type && last && last->type == type && region_end(last) == at)
            last->size = end - last->start;
        else if (type && out < ARRAY_SIZE(bi->regions))
            bi->regions[out++] = (struct memory_region){at, end - at, type};
        at = end;
    }
    bi->nr_regions = out;
}

/* ---- text and modules ---- */

static void copy_text(char *dst, size_t size, u64 at, size_t max)
{
    const char *s = maddr_to_virt(MADDR(at));
    size_t n = at ? strnlen(s, MIN(size - 1, max)) : 0;

    memcpy(dst, s, n);
    dst[n] = '\0';
}

static void add_module(struct boot_info *bi, u32 start, u32 end, u64 text, size_t max)
{
    struct boot_module *m = &bi->modules[bi->nr_modules];

    if (end < start || bi->nr_modules == ARRAY_SIZE(bi->modules))
        return;
    m->start = MADDR(start);
    m->size = end - start;
    copy_text(m->cmdline, sizeof(m->cmdline), text, max);
    bi->nr_modules++;
}

/* ---- multiboot 1 ---- */

struct __packed mb1_info {
    u32 flags;
    u32 mem_lower, mem_upper; /* KiB */
    u32 boot_device;
    u32 cmdline;
    u32 mods_count, mods_addr;
    u32 syms[4];
    u32 mmap_length, mmap_addr;
    u32 drives_length, drives_addr;
    u32 config_table;
    u32 loader_name;
};
#define MB1_MEMORY  0x0001
#define MB1_CMDLINE 0x0004
#define MB1_MODULES 0x0008
#define MB1_MMAP    0x0040
#define MB1_LOADER  0x0200

struct __packed mb1_module {
    u32 start, end, string, reserved;
};

struct __packed mb1_mmap {
    u32 size; /* of what follows */
    u64 start, length;
    u32 type;
};

/* QEMU and GRUB Legacy put the file's own name before the options, GRUB 2 does not. */
static bool loader_names_files(const struct mb1_info *info)
{
    const char *name = maddr_to_virt(MADDR(info->loader_name));

    return !(info->flags & MB1_LOADER) || strncmp(name, "GRUB", 4) != 0;
}

static void drop_first_word(char *line)
{
    char *rest = strchr(line, ' ');

    while (rest && *rest == ' ')
        rest++;
    if (rest)
        memmove(line, rest, strlen(rest) + 1);
    else
        line[0] = '\0';
}

static void mb1_read_map(struct boot_info *bi, const struct mb1_info *info)
{
    const char *p = maddr_to_virt(MADDR(info->mmap_addr)), *end = p + info->mmap_length;

    while ((size_t)(end - p) >= sizeof(struct mb1_mmap)) {
        struct mb1_mmap e;

        memcpy(&e, p, sizeof(e));
        add_region(bi, e.start, e.length, e.type);
        if (e.size < sizeof(e) - sizeof(e.size) || e.size > (size_t)(end - p) - sizeof(e.size))
            break;
        p += e.size + sizeof(e.size);
    }
}

static const char *mb1_read(struct boot_info *bi, u32 at)
{
    const struct mb1_info *info = maddr_to_virt(MADDR(at));
    const struct mb1_module *m = maddr_to_virt(MADDR(info->mods_addr));

    bi->loader = "multiboot1";
    if (info->flags & MB1_CMDLINE)
        copy_text(bi->cmdline, sizeof(bi->cmdline), info->cmdline, SIZE_MAX);
    if (info->flags & MB1_MODULES)
        for (u32 i = 0; i < info->mods_count && i < ARRAY_SIZE(bi->modules); i++)
            add_module(bi, m[i].start, m[i].end, m[i].string, SIZE_MAX);
    if (loader_names_files(info)) {
        drop_first_word(bi->cmdline);
        for (u32 i = 0; i < bi->nr_modules; i++)
            drop_first_word(bi->modules[i].cmdline);
    }
    if (info->flags & MB1_MMAP) {
        mb1_read_map(bi, info);
    } else if (info->flags & MB1_MEMORY) {
        add_region(bi, 0, (u64)info->mem_lower << 10, E820_RAM);
        add_region(bi, 1 << 20, (u64)info->mem_upper << 10, E820_RAM);
    }
    bi->video = (struct video){.base = 0xb8000, .width = 80, .height = 25, .text = true};
    return NULL;
}

/* ---- multiboot 2 ---- */

struct mb2_tag {
    u32 type, size; /* size without the padding to 8 bytes */
};

enum {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_MODULE = 3,
    MB2_MMAP = 6,
    MB2_FRAMEBUFFER = 8,
    MB2_EFI64_SYSTEM_TABLE = 12,
    MB2_RSDP_OLD = 14,
    MB2_RSDP_NEW = 15,
};

struct __packed mb2_module {
    struct mb2_tag tag;
    u32 start, end;
    char text[];
};

struct __packed mb2_mmap {
    struct mb2_tag tag;
    u32 entry_size, entry_version;
};

struct __packed mb2_mmap_entry {
    u64 start, length;
    u32 type, zero;
};

struct __packed mb2_framebuffer {
    struct mb2_tag tag;
    u64 base;
    u32 pitch, width, height;
    u8 bpp, type;
    u16 reserved;
    struct pixel_layout pixel;
};
#define MB2_FB_RGB  1
#define MB2_FB_TEXT 2

static void mb2_read_map(struct boot_info *bi, const struct mb2_mmap *map)
{
    size_t at = sizeof(*map);

    if (map->entry_size < sizeof(struct mb2_mmap_entry))
        return;
    for (; map->tag.size - at >= map->entry_size && at < map->tag.size; at += map->entry_size) {
        struct mb2_mmap_entry e;

        memcpy(&e, (const char *)map + at, sizeof(e));
        add_region(bi, e.start, e.length, e.type);
    }
}

static void mb2_read_framebuffer(struct boot_info *bi, const struct mb2_framebuffer *fb)
{
    bi->video.text = fb->type == MB2_FB_TEXT;
    if (fb->type != MB2_FB_TEXT && (fb->type != MB2_FB_RGB || fb->tag.size < sizeof(*fb)))
        return;
    bi->video.base = fb->base;
    bi->video.pitch = fb->pitch;
    bi->video.width = fb->width;
    bi->video.height = fb->height;
    if (fb->type == MB2_FB_TEXT)
        return;
    bi->video.bpp = fb->bpp;
    bi->video.pixel = fb->pixel;
}

/* Bytes a tag of @type must have for the fields we read. */
static u32 mb2_min_size(u32 type)
{
    static const u8 sizes[] = {
        [MB2_MODULE] = sizeof(struct mb2_module),
        [MB2_MMAP] = sizeof(struct mb2_mmap),
        [MB2_FRAMEBUFFER] = offsetof(struct mb2_framebuffer, reserved),
        [MB2_EFI64_SYSTEM_TABLE] = sizeof(struct mb2_tag) + sizeof(u64),
    };

    return type < ARRAY_SIZE(sizes) && sizes[type] ? sizes[type] : sizeof(struct mb2_tag);
}

static void mb2_read_tag(struct boot_info *bi, const struct mb2_tag *tag, u64 at)
{
    const struct mb2_module *m = (const struct mb2_module *)tag;

    switch (tag->type) {
    case MB2_CMDLINE:
        copy_text(bi->cmdline, sizeof(bi->cmdline), at + sizeof(*tag), tag->size - sizeof(*tag));
        break;
    case MB2_MODULE:
        add_module(bi, m->start, m->end, at + sizeof(*m), tag->size - sizeof(*m));
        break;
    case MB2_MMAP:
        mb2_read_map(bi, (const struct mb2_mmap *)tag);
        break;
    case MB2_FRAMEBUFFER:
        mb2_read_framebuffer(bi, (const struct mb2_framebuffer *)tag);
        break;
    case MB2_EFI64_SYSTEM_TABLE:
        memcpy(&bi->efi_system_table, tag + 1, sizeof(u64));
        break;
    case MB2_RSDP_OLD:
    case MB2_RSDP_NEW: /* a copy of the root pointer stands in the tag itself */
        memcpy(bi->rsdp_copy, tag + 1, MIN(sizeof(bi->rsdp_copy), tag->size - sizeof(*tag)));
        break;
    }
}

static const char *mb2_read(struct boot_info *bi, u32 info)
{
    u32 total = *(const u32 *)maddr_to_virt(MADDR(info));
    u64 at = (u64)info + 8, end = (u64)info + total;

    bi->loader = "multiboot2";
    while (end >= at + sizeof(struct mb2_tag)) {
        const struct mb2_tag *tag = maddr_to_virt(MADDR(at));

        if (tag->type == MB2_END)
            return NULL;
        if (tag->size < mb2_min_size(tag->type) || tag->size > end - at)
            return "The boot loader's information is damaged: a tag has a wrong size.";
        mb2_read_tag(bi, tag, at);
        at += ROUND_UP((u64)tag->size, 8);
    }
    return "The boot loader's information is damaged: it has no end tag.";
}

const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info)
{
    const char *error = "Loaded by neither multiboot 1 nor multiboot 2: use GRUB's multiboot2.";

    if (magic == MULTIBOOT1_LOADER)
        error = mb1_read(bi, info);
    else if (magic == MULTIBOOT2_LOADER)
        error = mb2_read(bi, info);
    if (error)
        return error;
    if (!bi->nr_regions)
        return "The boot loader gave no memory map: use GRUB's multiboot2.";
    memory_map_tidy(bi);
    return NULL;
}
