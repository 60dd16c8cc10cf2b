/* SPDX-License-Identifier: MIT */
/*
 * Xen's own address space (asm/layout.h has the picture), built once at boot from the memory map.
 * Guests have copies of the L4 entries only, and the L3 tables exist before the first guest does:
 * so a mapping added later (iomap) appears in every address space at once.
 */
#include <asm/boot_info.h>
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/msr.h>
#include <asm/pt.h>
#include <asm/xen_paging.h>
#include <xen/errno.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/spinlock.h>
#include <xen/string.h>

#define LOW_MEMORY_END 0x100000UL   /* firmware's, and I/O as far as Domain0 is concerned */
#define EARLY_MAP_END  0x100000000UL /* boot.S maps so much */
#define SIZE_2M        0x200000UL
#define SIZE_1G        0x40000000UL

#define FLAGS_TABLE (PTE_PRESENT | PTE_RW)
#define FLAGS_RW    (PTE_PRESENT | PTE_RW | PTE_NX | PTE_ACCESSED | PTE_DIRTY)
#define FLAGS_RO    (PTE_PRESENT | PTE_NX | PTE_ACCESSED)
#define FLAGS_RX    (PTE_PRESENT | PTE_ACCESSED)
#define FLAGS_IO    (FLAGS_RW | PTE_PCD | PTE_PWT)

pte_t xen_l4[PT_ENTRIES] __aligned(PAGE_SIZE);

/* Where the image's parts begin (xen.lds.S), in this order. */
extern char image_start[], init_start[], init_data_start[], image_rodata_start[],
    image_data_start[], image_end[];

/* ---- RAM while there is no page_alloc: ranges taken out of the memory map ---- */

struct range {
    u64 start, end;
};

static struct range taken[64];
static unsigned int nr_taken;
static bool page_alloc_ready;

static void take(u64 start, u64 end)
{
    for (unsigned int i = 0; i < nr_taken; i++) {
        if (start > taken[i].end || end < taken[i].start)
            continue;
        taken[i].start = MIN(start, taken[i].start);
        taken[i].end = MAX(end, taken[i].end);
        return;
    }
    if (nr_taken == ARRAY_SIZE(taken))
        boot_error("The memory map is too scattered: more than %u pieces in use", nr_taken);
    taken[nr_taken++] = (struct range){start, end};
}

static const struct range *first_taken_in(u64 start, u64 end)
{
    const struct range *first = NULL;

    for (unsigned int i = 0; i < nr_taken; i++)
        if (taken[i].start < end && taken[i].end > start &&
            (!first || taken[i].start < first->start))
            first = &taken[i];
    return first;
}

/* Whole pages of RAM in region @i above the first MiB; false when there is none. */
static bool ram_region(unsigned int i, struct range *out)
{
    const struct memory_region *r = &boot_info.regions[i];

    out->start = MAX(ROUND_UP(r->start, PAGE_SIZE), LOW_MEMORY_END);
    out->end = MIN(ROUND_DOWN(r->start + r->size, PAGE_SIZE), DIRECTMAP_END - DIRECTMAP_VIRT);
    return r->type == E820_RAM && out->start < out->end;
}

/* Highest free place below @limit: so the pieces join, and DMA-able memory is left alone. */
static u64 boot_alloc(u64 size, u64 align, u64 limit)
{
    for (unsigned int i = boot_info.nr_regions; i-- > 0;) {
        struct range r;

        if (!ram_region(i, &r))
            continue;
        for (u64 end = MIN(r.end, limit); end >= r.start + size;) {
            u64 start = ROUND_DOWN(end - size, align);
            const struct range *t;

            if (start < r.start)
                break;
            t = first_taken_in(start, start + size);
            if (!t) {
                take(start, start + size);
                return start;
            }
            end = t->start;
        }
    }
    boot_error("Not enough memory: Xen's tables need %lu KiB more in one piece",
               (unsigned long)size >> 10);
}

/* ---- page tables ---- */

static pte_t *new_table(maddr_t *at)
{
    pte_t *table;

    if (page_alloc_ready) {
        table = page_alloc_virt(0);
        if (table)
            *at = virt_to_maddr(table);
        return table;
    }
    *at = MADDR(boot_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_MAP_END));
    return memset(maddr_to_virt(*at), 0, PAGE_SIZE);
}

/* Xen's entry of @level for @va; tables on the way are made, with @user. NULL: out of memory. */
static pte_t *entry_for(unsigned long va, unsigned int level, u64 user)
{
    pte_t *table = xen_l4;

    for (unsigned int l = 4; l > level; l--) {
        pte_t *e = &table[pt_index(va, l)];

        if (!(*e & PTE_PRESENT)) {
            maddr_t at;

            if (!new_table(&at))
                return NULL;
            *e = pte_make(maddr_to_mfn(at), FLAGS_TABLE | user);
        }
        table = mfn_to_virt(pte_mfn(*e));
    }
    return &table[pt_index(va, level)];
}

