/* SPDX-License-Identifier: MIT */
/* Domains as Domain0's tools see them: life cycle, memory, vCPUs, scheduling, event ports. */
#ifndef LIBXEN_DOMAIN_H
#define LIBXEN_DOMAIN_H

#include <stdbool.h>
#include "libxen/hypercall.h"

/* Names for numbers of the ABI that every tool needs (public/domctl.h, public/sched.h). */
#define XEN_FIRST_RESERVED_DOMID 0x7ff0u

/* ---- life cycle ---- */

/*
 * Create an empty PV domain, paused, with no vCPU and no memory. `*domid` is the id wanted, or 0
 * for any free one; the id given is stored there. -EEXIST: the id is taken; -ENOMEM; -EINVAL:
 * the configuration is refused.
 */
int xen_domain_create(struct xen *xen, domid_t *domid,
                      const struct xen_domctl_createdomain *config);

/* Destroy. Returns when the hypervisor has started the tear-down. -ESRCH: no such domain. */
int xen_domain_destroy(struct xen *xen, domid_t domid);

int xen_domain_pause(struct xen *xen, domid_t domid);
int xen_domain_unpause(struct xen *xen, domid_t domid);

/* Let a suspended domain run on (the suspend call returns 1 to it). */
int xen_domain_resume(struct xen *xen, domid_t domid);

/* Shut the domain down from outside, `reason` one of SHUTDOWN_* (public/sched.h). */
int xen_domain_shutdown(struct xen *xen, domid_t domid, unsigned int reason);

/* NMI, reset, power button...: `trigger` one of XEN_DOMCTL_SENDTRIGGER_*. */
int xen_domain_trigger(struct xen *xen, domid_t domid, unsigned int trigger, unsigned int vcpu);

/* One domain's state; -ESRCH when there is no such domain. */
int xen_domain_info(struct xen *xen, domid_t domid, struct xen_domctl_getdomaininfo *info);

/* Fill up to `max` entries, ids ascending from `first`; returns how many. */
int xen_domain_list(struct xen *xen, domid_t first, struct xen_domctl_getdomaininfo *infos,
                    unsigned int max);

/* All domains in one allocation for free(); returns how many. */
int xen_domain_list_all(struct xen *xen, struct xen_domctl_getdomaininfo **infos);

