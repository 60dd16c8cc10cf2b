/* SPDX-License-Identifier: MIT */
/*
 * The write that comes late.
 *
 * Two vCPUs share a page table; one keeps storing to a page through a writable mapping that its
 * processor has cached. The other takes the mapping away, without asking for a flush, and hands the
 * page in as descriptor table. From the moment that is granted no store may land any more: one that
 * did would have made a descriptor that nobody has checked (XSA-401). The hypervisor has to flush
 * the other processor after it has won the frame's type and before it looks at the content.
 * (With a page table in place of the descriptors, stores may land: they are emulated.)
 */
#include "harness.h"

#define ROUNDS 300
#define VALUE  0xabc000UL       /* not present: a harmless descriptor, changing all the time */

static volatile uint64_t *target;
static volatile unsigned long stores;
static volatile bool stopped;

static void store(void)
{
    for (int i = 0; i < 1000 && !stopped; i++) {
        stores++;
        asm volatile ("mov %0, (%1)" /* 3 bytes */
                      : : "a" (VALUE + (stores << 24 & 0xffff000000UL)), "d" (target) : "memory");
    }
    if (stopped)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
}

/* The mapping is read-only: step over the store, and rest until it is writable again. */
static bool store_faulted(struct regs *r)
{
    if (r->vector != VECTOR_PF || r->rdx != (unsigned long)target)
        return false;
    stopped = true;
    r->rip += 3;
    return true;
}

/* The other vCPU stores again, so its processor has the writable mapping. */
static bool settle(void)
{
    unsigned long seen = stores;

    for (uint64_t until = system_time() + 2000000000; stores < seen + 50; stopped = false)
        if (system_time() > until)
            return false;
    return true;
}

/* How many stores were seen in the page while it was a descriptor table. */
static unsigned int stores_landed(uint64_t *page)
{
    xen_pfn_t frame = mfn_of(page);
    volatile uint64_t *word = &page[5];
    unsigned int landed = 0;
    uint64_t first;

    EXPECT(HYPERCALL(update_va_mapping, TEST_VA, pte(frame, PTE_RO), UVMF_NONE), 0);
    EXPECT(HYPERCALL(set_gdt, &frame, 512), 0);
    first = *word;
    for (int i = 0; i < 200; i++)
        landed += *word != first;
    EXPECT(HYPERCALL(set_gdt, NULL, 0), 0);
    EXPECT(HYPERCALL(update_va_mapping, TEST_VA, pte(frame, PTE_RW), UVMF_NONE), 0);
    return landed;
}

TEST(vcpu_stale_write)
{
    uint64_t *page = page_alloc();
    unsigned int landed = 0, rounds = times(ROUNDS), done = 0;

    target = (volatile uint64_t *)TEST_VA + 5;
    EXPECT(map(TEST_VA, pte(mfn_of(page), PTE_RW)), 0);
    EXPECT(make_readonly(page), 0);
    stopped = false;
    trap_hook = store_faulted;
    if (!second_start(store))
        return;
    for (; done < rounds && settle(); done++)
        landed += stores_landed(page);
    EXPECT(landed, 0);
    EXPECT(done, rounds);
    stopped = true;
    second_stop();
    trap_hook = NULL;
    EXPECT(map(TEST_VA, 0), 0);
    EXPECT(make_writable(page), 0);
    page_free(page);
}
