/* SPDX-License-Identifier: MIT */
/* domctl: one domain controlling another; version 0x15, the parts that PV tools use. */
#ifndef XEN_PUBLIC_DOMCTL_H
#define XEN_PUBLIC_DOMCTL_H

#include "xen.h"
#include "event_channel.h"
#include "grant_table.h"
#include "memory.h"

/*
 * HYPERVISOR_domctl(handle of struct xen_domctl)
 *
 * Domain0 only (-EPERM). The whole structure is copied in and, where there is an OUT field, back.
 * Common errors: -EACCES interface_version is another; -EFAULT; -ESRCH no such domain; -EINVAL
 * bad field, or the domain is the caller where that makes no sense; -ENOSYS unknown or left out.
 */
#define XEN_DOMCTL_INTERFACE_VERSION 0x00000015

/*
 * createdomain. IN xen_domctl.domain: the id wanted, or 0 or a reserved id for any; OUT: the id.
 * The new domain is paused, with no memory and vCPUs that have no state. -EEXIST: id in use.
 * A negative max_grant_frames or max_maptrack_frames asks for the default.
 */
#define _XEN_DOMCTL_CDF_hvm          0
#define XEN_DOMCTL_CDF_hvm           (1U << _XEN_DOMCTL_CDF_hvm)          /* No */
#define _XEN_DOMCTL_CDF_hap          1
#define XEN_DOMCTL_CDF_hap           (1U << _XEN_DOMCTL_CDF_hap)          /* No */
#define _XEN_DOMCTL_CDF_s3_integrity 2
#define XEN_DOMCTL_CDF_s3_integrity  (1U << _XEN_DOMCTL_CDF_s3_integrity) /* ignored */
#define _XEN_DOMCTL_CDF_oos_off      3
#define XEN_DOMCTL_CDF_oos_off       (1U << _XEN_DOMCTL_CDF_oos_off)      /* ignored */
#define _XEN_DOMCTL_CDF_xs_domain    4
#define XEN_DOMCTL_CDF_xs_domain     (1U << _XEN_DOMCTL_CDF_xs_domain)    /* runs xenstored */
#define _XEN_DOMCTL_CDF_iommu        5
#define XEN_DOMCTL_CDF_iommu         (1U << _XEN_DOMCTL_CDF_iommu)        /* No */
#define _XEN_DOMCTL_CDF_nested_virt  6
#define XEN_DOMCTL_CDF_nested_virt   (1U << _XEN_DOMCTL_CDF_nested_virt)  /* No */
#define XEN_DOMCTL_CDF_vpmu          (1U << 7)                            /* No */
#define XEN_DOMCTL_CDF_MAX           XEN_DOMCTL_CDF_vpmu

#define _XEN_DOMCTL_IOMMU_no_sharept 0
#define XEN_DOMCTL_IOMMU_no_sharept  (1U << _XEN_DOMCTL_IOMMU_no_sharept)
#define XEN_DOMCTL_IOMMU_MAX         XEN_DOMCTL_IOMMU_no_sharept

#define XEN_DOMCTL_GRANT_version_mask 0xf
#define XEN_DOMCTL_GRANT_version(v)   ((v) & XEN_DOMCTL_GRANT_version_mask)

struct xen_domctl_createdomain {
    uint32_t ssidref;              /* 0 */
    xen_domain_handle_t handle;    /* UUID, kept for the tools */
    uint32_t flags;                /* XEN_DOMCTL_CDF_* */
    uint32_t iommu_opts;           /* XEN_DOMCTL_IOMMU_*; 0 */
    uint32_t max_vcpus;            /* at least 1 */
    uint32_t max_evtchn_port;      /* highest port the domain may have */
    int32_t  max_grant_frames;
    int32_t  max_maptrack_frames;
    uint32_t grant_opts;           /* XEN_DOMCTL_GRANT_version(highest version allowed) */
    uint32_t vmtrace_size;         /* 0 */
    uint32_t cpupool_id;           /* 0 */
    struct xen_arch_domainconfig arch;
};

