/* SPDX-License-Identifier: MIT */
/* sysctl: controlling and inspecting the host; version 0x15, the parts that PV tools use. */
#ifndef XEN_PUBLIC_SYSCTL_H
#define XEN_PUBLIC_SYSCTL_H

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

/*
 * HYPERVISOR_sysctl(handle of struct xen_sysctl)
 *
 * Domain0 only (-EPERM). -EACCES: interface_version is another; -EFAULT; -EINVAL; -ENOSYS:
 * unknown or left out (No), with -EOPNOTSUPP where tools expect that.
 */
#define XEN_SYSCTL_INTERFACE_VERSION 0x00000015

/* readconsole: the hypervisor's messages, from a ring. */
struct xen_sysctl_readconsole {
    uint8_t  clear;                     /* IN: forget them */
    uint8_t  incremental;               /* IN: start at index */
    uint8_t  pad0, pad1;
    uint32_t index;                     /* IN; OUT: where to go on */
    XEN_GUEST_HANDLE_64(char) buffer;   /* OUT */
    uint32_t count;                     /* IN: room; OUT: bytes */
};

/* physinfo */
#define _XEN_SYSCTL_PHYSCAP_hvm      0
#define XEN_SYSCTL_PHYSCAP_hvm       (1U << _XEN_SYSCTL_PHYSCAP_hvm)
#define _XEN_SYSCTL_PHYSCAP_pv       1
#define XEN_SYSCTL_PHYSCAP_pv        (1U << _XEN_SYSCTL_PHYSCAP_pv)
#define _XEN_SYSCTL_PHYSCAP_directio 2
#define XEN_SYSCTL_PHYSCAP_directio  (1U << _XEN_SYSCTL_PHYSCAP_directio)
#define _XEN_SYSCTL_PHYSCAP_hap      3
#define XEN_SYSCTL_PHYSCAP_hap       (1U << _XEN_SYSCTL_PHYSCAP_hap)
#define _XEN_SYSCTL_PHYSCAP_shadow   4
#define XEN_SYSCTL_PHYSCAP_shadow    (1U << _XEN_SYSCTL_PHYSCAP_shadow)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share  (1U << _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share)
#define XEN_SYSCTL_PHYSCAP_vmtrace   (1U << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu      (1U << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1 (1U << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2 (1U << 9)
#define XEN_SYSCTL_PHYSCAP_MAX       XEN_SYSCTL_PHYSCAP_gnttab_v2
struct xen_sysctl_physinfo {            /* all OUT */
    uint32_t threads_per_core;
    uint32_t cores_per_socket;
    uint32_t nr_cpus;                   /* online */
    uint32_t max_cpu_id;                /* highest number */
    uint32_t nr_nodes;
    uint32_t max_node_id;
    uint32_t cpu_khz;                   /* of the TSC */
    uint32_t capabilities;              /* XEN_SYSCTL_PHYSCAP_* */
    uint32_t arch_capabilities;
    uint32_t pad;
    uint64_aligned_t total_pages;
    uint64_aligned_t free_pages;        /* scrub_pages and outstanding_pages among them */
    uint64_aligned_t scrub_pages;
    uint64_aligned_t outstanding_pages; /* claimed */
    uint64_aligned_t max_mfn;
    uint32_t hw_cap[8];                 /* CPUID feature words */
};

/* sched_id: which scheduler; the face it shows to tools, XEN_SCHEDULER_CREDIT. */
struct xen_sysctl_sched_id {
    uint32_t sched_id; /* OUT */
};

/* getdomaininfolist: existing domains from first_domain up, in order of their ids. */
struct xen_sysctl_getdomaininfolist {
    domid_t  first_domain;                                  /* IN */
    uint32_t max_domains;                                   /* IN: room */
    XEN_GUEST_HANDLE_64(xen_domctl_getdomaininfo_t) buffer; /* OUT */
    uint32_t num_domains;                                   /* OUT */
};

/* debug_keys: as if typed at the hypervisor's console. */
struct xen_sysctl_debug_keys {
    XEN_GUEST_HANDLE_64(const_char) keys;
    uint32_t nr_keys;
};

/* getcpuinfo: how long each CPU has been idle, in ns. */
struct xen_sysctl_cpuinfo {
    uint64_aligned_t idletime;
};
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpuinfo_t);
struct xen_sysctl_getcpuinfo {
    uint32_t max_cpus;                              /* IN: room */
    XEN_GUEST_HANDLE_64(xen_sysctl_cpuinfo_t) info; /* OUT */
    uint32_t nr_cpus;                               /* OUT */
};

/* availheap: free memory with addresses of so many bits. */
struct xen_sysctl_availheap {
    uint32_t min_bitwidth;        /* IN: 0: none */
    uint32_t max_bitwidth;        /* IN: 0: none */
    int32_t  node;                /* IN: -1: all */
    uint64_aligned_t avail_bytes; /* OUT */
};

