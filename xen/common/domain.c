/* SPDX-License-Identifier: MIT */
/*
 * A domain's life: create, find, hold, pause, shut down, destroy.
 *
 * References: the list of domains holds one until domain_kill() is through, the domain's memory
 * one as long as any frame is its own, and everybody who found the domain by id one while using
 * it. Who drops the last one may hold any lock, so the struct is freed later, in SOFTIRQ_REAP.
 */
#include <asm/frame.h>
#include <asm/irq.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <public/sched.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/heap.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/string.h>

#define HASH_SIZE   256
#define NO_HINT     0xff
#define GUEST_LAST  (DOMID_FIRST_RESERVED - 1)

struct vcpu_info dummy_vcpu_info;

static spinlock_t list_lock = SPINLOCK(RANK_DOMLIST); /* the two below, and links in the domains */
static struct list domains = LIST_INIT(domains);
static struct domain *hash[HASH_SIZE];

static struct domain *unreferenced; /* to be freed: linked by reap_next. Atomic */

/* ---- find and hold ---- */

/* One more reference, unless there is none left. */
static bool try_hold(struct domain *d)
{
    int refs = atomic_read(&d->refs);

    while (refs > 0)
        if (atomic_cas(&d->refs, &refs, refs + 1))
            return true;
    return false;
}

struct domain *domain_get(domid_t id)
{
    struct domain *d;

    spin_lock(&list_lock);
    for (d = hash[id % HASH_SIZE]; d && d->id != id; d = d->hash_next)
        ;
    if (d && !try_hold(d))
        d = NULL;
    spin_unlock(&list_lock);
    return d;
}

struct domain *domain_get_or_self(domid_t id)
{
    if (id != DOMID_SELF)
        return domain_get(id);
    domain_hold(current_domain);
    return current_domain;
}

struct domain *domain_get_next(domid_t from)
{
    struct domain *d, *found = NULL;

    spin_lock(&list_lock);
    list_for_each(d, &domains, link)
        if (d->id >= from && try_hold(d)) {
            found = d;
            break;
        }
    spin_unlock(&list_lock);
    return found;
}

void domain_hold(struct domain *d)
{
    atomic_inc(&d->refs);
}

void domain_put(struct domain *d)
{
    struct domain *head;

    if (atomic_dec(&d->refs) > 0)
        return;
    head = atomic_read(&unreferenced);
    do
        d->reap_next = head;
    while (!atomic_cas(&unreferenced, &head, d));
    softirq_raise(SOFTIRQ_REAP);
}

/* Enter @d in list and hash; -EEXIST. */
static int enter(struct domain *d)
{
    struct domain *pos, **bucket = &hash[d->id % HASH_SIZE];
    int rc = 0;

    spin_lock(&list_lock);
    list_for_each(pos, &domains, link)
        if (pos->id >= d->id)
            break;
    if (&pos->link != &domains && pos->id == d->id) {
        rc = -EEXIST;
    } else {
        list_add_tail(&d->link, &pos->link);
        d->hash_next = *bucket;
        *bucket = d;
    }
    spin_unlock(&list_lock);
    return rc;
}

static void leave(struct domain *d)
{
    struct domain **p = &hash[d->id % HASH_SIZE];

    spin_lock(&list_lock);
    list_del(&d->link);
    while (*p != d)
        p = &(*p)->hash_next;
    *p = d->hash_next;
    spin_unlock(&list_lock);
}

/* The list is ascending, so the ids taken are met in order. */
domid_t domain_free_id(void)
{
    static domid_t last;
    struct domain *d;
    domid_t id = last < GUEST_LAST ? last + 1 : 1;

    spin_lock(&list_lock);
    for (int round = 0; round < 2; round++) {
        list_for_each(d, &domains, link)
            if (d->id == id)
                id++;
        if (id <= GUEST_LAST)
            break;
        id = 1;
    }
    if (id > GUEST_LAST)
        id = 0;
    else
        last = id;
    spin_unlock(&list_lock);
    return id;
}