/* Largest page usable at this place: its level. */
static unsigned int page_level(unsigned long va, u64 at, u64 left, bool gigabytes)
{
    if (gigabytes && !((va | at) & (SIZE_1G - 1)) && left >= SIZE_1G)
        return 3;
    return !((va | at) & (SIZE_2M - 1)) && left >= SIZE_2M ? 2 : 1;
}

static int map(unsigned long va, u64 at, u64 size, u64 flags)
{
    bool gigabytes = cpuid(0x80000001, 0).d & BIT(26);

    while (size) {
        unsigned int level = page_level(va, at, size, gigabytes);
        u64 step = PAGE_SIZE << 9 * (level - 1);
        pte_t *e = entry_for(va, level, flags & PTE_USER);

        if (!e)
            return -ENOMEM;
        *e = at | flags | (level > 1 ? PTE_PSE : 0);
        va += step;
        at += step;
        size -= step;
    }
    return 0;
}

/* ---- the parts ---- */

static void map_image_part(const char *start, const char *end, u64 flags)
{
    u64 size = ROUND_UP((u64)(end - start), PAGE_SIZE);

    map((unsigned long)start, virt_to_maddr(start).a, size, flags);
}

static void map_image(void)
{
    map_image_part(image_start, init_data_start, FLAGS_RX);
    map_image_part(init_data_start, image_rodata_start, FLAGS_RW);
    map_image_part(image_rodata_start, image_data_start, FLAGS_RO);
    map_image_part(image_data_start, image_end, FLAGS_RW);
}

/* All RAM, firmware's tables, and the first MiB. Not what may be device memory. */
static void map_direct(void)
{
    map(DIRECTMAP_VIRT, 0, LOW_MEMORY_END, FLAGS_RW);
    for (unsigned int i = 0; i < boot_info.nr_regions; i++) {
        const struct memory_region *m = &boot_info.regions[i];
        struct range r;

        if (m->type == E820_ACPI || m->type == E820_NVS) {
            r.start = MAX(ROUND_DOWN(m->start, PAGE_SIZE), LOW_MEMORY_END);
            r.end = ROUND_UP(m->start + m->size, PAGE_SIZE);
        } else if (!ram_region(i, &r)) {
            continue;
        }
        if (r.end > r.start)
            map(DIRECTMAP_VIRT + r.start, r.start, r.end - r.start, FLAGS_RW);
    }
}

/* Fresh RAM for a table of @bytes at @va, and at @also, if that is not 0, for guests to read. */
static void map_table(unsigned long va, unsigned long also, u64 bytes)
{
    for (u64 done = 0; done < bytes; done += SIZE_2M) {
        u64 at = boot_alloc(SIZE_2M, SIZE_2M, UINT64_MAX);

        map(va + done, at, SIZE_2M, FLAGS_RW);
        if (also)
            map(also + done, at, SIZE_2M, FLAGS_RO | PTE_USER);
    }
}

static u64 ram_end(void)
{
    struct range r;
    u64 end = 0;

    for (unsigned int i = 0; i < boot_info.nr_regions; i++)
        if (ram_region(i, &r))
            end = r.end; /* they are sorted */
    return end;
}

static void take_what_is_in_use(void)
{
    take(0, LOW_MEMORY_END);
    take(IMAGE_PHYS, IMAGE_PHYS + (u64)(image_end - image_start));
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *m = &boot_info.modules[i];

        take(ROUND_DOWN(m->start.a, PAGE_SIZE), ROUND_UP(m->start.a + m->size, PAGE_SIZE));
    }
}

/* What of [start, end) is not taken goes to page_alloc. */
static void free_untaken(u64 start, u64 end)
{
    while (start < end) {
        const struct range *t = first_taken_in(start, end);
        u64 stop = t ? MAX(t->start, start) : end;

        if (stop > start)
            page_alloc_add(maddr_to_mfn(MADDR(start)), (stop - start) >> PAGE_SHIFT);
        start = t ? t->end : end;
    }
}

static unsigned int m2p_pieces(void)
{
    return DIV_UP(frame_count * sizeof(unsigned long), SIZE_2M);
}

mfn_t m2p_piece(unsigned int i)
{
    return i < m2p_pieces() ? pte_mfn(*entry_for(RW_M2P_VIRT + i * SIZE_2M, 2, 0)) : MFN_NONE;
}

/* Tools map the m2p too, as DOMID_XEN's. */
static void share_m2p(void)
{
    for (unsigned int i = 0; i < m2p_pieces(); i++)
        for (unsigned int j = 0; j < PT_ENTRIES; j++)
            frame_share(mfn_add(m2p_piece(i), j), NULL, false);
}

