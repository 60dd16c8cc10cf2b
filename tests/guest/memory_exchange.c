/* SPDX-License-Identifier: MIT */
/*
 * Trading frames.
 *
 * A guest may give frames and get as many others, at the same place in its own numbering. Frames in
 * use, frames of others, lists of different lengths, sizes that do not fit and a cursor that the
 * guest makes up (XSA-212: written to memory of the guest's choosing) must be refused, with the
 * domain's memory and its count as they were.
 */
#include "harness.h"

static xen_pfn_t in[4], out[4];

static long exchange(unsigned long n, unsigned int order, unsigned long done)
{
    struct xen_memory_exchange x = {
        .in = { .nr_extents = n, .domid = DOMID_SELF },
        .out = { .nr_extents = n >> order, .extent_order = order, .domid = DOMID_SELF },
        .nr_exchanged = done,
    };

    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    return HYPERCALL(memory_op, XENMEM_exchange, &x);
}

static long count(void)
{
    struct xen_memory_domain d = { .domid = DOMID_SELF };

    return HYPERCALL(memory_op, XENMEM_current_reservation, &d);
}

/* The first frame is at fault, so that nothing has been traded when the call ends. */
static void refusals(char *first)
{
    xen_pfn_t good = in[0];

    EXPECT(make_writable(first), 0);                /* in use */
    EXPECT_TRUE(exchange(4, 0, 0) < 0);
    EXPECT(update_va(first, 0), 0);
    in[0] = 0x101;                                  /* the hypervisor's */
    EXPECT_TRUE(exchange(4, 0, 0) < 0);
    in[0] = ~0UL;
    EXPECT_TRUE(exchange(4, 0, 0) < 0);
    in[0] = in[1];                                  /* the same twice, in one extent */
    EXPECT_TRUE(exchange(4, 2, 0) < 0);
    in[0] = good;
    EXPECT_TRUE(exchange(4, 10, 0) < 0);            /* larger than what is given */
    EXPECT_TRUE(exchange(4, 63, 0) < 0);
    EXPECT_TRUE(exchange(4, 0, 5) < 0);             /* more done than there is */
    EXPECT_TRUE(exchange(4, 0, 1UL << 61) < 0);
    EXPECT_TRUE(exchange(1UL << 62, 0, 0) < 0);
}

/* Was it given away and not got back for another one? */
static bool is_gone(xen_pfn_t frame)
{
    return frame != out[0] && frame != out[1] && frame != out[2] && frame != out[3];
}

TEST(memory_exchange)
{
    char *pages[4];
    long had = count();
    uint64_t seen;

    for (int i = 0; i < 4; i++) {
        pages[i] = page_alloc();
        in[i] = mfn_of(pages[i]);
        out[i] = pfn_of(pages[i]);
        EXPECT(update_va(pages[i], 0), 0);
    }
    refusals(pages[0]);
    EXPECT(count(), had);
    for (int i = 0; i < 4; i++)
        EXPECT(machine_to_phys_mapping[in[i]], pfn_of(pages[i]));

    EXPECT(exchange(4, 0, 0), 0);
    EXPECT(count(), had);
    for (int i = 0; i < 4; i++) {
        EXPECT(machine_to_phys_mapping[out[i]], pfn_of(pages[i]));
        if (is_gone(in[i]))
            EXPECT_TRUE(map(TEST_VA, pte(in[i], PTE_RW)) < 0);
        ((unsigned long *)start_info->mfn_list)[pfn_of(pages[i])] = out[i];
        EXPECT(make_writable(pages[i]), 0);
        EXPECT(try_read(pages[i], &seen), 0);
        page_free(pages[i]);
    }
    EXPECT(map(TEST_VA, 0), 0);
}
