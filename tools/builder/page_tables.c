/* SPDX-License-Identifier: MIT */
/* The page tables a new domain starts on. */
#include "builder/page_tables.h"

#define PTE_PRESENT  0x01ull
#define PTE_WRITE    0x02ull
#define PTE_USER     0x04ull
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY    0x40ull

/* Leaves without USER are the guest kernel's; the hypervisor adds what its ring needs. */
#define LEAF_RO (PTE_PRESENT | PTE_ACCESSED)
#define LEAF_RW (LEAF_RO | PTE_WRITE | PTE_DIRTY)
#define NODE    (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

#define LEVELS 4

/*
 * A table of level L is known by its prefix: the bits of the address above those that it and
 * the levels below translate. The tables of a pool are numbered level by level from the top, by
 * ascending prefix, so that finding one is arithmetic.
 */
struct pool {
    uint64_t first[LEVELS + 1], count[LEVELS + 1];  /* prefixes, by level 1..4 */
    uint64_t base[LEVELS + 1];                      /* number of the level's first table */
    uint64_t tables;
};

static uint64_t prefix(uint64_t va, unsigned int level)
{
    return (va & ((1ull << 48) - 1)) >> (12 + 9 * level);
}

/* `taken` (or NULL) has tables already; ranges apart can share one only at an end. */
static void plan_pool(struct pool *pool, uint64_t start, uint64_t end, const struct pool *taken)
{
    unsigned int level;
    uint64_t first, last, t_first, t_last;

    *pool = (struct pool){ 0 };
    for (level = LEVELS; level >= 1 && start != end; level--) {
        first = prefix(start, level);
        last = prefix(end - 1, level);
        pool->first[level] = first;
        pool->count[level] = last - first + 1;
        if (taken) {
            t_first = taken->first[level];
            t_last = t_first + taken->count[level] - 1;
            if (first >= t_first && first <= t_last) {
                pool->first[level]++;
                pool->count[level]--;
            }
            if (pool->count[level] && last >= t_first && last <= t_last)
                pool->count[level]--;
        }
        pool->base[level] = pool->tables;
        pool->tables += pool->count[level];
    }
}

void page_tables_count(uint64_t start, uint64_t end, uint64_t p2m_start, uint64_t p2m_end,
                       uint64_t *main_tables, uint64_t *p2m_tables)
{
    struct pool main_pool, p2m_pool;

    plan_pool(&main_pool, start, end, NULL);
    plan_pool(&p2m_pool, p2m_start, p2m_end, &main_pool);
    *main_tables = main_pool.tables;
    *p2m_tables = p2m_pool.tables;
}

struct writer {
    const struct build_layout *layout;
    const xen_pfn_t *p2m;
    struct pool pool[2];            /* main, p2m */
    uint64_t *tables[2];
    uint64_t first_pfn[2];
};

/* The table of `level` for va, and its mfn. */
static uint64_t *find_table(const struct writer *w, uint64_t va, unsigned int level,
                            uint64_t *mfn)
{
    uint64_t p = prefix(va, level), number;
    unsigned int i = 0;

    if (p < w->pool[0].first[level] || p - w->pool[0].first[level] >= w->pool[0].count[level])
        i = 1;
    number = w->pool[i].base[level] + (p - w->pool[i].first[level]);
    *mfn = w->p2m[w->first_pfn[i] + number];
    return w->tables[i] + number * PT_ENTRIES;
}

static void set_entry(const struct writer *w, uint64_t va, unsigned int level, uint64_t entry)
{
    uint64_t mfn;

    find_table(w, va, level, &mfn)[prefix(va, level - 1) % PT_ENTRIES] = entry;
}

static bool in_region(const struct build_region *region, uint64_t pfn)
{
    return pfn >= region->pfn && pfn < region->pfn + region->frames;
}

/* Map [start, end) to the frames from pfn on. */
static void map_range(const struct writer *w, uint64_t start, uint64_t end, uint64_t pfn)
{
    const struct build_layout *layout = w->layout;
    unsigned int level;
    uint64_t va, step, mfn;
    bool tables;

    for (level = LEVELS; level > 1 && start != end; level--) {
        step = 1ull << (12 + 9 * (level - 1));
        /* Compared by distance: a range may end where addresses wrap round. */
        for (va = start & ~(step - 1); va - (start & ~(step - 1)) < end - (start & ~(step - 1));
             va += step) {
            find_table(w, va, level - 1, &mfn);
            set_entry(w, va, level, mfn << 12 | NODE);
        }
    }
    for (va = start; va != end; va += 4096, pfn++) {
        tables = in_region(&layout->page_tables, pfn) || in_region(&layout->p2m_tables, pfn);
        set_entry(w, va, 1, (uint64_t)w->p2m[pfn] << 12 | (tables ? LEAF_RO : LEAF_RW));
    }
}

/* Is the list at an address of its own? */
static bool p2m_apart(const struct build_layout *layout)
{
    return layout->p2m.vaddr != layout->virt_base + layout->p2m.pfn * 4096;
}

void page_tables_write(const struct build_layout *layout, const xen_pfn_t *p2m,
                       uint64_t *main_tables, uint64_t *p2m_tables)
{
    uint64_t p2m_start = p2m_apart(layout) ? layout->p2m.vaddr : 0;
    uint64_t p2m_end = p2m_apart(layout) ? p2m_start + layout->p2m.frames * 4096 : 0;
    struct writer w = {
        .layout = layout, .p2m = p2m,
        .tables = { main_tables, p2m_tables },
        .first_pfn = { layout->page_tables.pfn, layout->p2m_tables.pfn },
    };

    plan_pool(&w.pool[0], layout->virt_base, layout->mapped_end, NULL);
    plan_pool(&w.pool[1], p2m_start, p2m_end, &w.pool[0]);
    map_range(&w, layout->virt_base, layout->mapped_end, 0);
    map_range(&w, p2m_start, p2m_end, layout->p2m.pfn);
}