/*
 * getdomaininfo: the first existing domain with an id not below xen_domctl.domain (OUT: its id).
 * -ESRCH: none. Also what XEN_SYSCTL_getdomaininfolist lists.
 */
#define _XEN_DOMINF_dying     0
#define XEN_DOMINF_dying      (1U << _XEN_DOMINF_dying)     /* being destroyed */
#define _XEN_DOMINF_hvm_guest 1
#define XEN_DOMINF_hvm_guest  (1U << _XEN_DOMINF_hvm_guest)
#define _XEN_DOMINF_shutdown  2
#define XEN_DOMINF_shutdown   (1U << _XEN_DOMINF_shutdown)  /* stopped; the reason is in flags */
#define _XEN_DOMINF_paused    3
#define XEN_DOMINF_paused     (1U << _XEN_DOMINF_paused)    /* by a tool */
#define _XEN_DOMINF_blocked   4
#define XEN_DOMINF_blocked    (1U << _XEN_DOMINF_blocked)   /* every vCPU waits */
#define _XEN_DOMINF_running   5
#define XEN_DOMINF_running    (1U << _XEN_DOMINF_running)   /* some vCPU is on a CPU */
#define _XEN_DOMINF_debugged  6
#define XEN_DOMINF_debugged   (1U << _XEN_DOMINF_debugged)
#define _XEN_DOMINF_xs_domain 7
#define XEN_DOMINF_xs_domain  (1U << _XEN_DOMINF_xs_domain)
#define _XEN_DOMINF_hap       8
#define XEN_DOMINF_hap        (1U << _XEN_DOMINF_hap)
#define XEN_DOMINF_shutdownmask  255
#define XEN_DOMINF_shutdownshift 16                         /* SHUTDOWN_* */
#define XEN_INVALID_MAX_VCPU_ID  (~0U)                      /* the domain has no vCPU */
struct xen_domctl_getdomaininfo {                           /* all OUT */
    domid_t  domain;
    uint16_t pad1;
    uint32_t flags;                     /* XEN_DOMINF_* */
    uint64_aligned_t tot_pages;
    uint64_aligned_t max_pages;
    uint64_aligned_t outstanding_pages; /* claimed and not allocated */
    uint64_aligned_t shr_pages;         /* 0 */
    uint64_aligned_t paged_pages;       /* 0 */
    uint64_aligned_t shared_info_frame; /* mfn */
    uint64_aligned_t cpu_time;          /* ns, all vCPUs */
    uint32_t nr_online_vcpus;
    uint32_t max_vcpu_id;               /* or XEN_INVALID_MAX_VCPU_ID */
    uint32_t ssidref;
    xen_domain_handle_t handle;
    uint32_t cpupool;
    uint8_t  gpaddr_bits;               /* width of a guest's physical addresses */
    uint8_t  pad2[7];
    struct xen_arch_domainconfig arch_config;
};
typedef struct xen_domctl_getdomaininfo xen_domctl_getdomaininfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_getdomaininfo_t);

/* getpageframeinfo3: IN array: mfns; OUT: each or'ed or replaced by what the frame is. */
#define XEN_DOMCTL_PFINFO_LTAB_SHIFT    28
#define XEN_DOMCTL_PFINFO_NOTAB         (0x0U << 28)
#define XEN_DOMCTL_PFINFO_L1TAB         (0x1U << 28)
#define XEN_DOMCTL_PFINFO_L2TAB         (0x2U << 28)
#define XEN_DOMCTL_PFINFO_L3TAB         (0x3U << 28)
#define XEN_DOMCTL_PFINFO_L4TAB         (0x4U << 28)
#define XEN_DOMCTL_PFINFO_LTABTYPE_MASK (0x7U << 28)
#define XEN_DOMCTL_PFINFO_LPINTAB       (0x1U << 31) /* pinned */
#define XEN_DOMCTL_PFINFO_XTAB          (0xfU << 28) /* not the domain's frame */
#define XEN_DOMCTL_PFINFO_XALLOC        (0xeU << 28) /* allocate, but no content (tools only) */
#define XEN_DOMCTL_PFINFO_BROKEN        (0xdU << 28)
#define XEN_DOMCTL_PFINFO_LTAB_MASK     (0xfU << 28)
struct xen_domctl_getpageframeinfo3 {
    uint64_aligned_t num;                   /* IN: at most 1024 */
    XEN_GUEST_HANDLE_64(xen_pfn_t) array;   /* IN, OUT */
};