/* cpu_hotplug: No. */
#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE      0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE     1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3
struct xen_sysctl_cpu_hotplug {
    uint32_t cpu;
    uint32_t op; /* XEN_SYSCTL_CPU_HOTPLUG_* */
};

/* cputopoinfo. A null handle asks for the number of CPUs. */
#define XEN_INVALID_CORE_ID   (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID   (~0U)
struct xen_sysctl_cputopo {
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cputopo_t);
struct xen_sysctl_cputopoinfo {
    uint32_t num_cpus;                                 /* IN room, OUT */
    XEN_GUEST_HANDLE_64(xen_sysctl_cputopo_t) cputopo; /* OUT */
};

/* numainfo. Null handles ask for the number of nodes. */
#define XEN_INVALID_MEM_SZ    (~0U)
#define XEN_INVALID_NODE_DIST (~0U)
struct xen_sysctl_meminfo {
    uint64_t memsize;
    uint64_t memfree;
};
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_meminfo_t);
struct xen_sysctl_numainfo {
    uint32_t num_nodes;                                /* IN room, OUT */
    XEN_GUEST_HANDLE_64(xen_sysctl_meminfo_t) meminfo; /* OUT */
    XEN_GUEST_HANDLE_64(uint32) distance;              /* OUT: num_nodes squared */
};

/* pcitopoinfo: the node of each PCI device asked for. */
#define XEN_INVALID_DEV (XEN_INVALID_NODE_ID - 1)
struct xen_sysctl_pcitopoinfo {
    uint32_t num_devs;                              /* IN; OUT: done */
    XEN_GUEST_HANDLE_64(physdev_pci_device_t) devs; /* IN */
    XEN_GUEST_HANDLE_64(uint32) nodes;              /* OUT, or XEN_INVALID_DEV */
};

/* cpupool_op: there is one pool, 0, with all CPUs. INFO and FREEINFO tell so; the rest is No. */
#define XEN_SYSCTL_CPUPOOL_OP_CREATE     1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY    2
#define XEN_SYSCTL_CPUPOOL_OP_INFO       3
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU     4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU      5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO   7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY       0xFFFFFFFF
struct xen_sysctl_cpupool_op {
    uint32_t op;                  /* IN: XEN_SYSCTL_CPUPOOL_OP_* */
    uint32_t cpupool_id;          /* IN: this or the next higher; OUT; -ENOENT: none */
    uint32_t sched_id;            /* OUT */
    uint32_t domid;               /* IN: MOVEDOMAIN */
    uint32_t cpu;                 /* IN: ADDCPU, RMCPU */
    uint32_t n_dom;               /* OUT */
    struct xenctl_bitmap cpumap;  /* OUT: CPUs of the pool, or in no pool (FREEINFO) */
};

/* scheduler_op: parameters of the scheduler as a whole. */
#define XEN_SYSCTL_SCHED_RATELIMIT_MAX   500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN      100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX       1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN          1
#define XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US (100 * 1000)
struct xen_sysctl_credit_schedule {
    uint32_t tslice_ms;          /* context-switch allowance, rounded up to ms */
    uint32_t ratelimit_us;
    uint32_t vcpu_migr_delay_us;
};
struct xen_sysctl_credit2_schedule {
    uint32_t ratelimit_us;
};
/* XEN_SCHEDULER_BVT: how far a vCPU may run ahead in virtual time before another is chosen. */
struct xen_sysctl_bvt_schedule {
    uint32_t ctx_allow_us;       /* 100 .. 1000000 */
};
#define XEN_SYSCTL_SCHEDOP_putinfo 0
#define XEN_SYSCTL_SCHEDOP_getinfo 1
struct xen_sysctl_scheduler_op {
    uint32_t cpupool_id; /* IN: 0 */
    uint32_t sched_id;   /* IN: XEN_SCHEDULER_* */
    uint32_t cmd;        /* IN: XEN_SYSCTL_SCHEDOP_* */
    union {              /* IN or OUT */
        struct xen_sysctl_sched_arinc653 {
            XEN_GUEST_HANDLE_64(void) schedule;
        } sched_arinc653; /* No */
        struct xen_sysctl_credit_schedule  sched_credit;
        struct xen_sysctl_credit2_schedule sched_credit2;
        struct xen_sysctl_bvt_schedule     sched_bvt;
    } u;
};

