/* SPDX-License-Identifier: MIT */
/*
 * Domains and vcpus: what they are made of, and a domain's life.
 *
 *   domain_create -> (domctl: memory, vcpus, context; paused) -> unpaused: runs
 *     -> shut down (by itself: SCHEDOP_shutdown; or crashed by us: domain_crash)
 *     -> domain_kill: dying, every resource given back, step by step
 *     -> last reference dropped: dead, id free again
 *
 * A domain pointer found by domain_get() holds a reference until domain_put(). A running vcpu's
 * own domain needs none.
 *
 * Whoever handles domains needs most of what this header includes, and need not include it again.
 */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

#include <asm/cpu.h>
#include <asm/vcpu.h>
#include <public/vcpu.h>
#include <public/xen.h>
#include <xen/cpumask.h>
#include <xen/errno.h>
#include <xen/list.h>
#include <xen/spinlock.h>
#include <xen/timer.h>

#define MAX_VCPUS 128 /* per domain; 32 have their vcpu_info in the shared info page */

struct evtchn;
struct grant_table;
struct sched_unit;
struct sched_domain;

/* Why a vcpu may not run although it wants to: bits of vcpu->pause_flags. */
#define VPF_DOWN    1 /* VCPUOP_down, or not yet brought up */
#define VPF_BLOCKED 2 /* SCHEDOP_block or poll */

struct vcpu {
    struct domain *domain;
    unsigned int id;
    unsigned int cpu;         /* where it runs, or ran last. Changed by sched.c */
    unsigned long pause_flags; /* VPF_*, changed atomically */
    bool initialised;         /* has a context: may be brought up */
    bool setting_up;          /* somebody is giving it one. Atomic */
    bool running;             /* on a CPU, or its stack not yet left (sched.c) */
    bool queued;              /* waits in its CPU's run queue (policy) */
    bool in_hypervisor;       /* preempted inside Xen: not at the boundary, paused or not */
    bool polling;             /* blocked in SCHEDOP_poll. Atomic; counted in domain->pollers */
    unsigned int poll_port;   /* the only port polled; 0 = several */
    cpumask_t affinity;       /* hard */
    cpumask_t affinity_soft;  /* kept and reported, not obeyed */
    cpumask_t affinity_saved; /* while SCHEDOP_pin_override replaces it; 0 = not */

    /* scheduling: sched.c */
    struct sched_unit *sched; /* the policy's own record */
    struct vcpu_runstate_info runstate; /* times up to the last change */
    struct timer poll_timer, periodic_timer, oneshot_timer, virtual_timer;
    stime_t periodic_period; /* 0 = off */
    stime_t periodic_last;
    u64 virtual_due, virtual_period; /* by the time in runstate_running; 0 = off, once */

    /* shared with the guest; Xen's own address of it, never NULL */
    struct vcpu_info *info;
    mfn_t info_mfn;               /* of a frame registered by VCPUOP_register_vcpu_info */
    unsigned long runstate_addr;  /* guest's addresses of registered areas; 0 = none */
    unsigned long time_addr;
    u32 time_version;             /* of vcpu_info.time when last copied to time_addr */
    u16 virq_port[24];            /* NR_VIRQS; event_channel.c, under the domain's event lock */

    /* a call is to be made again, with these as its first arguments: hypercall.c */
    unsigned long again_args[2];
    bool again;

    struct arch_vcpu arch;
    void *stack;                  /* STACK_SIZE bytes */
    u64 *switch_sp;               /* saved stack pointer while not running: entry.S */
};

enum domain_dying { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain {
    domid_t id;
    struct list link;          /* all domains, ascending by id: domain.c */
    struct domain *hash_next;  /* domains in one bucket: domain.c */
    struct domain *reap_next;  /* domains to be freed: domain.c */
    int refs;                  /* atomic; the list holds one until death */
    bool privileged;           /* Domain0 */
    bool is_idle;
    bool debugger_attached;
    u8 handle[16];             /* uuid */
    u32 ssidref;