/* shadow_op: logging which frames a domain dirties, for live migration. */
#define XEN_DOMCTL_SHADOW_OP_OFF              0
#define XEN_DOMCTL_SHADOW_OP_ENABLE_TEST      1 /* No */
#define XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY  2
#define XEN_DOMCTL_SHADOW_OP_CLEAN           11 /* OUT the bitmap and start a new one */
#define XEN_DOMCTL_SHADOW_OP_PEEK            12 /* OUT the bitmap */
#define XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION  30 /* No */
#define XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION  31 /* No */
#define XEN_DOMCTL_SHADOW_OP_ENABLE          32 /* No */
#define XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT   (1 << 1)
#define XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY  (1 << 2)
#define XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE  (1 << 3)
#define XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL   (1 << 4)
#define XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL    (1 << 0) /* mode of CLEAN: the last one */
struct xen_domctl_shadow_op_stats {
    uint32_t fault_count;
    uint32_t dirty_count;
};
struct xen_domctl_shadow_op {
    uint32_t op;                                /* IN: XEN_DOMCTL_SHADOW_OP_* */
    uint32_t mode;                              /* IN */
    uint32_t mb;
    XEN_GUEST_HANDLE_64(uint8) dirty_bitmap;    /* OUT: by pfn */
    uint64_aligned_t pages;                     /* IN: bits of room; OUT: bits written */
    struct xen_domctl_shadow_op_stats stats;    /* OUT */
};

/* max_mem: how much memory the domain may have. It keeps what it has above that. */
struct xen_domctl_max_mem {
    uint64_aligned_t max_memkb; /* IN: KiB */
};

/* setvcpucontext, getvcpucontext. A null handle for set takes a vCPU's state away. */
struct xen_domctl_vcpucontext {
    uint32_t vcpu;                                  /* IN */
    XEN_GUEST_HANDLE_64(vcpu_guest_context_t) ctxt; /* IN or OUT */
};

struct xen_domctl_getvcpuinfo {
    uint32_t vcpu;             /* IN; -ESRCH: none such */
    uint8_t  online;           /* OUT: up */
    uint8_t  blocked;          /* OUT: waits */
    uint8_t  running;          /* OUT: on a CPU now */
    uint64_aligned_t cpu_time; /* OUT: ns */
    uint32_t cpu;              /* OUT: where it is or was */
};

/* setnodeaffinity, getnodeaffinity: preferred NUMA nodes. One node: kept and not used. */
struct xen_domctl_nodeaffinity {
    struct xenctl_bitmap nodemap; /* IN or OUT */
};

/*
 * setvcpuaffinity, getvcpuaffinity. Hard: where the vCPU may run; soft: where it should (kept, no
 * effect). OUT for set: what is in force. -EINVAL: no CPU would be left.
 */
#define _XEN_VCPUAFFINITY_HARD  0
#define XEN_VCPUAFFINITY_HARD   (1U << _XEN_VCPUAFFINITY_HARD)
#define _XEN_VCPUAFFINITY_SOFT  1
#define XEN_VCPUAFFINITY_SOFT   (1U << _XEN_VCPUAFFINITY_SOFT)
#define _XEN_VCPUAFFINITY_FORCE 2
#define XEN_VCPUAFFINITY_FORCE  (1U << _XEN_VCPUAFFINITY_FORCE) /* over SCHEDOP_pin_override */
struct xen_domctl_vcpuaffinity {
    uint32_t vcpu;                     /* IN */
    uint32_t flags;                    /* IN: XEN_VCPUAFFINITY_* */
    struct xenctl_bitmap cpumap_hard;  /* IN, OUT */
    struct xenctl_bitmap cpumap_soft;  /* IN, OUT */
};