void domain_control_begin(struct domain *d)
{
    while (atomic_xchg(&d->controlled, true)) {
        vcpu_yield();
        preempt_point();
    }
}

void domain_control_end(struct domain *d)
{
    atomic_set(&d->controlled, false);
}

/* ---- create ---- */

static void watchdog_expired(void *arg)
{
    domain_shutdown(arg, SHUTDOWN_watchdog);
}

/* Undo alloc_domain(). */
static void free_shell(struct domain *d)
{
    page_free_virt(d->shared_info, 0);
    heap_free(d->vcpu);
    heap_free(d);
}

static struct domain *alloc_domain(domid_t id, const struct domain_config *cfg, bool privileged)
{
    struct domain *d = heap_new(struct domain);

    if (!d)
        return NULL;
    d->id = id;
    d->refs = 2; /* the list's and the caller's */
    d->privileged = privileged;
    memcpy(d->handle, cfg->handle, sizeof(d->handle));
    d->ssidref = cfg->ssidref;
    d->pause_count = 1;
    d->controller_pauses = privileged ? 0 : 1;
    d->shutdown_hint = NO_HINT;
    d->max_grant_frames = cfg->max_grant_frames;
    d->max_maptrack_frames = cfg->max_maptrack_frames;
    spin_lock_init(&d->memory_lock, RANK_MEMORY);
    list_init(&d->link);
    list_init(&d->frames);
    list_init(&d->leaving);
    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_init(&d->watchdog[i], watchdog_expired, d, smp_cpu_id());
    d->max_vcpus = cfg->max_vcpus;
    d->vcpu = heap_new_array(struct vcpu *, cfg->max_vcpus);
    d->shared_info = page_alloc_virt(0);
    if (d->vcpu && d->shared_info)
        return d;
    free_shell(d);
    return NULL;
}

int domain_create(domid_t id, const struct domain_config *cfg, bool privileged,
                  struct domain **out)
{
    struct domain *d;
    int rc;

    if (cfg->max_vcpus < 1 || cfg->max_vcpus > MAX_VCPUS)
        return -EINVAL;
    d = alloc_domain(id, cfg, privileged);
    if (!d)
        return -ENOMEM;
    rc = arch_domain_create(d);
    if (rc)
        goto err_free;
    rc = sched_domain_init(d);
    if (rc)
        goto err_arch;
    rc = event_domain_init(d, cfg->max_evtchn_port);
    if (rc)
        goto err_sched;
    rc = grant_domain_init(d);
    if (rc)
        goto err_events;
    rc = enter(d);
    if (rc)
        goto err_grants;
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1; /* until the guest is ready */
    frame_share(virt_to_mfn(d->shared_info), d, true);
    time_update_wallclock(d);
    *out = d;
    return 0;

err_grants:
    grant_domain_free(d);
err_events:
    event_domain_free(d);
err_sched:
    sched_domain_destroy(d);
err_arch:
    arch_domain_destroy(d);
err_free:
    free_shell(d);
    return rc;
}

static struct vcpu *alloc_vcpu(struct domain *d, unsigned int id)
{
    struct vcpu *v = heap_new(struct vcpu);

    if (!v)
        return NULL;
    v->domain = d;
    v->id = id;
    v->pause_flags = VPF_DOWN;
    v->info = id < XEN_LEGACY_MAX_VCPUS ? &d->shared_info->vcpu_info[id] : &dummy_vcpu_info;
    v->info_mfn = MFN_NONE;
    return v;
}

int vcpu_create(struct domain *d, unsigned int id)
{
    struct vcpu *v;
    int rc;

    if (id >= d->max_vcpus)
        return -EINVAL;
    if (d->vcpu[id])
        return -EEXIST;
    v = alloc_vcpu(d, id);
    if (!v)
        return -ENOMEM;
    rc = sched_vcpu_init(v);
    if (rc)
        goto err_free;
    vcpu_timers_init(v);
    rc = arch_vcpu_create(v);
    if (rc)
        goto err_sched;
    __atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
    return 0;

err_sched:
    sched_vcpu_destroy(v);
err_free:
    heap_free(v);
    return rc;
}