    unsigned int max_vcpus;
    struct vcpu **vcpu;        /* max_vcpus entries, NULL until a control call made them */

    int pause_count;           /* vcpus may not run while above 0. Atomic */
    int controller_pauses;     /* part of it that XEN_DOMCTL_pausedomain added */
    bool shut_down;
    bool shutting_down;        /* the first to set it shuts the domain down. Atomic */
    u8 shutdown_code;          /* SHUTDOWN_*; valid once shut_down */
    u8 shutdown_hint;          /* SCHEDOP_shutdown_code: overrides the reason; 0xff = none */
    bool controlled;           /* a control call works on it: domain_control_begin(). Atomic */
    unsigned int pollers;      /* its vcpus that poll. Atomic */
    struct sched_domain *sched; /* the policy's own record */
    struct timer watchdog[2];  /* SCHEDOP_watchdog */
    unsigned long watchdogs;   /* which of them are in use. Atomic */
    enum domain_dying dying;   /* leaves DOMAIN_ALIVE under the memory lock */
    u8 death_stage;            /* how far domain_kill() got */

    struct shared_info *shared_info;

    /* events: event_channel.c */
    spinlock_t event_lock;     /* RANK_EVENT: ports and virq_port */
    struct evtchn *ports;      /* fixed array, lives as long as the domain */
    unsigned int nr_ports;
    u16 *pirq_port;            /* port of each pirq, 0 = none; NULL when it may have none */

    /* grants: grant_table.c */
    struct grant_table *grants;
    unsigned int max_grant_frames, max_maptrack_frames;

    /* memory: domain_memory.c */
    spinlock_t memory_lock;    /* RANK_MEMORY: the seven below, and that dying begins */
    struct list frames;        /* its RAM */
    struct list leaving;       /* in death: of it, what pins nothing and is to be given back */
    unsigned long tot_pages, max_pages;
    unsigned long pages_coming; /* being allocated; count against the limit */
    unsigned int gaining;      /* calls that bring it frames: death waits for their end */
    unsigned long outstanding_claim;

    cpumask_t dirty_cpus;      /* CPUs that may hold its translations. Set before CR3 load */
    unsigned long vm_assist;   /* VMASST_TYPE_* bits */
    u64 time_offset_seconds;

