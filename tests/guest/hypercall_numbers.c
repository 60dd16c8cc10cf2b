/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls that do not exist.
 *
 * The number indexes a table. Every one that has no row, up to the largest a register can hold,
 * must give -ENOSYS and nothing else; so must unknown sub-functions. What Xenolith leaves out of
 * Xen's interface looks the same to a guest, which then does without.
 */
#include "harness.h"

static void expect_none(unsigned long nr)
{
    long result = hypercall_raw(nr, 0, 0, 0);

    if (result != -XEN_ENOSYS)
        fail("hypercall %#lx: %ld", nr, result);
}

TEST(hypercall_numbers)
{
    static const unsigned char left_out[] = {
        __HYPERVISOR_xenoprof_op, __HYPERVISOR_kexec_op, __HYPERVISOR_tmem_op,
        __HYPERVISOR_argo_op, __HYPERVISOR_xenpmu_op, __HYPERVISOR_hypfs_op, __HYPERVISOR_xsm_op,
    };

    expect_none(11);
    for (unsigned long nr = 43; nr < 48; nr++)
        expect_none(nr);
    for (unsigned long nr = on_xenolith ? 49 : 50; nr < 1024; nr++)
        expect_none(nr);
    for (int bit = 10; bit < 32; bit++)
        expect_none(1UL << bit);
    expect_none(0x7fffffff);
    expect_none(0xffffffff);
    if (on_xenolith)
        for (unsigned int i = 0; i < sizeof(left_out); i++)
            expect_none(left_out[i]);

    EXPECT(HYPERCALL(sched_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(event_channel_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(vcpu_op, 99, 0, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(callback_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(physdev_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(memory_op, 63, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(nmi_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(mmuext(99, 0, 0), -XEN_ENOSYS);
    EXPECT(mmuext(14, 0, 0), -XEN_ENOSYS);
}
