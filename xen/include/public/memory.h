/* SPDX-License-Identifier: MIT */
/* memory_op: a domain's frames, and what memory the machine and the domain have. */
#ifndef XEN_PUBLIC_MEMORY_H
#define XEN_PUBLIC_MEMORY_H

#include "xen.h"

/*
 * HYPERVISOR_memory_op(XENMEM_*, handle of the structure named below)
 *
 * Domain ids other than DOMID_SELF need privilege. Common errors: -EFAULT structure unreadable;
 * -EINVAL bad field; -ESRCH no such domain; -EPERM no right; -ENOSYS unknown or left out (No).
 */

/*
 * increase_reservation, decrease_reservation, populate_physmap: RESULT is how many extents were
 * done; fewer than nr_extents means that the next one could not be.
 *   increase: gives new frames. OUT extent_start: mfns (a null handle is allowed).
 *   decrease: takes frames back. IN extent_start: mfns. A frame still mapped or pinned goes when
 *             its last reference does; its contents are lost.
 *   populate: gives new frames. IN extent_start: the pfns to enter in the m2p; OUT: the mfns.
 * An extent is 2^extent_order contiguous frames, aligned to its size. Orders above 0 need
 * hardware rights beyond order 9, and mem_flags can ask for low addresses.
 */
#define XENMEM_increase_reservation 0
#define XENMEM_decrease_reservation 1
#define XENMEM_populate_physmap     6

#define XENMEMF_address_bits(x)     (x)            /* frames below 2^x bytes; 0: anywhere */
#define XENMEMF_get_address_bits(x) ((x) & 0xffU)
#define XENMEMF_node(x)             (((x) + 1) << 8)
#define XENMEMF_get_node(x)         ((((x) >> 8) - 1) & 0xffU)
#define XENMEMF_populate_on_demand  (1 << 16)      /* No */
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(n)       (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode               (1 << 18)      /* No */
struct xen_memory_reservation {
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    xen_ulong_t  nr_extents;
    unsigned int extent_order;
    unsigned int mem_flags;    /* XENMEMF_* */
    domid_t      domid;
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);

/*
 * Trades in.* for frames of another shape: gives up the mfns of `in`, gets as many frames as
 * out.extent_order extents. IN out.extent_start: pfns of the new extents; OUT: their mfns. All of
 * in's frames must have no reference but their owner's. nr_exchanged: how many of in's extents
 * are gone; IN 0 for a new call. Both sides must have the same number of frames.
 */
#define XENMEM_exchange 11
struct xen_memory_exchange {
    struct xen_memory_reservation in;
    struct xen_memory_reservation out;
    xen_ulong_t nr_exchanged;
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);

/* RESULT: one past the highest frame of RAM. No structure. */
#define XENMEM_maximum_ram_page 2

/* RESULT: frames the domain has, may have, and its highest pfn. */
#define XENMEM_current_reservation 3
#define XENMEM_maximum_reservation 4
#define XENMEM_maximum_gpfn        14
struct xen_memory_domain {
    domid_t domid; /* IN */
};

/* The m2p as machine frames, one per 2 MiB of table, for tools that map it. */
#define XENMEM_machphys_mfn_list        5
#define XENMEM_machphys_compat_mfn_list 25
struct xen_machphys_mfn_list {
    unsigned int max_extents;                 /* IN: room in extent_start */
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start; /* OUT */
    unsigned int nr_extents;                  /* OUT */
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);

/* Where the caller sees the m2p, and its highest entry. */
#define XENMEM_machphys_mapping 12
struct xen_machphys_mapping {
    xen_ulong_t v_start, v_end; /* OUT */
    xen_ulong_t max_mfn;        /* OUT */
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);

/* For guests whose pfns the hypervisor translates; for PV: No, except the grant table's frames. */
#define XENMAPSPACE_shared_info  0
#define XENMAPSPACE_grant_table  1
#define XENMAPSPACE_gmfn         2
#define XENMAPSPACE_gmfn_range   3
#define XENMAPSPACE_gmfn_foreign 4
#define XENMAPSPACE_dev_mmio     5
#define XENMAPIDX_grant_table_status 0x80000000
#define XENMEM_add_to_physmap        7
#define XENMEM_add_to_physmap_batch  23
#define XENMEM_remove_from_physmap   15
struct xen_add_to_physmap {
    domid_t      domid;
    uint16_t     size;
    unsigned int space; /* XENMAPSPACE_* */
    xen_ulong_t  idx;
    xen_pfn_t    gpfn;
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);

struct xen_remove_from_physmap {
    domid_t   domid;
    xen_pfn_t gpfn;
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

/*
 * memory_map: the caller's own map, machine_memory_map: the machine's (Domain0 only), as E820
 * entries of 20 bytes: uint64 start, uint64 length, uint32 type. nr_entries: IN room, OUT used.
 * set_memory_map: gives a domain its map (privileged). memory_map is -ENOSYS until it was set.
 */
#define XENMEM_memory_map         9
#define XENMEM_machine_memory_map 10
#define XENMEM_set_memory_map     13
struct xen_memory_map {
    unsigned int nr_entries;
    XEN_GUEST_HANDLE(void) buffer;
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);

struct xen_foreign_memory_map {
    domid_t domid;
    struct xen_memory_map map;
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);

/* Populate on demand: No. */
#define XENMEM_set_pod_target 16
#define XENMEM_get_pod_target 17
struct xen_pod_target {
    uint64_t target_pages;
    uint64_t tot_pages;
    uint64_t pod_cache_pages;
    uint64_t pod_entries;
    domid_t  domid;
};
typedef struct xen_pod_target xen_pod_target_t;

/* Page sharing, paging and access control: No. The first two answer 0. */
#define XENMEM_get_sharing_freed_pages  18
#define XENMEM_get_sharing_shared_pages 19
#define XENMEM_paging_op                20
#define XENMEM_access_op                21
#define XENMEM_sharing_op               22

/*
 * Sets nr_extents free frames aside for a domain (order 0, no flags, null extent_start); what is
 * allocated to it counts against them. 0 gives the rest back. -ENOMEM: not that many are free.
 */
#define XENMEM_claim_pages 24

#define XENMEM_get_vnumainfo              26 /* No (-EOPNOTSUPP) */
#define XENMEM_reserved_device_memory_map 27 /* No */

/* One of two ranges of memory in a virtual NUMA layout; see XEN_DOMCTL_setvnumainfo. */
struct xen_vmemrange {
    uint64_t start, end;
    unsigned int flags;
    unsigned int nid;
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);

/*
 * Lists frames of a resource of domain domid, so that tools can map them (with foreigndom domid).
 * nr_frames 0 and a null list: OUT nr_frames is how many there are. -EINVAL: past the end.
 */
#define XENMEM_acquire_resource 28
#define XENMEM_resource_ioreq_server 0 /* No */
#define XENMEM_resource_grant_table  1
#define XENMEM_resource_vmtrace_buf  2 /* No */
#define XENMEM_resource_grant_table_id_shared 0
#define XENMEM_resource_grant_table_id_status 1 /* No: version 2 */
struct xen_mem_acquire_resource {
    domid_t  domid;     /* IN */
    uint16_t type;      /* IN: XENMEM_resource_* */
    uint32_t id;        /* IN: which of them; for the grant table, id_shared */
    uint32_t nr_frames; /* IN, OUT */
    uint32_t pad;       /* IN: 0 */
    uint64_t frame;     /* IN: first frame wanted, as an index */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list; /* OUT: mfns */
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);

#endif /* XEN_PUBLIC_MEMORY_H */