    struct arch_domain arch;
};

extern struct domain *dom0;
/* Boot: makes it, paused, from boot_info's modules, which it only reads. Panics on bad input. */
void dom0_build(void);
extern struct vcpu_info dummy_vcpu_info; /* of vcpus that have no real one yet */

/* The calling vcpu's domain. */
#define current_domain (current->domain)

static inline struct vcpu *domain_vcpu(struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? READ_ONCE(d->vcpu[id]) : NULL;
}

#define for_each_vcpu(d, v)                                                                        \
    for (unsigned int i_##v = 0; i_##v < (d)->max_vcpus; i_##v++)                                  \
        if (((v) = (d)->vcpu[i_##v]) != NULL)

/* ---- domain.c ---- */

void domain_init(void); /* boot, before the first domain dies */

/* Domain with id @id and a reference on it; NULL when there is none or it is dead. */
struct domain *domain_get(domid_t id);
/* As domain_get, and DOMID_SELF means the caller. */
struct domain *domain_get_or_self(domid_t id);
/* The domain with the lowest id >= @from, with a reference; NULL at the end. */
struct domain *domain_get_next(domid_t from);
void domain_hold(struct domain *d); /* one more reference on one already held */
void domain_put(struct domain *d);

/* The domain a call names, held: the caller's, or any if that is privileged. 0, -ESRCH, -EPERM. */
static inline int domain_find(domid_t id, struct domain **out)
{
    struct domain *d = domain_get_or_self(id);

    if (d && d != current_domain && !current_domain->privileged) {
        domain_put(d);
        return -EPERM;
    }
    *out = d;
    return d ? 0 : -ESRCH;
}

/* Give back @d and take the next one. */
static inline struct domain *domain_after(struct domain *d)
{
    domid_t next = d->id + 1;

    domain_put(d);
    return domain_get_next(next);
}

/* Every domain in turn, with a reference. */
#define for_each_domain(d) for ((d) = domain_get_next(0); (d); (d) = domain_after(d))

struct domain_config { /* as decoded from XEN_DOMCTL_createdomain, or for Domain0 */
    u8 handle[16];
    u32 ssidref, max_vcpus, max_evtchn_port, max_grant_frames, max_maptrack_frames;
};

/* New domain, paused (pause_count 1). 0 and *@out with one reference, or -errno. */
int domain_create(domid_t id, const struct domain_config *cfg, bool privileged,
                  struct domain **out);
/* First free id for a guest (1 to 0x7fef), searched upward from the last one given; 0 = none. */
domid_t domain_free_id(void);
/* Make vcpu @id, down. 0 or -errno. */
int vcpu_create(struct domain *d, unsigned int id);

/* One control call at a time works on a domain; others wait, giving up the CPU meanwhile. Not a
 * spin lock: what is done under it may take long and be preempted. No lock held. */
void domain_control_begin(struct domain *d);
void domain_control_end(struct domain *d);

/* Give @v a context (@first: -EEXIST when it has one); it must not run. It is up then if the
 * context says VGCF_online, else down. 0, -EBUSY (being set up), or arch_set_context()'s answer. */
int vcpu_set_context(struct vcpu *v, struct vcpu_guest_context *c, bool first);

/* Keep all its vcpus from running. _sync: and wait until they are at the guest boundary. */
void domain_pause(struct domain *d);
void domain_pause_sync(struct domain *d);
void domain_unpause(struct domain *d);

/* The guest shuts itself down, or the tools say so. Sends VIRQ_DOM_EXC to Domain0. */
void domain_shutdown(struct domain *d, u8 reason);
/* Undo a shutdown that is being resumed. */
void domain_resume(struct domain *d);
/* The guest broke the ABI: registers to the log, then shut down as crashed. */
void domain_crash(struct domain *d, const char *fmt, ...) __printf_like(2, 3);

/* Give back everything. Caller holds a reference, no locks, and is the only one to kill it now.
 * -ERESTART: an event waits for the caller; call again. -EINVAL: itself, or Domain0. 0: done. */
int domain_kill(struct domain *d);

/* ---- vcpu_op.c ---- */

/* vcpu_set_context() from the caller's memory at @addr. Also -EFAULT, -ENOMEM. */
int vcpu_copy_in_context(struct vcpu *v, unsigned long addr, bool first);
/* Have an NMI delivered to @v's kernel. Any CPU. */
void vcpu_send_nmi(struct vcpu *v);
void vcpu_timers_init(struct vcpu *v);
/* Stop its timers for good and forget the areas it registered; the frame of its vcpu_info is the
 * caller's to put. It does not run any more. */
void vcpu_op_release(struct vcpu *v);
/* Bring the runstate and time areas it registered up to date; its virtual time passes again. */
void vcpu_switched_to(struct vcpu *v);

/* ---- domctl.c, what sysctl shares of it ---- */

struct xenctl_bitmap;
struct xen_domctl_getdomaininfo;

/* A CPU set from or to a caller's bitmap of any length. 0 or -EFAULT. */
int cpumask_copy_in(cpumask_t *mask, const struct xenctl_bitmap *from);
int cpumask_copy_out(const struct xenctl_bitmap *to, cpumask_t mask);
/* Describe @d, on which a reference is held. */
void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* ---- hypercalls that live with domains ---- */
long do_vcpu_op(int cmd, unsigned int vcpuid, unsigned long arg);
long do_vm_assist(unsigned int cmd, unsigned int type);

#endif
