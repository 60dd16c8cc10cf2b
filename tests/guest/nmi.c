/* SPDX-License-Identifier: MIT */
/*
 * NMIs of a guest.
 *
 * A guest may name an entry point for them, on vCPU 0 only, and send itself one; it comes even with
 * events masked, and not a second time before the first has been left by iret. Without an entry
 * point none may be delivered (least of all at address 0), and a vCPU that does not exist has none.
 */
#include "harness.h"
#include <public/nmi.h>

extern char nmi_stub[];
static unsigned int nmis, nested;

static bool count_nmi(struct regs *r)
{
    static bool inside;

    if (r->vector != VECTOR_NMI)
        return false;
    nested += inside;
    inside = true;
    if (++nmis == 1) /* another while this one is being handled: it has to wait */
        HYPERCALL(vcpu_op, VCPUOP_send_nmi, 0, NULL);
    inside = false;
    return true;
}

TEST(nmi)
{
    struct xennmi_callback cb = { .handler_address = 0x0000800000000000 };

    EXPECT(HYPERCALL(nmi_op, 99, NULL), -XEN_ENOSYS);
    EXPECT(HYPERCALL(nmi_op, XENNMI_register_callback, HYPERVISOR_VIRT_END), -XEN_EFAULT);
    EXPECT(HYPERCALL(nmi_op, XENNMI_register_callback, &cb), -XEN_EINVAL);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_send_nmi, 99, NULL), -XEN_ENOENT);

    nmis = nested = 0;
    trap_hook = count_nmi;
    cb.handler_address = (unsigned long)nmi_stub;
    EXPECT(HYPERCALL(nmi_op, XENNMI_register_callback, &cb), 0);
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_send_nmi, 0, NULL), 0);
    EXPECT(HYPERCALL(xen_version, XENVER_pagesize, NULL), PAGE_SIZE);
    EXPECT(nmis, 2);
    EXPECT(nested, 0);
    EXPECT(HYPERCALL(nmi_op, XENNMI_unregister_callback, NULL), 0);
}