/* max_vcpus: makes the vCPUs; must equal createdomain.max_vcpus. */
struct xen_domctl_max_vcpus {
    uint32_t max;
};

/*
 * scheduler_op: one domain's parameters.
 *
 * The scheduler is known to tools as credit or credit2, with weight (1..65535, default 256) and
 * cap. Its own parameters are reached with sched_id XEN_SCHEDULER_BVT, a number of ours: 3 and
 * below belonged to schedulers that Xen dropped long ago and no tool of 4.17 uses them.
 * -EINVAL: another scheduler's id, or a value out of range.
 */
#define XEN_SCHEDULER_BVT      3
#define XEN_SCHEDULER_CREDIT   5
#define XEN_SCHEDULER_CREDIT2  6
#define XEN_SCHEDULER_ARINC653 7 /* No */
#define XEN_SCHEDULER_RTDS     8 /* No */
#define XEN_SCHEDULER_NULL     9 /* No */

struct xen_domctl_sched_credit {
    uint16_t weight; /* putinfo: 0 leaves it */
    uint16_t cap;    /* percent of one CPU, 0: none; putinfo: 65535 leaves it */
};
struct xen_domctl_sched_credit2 {
    uint16_t weight;
    uint16_t cap;
};

/*
 * Borrowed virtual time. A vCPU's virtual time advances by mcu_advance per unit of CPU time it
 * uses, and the runnable vCPU with the least effective virtual time runs. So a domain's share is
 * in proportion to 1 / mcu_advance; weight w of the credit face is XEN_SCHED_BVT_UNIT / w here.
 * While warped, a vCPU counts as warpvalue earlier than it is: it runs sooner after waking,
 * and pays by having used its share. It may be warped for at most warpl at a time (0: no
 * limit), and not again until warpu later.
 */
#define XEN_SCHED_BVT_UNIT (1U << 24)
struct xen_domctl_sched_bvt {
    uint32_t mcu_advance; /* 1 .. XEN_SCHED_BVT_UNIT */
    uint32_t warpback;    /* 1: warp when it wakes; 0: never */
    int64_t  warpvalue;   /* ns of virtual time, not negative */
    uint64_t warpl;       /* ns of CPU time */
    uint64_t warpu;       /* ns of system time */
};

struct xen_domctl_sched_rtds {
    uint32_t period;
    uint32_t budget;
    uint32_t flags;
};
#define _XEN_DOMCTL_SCHEDRT_extra 0
#define XEN_DOMCTL_SCHEDRT_extra  (1U << _XEN_DOMCTL_SCHEDRT_extra)

struct xen_domctl_schedparam_vcpu {
    union {
        struct xen_domctl_sched_credit  credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_rtds    rtds;
    } u;
    uint32_t vcpuid;
};
typedef struct xen_domctl_schedparam_vcpu xen_domctl_schedparam_vcpu_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_schedparam_vcpu_t);

#define XEN_DOMCTL_SCHEDOP_putinfo     0
#define XEN_DOMCTL_SCHEDOP_getinfo     1
#define XEN_DOMCTL_SCHEDOP_putvcpuinfo 2 /* No */
#define XEN_DOMCTL_SCHEDOP_getvcpuinfo 3 /* No */
struct xen_domctl_scheduler_op {
    uint32_t sched_id;  /* IN: XEN_SCHEDULER_* */
    uint32_t cmd;       /* IN: XEN_DOMCTL_SCHEDOP_* */
    union {             /* IN or OUT */
        struct xen_domctl_sched_credit  credit;
        struct xen_domctl_sched_credit2 credit2;
        struct xen_domctl_sched_bvt     bvt;
        struct xen_domctl_sched_rtds    rtds;
        struct {
            XEN_GUEST_HANDLE_64(xen_domctl_schedparam_vcpu_t) vcpus;
            uint32_t nr_vcpus;
            uint32_t padding;
        } v;
    } u;
};

