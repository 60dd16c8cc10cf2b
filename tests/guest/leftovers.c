/* SPDX-License-Identifier: MIT */
/*
 * What the last owner left in memory.
 *
 * A frame that comes to a domain was somebody's before. Nobody's bytes may come with it (XSA-100):
 * all memory beyond the test kernel's own is searched for a pattern, and then filled with it, so
 * that the next domain to run this test (the runner starts two, one after the other) finds what
 * this one left, should the hypervisor hand it on. Frames given back and asked for again come
 * without it, too; and answers of hypercalls carry none of it in the bytes they do not use.
 */
#include "harness.h"

#define PATTERN 0x5ec4e75ec4e75ec4UL

/* All pages are looked at through one address. */
static unsigned int look_and_fill(unsigned long mfn)
{
    volatile uint64_t *words = (volatile uint64_t *)TEST_VA;
    unsigned int found = 0;

    if (mmu_update(entry_maddr(root_mfn(), TEST_VA, 1), pte(mfn, PTE_RW)) != 0)
        return 0; /* a page table of the builder's, or a page that others have */
    mmuext(MMUEXT_INVLPG_LOCAL, TEST_VA, 0);
    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
        found += words[i] == PATTERN;
        words[i] = PATTERN;
    }
    return found;
}

static bool shared_with_others(unsigned long mfn)
{
    return !in_domain0 && (mfn == start_info->store_mfn || mfn == start_info->console.domU.mfn);
}

static void search_memory(void)
{
    unsigned long *p2m = (unsigned long *)start_info->mfn_list;
    unsigned long first = pfn_of((void *)start_info->pt_base) + start_info->nr_pt_frames + 32;
    unsigned int found = 0, pages = 0;

    for (unsigned long pfn = first; pfn < start_info->nr_pages; pfn++) {
        if (p2m[pfn] == ~0UL || shared_with_others(p2m[pfn]))
            continue;
        found += look_and_fill(p2m[pfn]);
        pages++;
    }
    EXPECT_TRUE(pages > 1000);
    if (found)
        fail("%u words of an earlier domain in %u pages", found, pages);
}

static void trade_a_frame(void)
{
    void *page = page_alloc();
    xen_pfn_t frame = mfn_of(page), pfn = pfn_of(page);
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
        ((uint64_t *)page)[i] = PATTERN;
    EXPECT(update_va(page, 0), 0);
    set_xen_guest_handle(r.extent_start, &frame);
    EXPECT(HYPERCALL(memory_op, XENMEM_decrease_reservation, &r), 1);
    frame = pfn;
    EXPECT(HYPERCALL(memory_op, XENMEM_populate_physmap, &r), 1);
    ((unsigned long *)start_info->mfn_list)[pfn] = frame;
    if (on_xenolith) /* Xen scrubs what a domain leaves, not what it gives back itself */
        EXPECT(look_and_fill(frame), 0);
    mmu_update(entry_maddr(root_mfn(), TEST_VA, 1), 0);
    EXPECT(make_writable(page), 0);
    page_free(page);
}

static void look_at_answers(void)
{
    static char answer[1024];
    struct vcpu_runstate_info *run = (void *)answer;

    for (unsigned int cmd = XENVER_extraversion; cmd <= XENVER_commandline; cmd++) {
        memset(answer, 0, sizeof(answer));
        HYPERCALL(xen_version, cmd, answer);
        for (unsigned int i = 0; i + 8 <= sizeof(answer); i++)
            EXPECT_TRUE(memcmp(answer + i, &(uint64_t){ PATTERN }, 8) != 0);
    }
    memset(answer, 0xff, sizeof(answer));
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 0, run), 0);
    EXPECT((unsigned char)answer[sizeof(*run)], 0xff);
}

TEST(leftovers)
{
    EXPECT(map(TEST_VA, 0), 0);
    search_memory();
    trade_a_frame();
    look_at_answers();
    EXPECT(map(TEST_VA, 0), 0);
}
