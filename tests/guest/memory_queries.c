/* SPDX-License-Identifier: MIT */
/*
 * Questions about memory.
 *
 * How much there is, how much one has and may have, where the m2p lies, what the firmware said. A
 * guest gets answers about itself and none about others or the machine; Domain0 about all that
 * exist. Calls for domains with translated memory are refused, not half done.
 */
#include "harness.h"

static long about(unsigned int cmd, domid_t who)
{
    struct xen_memory_domain d = { .domid = who };

    return HYPERCALL(memory_op, cmd, &d);
}

static void maps(void)
{
    static struct {
        uint64_t start, size;
        uint32_t type;
    } __attribute__((packed)) entries[128];
    struct xen_memory_map m = { .nr_entries = 128 };
    struct xen_foreign_memory_map mine = { .domid = DOMID_SELF, .map.nr_entries = 1 };

    set_xen_guest_handle(m.buffer, entries);
    if (!in_domain0) {
        EXPECT(HYPERCALL(memory_op, XENMEM_machine_memory_map, &m), -XEN_EPERM);
        return;
    }
    EXPECT(HYPERCALL(memory_op, XENMEM_machine_memory_map, &m), 0);
    EXPECT_TRUE(m.nr_entries > 1 && m.nr_entries <= 128);
    EXPECT_TRUE(entries[0].size > 0);
    m.nr_entries = 1; /* room for one */
    EXPECT(HYPERCALL(memory_op, XENMEM_machine_memory_map, &m), -XEN_EINVAL);
    set_xen_guest_handle(mine.map.buffer, entries);
    mine.map.nr_entries = 0x10000;
    EXPECT(HYPERCALL(memory_op, XENMEM_set_memory_map, &mine), -XEN_EINVAL);
    mine.domid = 1234;
    mine.map.nr_entries = 1;
    EXPECT(HYPERCALL(memory_op, XENMEM_set_memory_map, &mine), -XEN_ESRCH);
}

static void resources(void)
{
    xen_pfn_t frame = 0;
    struct xen_mem_acquire_resource r = { .domid = 1234, .type = XENMEM_resource_grant_table,
                                          .nr_frames = 1 };

    set_xen_guest_handle(r.frame_list, &frame);
    EXPECT(HYPERCALL(memory_op, XENMEM_acquire_resource, &r), in_domain0 ? -XEN_ESRCH : -XEN_EPERM);
    EXPECT(frame, 0);
}

TEST(memory_queries)
{
    static const unsigned int cmds[] = {
        XENMEM_current_reservation, XENMEM_maximum_reservation, XENMEM_maximum_gpfn
    };
    static const unsigned int refused[] = {
        XENMEM_add_to_physmap, XENMEM_add_to_physmap_batch, XENMEM_remove_from_physmap,
    };
    struct xen_machphys_mapping m2p = { 0 };
    static char zeroes[256];
    long frames = HYPERCALL(memory_op, XENMEM_maximum_ram_page, NULL);

    EXPECT_TRUE(frames > (long)start_info->nr_pages);
    EXPECT(about(XENMEM_current_reservation, DOMID_SELF), start_info->nr_pages);
    EXPECT_TRUE(about(XENMEM_maximum_reservation, DOMID_SELF) >= (long)start_info->nr_pages);
    EXPECT_TRUE(about(XENMEM_maximum_gpfn, DOMID_SELF) >= 0);
    for (unsigned int i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        EXPECT_TRUE(about(cmds[i], 1234) < 0);
        EXPECT_TRUE(about(cmds[i], DOMID_IO) < 0);
        EXPECT_TRUE(about(cmds[i], DOMID_INVALID) < 0);
        EXPECT(HYPERCALL(memory_op, cmds[i], HYPERVISOR_VIRT_END), -XEN_EFAULT);
        if (!in_domain0)
            EXPECT_TRUE(about(cmds[i], 0) < 0);
    }
    EXPECT(HYPERCALL(memory_op, XENMEM_machphys_mapping, &m2p), 0);
    EXPECT(m2p.v_start, MACH2PHYS_VIRT_START);
    EXPECT(m2p.v_end, MACH2PHYS_VIRT_END);
    EXPECT_TRUE((long)m2p.max_mfn >= frames - 1);
    for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        EXPECT_TRUE(HYPERCALL(memory_op, refused[i], zeroes) < 0);
    maps();
    resources();
}