struct xen_domctl_setdomainhandle {
    xen_domain_handle_t handle;
};

/* setdebugging: a debugger has (1) or no longer has (0) the domain. */
struct xen_domctl_setdebugging {
    uint8_t enable;
};

/* irq_, iomem_, ioport_permission: gives (1) or takes (0) a part of the machine. */
struct xen_domctl_irq_permission {
    uint32_t pirq;
    uint8_t  allow_access;
    uint8_t  pad[3];
};
struct xen_domctl_iomem_permission {
    uint64_aligned_t first_mfn;
    uint64_aligned_t nr_mfns;
    uint8_t allow_access;
};
struct xen_domctl_ioport_permission {
    uint32_t first_port;
    uint32_t nr_ports;
    uint8_t  allow_access;
};

/* hypercall_init: fills a frame of the domain with the hypercall page's 32-byte stubs. */
struct xen_domctl_hypercall_init {
    uint64_aligned_t gmfn; /* IN: mfn */
};

/* settimeoffset: the domain's wall clock runs this many seconds ahead of the machine's. */
struct xen_domctl_settimeoffset {
    int64_aligned_t time_offset_seconds;
};

/* set_address_size, get_address_size: 64, or 32 for a 32-bit PV kernel, before it has memory. */
struct xen_domctl_address_size {
    uint32_t size;
};

/* sendtrigger: NMI is the one a PV guest can be sent. */
#define XEN_DOMCTL_SENDTRIGGER_NMI   0
#define XEN_DOMCTL_SENDTRIGGER_RESET 1
#define XEN_DOMCTL_SENDTRIGGER_INIT  2
#define XEN_DOMCTL_SENDTRIGGER_POWER 3
#define XEN_DOMCTL_SENDTRIGGER_SLEEP 4
struct xen_domctl_sendtrigger {
    uint32_t trigger;
    uint32_t vcpu;
};

/* assign_device, test_assign_device, deassign_device: passthrough, No (-EOPNOTSUPP). */
#define XEN_DOMCTL_DEV_PCI 0
#define XEN_DOMCTL_DEV_DT  1
#define XEN_DOMCTL_DEV_RDM_RELAXED 1
struct xen_domctl_assign_device {
    uint32_t dev;   /* XEN_DOMCTL_DEV_PCI */
    uint32_t flags;
    union {
        struct {
            uint32_t machine_sbdf;
        } pci;
        struct {
            uint32_t size;
            XEN_GUEST_HANDLE_64(char) path;
        } dt;
    } u;
};

/*
 * set_ext_vcpucontext, get_ext_vcpucontext: the entry points that vcpu_guest_context has no room
 * for (CALLBACKTYPE_syscall32 and sysenter), and the machine check state, which is 0.
 */
struct hvm_vmce_vcpu {
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};
struct xen_domctl_ext_vcpucontext {
    uint32_t vcpu;                             /* IN */
    uint32_t size;                             /* IN for set, OUT for get: bytes of this */
    uint64_aligned_t syscall32_callback_eip;
    uint64_aligned_t sysenter_callback_eip;
    uint16_t syscall32_callback_cs;
    uint16_t sysenter_callback_cs;
    uint8_t  syscall32_disables_events;
    uint8_t  sysenter_disables_events;
    union {
        uint64_aligned_t     mcg_cap;
        struct hvm_vmce_vcpu vmce;
    };
};

/* set_target: the domain may control `target` as if it were its own (device models). */
struct xen_domctl_set_target {
    domid_t target;
};

