/* SPDX-License-Identifier: MIT */
/*
 * Calls for those who may control others.
 *
 * Domain0 must name the right version, a domain that exists, and something sensible; any other
 * domain must be told -EPERM whatever it asks. Nothing here changes anything.
 */
#define __XEN_TOOLS__
#include "harness.h"
#include <public/domctl.h>
#include <public/sysctl.h>
#include <public/platform.h>

static struct xen_domctl domctl;
static struct xen_sysctl sysctl;
static struct xen_platform_op platform;

static long do_domctl(uint32_t cmd, domid_t domain)
{
    domctl.cmd = cmd;
    domctl.domain = domain;
    return HYPERCALL(domctl, &domctl);
}

static void privileged(void)
{
    domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION + 1;
    EXPECT(do_domctl(XEN_DOMCTL_getdomaininfo, 0), -XEN_EACCES);
    domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    EXPECT(do_domctl(XEN_DOMCTL_getdomaininfo, 0), 0);
    EXPECT(domctl.u.getdomaininfo.domain, 0);
    EXPECT_TRUE(domctl.u.getdomaininfo.flags & XEN_DOMINF_running);
    EXPECT_TRUE(domctl.u.getdomaininfo.tot_pages > 1000);
    EXPECT(do_domctl(XEN_DOMCTL_getdomaininfo, 1), -XEN_ESRCH);
    EXPECT(do_domctl(XEN_DOMCTL_pausedomain, 1234), -XEN_ESRCH);
    EXPECT_TRUE(do_domctl(XEN_DOMCTL_destroydomain, 0) < 0); /* oneself */
    EXPECT_TRUE(do_domctl(XEN_DOMCTL_pausedomain, 0) < 0);
    EXPECT_TRUE(do_domctl(9999, 0) < 0);
    EXPECT(HYPERCALL(domctl, HYPERVISOR_VIRT_START), -XEN_EFAULT);

    sysctl.cmd = XEN_SYSCTL_physinfo;
    sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION - 1;
    EXPECT(HYPERCALL(sysctl, &sysctl), -XEN_EACCES);
    sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    EXPECT(HYPERCALL(sysctl, &sysctl), 0);
    EXPECT_TRUE(sysctl.u.physinfo.nr_cpus >= 1);
    EXPECT_TRUE(sysctl.u.physinfo.total_pages > sysctl.u.physinfo.free_pages);
    EXPECT_TRUE(sysctl.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv);
    sysctl.cmd = 9999;
    EXPECT_TRUE(HYPERCALL(sysctl, &sysctl) < 0);

    platform.cmd = XENPF_settime64;
    platform.interface_version = 1;
    EXPECT(HYPERCALL(platform_op, &platform), -XEN_EACCES);
    platform.interface_version = XENPF_INTERFACE_VERSION;
    platform.u.settime64.mbz = 1;
    EXPECT(HYPERCALL(platform_op, &platform), -XEN_EINVAL);
    platform.cmd = XENPF_get_cpuinfo;
    platform.u.pcpu_info.xen_cpuid = ~0u;
    EXPECT(HYPERCALL(platform_op, &platform), 0);
    EXPECT(platform.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    platform.cmd = 9999;
    EXPECT_TRUE(HYPERCALL(platform_op, &platform) < 0);
}

static void unprivileged(void)
{
    domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    platform.interface_version = XENPF_INTERFACE_VERSION;
    for (uint32_t cmd = 1; cmd < 90; cmd++) {
        sysctl.cmd = platform.cmd = cmd;
        if (do_domctl(cmd, 0) >= 0)
            fail("domctl %u was carried out", cmd);
        if (HYPERCALL(sysctl, &sysctl) >= 0)
            fail("sysctl %u was carried out", cmd);
        if (HYPERCALL(platform_op, &platform) >= 0)
            fail("platform_op %u was carried out", cmd);
    }
}

TEST(control_calls)
{
    if (in_domain0)
        privileged();
    else
        unprivileged();
}
