/* SPDX-License-Identifier: MIT */
/*
 * A guest that makes the hypervisor complain, as fast as it can.
 *
 * Each line on a serial port takes milliseconds, with interrupts off: thousands of refused requests
 * would stop everybody else. So refusals are either not logged or soon no longer; the calls must
 * stay fast, and Domain0, which can read the log, must find it hardly longer than before.
 */
#define __XEN_TOOLS__
#include "harness.h"
#include <public/sysctl.h>

#define REFUSALS 5000

/* Where the hypervisor's log ends. */
static uint32_t log_end(void)
{
    static struct xen_sysctl op;
    static char text[4096];

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_SYSCTL_readconsole;
    op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    op.u.readconsole.incremental = 1;
    do {
        set_xen_guest_handle(op.u.readconsole.buffer, text);
        op.u.readconsole.count = sizeof(text);
        EXPECT(HYPERCALL(sysctl, &op), 0);
    } while (op.u.readconsole.count == sizeof(text));
    return op.u.readconsole.index;
}

static void offend(unsigned int i)
{
    uint64_t at = entry_maddr(root_mfn(), TEST_VA, 1);

    switch (i % 5) {
    case 0: mmu_update(at, pte(root_mfn(), PTE_RW)); break;
    case 1: mmuext(MMUEXT_PIN_L4_TABLE, 0x101, 0); break;
    case 2: mmu_update(at + 4, 0); break;
    case 3: HYPERCALL(update_descriptor, maddr_of(start_info), ~0UL); break;
    case 4: HYPERCALL(set_debugreg, 0, HYPERVISOR_VIRT_START); break;
    }
}

TEST(log_flood)
{
    uint32_t before = 0;
    uint64_t start;

    EXPECT(map(TEST_VA, 0), 0);
    if (in_domain0)
        before = log_end();
    start = system_time();
    for (unsigned int i = 0; i < REFUSALS; i++)
        offend(i);
    EXPECT_TRUE(system_time() - start < REFUSALS * 1000000UL); /* a millisecond each is too much */
    if (in_domain0)
        EXPECT_TRUE(log_end() - before < 8192);
}
