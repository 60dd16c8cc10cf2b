/* SPDX-License-Identifier: MIT */
/*
 * mca: what Domain0 is told about machine checks. Xen stops on one, so there is nothing to fetch;
 * the call answers what Linux asks before it leaves the subject alone.
 */
#ifndef XEN_PUBLIC_ARCH_X86_MCA_H
#define XEN_PUBLIC_ARCH_X86_MCA_H

#include "../xen.h"

#define __HYPERVISOR_mca __HYPERVISOR_arch_0

#define XEN_MCA_INTERFACE_VERSION 0x01ecc003

#define XEN_MC_physcpuinfo 3
struct xen_mc_physcpuinfo {
    uint32_t ncpus; /* OUT: CPUs that are described: none */
    uint32_t _pad0;
    XEN_GUEST_HANDLE(void) info;
};
typedef struct xen_mc_physcpuinfo xen_mc_physcpuinfo_t;

/* HYPERVISOR_mca(struct xen_mc *). -EPERM not Domain0; -EACCES interface version; -ENOSYS cmd. */
struct xen_mc {
    uint32_t cmd; /* XEN_MC_* */
    uint32_t interface_version;
    union {
        struct xen_mc_physcpuinfo mc_physcpuinfo;
        uint8_t pad[144];
    } u;
};
typedef struct xen_mc xen_mc_t;
DEFINE_XEN_GUEST_HANDLE(xen_mc_t);

#endif /* XEN_PUBLIC_ARCH_X86_MCA_H */
