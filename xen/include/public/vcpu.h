/* SPDX-License-Identifier: MIT */
/* vcpu_op: a domain's control over its own vCPUs. */
#ifndef XEN_PUBLIC_VCPU_H
#define XEN_PUBLIC_VCPU_H

#include "xen.h"

/*
 * HYPERVISOR_vcpu_op(VCPUOP_*, vcpu id, handle of the structure named below)
 *
 * Common errors: -ENOENT no such vCPU; -EFAULT structure unreadable; -EINVAL bad field;
 * -ENOSYS unknown number.
 */

/*
 * Gives a vCPU its first state (vcpu_guest_context, without VGCF_online). -EEXIST: it has one;
 * -EINVAL: a page table, address or selector in it is refused. It starts with up.
 */
#define VCPUOP_initialise 0
/* No structure. up: -EINVAL before initialise. is_up: RESULT is 1 or 0. */
#define VCPUOP_up         1
#define VCPUOP_down       2
#define VCPUOP_is_up      3

/* Time spent in each state, since the vCPU was made. */
#define VCPUOP_get_runstate_info 4
#define RUNSTATE_running  0 /* on a CPU */
#define RUNSTATE_runnable 1 /* wants a CPU */
#define RUNSTATE_blocked  2 /* waits */
#define RUNSTATE_offline  3 /* down, paused, or shut down */
/* Set in state_entry_time while the record is being written, with VMASST_TYPE_runstate_... */
#define XEN_RUNSTATE_UPDATE (xen_mk_ullong(1) << 63)
struct vcpu_runstate_info {
    int      state;            /* RUNSTATE_* */
    uint64_t state_entry_time; /* system time in ns */
    uint64_t time[4];          /* ns in each, up to state_entry_time */
};
typedef struct vcpu_runstate_info vcpu_runstate_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_runstate_info_t);

/* The runstate is also written to this address whenever the vCPU is switched to; null stops it. */
#define VCPUOP_register_runstate_memory_area 5
struct vcpu_register_runstate_memory_area {
    union {
        XEN_GUEST_HANDLE(vcpu_runstate_info_t) h;
        struct vcpu_runstate_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_runstate_memory_area vcpu_register_runstate_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_runstate_memory_area_t);

/*
 * A VIRQ_TIMER every period_ns (at least 1 ms). -EINVAL: too short or long. On Xen a new vCPU has
 * such a timer already, of 10 ms: stop it first if it is not wanted.
 */
#define VCPUOP_set_periodic_timer  6
#define VCPUOP_stop_periodic_timer 7
struct vcpu_set_periodic_timer {
    uint64_t period_ns;
};
typedef struct vcpu_set_periodic_timer vcpu_set_periodic_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_periodic_timer_t);

/*
 * One VIRQ_TIMER at a system time; at once if that is past. The flag asks to be told -ETIME
 * instead; like Xen 4.17 the hypervisor may ignore it.
 */
#define VCPUOP_set_singleshot_timer  8
#define VCPUOP_stop_singleshot_timer 9
#define _VCPU_SSHOTTMR_future 0
#define VCPU_SSHOTTMR_future  (1U << _VCPU_SSHOTTMR_future)
struct vcpu_set_singleshot_timer {
    uint64_t timeout_abs_ns;
    uint32_t flags; /* VCPU_SSHOTTMR_future */
};
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_singleshot_timer_t);

/*
 * Moves the vCPU's vcpu_info out of the shared page into one of the guest's frames, once.
 * -EINVAL: done already, or the frame is not the caller's; -ENXIO: offset crosses the page.
 */
#define VCPUOP_register_vcpu_info 10
struct vcpu_register_vcpu_info {
    uint64_t mfn;
    uint32_t offset; /* in the frame */
    uint32_t rsvd;
};
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_vcpu_info_t);

/* An NMI for the vCPU (its callback: nmi.h). No structure. */
#define VCPUOP_send_nmi 11

/* Which CPU it is pinned to: APIC id low, ACPI id high. Domain0, pinned vCPUs; else -EINVAL. */
#define VCPUOP_get_physid 12
struct vcpu_get_physid {
    uint64_t phys_id;
};
typedef struct vcpu_get_physid vcpu_get_physid_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_get_physid_t);
#define xen_vcpu_physid_to_x86_apicid(physid) ((uint32_t)(physid))
#define xen_vcpu_physid_to_x86_acpiid(physid) ((uint32_t)((physid) >> 32))

/* A second copy of the vCPU's clock at an address that user mode can read. */
#define VCPUOP_register_vcpu_time_memory_area 13
DEFINE_XEN_GUEST_HANDLE(vcpu_time_info_t);
struct vcpu_register_time_memory_area {
    union {
        XEN_GUEST_HANDLE(vcpu_time_info_t) h;
        struct vcpu_time_info *v;
        uint64_t p;
    } addr;
};
typedef struct vcpu_register_time_memory_area vcpu_register_time_memory_area_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_register_time_memory_area_t);

/*
 * Xenolith's own; Xen answers -ENOSYS. A VIRQ_TIMER by virtual time, which passes only while the
 * vCPU is RUNSTATE_running: one after timeout_ns of it, and then, unless that is 0, one every
 * period_ns (at least 1 ms). Setting it anew stops the one before. -EINVAL: another vCPU than the
 * caller; too short or long.
 */
#define VCPUOP_set_virtual_timer  0x100
#define VCPUOP_stop_virtual_timer 0x101 /* no structure */
struct vcpu_set_virtual_timer {
    uint64_t timeout_ns;
    uint64_t period_ns;
};
typedef struct vcpu_set_virtual_timer vcpu_set_virtual_timer_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_set_virtual_timer_t);

#endif /* XEN_PUBLIC_VCPU_H */