/* get_cpu_policy, set_cpu_policy: CPUID leaves and MSRs the domain sees. */
#define XEN_CPUID_INPUT_UNUSED 0xFFFFFFFF
struct xen_domctl_cpu_policy {
    uint32_t nr_leaves;                             /* IN room; OUT used */
    uint32_t nr_msrs;                               /* IN room; OUT used */
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves;
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;
    uint32_t err_leaf, err_subleaf, err_msr;        /* OUT: what set refused, or ~0 */
};
typedef struct xen_domctl_cpu_policy xen_domctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_cpu_policy_t);

/* subscribe: the domain's own port to send to when it is suspended; 0 ends it. */
struct xen_domctl_subscribe {
    uint32_t port;
};

#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_OFF 0
#define XEN_DOMCTL_DEBUG_OP_SINGLE_STEP_ON  1
struct xen_domctl_debug_op {
    uint32_t op;
    uint32_t vcpu;
};

/* settscinfo, gettscinfo: how the domain sees the TSC. tsc_mode 0 and 2: the hardware's own. */
struct xen_domctl_tsc_info {
    uint32_t tsc_mode;
    uint32_t gtsc_khz;
    uint32_t incarnation; /* how often it was restored */
    uint32_t pad;
    uint64_aligned_t elapsed_nsec;
};

/* gdbsx: the debugger's stub. Memory of a stopped domain, and pausing one vCPU. */
struct xen_domctl_gdbsx_memio {
    uint64_aligned_t pgd3val; /* IN: 0 */
    uint64_aligned_t gva;     /* IN: address in the domain */
    uint64_aligned_t uva;     /* IN: address in the caller */
    uint32_t len;             /* IN */
    uint8_t  gwr;             /* IN: 1 writes into the domain */
    uint32_t remain;          /* OUT: bytes not done */
};
struct xen_domctl_gdbsx_pauseunp_vcpu {
    uint32_t vcpu;
};
struct xen_domctl_gdbsx_domstatus {
    uint8_t  paused;  /* OUT */
    uint32_t vcpu_id; /* OUT: who stopped, or ~0 */
    uint32_t vcpu_ev; /* OUT: 1: breakpoint */
};

/* set_virq_handler: this domain gets a (G) virq from now on instead of Domain0. */
struct xen_domctl_set_virq_handler {
    uint32_t virq;
};

/* setvcpuextstate, getvcpuextstate: XSAVE state. A size of 0 asks for it; OUT 0 means none. */
struct xen_domctl_vcpuextstate {
    uint32_t vcpu;                          /* IN */
    uint64_aligned_t xfeature_mask;
    uint64_aligned_t size;
    XEN_GUEST_HANDLE_64(uint64) buffer;
};

/* cacheflush: No. */
struct xen_domctl_cacheflush {
    xen_pfn_t start_pfn, nr_pfns;
};

/* get_paging_mempool_size, set_...: No; PV domains need no such pool. */
struct xen_domctl_paging_mempool {
    uint64_aligned_t size;
};

/* get_vcpu_msrs, set_vcpu_msrs. A null handle asks how many there are (OUT msr_count). */
struct xen_domctl_vcpu_msr {
    uint32_t index;
    uint32_t reserved; /* 0 */
    uint64_aligned_t value;
};
typedef struct xen_domctl_vcpu_msr xen_domctl_vcpu_msr_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_vcpu_msr_t);
struct xen_domctl_vcpu_msrs {
    uint32_t vcpu;      /* IN */
    uint32_t msr_count; /* IN, OUT */
    XEN_GUEST_HANDLE_64(xen_domctl_vcpu_msr_t) msrs;
};

/* setvnumainfo: No. */
struct xen_domctl_vnuma {
    uint32_t nr_vnodes;
    uint32_t nr_vmemranges;
    uint32_t nr_vcpus;
    uint32_t pad;
    XEN_GUEST_HANDLE_64(uint) vdistance;
    XEN_GUEST_HANDLE_64(uint) vcpu_to_vnode;
    XEN_GUEST_HANDLE_64(uint) vnode_to_pnode;
    XEN_GUEST_HANDLE_64(xen_vmemrange_t) vmemrange;
};

