/* SPDX-License-Identifier: MIT */
/* A paused PV domain from a kernel file: what to ask for, what one gets, what goes wrong. */
#ifndef BUILDER_BUILDER_H
#define BUILDER_BUILDER_H

#include <stdbool.h>
#include <stdint.h>
#include "libxen/hypercall.h"

#define BUILD_MAX_VCPUS      32u
#define BUILD_MIN_MEMORY_KIB 4096u
#define BUILD_MAX_CMDLINE    1023u      /* the start info page has room for a NUL after it */

/* Why a build was refused, and what to do about it: one line each, no trailing newline. */
struct build_error {
    char cause[256];
    char remedy[256];
};

struct build_request {
    const char *kernel;         /* path: bzImage or ELF, any compression we know */
    const char *ramdisk;        /* path, or NULL */
    const char *cmdline;        /* NULL is the empty string */
    uint64_t memory_kib;        /* given at start; rounded down to frames */
    uint64_t max_memory_kib;    /* static maximum; 0: the same */
    unsigned int max_vcpus;     /* 0: one */
    domid_t domid;              /* wanted id, 0: any free one */
    xen_domain_handle_t uuid;
    domid_t console_domid;      /* who serves the console ring */
    domid_t store_domid;        /* who serves the store ring */
    uint32_t max_event_channels;/* 0: 1023 */
    int32_t max_grant_frames;   /* 0 or less: the hypervisor's default */
    int32_t max_maptrack_frames;/* 0 or less: the hypervisor's default */
    uint32_t cpupool;
    uint32_t tsc_mode;
    const char *cache_dir;      /* for unpacked kernels; NULL: BUILD_CACHE_DIR; "": none */
};

#define BUILD_CACHE_DIR "/var/cache/xenolith/kernels"

/*
 * What the new kernel will find. Addresses are the guest's virtual ones; pfns its own frame
 * numbers. A region that is not mapped at start has `mapped` false.
 */
struct build_region {
    uint64_t vaddr;
    uint64_t pfn;
    uint64_t frames;
    bool mapped;
};

struct build_layout {
    char guest_os[32], guest_version[32], loader[32];
    char features[256];
    bool has_notes;             /* ELF notes or the old __xen_guest string; else defaults */
    uint64_t virt_base;         /* address of pfn 0 */
    uint64_t entry;
    uint64_t hypercall_page;    /* 0: none asked for */
    uint64_t memory_frames;
    uint64_t mapped_end;        /* end of the initial mapping */
    struct build_region kernel;
    struct build_region ramdisk;        /* frames 0: none */
    uint64_t ramdisk_bytes;
    struct build_region p2m;
    struct build_region p2m_tables;     /* tables that map a p2m list outside the main region */
    struct build_region start_info;
    struct build_region store_ring;
    struct build_region console_ring;
    struct build_region page_tables;    /* the L4 first */
    struct build_region stack;
};

struct build_result {
    domid_t domid;
    uint32_t store_port, console_port;  /* in the new domain, open to store_ and console_domid */
    xen_pfn_t store_mfn, console_mfn;
    bool kernel_from_cache;
    struct build_layout layout;
    struct build_error error;           /* filled when the call fails */
};

/*
 * Look at the request without touching the hypervisor: read the kernel, compute where everything
 * goes. Fills result->layout and ->kernel_from_cache; on failure result->error.
 */
int build_plan(const struct build_request *request, struct build_result *result);

/*
 * Create the domain and build it up to the point where unpausing starts the kernel. It stays
 * paused; introducing it to the store, its devices and its console nodes are the caller's. On
 * failure nothing is left behind and result->error says why: -EINVAL the request or an image,
 * -ENOMEM not enough memory on the machine, -EEXIST the domid is taken, or what the hypervisor
 * said.
 */
int build_domain(struct xen *xen, const struct build_request *request,
                 struct build_result *result);

#endif
