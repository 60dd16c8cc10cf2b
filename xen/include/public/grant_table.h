/* SPDX-License-Identifier: MIT */
/* Grant tables: frames one domain lets another map or copy. Version 1 entries only. */
#ifndef XEN_PUBLIC_GRANT_TABLE_H
#define XEN_PUBLIC_GRANT_TABLE_H

#include "xen.h"

/* Index of an entry in the granting domain's table. */
typedef uint32_t grant_ref_t;

/*
 * An entry, in pages shared with the hypervisor (GNTTABOP_setup_table), 512 to a page.
 *
 * To grant:  1. write frame and domid; 2. a write barrier; 3. write flags = GTF_permit_access,
 *            with GTF_readonly if only reading is allowed.
 * To revoke: 1. read flags; if GTF_reading or GTF_writing is set the grant is in use: give up for
 *            now; 2. compare-and-swap flags to 0; if they changed, start over.
 * To make an active grant read-only: compare-and-swap GTF_readonly in, while GTF_writing is clear.
 */
struct grant_entry_v1 {
    uint16_t flags;  /* GTF_* */
    domid_t  domid;  /* who is granted the frame */
    uint32_t frame;  /* mfn */
};
typedef struct grant_entry_v1 grant_entry_v1_t;

/* The first entries are set by tools for a new domain. */
#define GNTTAB_NR_RESERVED_ENTRIES 8
#define GNTTAB_RESERVED_CONSOLE    0
#define GNTTAB_RESERVED_XENSTORE   1

/* Type. */
#define GTF_invalid         (0U << 0)
#define GTF_permit_access   (1U << 0)
#define GTF_accept_transfer (2U << 0) /* No */
#define GTF_transitive      (3U << 0) /* No */
#define GTF_type_mask       (3U << 0)
/* The granter's wish, and the hypervisor's note of use. */
#define _GTF_readonly       2
#define GTF_readonly        (1U << _GTF_readonly)
#define _GTF_reading        3
#define GTF_reading         (1U << _GTF_reading)  /* mapped or being copied from */
#define _GTF_writing        4
#define GTF_writing         (1U << _GTF_writing)  /* mapped writable or being copied to */
/* Cache attributes of a mapping; honoured as 0 for memory. */
#define _GTF_PWT            5
#define GTF_PWT             (1U << _GTF_PWT)
#define _GTF_PCD            6
#define GTF_PCD             (1U << _GTF_PCD)
#define _GTF_PAT            7
#define GTF_PAT             (1U << _GTF_PAT)
#define _GTF_sub_page       8
#define GTF_sub_page        (1U << _GTF_sub_page) /* version 2 only */

/*
 * HYPERVISOR_grant_table_op(GNTTABOP_*, handle of an array of the structure, count)
 *
 * The call fails as a whole only for an unreadable array (-EFAULT) or an unknown number
 * (-ENOSYS, -EOPNOTSUPP); otherwise each element's `status` tells its own result, GNTST_*.
 * Long batches are continued inside.
 */
#define GNTTABOP_map_grant_ref     0
#define GNTTABOP_unmap_grant_ref   1
#define GNTTABOP_setup_table       2
#define GNTTABOP_dump_table        3 /* No */
#define GNTTABOP_transfer          4 /* No */
#define GNTTABOP_copy              5
#define GNTTABOP_query_size        6
#define GNTTABOP_unmap_and_replace 7
#define GNTTABOP_set_version       8 /* 1 only */
#define GNTTABOP_get_status_frames 9 /* No: version 2 */
#define GNTTABOP_get_version      10
#define GNTTABOP_swap_grant_ref   11 /* No */
#define GNTTABOP_cache_flush      12 /* No */

/* Names one mapping, from map until unmap. */
typedef uint32_t grant_handle_t;

/* Flags of a mapping. At least one of device_map and host_map must be set. */
#define _GNTMAP_device_map       0
#define GNTMAP_device_map        (1 << _GNTMAP_device_map)      /* for DMA: OUT dev_bus_addr */
#define _GNTMAP_host_map         1
#define GNTMAP_host_map          (1 << _GNTMAP_host_map)        /* into the caller's tables */
#define _GNTMAP_readonly         2
#define GNTMAP_readonly          (1 << _GNTMAP_readonly)
#define _GNTMAP_application_map  3
#define GNTMAP_application_map   (1 << _GNTMAP_application_map) /* user may access it too */
#define _GNTMAP_contains_pte     4
#define GNTMAP_contains_pte      (1 << _GNTMAP_contains_pte)    /* host_addr is an L1 entry's
                                                                   machine address */
#define _GNTMAP_guest_avail0     16 /* from here up: software bits for the L1 entry */
#define GNTMAP_guest_avail_mask  ((uint32_t)~0 << _GNTMAP_guest_avail0)

/*
 * Maps grant `ref` of domain `dom`. A mapped frame stays the granter's: it may not become a page
 * table, and an L1 entry made here may only be removed by unmap.
 */
