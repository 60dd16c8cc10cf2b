/* SPDX-License-Identifier: MIT */
/* sched_op: giving up the CPU, waiting, and ending a domain. */
#ifndef XEN_PUBLIC_SCHED_H
#define XEN_PUBLIC_SCHED_H

#include "event_channel.h"

/*
 * HYPERVISOR_sched_op(SCHEDOP_*, handle of the structure, if any)
 *
 * yield            lets others run; the vCPU stays runnable.
 * block            unmasks events and sleeps until one is pending.
 * shutdown         ends the domain for a reason (sched_shutdown); does not return, except that
 *                  after SHUTDOWN_suspend it returns 0 in the restored domain, 1 if cancelled.
 * poll             sleeps until one of some ports is pending, whether masked or not
 *                  (sched_poll). -EINVAL: more than 128 ports.
 * remote_shutdown  ends another domain (sched_remote_shutdown); needs privilege.
 * shutdown_code    records the reason, to be seen when the domain stops (sched_shutdown).
 * watchdog         starts (id 0: RESULT is the id), feeds (timeout) or stops (timeout 0) one of
 *                  two timers that crash the domain (sched_watchdog).
 * pin_override     Domain0: pins this vCPU to a CPU for a while, -1 undoes (sched_pin_override).
 *
 * -EFAULT, -EINVAL, -EPERM, -ESRCH; -ENOSYS: unknown number.
 */
#define SCHEDOP_yield           0
#define SCHEDOP_block           1
#define SCHEDOP_shutdown        2
#define SCHEDOP_poll            3
#define SCHEDOP_remote_shutdown 4
#define SCHEDOP_shutdown_code   5
#define SCHEDOP_watchdog        6
#define SCHEDOP_pin_override    7

/* Reasons. */
#define SHUTDOWN_poweroff   0
#define SHUTDOWN_reboot     1
#define SHUTDOWN_suspend    2 /* state is to be saved; start_info, third argument, see xen.h */
#define SHUTDOWN_crash      3
#define SHUTDOWN_watchdog   4
#define SHUTDOWN_soft_reset 5 /* No */
#define SHUTDOWN_MAX        5

#ifndef __ASSEMBLY__
struct sched_shutdown {
    unsigned int reason; /* SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);

struct sched_poll {
    XEN_GUEST_HANDLE(evtchn_port_t) ports;
    unsigned int nr_ports;
    uint64_t     timeout; /* system time in ns, 0: none */
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);

struct sched_remote_shutdown {
    domid_t      domain_id;
    unsigned int reason; /* SHUTDOWN_* */
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);

struct sched_watchdog {
    uint32_t id;      /* 0: a new one */
    uint32_t timeout; /* seconds; 0: stop */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);

struct sched_pin_override {
    int32_t pcpu;
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);
#endif /* !__ASSEMBLY__ */

#endif /* XEN_PUBLIC_SCHED_H */
