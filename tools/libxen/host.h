/* SPDX-License-Identifier: MIT */
/* The machine and the hypervisor: version, memory, CPUs, console ring, debug keys. */
#ifndef LIBXEN_HOST_H
#define LIBXEN_HOST_H

#include "libxen/hypercall.h"

struct xen_version {
    unsigned int major, minor;
    char extra[16];             /* e.g. ".7", our name */
    char caps[1024];            /* "xen-3.0-x86_64 ..." */
    char changeset[64];
    char compiler[64], compiled_by[16], compile_domain[32], compile_date[32];
    char cmdline[1024];
    unsigned long virt_start;
    unsigned int page_size;
};

int xen_host_version(struct xen *xen, struct xen_version *version);

/* Build id of the hypervisor's image as hex text; -ENODATA: none. `size` bytes at text. */
int xen_host_build_id(struct xen *xen, char *text, size_t size);

int xen_host_physinfo(struct xen *xen, struct xen_sysctl_physinfo *info);

/* XEN_SCHEDULER_* of the default pool. */
int xen_host_sched_id(struct xen *xen, uint32_t *id);

/* Credit2's rate limit in microseconds, credit's time slice in ms where it has one (else 0). */
int xen_host_sched_params(struct xen *xen, uint32_t *tslice_ms, uint32_t *ratelimit_us);
int xen_host_set_sched_params(struct xen *xen, uint32_t tslice_ms, uint32_t ratelimit_us);

/* Idle time in ns of up to max CPUs. Returns how many. */
int xen_host_cpu_idle(struct xen *xen, uint64_t *idle_ns, unsigned int max);

/* Socket, core and node of up to max CPUs. Returns how many. */
int xen_host_cpu_topology(struct xen *xen, struct xen_sysctl_cputopo *topo, unsigned int max);

/*
 * Read the hypervisor's log into text (at most size bytes, no NUL). clear: forget it afterwards.
 * incremental: only what came after *index, which is moved on. Returns the bytes read.
 */
int xen_host_console_read(struct xen *xen, char *text, size_t size, int clear, int incremental,
                          uint32_t *index);

/* Press debug keys. */
int xen_host_debug_keys(struct xen *xen, const char *keys);

#endif