int vcpu_set_context(struct vcpu *v, struct vcpu_guest_context *c, bool first)
{
    bool online = c->flags & VGCF_online;
    int rc;

    if (v->info == &dummy_vcpu_info)
        return -EINVAL; /* it could never be told of an event */
    if (atomic_xchg(&v->setting_up, true))
        return -EBUSY;
    rc = first && v->initialised ? -EEXIST : arch_set_context(v, c);
    if (!rc && online)
        clear_bit(first_bit(VPF_DOWN), &v->pause_flags);
    else if (rc != -EEXIST)
        set_bit(first_bit(VPF_DOWN), &v->pause_flags);
    atomic_set(&v->setting_up, false);
    if (!rc && online)
        vcpu_wake(v);
    return rc;
}

/* ---- pause ---- */

void domain_pause(struct domain *d)
{
    struct vcpu *v;

    atomic_inc(&d->pause_count);
    for_each_vcpu(d, v)
        vcpu_sleep(v);
}

void domain_pause_sync(struct domain *d)
{
    struct vcpu *v;

    domain_pause(d);
    for_each_vcpu(d, v)
        vcpu_sleep_sync(v);
}

void domain_unpause(struct domain *d)
{
    struct vcpu *v;

    if (atomic_dec(&d->pause_count) == 0)
        for_each_vcpu(d, v)
            vcpu_wake(v);
}

/* ---- shut down ---- */

/* Without Domain0 there is nobody to serve the others. */
static void __attribute__((noreturn)) stop_machine(u8 reason)
{
    static const char *const how[] = {
        [SHUTDOWN_poweroff] = "halted",
        [SHUTDOWN_reboot] = "rebooted",
        [SHUTDOWN_suspend] = "suspended itself",
        [SHUTDOWN_crash] = "crashed",
        [SHUTDOWN_watchdog] = "was not heard of in time",
        [SHUTDOWN_soft_reset] = "wanted to start over",
    };
    bool restart = reason == SHUTDOWN_reboot || reason == SHUTDOWN_watchdog;

    smp_stop_others();
    printk(XLOG_ERR "Domain0 %s: %s the machine\n", how[reason],
           restart                    ? "restarting"
           : reason == SHUTDOWN_crash ? "ending with"
                                      : "halting");
    if (restart)
        machine_restart();
    if (reason == SHUTDOWN_crash)
        stop_or_reboot();
    machine_halt();
}

/* Callers may hold any lock up to RANK_SCHED. Who comes second changes nothing. */
void domain_shutdown(struct domain *d, u8 reason)
{
    if (atomic_xchg(&d->shutting_down, true))
        return;
    if (d->shutdown_hint != NO_HINT)
        reason = d->shutdown_hint;
    if (d->privileged)
        stop_machine(reason);
    d->shutdown_code = reason;
    atomic_set(&d->shut_down, true);
    domain_pause(d);
    event_send_dom0_virq(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
    if (!atomic_xchg(&d->shut_down, false))
        return;
    d->shutdown_hint = NO_HINT;
    atomic_set(&d->shutting_down, false);
    domain_unpause(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    char why[160];
    __builtin_va_list ap;

    if (READ_ONCE(d->shutting_down))
        return;
    __builtin_va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    __builtin_va_end(ap);
    printk("Domain %u crashed: %s\n", d->id, why);
    if (current && current_domain == d)
        vcpu_dump(current);
    domain_shutdown(d, SHUTDOWN_crash);
}

/* ---- destroy ---- */

static void nothing(void *)
{
}

/* What @d did last inside Xen may take it long: let the caller look after its events meanwhile. */
static int stop_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v)
        while (!vcpu_asleep(v)) {
            vcpu_yield();
            if (event_interrupts())
                return -ERESTART;
        }
    return 0;
}