static void hand_over_ram(void)
{
    struct range r;

    frame_init();
    for (unsigned int i = 0; i < boot_info.nr_regions; i++)
        if (ram_region(i, &r))
            frame_init_ram(MFN(r.start >> PAGE_SHIFT), (r.end - r.start) >> PAGE_SHIFT);
    for (unsigned int i = 0; i < boot_info.nr_regions; i++)
        if (ram_region(i, &r))
            free_untaken(r.start, r.end);
    page_alloc_ready = true;
}

void xen_paging_init(void)
{
    unsigned int first_slot = pt_index(WINDOW_VIRT, 4), last_slot = pt_index(IOMAP_VIRT, 4);

    take_what_is_in_use();
    frame_count = ram_end() >> PAGE_SHIFT;
    map_image();
    map_direct();
    map_table(FRAMETABLE_VIRT, 0, frame_count * sizeof(struct frame));
    map_table(RW_M2P_VIRT, RO_M2P_VIRT, frame_count * sizeof(unsigned long));
    for (unsigned int slot = first_slot; slot <= last_slot; slot++)
        entry_for(WINDOW_VIRT + (slot - first_slot) * (IOMAP_END - IOMAP_VIRT), 3, 0);
    paging_init_cpu();
    memset((void *)RW_M2P_VIRT, 0xff, frame_count * sizeof(unsigned long));
    hand_over_ram();
    share_m2p();
}

static void give_back(u64 start, u64 end)
{
    start = MAX(ROUND_UP(start, PAGE_SIZE), LOW_MEMORY_END);
    end = ROUND_DOWN(end, PAGE_SIZE);
    if (start < end)
        page_alloc_add(maddr_to_mfn(MADDR(start)), (end - start) >> PAGE_SHIFT);
}

void xen_paging_end_boot(void)
{
    u64 init = virt_to_maddr(init_start).a;

    for (char *p = init_start; p < image_rodata_start; p += PAGE_SIZE)
        *entry_for((unsigned long)p, 1, 0) = 0;
    tlb_flush_mask(cpu_online_map);
    give_back(init, init + (u64)(image_rodata_start - init_start));
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *m = &boot_info.modules[i];

        give_back(m->start.a, m->start.a + m->size);
    }
}

void xen_paging_fill_l4(pte_t *l4)
{
    memcpy(&l4[L4_SLOT_FIRST], &xen_l4[L4_SLOT_FIRST],
           (L4_SLOT_LAST - L4_SLOT_FIRST + 1) * sizeof(pte_t));
}

/* ---- one CPU ---- */

static u64 wanted_cr4(void)
{
    u64 cr4 = CR4_DE | CR4_PAE | CR4_PSE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    u32 leaf_7 = cpuid(0, 0).a >= 7 ? cpuid(7, 0).b : 0;

    if (cpuid(1, 0).c & BIT(26))
        cr4 |= CR4_OSXSAVE;
    if (leaf_7 & BIT(0))
        cr4 |= CR4_FSGSBASE;
    if (leaf_7 & BIT(7))
        cr4 |= CR4_SMEP;
    return cr4;
}

void paging_init_cpu(void)
{
    struct cpu *c = this_cpu();

    wrmsr(MSR_PAT, XEN_PAT);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
    write_cr0(CR0_PG | CR0_WP | CR0_AM | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
    c->cr4 = wanted_cr4();
    write_cr4(c->cr4);
    write_cr3(virt_to_maddr(xen_l4).a);
}

/* ---- windows and device memory ---- */

static pte_t *windows[NR_CPUS]; /* L1 entries of WINDOW_STRIDE bytes */

int xen_paging_init_window(unsigned int cpu)
{
    windows[cpu] = entry_for(GDT_VIRT((unsigned long)cpu), 1, 0);
    return windows[cpu] ? 0 : -ENOMEM;
}

void window_set(unsigned int page, mfn_t m)
{
    unsigned int cpu = smp_cpu_id();
    pte_t *e = &windows[cpu][page], old = *e;
    pte_t new = mfn_eq(m, MFN_NONE) ? 0 : pte_make(m, FLAGS_RW);

    if (new == old)
        return;
    WRITE_ONCE(*e, new);
    if (old)
        tlb_flush_local_va(GDT_VIRT(cpu) + page * PAGE_SIZE);
}

static spinlock_t iomap_lock = SPINLOCK(RANK_HEAP); /* covers iomap_next and the slot's tables */
static unsigned long iomap_next = IOMAP_VIRT;

void *iomap(maddr_t base, size_t bytes)
{
    u64 offset = base.a & ~PAGE_MASK, size = ROUND_UP(bytes + offset, PAGE_SIZE);
    void *result = NULL;

    spin_lock(&iomap_lock);
    if (size <= IOMAP_END - iomap_next && map(iomap_next, base.a - offset, size, FLAGS_IO) == 0) {
        result = (void *)(iomap_next + offset);
        iomap_next += size;
    }
    spin_unlock(&iomap_lock);
    return result;
}