/* get_cpu_levelling_caps: what of CPUID can be hidden from domains. */
#define XEN_SYSCTL_CPU_LEVELCAP_faulting    (1UL << 0)
#define XEN_SYSCTL_CPU_LEVELCAP_ecx         (1UL << 1)
#define XEN_SYSCTL_CPU_LEVELCAP_edx         (1UL << 2)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_ecx    (1UL << 3)
#define XEN_SYSCTL_CPU_LEVELCAP_extd_edx    (1UL << 4)
#define XEN_SYSCTL_CPU_LEVELCAP_xsave_eax   (1UL << 5)
#define XEN_SYSCTL_CPU_LEVELCAP_thermal_ecx (1UL << 6)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_eax    (1UL << 7)
#define XEN_SYSCTL_CPU_LEVELCAP_l7s0_ebx    (1UL << 8)
struct xen_sysctl_cpu_levelling_caps {
    uint32_t caps; /* OUT */
};

/* get_cpu_featureset: feature words. A null handle asks how many. -ENOBUFS: more than the room. */
#define XEN_SYSCTL_cpu_featureset_raw     0
#define XEN_SYSCTL_cpu_featureset_host    1
#define XEN_SYSCTL_cpu_featureset_pv      2
#define XEN_SYSCTL_cpu_featureset_hvm     3
#define XEN_SYSCTL_cpu_featureset_pv_max  4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5
struct xen_sysctl_cpu_featureset {
    uint32_t index;                       /* IN: which */
    uint32_t nr_features;                 /* IN room; OUT words */
    XEN_GUEST_HANDLE_64(uint32) features; /* OUT */
};

/* get_cpu_policy: the same as leaves and MSRs. Null handles ask how many. */
#define XEN_SYSCTL_cpu_policy_raw         0
#define XEN_SYSCTL_cpu_policy_host        1
#define XEN_SYSCTL_cpu_policy_pv_max      2
#define XEN_SYSCTL_cpu_policy_hvm_max     3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5
struct xen_sysctl_cpu_policy {
    uint32_t index;     /* IN: which */
    uint32_t nr_leaves; /* IN room; OUT */
    uint32_t nr_msrs;   /* IN room; OUT */
    uint32_t _rsvd;     /* 0 */
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
};
typedef struct xen_sysctl_cpu_policy xen_sysctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpu_policy_t);

#define XEN_SYSCTL_readconsole            1
#define XEN_SYSCTL_tbuf_op                2 /* No */
#define XEN_SYSCTL_physinfo               3
#define XEN_SYSCTL_sched_id               4
#define XEN_SYSCTL_perfc_op               5 /* No */
#define XEN_SYSCTL_getdomaininfolist      6
#define XEN_SYSCTL_debug_keys             7
#define XEN_SYSCTL_getcpuinfo             8
#define XEN_SYSCTL_availheap              9
#define XEN_SYSCTL_get_pmstat            10 /* No */
#define XEN_SYSCTL_cpu_hotplug           11 /* No */
#define XEN_SYSCTL_pm_op                 12 /* No */
#define XEN_SYSCTL_page_offline_op       14 /* No */
#define XEN_SYSCTL_lockprof_op           15 /* No */
#define XEN_SYSCTL_cputopoinfo           16
#define XEN_SYSCTL_numainfo              17
#define XEN_SYSCTL_cpupool_op            18
#define XEN_SYSCTL_scheduler_op          19
#define XEN_SYSCTL_coverage_op           20 /* No */
#define XEN_SYSCTL_psr_cmt_op            21 /* No */
#define XEN_SYSCTL_pcitopoinfo           22
#define XEN_SYSCTL_psr_alloc             23 /* No */
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset    26
#define XEN_SYSCTL_livepatch_op          27 /* No */
#define XEN_SYSCTL_get_cpu_policy        29

struct xen_sysctl {
    uint32_t cmd;               /* XEN_SYSCTL_* */
    uint32_t interface_version; /* XEN_SYSCTL_INTERFACE_VERSION */
    union {
        struct xen_sysctl_readconsole        readconsole;
        struct xen_sysctl_physinfo           physinfo;
        struct xen_sysctl_cputopoinfo        cputopoinfo;
        struct xen_sysctl_pcitopoinfo        pcitopoinfo;
        struct xen_sysctl_numainfo           numainfo;
        struct xen_sysctl_sched_id           sched_id;
        struct xen_sysctl_getdomaininfolist  getdomaininfolist;
        struct xen_sysctl_debug_keys         debug_keys;
        struct xen_sysctl_getcpuinfo         getcpuinfo;
        struct xen_sysctl_availheap          availheap;
        struct xen_sysctl_cpu_hotplug        cpu_hotplug;
        struct xen_sysctl_cpupool_op         cpupool_op;
        struct xen_sysctl_scheduler_op       scheduler_op;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset     cpu_featureset;
        struct xen_sysctl_cpu_policy         cpu_policy;
        uint8_t pad[128];
    } u;
};
typedef struct xen_sysctl xen_sysctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_t);

#endif /* XEN_PUBLIC_SYSCTL_H */