static int cut_off(struct domain *d)
{
    struct vcpu *v;

    for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
        timer_kill(&d->watchdog[i]);
    pirq_release_all(d);
    for_each_vcpu(d, v)
        vcpu_op_release(v);
    event_domain_close_all(d);
    /* Nobody is in the middle of sending an event any more, who may have read what has changed. */
    smp_call(cpu_online_map & ~cpumask_of(smp_cpu_id()), nothing, NULL);
    return 0;
}

static int release_vcpus(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        frame_replace(&v->info_mfn, MFN_NONE);
        arch_vcpu_release(v);
        preempt_point();
    }
    return 0;
}

/* The last: a frame that others still map keeps the memory's reference. */
static int bury(struct domain *d)
{
    WRITE_ONCE(d->dying, DOMAIN_DEAD);
    event_send_dom0_virq(VIRQ_DOM_EXC);
    domain_put(d);
    return 0;
}

/* In order; 0, or -ERESTART: once more. */
static int (*const death[])(struct domain *d) = {
    stop_vcpus, cut_off, grant_domain_release_mappings, release_vcpus, domain_release_memory, bury,
};

int domain_kill(struct domain *d)
{
    int rc = 0;

    if (d == current_domain || d->privileged)
        return -EINVAL;
    if (d->dying == DOMAIN_ALIVE) {
        spin_lock(&d->memory_lock); /* who got in with more memory before is waited for */
        WRITE_ONCE(d->dying, DOMAIN_DYING);
        spin_unlock(&d->memory_lock);
        domain_pause(d);
    }
    while (!rc && d->death_stage < ARRAY_SIZE(death)) {
        rc = death[d->death_stage](d);
        d->death_stage += !rc;
    }
    return rc;
}

static void free_domain(struct domain *d)
{
    leave(d);
    sched_domain_destroy(d);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpu[i];

        if (!v)
            continue;
        sched_vcpu_destroy(v);
        arch_vcpu_destroy(v);
        heap_free(v);
    }
    grant_domain_free(d);
    event_domain_free(d);
    arch_domain_destroy(d);
    frame_unshare(virt_to_mfn(d->shared_info), d);
    heap_free(d->vcpu);
    heap_free(d);
}

/* SOFTIRQ_REAP */
static void reap(void)
{
    struct domain *d = atomic_xchg(&unreferenced, NULL), *next;

    for (; d; d = next) {
        next = d->reap_next;
        free_domain(d);
        event_send_dom0_virq(VIRQ_DOM_EXC);
    }
}

void domain_init(void)
{
    softirq_register(SOFTIRQ_REAP, reap);
}

/* ---- vm_assist, and a look at all ---- */

/* What a 64-bit guest may switch. Those for 32-bit segments mean nothing here, and do no harm. */
#define ASSISTS                                                                                    \
    (BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) |                        \
     BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |                    \
     BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) |                 \
     BIT(VMASST_TYPE_m2p_strict))

long do_vm_assist(unsigned int cmd, unsigned int type)
{
    struct domain *d = current_domain;

    if (type >= BITS_PER_LONG || !(ASSISTS & BIT(type)))
        return -EINVAL;
    switch (cmd) {
    case VMASST_CMD_enable:
        set_bit(type, &d->vm_assist);
        return 0;
    case VMASST_CMD_disable:
        clear_bit(type, &d->vm_assist);
        return 0;
    }
    return -ENOSYS;
}

static void dump_domains(void)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        printk("d%u: refs %d pauses %d%s%s, %lu of %lu frames\n", d->id, d->refs, d->pause_count,
               d->shut_down ? " shut down" : "", d->dying ? " dying" : "", d->tot_pages,
               d->max_pages);
        for_each_vcpu(d, v)
            printk("  v%u: CPU %u%s%s flags %lx state %d, upcall pending %u masked %u\n", v->id,
                   v->cpu, v->running ? " running" : "", v->in_hypervisor ? " in Xen" : "",
                   v->pause_flags, v->runstate.state, v->info->evtchn_upcall_pending,
                   v->info->evtchn_upcall_mask);
    }
}
DEBUG_KEY('q', "domains and their vcpus", dump_domains);