/*
 * Numbers. Without a structure: destroydomain (long, continued inside; the domain is gone
 * from lists when the last user of its frames is), pausedomain and unpausedomain (counted),
 * resumedomain (takes a shutdown back). No: HVM, passthrough, monitoring and the like.
 */
#define XEN_DOMCTL_createdomain              1
#define XEN_DOMCTL_destroydomain             2
#define XEN_DOMCTL_pausedomain               3
#define XEN_DOMCTL_unpausedomain             4
#define XEN_DOMCTL_getdomaininfo             5
#define XEN_DOMCTL_setvcpuaffinity           9
#define XEN_DOMCTL_shadow_op                10
#define XEN_DOMCTL_max_mem                  11
#define XEN_DOMCTL_setvcpucontext           12
#define XEN_DOMCTL_getvcpucontext           13
#define XEN_DOMCTL_getvcpuinfo              14
#define XEN_DOMCTL_max_vcpus                15
#define XEN_DOMCTL_scheduler_op             16
#define XEN_DOMCTL_setdomainhandle          17
#define XEN_DOMCTL_setdebugging             18
#define XEN_DOMCTL_irq_permission           19
#define XEN_DOMCTL_iomem_permission         20
#define XEN_DOMCTL_ioport_permission        21
#define XEN_DOMCTL_hypercall_init           22
#define XEN_DOMCTL_settimeoffset            24
#define XEN_DOMCTL_getvcpuaffinity          25
#define XEN_DOMCTL_real_mode_area           26 /* No */
#define XEN_DOMCTL_resumedomain             27
#define XEN_DOMCTL_sendtrigger              28
#define XEN_DOMCTL_subscribe                29
#define XEN_DOMCTL_gethvmcontext            33 /* No */
#define XEN_DOMCTL_sethvmcontext            34 /* No */
#define XEN_DOMCTL_set_address_size         35
#define XEN_DOMCTL_get_address_size         36
#define XEN_DOMCTL_assign_device            37 /* No */
#define XEN_DOMCTL_bind_pt_irq              38 /* No */
#define XEN_DOMCTL_memory_mapping           39 /* No */
#define XEN_DOMCTL_ioport_mapping           40 /* No */
#define XEN_DOMCTL_set_ext_vcpucontext      42
#define XEN_DOMCTL_get_ext_vcpucontext      43
#define XEN_DOMCTL_set_opt_feature          44 /* No */
#define XEN_DOMCTL_test_assign_device       45 /* No */
#define XEN_DOMCTL_set_target               46
#define XEN_DOMCTL_deassign_device          47 /* No */
#define XEN_DOMCTL_unbind_pt_irq            48 /* No */
#define XEN_DOMCTL_get_device_group         50 /* No */
#define XEN_DOMCTL_debug_op                 54
#define XEN_DOMCTL_gethvmcontext_partial    55 /* No */
#define XEN_DOMCTL_vm_event_op              56 /* No */
#define XEN_DOMCTL_mem_sharing_op           57 /* No */
#define XEN_DOMCTL_gettscinfo               59
#define XEN_DOMCTL_settscinfo               60
#define XEN_DOMCTL_getpageframeinfo3        61
#define XEN_DOMCTL_setvcpuextstate          62
#define XEN_DOMCTL_getvcpuextstate          63
#define XEN_DOMCTL_set_access_required      64 /* No */
#define XEN_DOMCTL_audit_p2m                65 /* No */
#define XEN_DOMCTL_set_virq_handler         66
#define XEN_DOMCTL_set_broken_page_p2m      67 /* No */
#define XEN_DOMCTL_setnodeaffinity          68
#define XEN_DOMCTL_getnodeaffinity          69
#define XEN_DOMCTL_cacheflush               71 /* No */
#define XEN_DOMCTL_get_vcpu_msrs            72
#define XEN_DOMCTL_set_vcpu_msrs            73
#define XEN_DOMCTL_setvnumainfo             74 /* No */
#define XEN_DOMCTL_psr_cmt_op               75 /* No */
#define XEN_DOMCTL_monitor_op               77 /* No */
#define XEN_DOMCTL_psr_alloc                78 /* No */
#define XEN_DOMCTL_soft_reset               79 /* No */
#define XEN_DOMCTL_vuart_op                 81 /* No */
#define XEN_DOMCTL_get_cpu_policy           82
#define XEN_DOMCTL_set_cpu_policy           83
#define XEN_DOMCTL_vmtrace_op               84 /* No */
#define XEN_DOMCTL_get_paging_mempool_size  85 /* No */
#define XEN_DOMCTL_set_paging_mempool_size  86 /* No */
#define XEN_DOMCTL_gdbsx_guestmemio       1000
#define XEN_DOMCTL_gdbsx_pausevcpu        1001
#define XEN_DOMCTL_gdbsx_unpausevcpu      1002
#define XEN_DOMCTL_gdbsx_domstatus        1003

