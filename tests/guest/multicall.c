/* SPDX-License-Identifier: MIT */
/*
 * Many calls in one.
 *
 * Each entry is a call in its own right: its own result, its own refusal, in order, the rest done
 * whatever one says. A multicall in a multicall would let a guest nest without bound, and is
 * refused; an entry with a number from nowhere says -ENOSYS.
 */
#include "harness.h"

static void call(struct multicall_entry *e, unsigned long op, unsigned long a, unsigned long b)
{
    memset(e, 0, sizeof(*e));
    e->op = op;
    e->args[0] = a;
    e->args[1] = b;
    e->result = 0x5555;
}

TEST(multicall)
{
    static struct multicall_entry list[512], inner[1];

    call(&list[0], __HYPERVISOR_xen_version, XENVER_version, 0);
    call(&list[1], 63, 0, 0);
    call(&list[2], __HYPERVISOR_multicall, (unsigned long)inner, 1);
    call(&list[3], __HYPERVISOR_set_debugreg, 0, 0x1000);
    call(&list[4], __HYPERVISOR_get_debugreg, 0, 0);
    call(&list[5], 0x100000001, 0, 0);
    call(&list[6], __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    call(&inner[0], __HYPERVISOR_xen_version, XENVER_version, 0);
    EXPECT(HYPERCALL(multicall, list, 7), 0);
    EXPECT(list[0].result, 4 << 16 | 17);
    EXPECT((long)list[1].result, -XEN_ENOSYS);
    EXPECT((long)list[2].result, -XEN_EINVAL);
    EXPECT(inner[0].result, 0x5555);
    EXPECT(list[3].result, 0);
    EXPECT(list[4].result, 0x1000);
    EXPECT((long)list[5].result, -XEN_ENOSYS);
    EXPECT(list[6].result, PAGE_SIZE);
    HYPERCALL(set_debugreg, 0, 0);

    EXPECT(HYPERCALL(multicall, list, 0), 0);
    for (int i = 0; i < 512; i++)
        call(&list[i], __HYPERVISOR_xen_version, XENVER_pagesize, 0);
    EXPECT(HYPERCALL(multicall, list, 512), 0);
    for (int i = 0; i < 512; i++)
        if (list[i].result != PAGE_SIZE) {
            fail("entry %d of 512: %#lx", i, list[i].result);
            break;
        }
}
