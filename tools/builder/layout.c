/* SPDX-License-Identifier: MIT */
/* Where everything lies in a new domain's memory. */
#include "builder/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "builder/page_tables.h"

#define PAGE      4096ull
#define MAP_ALIGN (4ull << 20)
#define MAP_SPARE (512ull << 10)

static uint64_t pages(uint64_t bytes)
{
    return (bytes + PAGE - 1) / PAGE;
}

/* Take `frames` at the next pfn, inside the main mapping. */
static struct build_region place(const struct build_layout *layout, uint64_t *next,
                                 uint64_t frames)
{
    struct build_region region = {
        .vaddr = layout->virt_base + *next * PAGE, .pfn = *next, .frames = frames,
        .mapped = frames != 0,
    };

    *next += frames;
    return region;
}

static struct build_region place_unmapped(uint64_t *next, uint64_t frames)
{
    struct build_region region = { .pfn = *next, .frames = frames };

    *next += frames;
    return region;
}

/*
 * Tables and stack end the main region, and the tables map themselves: a larger mapping may need
 * more tables, until nothing changes. Each round can only grow. What passes the end of all
 * addresses cannot be counted; check() refuses it.
 */
static void place_tables(struct build_layout *layout, uint64_t p2m_start, uint64_t p2m_end,
                         uint64_t *next)
{
    uint64_t tables = 0, wanted = 1, p2m_tables = 0, at, end;

    while (tables != wanted) {
        tables = wanted;
        at = *next;
        layout->page_tables = place(layout, &at, tables);
        layout->stack = place(layout, &at, 1);
        end = layout->virt_base + at * PAGE + MAP_SPARE;
        layout->mapped_end = (end + MAP_ALIGN - 1) & ~(MAP_ALIGN - 1);
        if (layout->mapped_end <= layout->virt_base || p2m_end < p2m_start)
            break;
        page_tables_count(layout->virt_base, layout->mapped_end, p2m_start, p2m_end, &wanted,
                          &p2m_tables);
    }
    layout->p2m_tables.frames = p2m_tables;
    *next = (layout->mapped_end - layout->virt_base) / PAGE;
}

static void describe(const struct image *image, struct build_layout *layout)
{
    snprintf(layout->guest_os, sizeof(layout->guest_os), "%s", image->guest_os);
    snprintf(layout->guest_version, sizeof(layout->guest_version), "%s", image->guest_version);
    snprintf(layout->loader, sizeof(layout->loader), "%s", image->loader);
    snprintf(layout->features, sizeof(layout->features), "%s", image->features);
    layout->has_notes = image->has_notes;
    layout->virt_base = image->virt_base;
    layout->entry = image->entry;
    layout->hypercall_page = image->hypercall_page == IMAGE_NONE ? 0 : image->hypercall_page;
}

/* The hypervisor has slots 256 to 271 of every L4 to itself (public/arch-x86/xen-x86_64.h). */
static bool range_free(uint64_t start, uint64_t end)
{
    return start < end && (end <= 0x0000800000000000ull || start >= 0xffff880000000000ull);
}

static bool ranges_apart(uint64_t start, uint64_t end, uint64_t other, uint64_t other_end)
{
    return end <= other || other_end <= start;
}

static int check(const struct build_layout *layout, uint64_t p2m_start, uint64_t p2m_end,
                 uint64_t needed, struct build_error *error)
{
    char remedy[96];

    if (!range_free(layout->virt_base, layout->mapped_end) ||
        (p2m_start != p2m_end &&
         (!range_free(p2m_start, p2m_end) ||
          !ranges_apart(p2m_start, p2m_end, layout->virt_base, layout->mapped_end))))
        return build_refuse(error, -EINVAL, "link the kernel at another address",
                            "the kernel's address %#llx leaves no room for what it is started with",
                            (unsigned long long)layout->virt_base);
    if (needed <= layout->memory_frames)
        return 0;
    snprintf(remedy, sizeof(remedy), "give it at least memory=%llu",
             (unsigned long long)(needed * PAGE + (1 << 20) - 1) >> 20);
    return build_refuse(error, -ENOMEM, remedy,
                        "kernel and initial ramdisk need %llu KiB to start, the guest has %llu KiB",
                        (unsigned long long)needed * 4,
                        (unsigned long long)layout->memory_frames * 4);
}

int layout_plan(const struct image *image, uint64_t memory_frames, uint64_t ramdisk_bytes,
                struct build_layout *layout, struct build_error *error)
{
    bool p2m_apart = image->init_p2m != IMAGE_NONE;
    uint64_t p2m_frames = pages(memory_frames * sizeof(xen_pfn_t)), next;
    uint64_t p2m_start = 0, p2m_end = 0;

    memset(layout, 0, sizeof(*layout));
    describe(image, layout);
    layout->memory_frames = memory_frames;
    layout->ramdisk_bytes = ramdisk_bytes;
    next = (image->start - image->virt_base) / PAGE;
    layout->kernel = place(layout, &next, pages(image->end - image->virt_base) - next);
    if (!image->ramdisk_by_pfn)
        layout->ramdisk = place(layout, &next, pages(ramdisk_bytes));
    if (!p2m_apart)
        layout->p2m = place(layout, &next, p2m_frames);
    layout->start_info = place(layout, &next, 1);
    layout->store_ring = place(layout, &next, 1);
    layout->console_ring = place(layout, &next, 1);
    if (p2m_apart) {
        p2m_start = image->init_p2m;
        p2m_end = p2m_start + p2m_frames * PAGE;
    }
    place_tables(layout, p2m_start, p2m_end, &next);
    if (p2m_apart) {
        layout->p2m = place_unmapped(&next, p2m_frames);
        layout->p2m.vaddr = p2m_start;
        layout->p2m.mapped = true;
        layout->p2m_tables = place_unmapped(&next, layout->p2m_tables.frames);
    }
    if (image->ramdisk_by_pfn)
        layout->ramdisk = place_unmapped(&next, pages(ramdisk_bytes));
    return check(layout, p2m_start, p2m_end, next, error);
}