/* Why a domain with XEN_DOMINF_shutdown stopped: one of SHUTDOWN_*. */
static inline unsigned int xen_shutdown_reason(const struct xen_domctl_getdomaininfo *info)
{
    return (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

int xen_domain_set_handle(struct xen *xen, domid_t domid, const xen_domain_handle_t uuid);
int xen_domain_set_time_offset(struct xen *xen, domid_t domid, int64_t seconds);

/* TSC mode as in xl's tsc_mode= (0 default, 1 always emulated, 2 never). */
int xen_domain_set_tsc_mode(struct xen *xen, domid_t domid, uint32_t mode);

/* Word size of a PV domain, 64 or 32; a domain starts as 64 and may change while it is empty. */
int xen_domain_set_address_size(struct xen *xen, domid_t domid, unsigned int bits);
int xen_domain_get_address_size(struct xen *xen, domid_t domid);

/* ---- memory ---- */

/* Most memory the domain may own, in KiB. */
int xen_domain_set_max_mem(struct xen *xen, domid_t domid, uint64_t kib);

/*
 * Give the domain `n` extents of 2^order frames at the pfns in frames[]; each entry becomes the
 * first mfn of its extent. Returns how many succeeded (may be fewer than n) or -errno.
 */
long xen_populate_physmap(struct xen *xen, domid_t domid, unsigned long n, unsigned int order,
                          xen_pfn_t *frames);

/* Take n extents (by mfn for a PV domain) away. Returns how many, or -errno. */
long xen_decrease_reservation(struct xen *xen, domid_t domid, unsigned long n,
                              unsigned int order, const xen_pfn_t *frames);

/* Stake a claim on `pages` in all for the domain, so that a build cannot run dry half-way;
 * 0 ends the claim. -ENOMEM: not that much free; -EOPNOTSUPP/-ENOSYS: no claims here. */
int xen_domain_claim_pages(struct xen *xen, domid_t domid, unsigned long pages);

/* What the guest's own memory map call reports: one RAM range from 0 to `kib`. */
int xen_domain_set_memory_map(struct xen *xen, domid_t domid, uint64_t kib);

/* Highest pfn the domain uses. Returns it or -errno. */
long xen_domain_max_pfn(struct xen *xen, domid_t domid);

/* Record mfn -> pfn for n frames of a PV domain in the machine-to-physical table. */
int xen_set_m2p(struct xen *xen, domid_t domid, const xen_pfn_t *mfns, const xen_pfn_t *pfns,
                unsigned long n);

/* Pin (or with pin = false unpin) the domain's frame mfn as top-level page table. */
int xen_pin_l4(struct xen *xen, domid_t domid, xen_pfn_t mfn, bool pin);

/* Zero n frames of the domain, by the hypervisor: cheaper than mapping them. */
int xen_clear_frames(struct xen *xen, domid_t domid, const xen_pfn_t *mfns, unsigned long n);

/* Fill the frame with the hypercall entry code for this domain. */
int xen_hypercall_page_init(struct xen *xen, domid_t domid, xen_pfn_t mfn);

/* Types of n frames (XEN_DOMCTL_PFINFO_* in the top bits), mfns in, type | mfn out. */
int xen_frame_types(struct xen *xen, domid_t domid, xen_pfn_t *frames, unsigned long n);

/* ---- vCPUs ---- */

/* Allocate `max` vCPUs; the same number that the domain was created with. */
int xen_domain_max_vcpus(struct xen *xen, domid_t domid, unsigned int max);

/* A vCPU's registers. A NULL context takes the vCPU down. */
int xen_vcpu_set_context(struct xen *xen, domid_t domid, unsigned int vcpu,
                         const struct vcpu_guest_context *context);
int xen_vcpu_get_context(struct xen *xen, domid_t domid, unsigned int vcpu,
                         struct vcpu_guest_context *context);

/* -ESRCH or -ENOENT: no such vCPU. */
int xen_vcpu_info(struct xen *xen, domid_t domid, unsigned int vcpu,
                  struct xen_domctl_getvcpuinfo *info);

/* A set of physical CPUs: bit n of bits[n / 8]. */
#define XEN_CPUMAP_BYTES 64
#define XEN_CPUMAP_MAX_CPUS (XEN_CPUMAP_BYTES * 8)
struct xen_cpumap {
    uint8_t bits[XEN_CPUMAP_BYTES];
};

static inline bool xen_cpumap_has(const struct xen_cpumap *map, unsigned int cpu)
{
    return cpu < XEN_CPUMAP_MAX_CPUS && (map->bits[cpu / 8] >> (cpu % 8)) & 1;
}

static inline void xen_cpumap_add(struct xen_cpumap *map, unsigned int cpu)
{
    if (cpu < XEN_CPUMAP_MAX_CPUS)
        map->bits[cpu / 8] |= 1u << (cpu % 8);
}

/* Where a vCPU may run (hard) and prefers to (soft); either pointer may be NULL. */
int xen_vcpu_set_affinity(struct xen *xen, domid_t domid, unsigned int vcpu,
                          const struct xen_cpumap *hard, const struct xen_cpumap *soft);
int xen_vcpu_get_affinity(struct xen *xen, domid_t domid, unsigned int vcpu,
                          struct xen_cpumap *hard, struct xen_cpumap *soft);

/* ---- scheduling ---- */

/* The face every scheduler shows: weight (256 is the norm) and cap (% of one CPU, 0 none). */
struct xen_sched_share {
    uint16_t weight;
    uint16_t cap;
};

/* -EOPNOTSUPP: the active scheduler has no weights. */
int xen_sched_get_share(struct xen *xen, domid_t domid, struct xen_sched_share *share);
int xen_sched_set_share(struct xen *xen, domid_t domid, const struct xen_sched_share *share);

/*
 * Borrowed Virtual Time (public/domctl.h, struct xen_domctl_sched_bvt). mcuadv: virtual time
 * charged per unit of CPU time, 1 to XEN_SCHED_BVT_UNIT, so that a share is in proportion to
 * 1 / mcuadv. Times in ns.
 */
struct xen_sched_bvt {
    uint32_t mcuadv;
    uint32_t warpback;      /* 1: warp on wake-up */
    int64_t warpvalue;      /* how much earlier it counts while warped */
    int64_t warpl;          /* longest time warped, 0: no limit */
    int64_t warpu;          /* least time unwarped after that */
};

/* -EOPNOTSUPP: the hypervisor does not schedule by BVT. */
int xen_sched_get_bvt(struct xen *xen, domid_t domid, struct xen_sched_bvt *bvt);
int xen_sched_set_bvt(struct xen *xen, domid_t domid, const struct xen_sched_bvt *bvt);

/* Context-switch allowance, in microseconds, of the whole machine. Same errors. */
int xen_sched_get_allowance(struct xen *xen, uint32_t *us);
int xen_sched_set_allowance(struct xen *xen, uint32_t us);

/* ---- event ports and grants, on behalf of another domain ---- */

/* A port in `domid`, open for `remote` to bind to. Returns the port or -errno. */
int xen_evtchn_alloc_unbound(struct xen *xen, domid_t domid, domid_t remote);

/* State of a port of any domain (public/event_channel.h). -EINVAL beyond the last port. */
struct evtchn_status;
int xen_evtchn_status(struct xen *xen, struct evtchn_status *status);

/* Enter a full-access grant of frame mfn to `to` under reference ref in domid's table.
 * Only before the guest first runs: it writes the guest's table. */
int xen_grant_seed(struct xen *xen, domid_t domid, uint32_t ref, domid_t to, xen_pfn_t mfn);

#endif
