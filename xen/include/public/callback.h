/* SPDX-License-Identifier: MIT */
/* callback_op: where the hypervisor enters a guest's kernel. */
#ifndef XEN_PUBLIC_CALLBACK_H
#define XEN_PUBLIC_CALLBACK_H

#include "xen.h"

/*
 * event     an event is pending and the vCPU's mask is clear
 * failsafe  the segment selectors or the frame of a return could not be loaded
 * syscall   SYSCALL from 64-bit user mode; the frame holds RCX = return RIP, R11 = RFLAGS
 * sysenter  SYSENTER, and syscall32: SYSCALL from 32-bit user mode
 * nmi       an NMI for the guest (Domain0's vCPU 0, or VCPUOP_send_nmi)
 */
#define CALLBACKTYPE_event     0
#define CALLBACKTYPE_failsafe  1
#define CALLBACKTYPE_syscall   2
#define CALLBACKTYPE_sysenter_deprecated 3
#define CALLBACKTYPE_nmi       4
#define CALLBACKTYPE_sysenter  5
#define CALLBACKTYPE_syscall32 7

/* Events are masked on entry. Always so for event and nmi; a choice for the others. */
#define _CALLBACKF_mask_events 0
#define CALLBACKF_mask_events  (1U << _CALLBACKF_mask_events)

/* -EINVAL: address not canonical; -ENOSYS: unknown type. */
#define CALLBACKOP_register 0
struct callback_register {
    uint16_t type;  /* CALLBACKTYPE_* */
    uint16_t flags; /* CALLBACKF_* */
    xen_callback_t address;
};
typedef struct callback_register callback_register_t;
DEFINE_XEN_GUEST_HANDLE(callback_register_t);

/* For nmi, sysenter and syscall32; -EINVAL for those a guest cannot be without. */
#define CALLBACKOP_unregister 1
struct callback_unregister {
    uint16_t type;
    uint16_t _unused;
};
typedef struct callback_unregister callback_unregister_t;
DEFINE_XEN_GUEST_HANDLE(callback_unregister_t);

#endif /* XEN_PUBLIC_CALLBACK_H */
