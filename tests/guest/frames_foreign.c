/* SPDX-License-Identifier: MIT */
/*
 * No frame of memory but one's own can be mapped.
 *
 * Every frame the machine calls RAM is tried, read-only and writable: free frames, the
 * hypervisor's image, heap, frame table and page tables, and those of other domains. Only the
 * domain's own and the few that the hypervisor shares with it may be accepted. (Domain0 may map
 * device memory; that, and the first megabyte, is another matter.)
 */
#include "harness.h"

struct e820 {
    uint64_t start, size;
    uint32_t type;
} __attribute__((packed));

static struct e820 ram[64];

static unsigned int memory_map(void)
{
    struct xen_memory_map m = { .nr_entries = 64 };

    set_xen_guest_handle(m.buffer, ram);
    return HYPERCALL(memory_op, XENMEM_machine_memory_map, &m) == 0 ? m.nr_entries : 0;
}

/* Frames that are the hypervisor's and shared with us: the shared page and the grant table. */
static bool shared(unsigned long mfn)
{
    static xen_pfn_t grants[64];
    static struct gnttab_setup_table setup;

    if (!setup.nr_frames) {
        struct gnttab_query_size size = { .dom = DOMID_SELF };

        HYPERCALL(grant_table_op, GNTTABOP_query_size, &size, 1);
        setup.dom = DOMID_SELF;
        setup.nr_frames = size.nr_frames < 1 ? 1 : size.nr_frames;
        set_xen_guest_handle(setup.frame_list, grants);
        HYPERCALL(grant_table_op, GNTTABOP_setup_table, &setup, 1);
    }
    for (unsigned int i = 0; i < setup.nr_frames; i++)
        if (mfn == grants[i])
            return true;
    return mfn == start_info->shared_info >> 12;
}

/* The entry is not flushed in between: nothing looks through it. */
static void try_frame(unsigned long mfn, unsigned int *tried, unsigned int *taken)
{
    uint64_t at = entry_maddr(root_mfn(), TEST_VA, 1);

    (*tried)++;
    for (int writable = 0; writable < 2; writable++) {
        if (mmu_update(at, pte(mfn, writable ? PTE_RW : PTE_RO)) != 0)
            continue;
        mmu_update(at, 0);
        if (++*taken <= 3)
            fail("frame %#lx was mapped %s", mfn, writable ? "writable" : "read-only");
        return;
    }
}

TEST(frames_foreign)
{
    unsigned int n = memory_map(), tried = 0, taken = 0;
    unsigned long max = HYPERCALL(memory_op, XENMEM_maximum_ram_page, NULL);

    if (!in_domain0) {
        skip("only Domain0 may read the machine's memory map");
        return;
    }
    EXPECT_TRUE(n > 0);
    EXPECT(map(TEST_VA, 0), 0);
    for (unsigned int i = 0; i < n; i++) {
        unsigned long end = (ram[i].start + ram[i].size) >> 12;

        for (unsigned long mfn = (ram[i].start + 0xfff) >> 12; mfn < end; mfn++)
            if (ram[i].type == 1 && mfn >= 0x100 && mfn < max && !is_our_frame(mfn) && !shared(mfn))
                try_frame(mfn, &tried, &taken);
    }
    EXPECT_TRUE(tried > 1000);
    EXPECT(taken, 0);
    mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0);
}