struct xen_domctl {
    uint32_t cmd;               /* XEN_DOMCTL_* */
    uint32_t interface_version; /* XEN_DOMCTL_INTERFACE_VERSION */
    domid_t  domain;
    uint16_t _pad[3];
    union {
        struct xen_domctl_createdomain      createdomain;
        struct xen_domctl_getdomaininfo     getdomaininfo;
        struct xen_domctl_getpageframeinfo3 getpageframeinfo3;
        struct xen_domctl_nodeaffinity      nodeaffinity;
        struct xen_domctl_vcpuaffinity      vcpuaffinity;
        struct xen_domctl_shadow_op         shadow_op;
        struct xen_domctl_max_mem           max_mem;
        struct xen_domctl_vcpucontext       vcpucontext;
        struct xen_domctl_getvcpuinfo       getvcpuinfo;
        struct xen_domctl_max_vcpus         max_vcpus;
        struct xen_domctl_scheduler_op      scheduler_op;
        struct xen_domctl_setdomainhandle   setdomainhandle;
        struct xen_domctl_setdebugging      setdebugging;
        struct xen_domctl_irq_permission    irq_permission;
        struct xen_domctl_iomem_permission  iomem_permission;
        struct xen_domctl_ioport_permission ioport_permission;
        struct xen_domctl_hypercall_init    hypercall_init;
        struct xen_domctl_settimeoffset     settimeoffset;
        struct xen_domctl_tsc_info          tsc_info;
        struct xen_domctl_address_size      address_size;
        struct xen_domctl_sendtrigger       sendtrigger;
        struct xen_domctl_assign_device     assign_device;
        struct xen_domctl_ext_vcpucontext   ext_vcpucontext;
        struct xen_domctl_set_target        set_target;
        struct xen_domctl_subscribe         subscribe;
        struct xen_domctl_debug_op          debug_op;
        struct xen_domctl_cpu_policy        cpu_policy;
        struct xen_domctl_vcpuextstate      vcpuextstate;
        struct xen_domctl_vcpu_msrs         vcpu_msrs;
        struct xen_domctl_set_virq_handler  set_virq_handler;
        struct xen_domctl_gdbsx_memio       gdbsx_guest_memio;
        struct xen_domctl_cacheflush        cacheflush;
        struct xen_domctl_gdbsx_pauseunp_vcpu gdbsx_pauseunp_vcpu;
        struct xen_domctl_gdbsx_domstatus   gdbsx_domstatus;
        struct xen_domctl_vnuma             vnuma;
        struct xen_domctl_paging_mempool    paging_mempool;
        uint8_t pad[128];
    } u;
};
typedef struct xen_domctl xen_domctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_domctl_t);

#endif /* XEN_PUBLIC_DOMCTL_H */
