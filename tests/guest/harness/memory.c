/* SPDX-License-Identifier: MIT */
/* Frames and page tables of a test kernel. */
#include "harness.h"

#define POOL_PAGES 256
static char pool[POOL_PAGES][PAGE_SIZE]
    __attribute__((aligned(4096), section(".bss.page_aligned")));
static bool pool_used[POOL_PAGES];

/* Tables that map_in() made, and the entry that holds each; newest last. */
static struct {
    void *table;
    uint64_t holder;
} made[64];
static int nr_made;

static unsigned long boot_root;

unsigned long pfn_of(const void *va)
{
    return ((unsigned long)va - (unsigned long)VIRT_BASE) >> 12;
}

unsigned long mfn_of(const void *va)
{
    return ((unsigned long *)start_info->mfn_list)[pfn_of(va)];
}

bool is_our_frame(unsigned long mfn)
{
    unsigned long pfn = machine_to_phys_mapping[mfn];

    return pfn < start_info->nr_pages && ((unsigned long *)start_info->mfn_list)[pfn] == mfn;
}

void *va_of_mfn(unsigned long mfn)
{
    return VIRT_BASE + (machine_to_phys_mapping[mfn] << 12);
}

void *page_alloc(void)
{
    for (int i = 0; i < POOL_PAGES; i++) {
        if (pool_used[i])
            continue;
        pool_used[i] = true;
        memset(pool[i], 0, PAGE_SIZE);
        return pool[i];
    }
    fail("out of pages");
    shutdown(SHUTDOWN_crash);
}

void page_free(void *page)
{
    pool_used[((char *)page - pool[0]) / PAGE_SIZE] = false;
}

long mmu_update(uint64_t ptr, uint64_t value)
{
    struct mmu_update u = { .ptr = ptr, .val = value };

    return HYPERCALL(mmu_update, &u, 1, NULL, DOMID_SELF);
}

long mmuext(unsigned int cmd, unsigned long arg1, unsigned long arg2)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2 };

    return HYPERCALL(mmuext_op, &op, 1, NULL, DOMID_SELF);
}

long update_va(const void *va, uint64_t value)
{
    return HYPERCALL(update_va_mapping, va, value, UVMF_INVLPG | UVMF_ALL);
}

long make_readonly(const void *page)
{
    return update_va(page, pte(mfn_of(page), PTE_RO));
}

long make_writable(const void *page)
{
    return update_va(page, pte(mfn_of(page), PTE_RW));
}

unsigned long root_mfn(void)
{
    return boot_root;
}

uint64_t read_entry(uint64_t maddr)
{
    char *table = va_of_mfn(maddr >> 12);

    return *(volatile uint64_t *)(table + (maddr & 0xfff));
}

static uint64_t entry_of(unsigned long table_mfn, unsigned long va, int level)
{
    return (table_mfn << 12) + (va >> (9 * level + 3) & 0x1ff) * 8;
}

uint64_t entry_maddr(unsigned long root, unsigned long va, int level)
{
    unsigned long table = root;

    for (int l = 4; l > level; l--) {
        uint64_t e = read_entry(entry_of(table, va, l));

        if (!(e & PTE_P))
            return 0;
        table = PTE_MFN(e);
    }
    return entry_of(table, va, level);
}

/* Hangs a new, empty table into an entry that holds none. */
static long add_table(uint64_t holder)
{
    void *table = page_alloc();
    long error = make_readonly(table);

    if (!error)
        error = mmu_update(holder, pte(mfn_of(table), PTE_TABLE));
    if (error || nr_made == (int)(sizeof(made) / sizeof(made[0]))) {
        fail("no new page table: %ld", error);
        return error ? error : -XEN_ENOMEM;
    }
    made[nr_made].table = table;
    made[nr_made++].holder = holder;
    return 0;
}

long map_in(unsigned long root, unsigned long va, uint64_t value)
{
    for (int level = 4; level > 1; level--) {
        uint64_t at = entry_maddr(root, va, level);
        long error = read_entry(at) & PTE_P ? 0 : add_table(at);

        if (error)
            return error;
    }
    return mmu_update(entry_maddr(root, va, 1), value);
}

long map(unsigned long va, uint64_t value)
{
    long error = map_in(boot_root, va, value);

    mmuext(MMUEXT_INVLPG_ALL, va, 0);
    return error;
}

struct grant_entry_v1 *map_grant_table(void)
{
    xen_pfn_t frame = 0;
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };

    set_xen_guest_handle(op.frame_list, &frame);
    EXPECT(HYPERCALL(grant_table_op, GNTTABOP_setup_table, &op, 1), 0);
    EXPECT(op.status, GNTST_okay);
    EXPECT(map(TEST_VA + PAGE_SIZE, pte(frame, PTE_RW)), 0);
    return (struct grant_entry_v1 *)(TEST_VA + PAGE_SIZE);
}

void reset_mappings(void)
{
    while (nr_made) {
        nr_made--;
        if (mmu_update(made[nr_made].holder, 0) || make_writable(made[nr_made].table))
            printf("harness: a page table cannot be given back\n");
        else
            page_free(made[nr_made].table);
    }
    mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
}

void memory_init(void)
{
    boot_root = mfn_of((void *)start_info->pt_base);
}
