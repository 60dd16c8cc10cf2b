/* SPDX-License-Identifier: MIT */
/*
 * Pointers given to hypercalls.
 *
 * The hypervisor can write anywhere; a hypercall that believes a pointer is a write primitive. For
 * calls that read and calls that write, pointers to the hypervisor's memory, to its edge, to
 * addresses that are not canonical or not mapped, and (for writing) to read-only memory must give
 * -EFAULT, with nothing written.
 */
#include "harness.h"

static char readonly_page[PAGE_SIZE] __attribute__((aligned(4096)));

struct bad_pointer {
    const char *what;
    unsigned long at;
};

static const struct bad_pointer bad[] = {
    { "null", 0 },
    { "unmapped", TEST_VA + 0x3000 },
    { "top of the lower half", 0x00007ffffffffff8 },
    { "first not canonical", 0x0000800000000000 },
    { "last not canonical", 0xffff7ffffffffff8 },
    { "the edge of the hypervisor", HYPERVISOR_VIRT_START - 4 },
    { "past the m2p", MACH2PHYS_VIRT_END },
    { "the hypervisor's middle", 0xffff82d080200000 },
    { "the hypervisor's direct map", 0xffff830000100000 },
    { "end of the hypervisor", HYPERVISOR_VIRT_END - 8 },
    { "the end of all", 0xfffffffffffffff8 },
};

TEST(pointers)
{
    struct sched_poll poll = { .nr_ports = 1 };
    struct mmu_update update = { .ptr = MMU_MACHPHYS_UPDATE };
    unsigned long before, word = (unsigned long)HYPERVISOR_VIRT_START;

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned long p = bad[i].at;
        long results[] = {
            HYPERCALL(xen_version, XENVER_extraversion, p),              /* writes */
            HYPERCALL(memory_op, XENMEM_machphys_mapping, p),            /* writes */
            HYPERCALL(mmu_update, p, 1, NULL, DOMID_SELF),               /* reads */
            HYPERCALL(mmuext_op, p, 1, NULL, DOMID_SELF),                /* reads */
            HYPERCALL(event_channel_op, EVTCHNOP_status, p),             /* both */
            HYPERCALL(vcpu_op, VCPUOP_get_runstate_info, 0, p),          /* writes */
            HYPERCALL(sched_op, SCHEDOP_shutdown_code, p),               /* reads */
            HYPERCALL(grant_table_op, GNTTABOP_query_size, p, 1),        /* both */
            HYPERCALL(multicall, p, 1),                                  /* both */
            i ? HYPERCALL(set_trap_table, p) : -XEN_EFAULT,              /* null clears */
        };

        for (unsigned int k = 0; k < sizeof(results) / sizeof(results[0]); k++)
            if (results[k] != -XEN_EFAULT)
                fail("call %u with a pointer to %s: %ld", k, bad[i].what, results[k]);
        poll.ports.p = (void *)p;
        EXPECT(HYPERCALL(sched_op, SCHEDOP_poll, &poll), -XEN_EFAULT);
    }

    /* To the m2p: mapped, but not to be written through a call. */
    before = machine_to_phys_mapping[0];
    EXPECT(HYPERCALL(xen_version, XENVER_extraversion, word), -XEN_EFAULT);
    EXPECT(machine_to_phys_mapping[0], before);
    /* To read-only memory of our own. */
    EXPECT(make_readonly(readonly_page), 0);
    EXPECT(HYPERCALL(xen_version, XENVER_extraversion, readonly_page), -XEN_EFAULT);
    EXPECT(make_writable(readonly_page), 0);
    /* A structure whose second half is missing. */
    EXPECT(map(TEST_VA, pte(mfn_of(readonly_page), PTE_RW)), 0);
    memcpy((char *)TEST_VA + PAGE_SIZE - 8, &update, 8);
    EXPECT(HYPERCALL(mmu_update, TEST_VA + PAGE_SIZE - 8, 1, NULL, DOMID_SELF), -XEN_EFAULT);
    EXPECT(map(TEST_VA, 0), 0);
}