struct gnttab_map_grant_ref {
    uint64_t       host_addr;    /* IN: address to map at (see contains_pte) */
    uint32_t       flags;        /* IN: GNTMAP_* */
    grant_ref_t    ref;          /* IN */
    domid_t        dom;          /* IN */
    int16_t        status;       /* OUT: GNTST_* */
    grant_handle_t handle;       /* OUT */
    uint64_t       dev_bus_addr; /* OUT: machine address of the frame */
};
typedef struct gnttab_map_grant_ref gnttab_map_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_map_grant_ref_t);

/* Removes a mapping. host_addr, if not 0, must be where it is; so must dev_bus_addr. */
struct gnttab_unmap_grant_ref {
    uint64_t       host_addr;    /* IN */
    uint64_t       dev_bus_addr; /* IN */
    grant_handle_t handle;       /* IN */
    int16_t        status;       /* OUT */
};
typedef struct gnttab_unmap_grant_ref gnttab_unmap_grant_ref_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_grant_ref_t);

/* Removes the mapping at host_addr and moves the L1 entry of new_addr, which is cleared, there. */
struct gnttab_unmap_and_replace {
    uint64_t       host_addr; /* IN */
    uint64_t       new_addr;  /* IN: 0 just unmaps */
    grant_handle_t handle;    /* IN */
    int16_t        status;    /* OUT */
};
typedef struct gnttab_unmap_and_replace gnttab_unmap_and_replace_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_unmap_and_replace_t);

/*
 * Makes the table at least nr_frames pages long and lists the pages. One element per call.
 * It never shrinks; beyond the domain's limit: GNTST_general_error.
 */
struct gnttab_setup_table {
    domid_t  dom;                               /* IN: SELF, or privileged */
    uint32_t nr_frames;                         /* IN */
    int16_t  status;                            /* OUT */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;     /* OUT: nr_frames mfns */
};
typedef struct gnttab_setup_table gnttab_setup_table_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_setup_table_t);

/* Gives a frame away for good: No. */
struct gnttab_transfer {
    xen_pfn_t   mfn;
    domid_t     domid;
    grant_ref_t ref;
    int16_t     status;
};
typedef struct gnttab_transfer gnttab_transfer_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_transfer_t);

/*
 * Copies len bytes between two frames, each the caller's own (gmfn: an mfn, domid SELF) or
 * granted (GNTCOPY_*_gref: ref in domain domid). Neither side may cross its page.
 */
#define _GNTCOPY_source_gref 0
#define GNTCOPY_source_gref  (1 << _GNTCOPY_source_gref)
#define _GNTCOPY_dest_gref   1
#define GNTCOPY_dest_gref    (1 << _GNTCOPY_dest_gref)
struct gnttab_copy {
    struct gnttab_copy_ptr {
        union {
            grant_ref_t ref;
            xen_pfn_t   gmfn;
        } u;
        domid_t  domid;
        uint16_t offset;
    } source, dest;      /* IN */
    uint16_t len;        /* IN */
    uint16_t flags;      /* IN: GNTCOPY_* */
    int16_t  status;     /* OUT */
};
typedef struct gnttab_copy gnttab_copy_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_copy_t);

/* Present and greatest size of a table, in pages. */
struct gnttab_query_size {
    domid_t  dom;           /* IN */
    uint32_t nr_frames;     /* OUT */
    uint32_t max_nr_frames; /* OUT */
    int16_t  status;        /* OUT */
};
typedef struct gnttab_query_size gnttab_query_size_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_query_size_t);

/* IN: the version wanted. OUT: the version in force, 1. -ENOSYS for 2: stay with 1. */
struct gnttab_set_version {
    uint32_t version;
};
typedef struct gnttab_set_version gnttab_set_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_set_version_t);

struct gnttab_get_version {
    domid_t  dom;     /* IN */
    uint16_t pad;
    uint32_t version; /* OUT: 1 */
};
typedef struct gnttab_get_version gnttab_get_version_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_get_version_t);

/* status values */
#define GNTST_okay                0
#define GNTST_general_error     (-1)
#define GNTST_bad_domain        (-2) /* no such domain, or no right to it */
#define GNTST_bad_gntref        (-3) /* no such grant, or not to the caller */
#define GNTST_bad_handle        (-4)
#define GNTST_bad_virt_addr     (-5) /* host_addr cannot be mapped at, or maps something else */
#define GNTST_bad_dev_addr      (-6)
#define GNTST_no_device_space   (-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page          (-9) /* the frame is not the granter's, or not writable memory */
#define GNTST_bad_copy_arg     (-10) /* crosses a page */
#define GNTST_address_too_big  (-11)
#define GNTST_eagain           (-12)
#define GNTST_no_space         (-13) /* no handle left */

#define GNTTABOP_error_msgs {              \
    "okay",                                \
    "failed",                              \
    "no such domain",                      \
    "no such grant, or not to the caller", \
    "no such mapping handle",              \
    "bad virtual address",                 \
    "bad device address",                  \
    "no room for a device mapping",        \
    "permission denied",                   \
    "frame cannot be granted",             \
    "copy crosses a page",                 \
    "frame number too large",              \
    "try again",                           \
    "no free mapping handle",              \
}

#endif /* XEN_PUBLIC_GRANT_TABLE_H */
