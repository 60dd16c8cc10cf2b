/* SPDX-License-Identifier: MIT */
/*
 * Entry points that are not addresses.
 *
 * The hypervisor enters the guest at addresses the guest has given. One that is not canonical would
 * fault on the way out, in ring 0; so it is refused when it is given, by every call that takes one.
 */
#include "harness.h"

static const unsigned long bad[] = { 0x0000800000000000, 0xffff7fffffffffff, 1UL << 63 };

TEST(callbacks)
{
    static const uint16_t types[] = {
        CALLBACKTYPE_event, CALLBACKTYPE_failsafe, CALLBACKTYPE_syscall,
        CALLBACKTYPE_sysenter, CALLBACKTYPE_syscall32, CALLBACKTYPE_nmi,
    };
    struct callback_register reg = { .type = 99, .address = (unsigned long)hypercall_page };
    struct callback_unregister un = { .type = CALLBACKTYPE_event };
    struct trap_info trap[2] = { { .vector = 0x90, .cs = FLAT_KERNEL_CS } };

    EXPECT_TRUE(HYPERCALL(callback_op, CALLBACKOP_register, &reg) < 0);
    EXPECT_TRUE(HYPERCALL(callback_op, CALLBACKOP_unregister, &un) < 0);
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (unsigned int t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
            reg.type = types[t];
            reg.address = bad[i];
            if (HYPERCALL(callback_op, CALLBACKOP_register, &reg) == 0)
                fail("callback %u at %#lx was taken", types[t], bad[i]);
        }
        trap[0].address = bad[i];
        EXPECT(HYPERCALL(set_trap_table, trap), -XEN_EINVAL);
    }
    EXPECT(HYPERCALL(xen_version, XENVER_pagesize, NULL), PAGE_SIZE);
}
