/* SPDX-License-Identifier: MIT */
/* Event channels: ports, how they are bound, and how events are sent. */
#ifndef XEN_PUBLIC_EVENT_CHANNEL_H
#define XEN_PUBLIC_EVENT_CHANNEL_H

#include "xen.h"

/*
 * HYPERVISOR_event_channel_op(EVTCHNOP_*, handle of the structure named below)
 *
 * A port is one domain's end of a channel, a small number. Its life:
 *
 *   closed -> unbound (alloc_unbound) -> interdomain (the other side binds) -> unbound | closed
 *   closed -> virq | pirq | ipi (bind_*) -> closed (close)
 *
 * Each port notifies one vCPU: the one given at binding, or vCPU 0, until bind_vcpu.
 * How an event reaches the guest: struct vcpu_info and struct shared_info in xen.h.
 *
 * Errors common to all: -EFAULT structure unreadable; -EINVAL port out of range or not in the
 * state needed; -ESRCH no such domain; -EPERM no privilege over the domain; -ENOENT no such vCPU;
 * -ENOSPC, -ENOMEM no free port; -ENOSYS unknown call (the FIFO calls among them: 2-level only).
 */
#define EVTCHNOP_bind_interdomain 0
#define EVTCHNOP_bind_virq        1
#define EVTCHNOP_bind_pirq        2
#define EVTCHNOP_close            3
#define EVTCHNOP_send             4
#define EVTCHNOP_status           5
#define EVTCHNOP_alloc_unbound    6
#define EVTCHNOP_bind_ipi         7
#define EVTCHNOP_bind_vcpu        8
#define EVTCHNOP_unmask           9
#define EVTCHNOP_reset           10
#define EVTCHNOP_init_control    11 /* FIFO: No (-ENOSYS) */
#define EVTCHNOP_expand_array    12 /* FIFO: No (-ENOSYS) */
#define EVTCHNOP_set_priority    13 /* FIFO: No (-ENOSYS) */

/* Ports of the 2-level ABI; port 0 is never valid. */
#define EVTCHN_2L_NR_CHANNELS (sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)

typedef uint32_t evtchn_port_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_port_t);

/* A new port in domain dom that remote_dom may bind to. dom other than SELF needs privilege. */
struct evtchn_alloc_unbound {
    domid_t dom, remote_dom; /* IN */
    evtchn_port_t port;      /* OUT */
};
typedef struct evtchn_alloc_unbound evtchn_alloc_unbound_t;

/*
 * Connects a new local port to an unbound port of remote_dom that was allocated for the caller.
 * The local port is made pending at once, so that nothing sent before the binding is lost.
 */
struct evtchn_bind_interdomain {
    domid_t remote_dom;        /* IN */
    evtchn_port_t remote_port; /* IN */
    evtchn_port_t local_port;  /* OUT */
};
typedef struct evtchn_bind_interdomain evtchn_bind_interdomain_t;

/* Binds VIRQ_*. -EEXIST: bound already; -EINVAL: a (G) virq with a vCPU other than 0. */
struct evtchn_bind_virq {
    uint32_t virq;      /* IN */
    uint32_t vcpu;      /* IN */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_virq evtchn_bind_virq_t;

/* Binds a physical interrupt the domain has been given (physdev.h). -EEXIST: bound already. */
#define BIND_PIRQ__WILL_SHARE 1
struct evtchn_bind_pirq {
    uint32_t pirq;      /* IN */
    uint32_t flags;     /* IN: BIND_PIRQ__WILL_SHARE */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_pirq evtchn_bind_pirq_t;

/* A port to which the domain sends to itself, delivered to vcpu. It cannot be rebound. */
struct evtchn_bind_ipi {
    uint32_t vcpu;      /* IN */
    evtchn_port_t port; /* OUT */
};
typedef struct evtchn_bind_ipi evtchn_bind_ipi_t;

/* Frees a port; an interdomain peer falls back to unbound. */
struct evtchn_close {
    evtchn_port_t port; /* IN */
};
typedef struct evtchn_close evtchn_close_t;

/* Sends to the peer of an interdomain port, or to oneself by an IPI port; an unbound port drops. */
struct evtchn_send {
    evtchn_port_t port; /* IN */
};
typedef struct evtchn_send evtchn_send_t;

/* What a port is. dom other than SELF needs privilege. */
#define EVTCHNSTAT_closed      0
#define EVTCHNSTAT_unbound     1
#define EVTCHNSTAT_interdomain 2
#define EVTCHNSTAT_pirq        3
#define EVTCHNSTAT_virq        4
#define EVTCHNSTAT_ipi         5
struct evtchn_status {
    domid_t dom;        /* IN */
    evtchn_port_t port; /* IN */
    uint32_t status;    /* OUT: EVTCHNSTAT_* */
    uint32_t vcpu;      /* OUT: vCPU notified */
    union {             /* OUT */
        struct {
            domid_t dom;
        } unbound;      /* who may bind */
        struct {
            domid_t dom;
            evtchn_port_t port;
        } interdomain;  /* the peer */
        uint32_t pirq;
        uint32_t virq;
    } u;
};
typedef struct evtchn_status evtchn_status_t;

/* Moves a port to another vCPU. -EINVAL: an IPI port or that of a per-vCPU virq. */
struct evtchn_bind_vcpu {
    evtchn_port_t port; /* IN */
    uint32_t vcpu;      /* IN */
};
typedef struct evtchn_bind_vcpu evtchn_bind_vcpu_t;

/* Clears the mask bit, and delivers if the port is pending. */
struct evtchn_unmask {
    evtchn_port_t port; /* IN */
};
typedef struct evtchn_unmask evtchn_unmask_t;

/* Closes every port of a domain. */
struct evtchn_reset {
    domid_t dom; /* IN */
};
typedef struct evtchn_reset evtchn_reset_t;

/* The argument of the old call 16, which carried its number inside; kept for its users' sources. */
struct evtchn_op {
    uint32_t cmd;
    union {
        evtchn_alloc_unbound_t    alloc_unbound;
        evtchn_bind_interdomain_t bind_interdomain;
        evtchn_bind_virq_t        bind_virq;
        evtchn_bind_pirq_t        bind_pirq;
        evtchn_bind_ipi_t         bind_ipi;
        evtchn_close_t            close;
        evtchn_send_t             send;
        evtchn_status_t           status;
        evtchn_bind_vcpu_t        bind_vcpu;
        evtchn_unmask_t           unmask;
    } u;
};
typedef struct evtchn_op evtchn_op_t;
DEFINE_XEN_GUEST_HANDLE(evtchn_op_t);

/* The FIFO calls' arguments, so that callers can ask and be told -ENOSYS. */
struct evtchn_init_control {
    uint64_t control_gfn;
    uint32_t offset;
    uint32_t vcpu;
    uint8_t  link_bits;
    uint8_t  _pad[7];
};
typedef struct evtchn_init_control evtchn_init_control_t;

struct evtchn_expand_array {
    uint64_t array_gfn;
};
typedef struct evtchn_expand_array evtchn_expand_array_t;

struct evtchn_set_priority {
    evtchn_port_t port;
    uint32_t priority;
};
typedef struct evtchn_set_priority evtchn_set_priority_t;

#endif /* XEN_PUBLIC_EVENT_CHANNEL_H */
