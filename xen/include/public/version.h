/* SPDX-License-Identifier: MIT */
/* xen_version: who the hypervisor is and what it offers. */
#ifndef XEN_PUBLIC_VERSION_H
#define XEN_PUBLIC_VERSION_H

#include "xen.h"
#include "features.h"

/*
 * HYPERVISOR_xen_version(XENVER_*, handle of what is named below)
 * -EFAULT: cannot be written; -ENOSYS: unknown number. Strings end with a NUL. Details that only
 * an administrator needs (compile info, command line) read "<denied>" in other domains.
 */
#define XENVER_version 0               /* no handle; RESULT: major << 16 | minor */

#define XENVER_extraversion 1          /* xen_extraversion_t; ours names Xenolith */
typedef char xen_extraversion_t[16];
#define XEN_EXTRAVERSION_LEN (sizeof(xen_extraversion_t))

#define XENVER_compile_info 2
struct xen_compile_info {
    char compiler[64];
    char compile_by[16];
    char compile_domain[32];
    char compile_date[32];
};
typedef struct xen_compile_info xen_compile_info_t;

#define XENVER_capabilities 3          /* kinds of guest, as "xen-3.0-x86_64 ..." */
typedef char xen_capabilities_info_t[1024];
#define XEN_CAPABILITIES_INFO_LEN (sizeof(xen_capabilities_info_t))

#define XENVER_changeset 4
typedef char xen_changeset_info_t[64];
#define XEN_CHANGESET_INFO_LEN (sizeof(xen_changeset_info_t))

#define XENVER_platform_parameters 5
struct xen_platform_parameters {
    xen_ulong_t virt_start;            /* OUT: first hypervisor address */
};
typedef struct xen_platform_parameters xen_platform_parameters_t;

#define XENVER_get_features 6
struct xen_feature_info {
    unsigned int submap_idx;           /* IN: which 32 features */
    uint32_t     submap;               /* OUT: bit n: feature 32 * submap_idx + n */
};
typedef struct xen_feature_info xen_feature_info_t;

#define XENVER_pagesize 7              /* no handle; RESULT: bytes in a frame */

#define XENVER_guest_handle 8          /* xen_domain_handle_t: the caller's UUID */

#define XENVER_commandline 9
typedef char xen_commandline_t[1024];

#define XENVER_build_id 10             /* null handle: RESULT is the length. -ENODATA: none */
struct xen_build_id {
    uint32_t      len;                 /* IN: room in buf; -ENOBUFS: too small */
    unsigned char buf[XEN_FLEX_ARRAY_DIM];
};
typedef struct xen_build_id xen_build_id_t;

#endif /* XEN_PUBLIC_VERSION_H */
