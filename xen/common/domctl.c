/* SPDX-License-Identifier: MIT */
/* The domctl hypercall: one domain (Domain0) controlling another. */
#include <asm/cpu_policy.h>
#include <asm/fpu.h>
#include <asm/frame.h>
#include <asm/time.h>
#include <public/domctl.h>
#include <public/sched.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/string.h>

#define GRANT_FRAMES_DEFAULT 64
#define GRANT_FRAMES_MAX     1024
#define MAPTRACK_DEFAULT     1024
#define MAPTRACK_MAX         65536
#define PAGE_INFO_MAX        1024

/* ---- CPU bitmaps ---- */

int cpumask_copy_in(cpumask_t *mask, const struct xenctl_bitmap *from)
{
    u64 word = 0;
    u32 bits = MIN(from->nr_bits, (u32)NR_CPUS);

    if (copy_in_bytes(&word, GPTR(from->bitmap.addr), DIV_UP(bits, 8)))
        return -EFAULT;
    *mask = bits < NR_CPUS ? word & (BIT(bits) - 1) : word;
    return 0;
}

int cpumask_copy_out(const struct xenctl_bitmap *to, cpumask_t mask)
{
    static const u64 zero;
    unsigned long bytes = DIV_UP((u64)to->nr_bits, 8);
    u64 word = to->nr_bits < NR_CPUS ? mask & (BIT(to->nr_bits) - 1) : mask;

    if (copy_out_bytes(GPTR(to->bitmap.addr), &word, MIN(bytes, sizeof(word))))
        return -EFAULT;
    for (unsigned long at = sizeof(word); at < MIN(bytes, 1024UL); at += sizeof(zero))
        if (copy_out_bytes(GPTR(to->bitmap.addr + at), &zero, MIN(bytes - at, sizeof(zero))))
            return -EFAULT;
    return 0;
}

/* ---- a domain's life ---- */

static int decode_create(const struct xen_domctl_createdomain *c, struct domain_config *cfg)
{
    const u32 ignored = XEN_DOMCTL_CDF_s3_integrity | XEN_DOMCTL_CDF_oos_off |
                        XEN_DOMCTL_CDF_xs_domain;

    if (c->flags & ~ignored || c->iommu_opts || c->vmtrace_size || c->cpupool_id ||
        c->arch.emulation_flags || c->arch.misc_flags & ~XEN_X86_MISC_FLAGS_MAX)
        return -EINVAL;
    if (XEN_DOMCTL_GRANT_version(c->grant_opts) < 1 ||
        XEN_DOMCTL_GRANT_version(c->grant_opts) > 2 || c->max_vcpus < 1 ||
        c->max_vcpus > MAX_VCPUS || c->max_grant_frames > GRANT_FRAMES_MAX ||
        c->max_maptrack_frames > MAPTRACK_MAX)
        return -EINVAL;
    *cfg = (struct domain_config){
        .ssidref = c->ssidref,
        .max_vcpus = c->max_vcpus,
        .max_evtchn_port = c->max_evtchn_port,
        .max_grant_frames = c->max_grant_frames < 0 ? GRANT_FRAMES_DEFAULT : c->max_grant_frames,
        .max_maptrack_frames =
            c->max_maptrack_frames < 0 ? MAPTRACK_DEFAULT : c->max_maptrack_frames,
    };
    memcpy(cfg->handle, c->handle, sizeof(cfg->handle));
    return 0;
}

static long create(struct domain *, struct xen_domctl *op)
{
    bool any = op->domain == 0 || op->domain >= DOMID_FIRST_RESERVED;
    struct domain_config cfg;
    struct domain *d;
    domid_t id = op->domain;
    int rc = decode_create(&op->u.createdomain, &cfg);

    if (rc)
        return rc;
    do {
        if (any)
            id = domain_free_id();
        if (!id)
            return -ENOMEM;
        rc = domain_create(id, &cfg, false, &d);
    } while (any && rc == -EEXIST);
    if (rc)
        return rc;
    op->domain = id;
    domain_put(d);
    return 0;
}

static long destroy(struct domain *d, struct xen_domctl *)
{
    return domain_kill(d);
}

static long pause(struct domain *d, struct xen_domctl *)
{
    domain_pause_sync(d);
    d->controller_pauses++;
    return 0;
}

static long unpause(struct domain *d, struct xen_domctl *)
{
    if (d->controller_pauses == 0)
        return -EINVAL;
    d->controller_pauses--;
    domain_unpause(d);
    return 0;
}

static long resume(struct domain *d, struct xen_domctl *)
{
    domain_resume(d);
    return 0;
}

/* ---- what a domain is ---- */

static u32 vcpu_flags(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    u32 flags = XEN_DOMINF_blocked;
    struct vcpu *v;

    for_each_vcpu(d, v) {
        info->max_vcpu_id = v->id;
        if (v->pause_flags & VPF_DOWN)
            continue;
        info->nr_online_vcpus++;
        if (!(v->pause_flags & VPF_BLOCKED))
            flags &= ~XEN_DOMINF_blocked;
        if (v->runstate.state == RUNSTATE_running)
            flags |= XEN_DOMINF_running;
    }
    return info->nr_online_vcpus ? flags : 0;
}

void domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    *info = (struct xen_domctl_getdomaininfo){
        .domain = d->id,
        .tot_pages = d->tot_pages,
        .max_pages = d->max_pages,
        .outstanding_pages = d->outstanding_claim,
        .shared_info_frame = virt_to_mfn(d->shared_info).n,
        .cpu_time = domain_cpu_time(d),
        .max_vcpu_id = XEN_INVALID_MAX_VCPU_ID,
        .ssidref = d->ssidref,
        .gpaddr_bits = 46,
    };
    info->flags = vcpu_flags(d, info);
    if (d->dying != DOMAIN_ALIVE)
        info->flags |= XEN_DOMINF_dying;
    if (d->shut_down)
        info->flags |= XEN_DOMINF_shutdown | d->shutdown_code << XEN_DOMINF_shutdownshift;
    if (d->controller_pauses)
        info->flags |= XEN_DOMINF_paused;
    if (d->debugger_attached)
        info->flags |= XEN_DOMINF_debugged;
    memcpy(info->handle, d->handle, sizeof(info->handle));
}

static long get_info(struct domain *, struct xen_domctl *op)
{
    struct domain *d = domain_get_next(op->domain);

    if (!d)
        return -ESRCH;
    op->domain = d->id;
    domain_info(d, &op->u.getdomaininfo);
    domain_put(d);
    return 0;
}

static long set_handle(struct domain *d, struct xen_domctl *op)
{
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    return 0;
}

static long set_debugging(struct domain *d, struct xen_domctl *op)
{
    d->debugger_attached = op->u.setdebugging.enable;
    return 0;
}

static long set_time_offset(struct domain *d, struct xen_domctl *op)
{
    d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
    time_update_wallclock(d);
    return 0;
}

/* Guests read the machine's own TSC. Modes: 0 default, 1 emulate, 2 native, 3 was PVRDTSCP. */
static long set_tsc(struct domain *, struct xen_domctl *op)
{
    u32 mode = op->u.tsc_info.tsc_mode;

    if (mode > 3)
        return -EINVAL;
    return mode == 0 || mode == 2 ? 0 : -EOPNOTSUPP;
}

static long get_tsc(struct domain *, struct xen_domctl *op)
{
    op->u.tsc_info = (struct xen_domctl_tsc_info){
        .gtsc_khz = cpu_khz,
        .elapsed_nsec = now(),
    };
    return 0;
}

static long set_address_size(struct domain *, struct xen_domctl *op)
{
    return op->u.address_size.size == 64 ? 0 : -EINVAL;
}

static long get_address_size(struct domain *, struct xen_domctl *op)
{
    op->u.address_size.size = 64;
    return 0;
}

/* ---- memory ---- */

static long set_max_mem(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->memory_lock);
    d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
    spin_unlock(&d->memory_lock);
    return 0;
}

static u32 frame_kind(mfn_t m, struct domain *d)
{
    static const u32 kinds[] = {
        [FT_L1] = XEN_DOMCTL_PFINFO_L1TAB,
        [FT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
        [FT_L3] = XEN_DOMCTL_PFINFO_L3TAB,
        [FT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
        [FT_SEGDESC] = XEN_DOMCTL_PFINFO_NOTAB,
    };
    u32 kind;

    if (frame_get(m, d))
        return XEN_DOMCTL_PFINFO_XTAB;
    kind = kinds[frame_type(m)];
    if (kind && frame_counts(m).pinned)
        kind |= XEN_DOMCTL_PFINFO_LPINTAB;
    frame_put(m);
    return kind;
}

static long get_frame_info(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getpageframeinfo3 *g = &op->u.getpageframeinfo3;
    xen_pfn_t entry;

    if (g->num > PAGE_INFO_MAX)
        return -E2BIG;
    for (unsigned int i = 0; i < g->num; i++) {
        if (copy_in(&entry, g->array, i, 1))
            return -EFAULT;
        entry = frame_kind(MFN(entry), d);
        if (copy_out(g->array, i, &entry, 1))
            return -EFAULT;
        if (i % 64 == 63)
            preempt_point();
    }
    return 0;
}

static long fill_hypercall_page(struct domain *d, struct xen_domctl *op)
{
    mfn_t m = MFN(op->u.hypercall_init.gmfn);
    int rc = frame_get_type(m, d, FT_WRITABLE);

    if (rc)
        return rc;
    hypercall_page_fill(mfn_to_virt(m));
    frame_put_type(m);
    return 0;
}

/* ---- vcpus ---- */

static long make_vcpus(struct domain *d, struct xen_domctl *op)
{
    int rc = 0;

    if (op->u.max_vcpus.max != d->max_vcpus)
        return -EINVAL;
    for (unsigned int i = 0; !rc && i < d->max_vcpus; i++) {
        if (!d->vcpu[i])
            rc = vcpu_create(d, i);
        preempt_point();
    }
    return rc;
}

static long set_context(struct vcpu *v, struct xen_domctl *op)
{
    unsigned long addr = op->u.vcpucontext.ctxt.addr;

    return addr ? vcpu_copy_in_context(v, addr, false) : -EINVAL;
}

static long get_context(struct vcpu *v, struct xen_domctl *op)
{
    struct vcpu_guest_context *c;
    long rc;

    if (!v->initialised)
        return -ENODATA;
    c = heap_new(struct vcpu_guest_context);
    if (!c)
        return -ENOMEM;
    arch_get_context(v, c);
    rc = copy_out(op->u.vcpucontext.ctxt, 0, c, 1);
    heap_free(c);
    return rc;
}

static long set_ext_context(struct vcpu *v, struct xen_domctl *op)
{
    struct xen_domctl_ext_vcpucontext *e = &op->u.ext_vcpucontext;
    struct guest_entry *callbacks = v->arch.callbacks;

    if (e->size < offsetof(struct xen_domctl_ext_vcpucontext, mcg_cap) ||
        !is_canonical(e->syscall32_callback_eip) || !is_canonical(e->sysenter_callback_eip))
        return -EINVAL;
    callbacks[CALLBACKTYPE_syscall32].address = e->syscall32_callback_eip;
    callbacks[CALLBACKTYPE_syscall32].mask_events = e->syscall32_disables_events;
    callbacks[CALLBACKTYPE_sysenter].address = e->sysenter_callback_eip;
    callbacks[CALLBACKTYPE_sysenter].mask_events = e->sysenter_disables_events;
    return 0;
}

static long get_ext_context(struct vcpu *v, struct xen_domctl *op)
{
    op->u.ext_vcpucontext = (struct xen_domctl_ext_vcpucontext){
        .vcpu = v->id,
        .size = sizeof(op->u.ext_vcpucontext),
        .syscall32_callback_eip = v->arch.callbacks[CALLBACKTYPE_syscall32].address,
        .sysenter_callback_eip = v->arch.callbacks[CALLBACKTYPE_sysenter].address,
        .syscall32_callback_cs = GUEST_CS64,
        .sysenter_callback_cs = GUEST_CS64,
        .syscall32_disables_events = v->arch.callbacks[CALLBACKTYPE_syscall32].mask_events,
        .sysenter_disables_events = v->arch.callbacks[CALLBACKTYPE_sysenter].mask_events,
    };
    return 0;
}

static long get_vcpu_info(struct vcpu *v, struct xen_domctl *op)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    op->u.getvcpuinfo = (struct xen_domctl_getvcpuinfo){
        .vcpu = v->id,
        .online = !(v->pause_flags & VPF_DOWN),
        .blocked = !!(v->pause_flags & VPF_BLOCKED),
        .running = rs.state == RUNSTATE_running,
        .cpu_time = rs.time[RUNSTATE_running],
        .cpu = v->cpu,
    };
    return 0;
}

static int set_hard_affinity(struct vcpu *v, struct xen_domctl_vcpuaffinity *a)
{
    cpumask_t mask;
    int rc = cpumask_copy_in(&mask, &a->cpumap_hard);

    if (rc)
        return rc;
    if (v->affinity_saved) {
        if (!(a->flags & XEN_VCPUAFFINITY_FORCE))
            return -EBUSY;
        v->affinity_saved = 0;
    }
    rc = vcpu_set_affinity(v, mask);
    return rc ? rc : cpumask_copy_out(&a->cpumap_hard, mask & cpu_online_map);
}

static int set_soft_affinity(struct vcpu *v, const struct xen_domctl_vcpuaffinity *a)
{
    cpumask_t mask;
    int rc = cpumask_copy_in(&mask, &a->cpumap_soft);

    if (rc)
        return rc;
    v->affinity_soft = mask;
    return cpumask_copy_out(&a->cpumap_soft, mask & v->affinity & cpu_online_map);
}

static long set_affinity(struct vcpu *v, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    int rc = 0;

    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = set_hard_affinity(v, a);
    if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
        rc = set_soft_affinity(v, a);
    return rc;
}

static long get_affinity(struct vcpu *v, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    int rc = 0;

    if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
        return -EINVAL;
    if (a->flags & XEN_VCPUAFFINITY_HARD)
        rc = cpumask_copy_out(&a->cpumap_hard, v->affinity);
    if (!rc && a->flags & XEN_VCPUAFFINITY_SOFT)
        rc = cpumask_copy_out(&a->cpumap_soft, v->affinity_soft);
    return rc;
}

/* One node: whatever is asked for is that. */
static long set_node_affinity(struct domain *, struct xen_domctl *op)
{
    cpumask_t nodes;
    int rc = cpumask_copy_in(&nodes, &op->u.nodeaffinity.nodemap);

    if (rc)
        return rc;
    return nodes & 1 ? 0 : -EINVAL;
}

static long get_node_affinity(struct domain *, struct xen_domctl *op)
{
    return cpumask_copy_out(&op->u.nodeaffinity.nodemap, 1);
}

static long scheduler(struct domain *d, struct xen_domctl *op)
{
    return sched->adjust(d, &op->u.scheduler_op);
}

static long send_trigger(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

    if (!v)
        return -ESRCH;
    if (op->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI)
        return -ENOSYS;
    vcpu_send_nmi(v);
    return 0;
}

/* What the tools keep of a vcpu's registers beyond its context: this, then what XSAVE stored. */
struct xstate {
    u64 xcr0, xcr0_ever; /* in force, and all that were */
    u8 xsave[];
};

static long get_xstate(struct vcpu *v, struct xen_domctl *op)
{
    struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
    struct xstate head = {.xcr0 = v->arch.xcr0, .xcr0_ever = xcr0_max};
    u64 size = fpu_xstate_size ? sizeof(head) + fpu_xstate_size : 0;

    if (!size || !x->buffer.addr || (!x->size && !x->xfeature_mask)) {
        x->xfeature_mask = xcr0_max;
        x->size = size;
        return 0;
    }
    if (x->size != size || x->xfeature_mask != xcr0_max)
        return -EINVAL;
    if (copy_out_bytes(GPTR(x->buffer.addr), &head, sizeof(head)))
        return -EFAULT;
    return copy_out_bytes(GPTR(x->buffer.addr + sizeof(head)), arch_fpu_area(v), fpu_xstate_size);
}

static long set_xstate(struct vcpu *v, struct xen_domctl *op)
{
    struct xen_domctl_vcpuextstate *x = &op->u.vcpuextstate;
    struct xstate *s;
    long rc;

    if (x->size < sizeof(*s) || x->size > sizeof(*s) + fpu_xstate_size)
        return -EINVAL;
    if (x->size == sizeof(*s))
        return 0; /* of a machine without XSAVE */
    s = heap_alloc(x->size);
    if (!s)
        return -ENOMEM;
    rc = copy_in_bytes(s, GPTR(x->buffer.addr), x->size);
    if (!rc) {
        arch_fpu_area(v);
        rc = fpu_set_xstate(&v->arch, s->xcr0, s->xsave, x->size - sizeof(*s));
    }
    heap_free(s);
    return rc;
}

/* There are none beyond what the context holds. */
static long get_msrs(struct vcpu *, struct xen_domctl *op)
{
    op->u.vcpu_msrs.msr_count = 0;
    return 0;
}

static long set_msrs(struct vcpu *, struct xen_domctl *op)
{
    return op->u.vcpu_msrs.msr_count ? -EINVAL : 0;
}

/* ---- CPUID, rights ---- */

static long get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;
    int rc = cpu_policy_get_leaves(p->leaves, &p->nr_leaves, true, d);

    return rc ? rc : cpu_policy_get_msrs(p->msrs, &p->nr_msrs);
}

static long set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *p = &op->u.cpu_policy;

    p->err_leaf = p->err_subleaf = p->err_msr = ~0U;
    return cpu_policy_set_leaves(d, p->leaves, p->nr_leaves, &p->err_leaf, &p->err_subleaf);
}

/* Devices are not passed through: a guest has no such right, so there is none to take either. */
static long permission(struct domain *, struct xen_domctl *op)
{
    bool allow = op->cmd == XEN_DOMCTL_irq_permission     ? op->u.irq_permission.allow_access
                 : op->cmd == XEN_DOMCTL_iomem_permission ? op->u.iomem_permission.allow_access
                                                          : op->u.ioport_permission.allow_access;

    return allow ? -EOPNOTSUPP : 0;
}

static long set_virq_handler(struct domain *d, struct xen_domctl *op)
{
    if (op->u.set_virq_handler.virq >= NR_VIRQS)
        return -EINVAL;
    return d == dom0 ? 0 : -EOPNOTSUPP;
}

static long not_supported(struct domain *, struct xen_domctl *)
{
    return -EOPNOTSUPP;
}

static long no_such_call(struct domain *, struct xen_domctl *)
{
    return -ENOSYS;
}

/* ---- hypercall ---- */

#define ANSWERS   1  /* the structure goes back to the caller */
#define NO_DOMAIN 2  /* not about a domain that must exist */
#define SHARED    4  /* several at a time on one domain */
#define DYING     8  /* on a dying domain too */
#define OTHERS    16 /* not on the caller's own domain */
#define STILL     32 /* it is paused meanwhile; so not the caller's own either */

/* One of the two. That of a vcpu finds its number in the first word of op->u. */
struct row {
    long (*fn)(struct domain *d, struct xen_domctl *op);
    long (*vcpu_fn)(struct vcpu *v, struct xen_domctl *op);
    u8 flags;
};

#define DOMAIN_CALL(name, f) {.fn = (name), .flags = (f)}
#define VCPU_CALL(name, f)   {.vcpu_fn = (name), .flags = (f)}

static const struct row rows[] = {
    [XEN_DOMCTL_createdomain] = DOMAIN_CALL(create, ANSWERS | NO_DOMAIN),
    [XEN_DOMCTL_destroydomain] = DOMAIN_CALL(destroy, DYING),
    [XEN_DOMCTL_pausedomain] = DOMAIN_CALL(pause, OTHERS | DYING),
    [XEN_DOMCTL_unpausedomain] = DOMAIN_CALL(unpause, DYING),
    [XEN_DOMCTL_resumedomain] = DOMAIN_CALL(resume, OTHERS),
    [XEN_DOMCTL_getdomaininfo] = DOMAIN_CALL(get_info, ANSWERS | NO_DOMAIN),
    [XEN_DOMCTL_setdomainhandle] = DOMAIN_CALL(set_handle, 0),
    [XEN_DOMCTL_setdebugging] = DOMAIN_CALL(set_debugging, 0),
    [XEN_DOMCTL_settimeoffset] = DOMAIN_CALL(set_time_offset, 0),
    [XEN_DOMCTL_settscinfo] = DOMAIN_CALL(set_tsc, 0),
    [XEN_DOMCTL_gettscinfo] = DOMAIN_CALL(get_tsc, ANSWERS | SHARED),
    [XEN_DOMCTL_set_address_size] = DOMAIN_CALL(set_address_size, 0),
    [XEN_DOMCTL_get_address_size] = DOMAIN_CALL(get_address_size, ANSWERS | SHARED),
    [XEN_DOMCTL_max_mem] = DOMAIN_CALL(set_max_mem, 0),
    [XEN_DOMCTL_getpageframeinfo3] = DOMAIN_CALL(get_frame_info, SHARED),
    [XEN_DOMCTL_hypercall_init] = DOMAIN_CALL(fill_hypercall_page, 0),
    [XEN_DOMCTL_max_vcpus] = DOMAIN_CALL(make_vcpus, 0),
    [XEN_DOMCTL_setvcpucontext] = VCPU_CALL(set_context, STILL),
    [XEN_DOMCTL_getvcpucontext] = VCPU_CALL(get_context, STILL),
    [XEN_DOMCTL_set_ext_vcpucontext] = VCPU_CALL(set_ext_context, STILL),
    [XEN_DOMCTL_get_ext_vcpucontext] = VCPU_CALL(get_ext_context, ANSWERS),
    [XEN_DOMCTL_getvcpuinfo] = VCPU_CALL(get_vcpu_info, ANSWERS | SHARED | DYING),
    [XEN_DOMCTL_setvcpuaffinity] = VCPU_CALL(set_affinity, 0),
    [XEN_DOMCTL_getvcpuaffinity] = VCPU_CALL(get_affinity, SHARED | DYING),
    [XEN_DOMCTL_setnodeaffinity] = DOMAIN_CALL(set_node_affinity, 0),
    [XEN_DOMCTL_getnodeaffinity] = DOMAIN_CALL(get_node_affinity, SHARED | DYING),
    [XEN_DOMCTL_scheduler_op] = DOMAIN_CALL(scheduler, ANSWERS),
    [XEN_DOMCTL_sendtrigger] = DOMAIN_CALL(send_trigger, 0),
    [XEN_DOMCTL_getvcpuextstate] = VCPU_CALL(get_xstate, ANSWERS | STILL),
    [XEN_DOMCTL_setvcpuextstate] = VCPU_CALL(set_xstate, STILL),
    [XEN_DOMCTL_get_vcpu_msrs] = VCPU_CALL(get_msrs, ANSWERS),
    [XEN_DOMCTL_set_vcpu_msrs] = VCPU_CALL(set_msrs, 0),
    [XEN_DOMCTL_get_cpu_policy] = DOMAIN_CALL(get_cpu_policy, ANSWERS),
    [XEN_DOMCTL_set_cpu_policy] = DOMAIN_CALL(set_cpu_policy, ANSWERS | STILL),
    [XEN_DOMCTL_irq_permission] = DOMAIN_CALL(permission, 0),
    [XEN_DOMCTL_iomem_permission] = DOMAIN_CALL(permission, 0),
    [XEN_DOMCTL_ioport_permission] = DOMAIN_CALL(permission, 0),
    [XEN_DOMCTL_set_virq_handler] = DOMAIN_CALL(set_virq_handler, 0),
    [XEN_DOMCTL_shadow_op] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_assign_device] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_test_assign_device] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_deassign_device] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_setvnumainfo] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_get_paging_mempool_size] = DOMAIN_CALL(not_supported, 0),
    [XEN_DOMCTL_set_paging_mempool_size] = DOMAIN_CALL(not_supported, 0),
};

static long run_on_vcpu(const struct row *row, struct domain *d, struct xen_domctl *op)
{
    u32 id = op->u.vcpucontext.vcpu;
    struct vcpu *v = domain_vcpu(d, id);

    if (!v)
        return id < d->max_vcpus ? -ESRCH : -EINVAL;
    return row->vcpu_fn(v, op);
}

static long run(const struct row *row, struct domain *d, struct xen_domctl *op)
{
    long rc;

    if (d->dying != DOMAIN_ALIVE && !(row->flags & DYING))
        return -ESRCH;
    if (row->flags & (OTHERS | STILL) && d == current_domain)
        return -EINVAL;
    if (row->flags & STILL)
        domain_pause_sync(d);
    rc = row->fn ? row->fn(d, op) : run_on_vcpu(row, d, op);
    if (row->flags & STILL)
        domain_unpause(d);
    return rc;
}

/* Find the domain, keep others off it, and do it. */
static long find_and_run(const struct row *row, struct xen_domctl *op)
{
    struct domain *d;
    long rc;

    if (row->flags & NO_DOMAIN)
        return row->fn(NULL, op);
    d = domain_get_or_self(op->domain);
    if (!d)
        return -ESRCH;
    if (!(row->flags & SHARED))
        domain_control_begin(d);
    rc = run(row, d, op);
    if (!(row->flags & SHARED))
        domain_control_end(d);
    domain_put(d);
    return rc;
}

long do_domctl(unsigned long arg)
{
    static const struct row none = DOMAIN_CALL(no_such_call, SHARED | DYING);
    const struct row *row = &none;
    struct xen_domctl op;
    long rc;

    if (!current_domain->privileged)
        return -EPERM;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
        return -EACCES;
    if (op.cmd < ARRAY_SIZE(rows) && (rows[op.cmd].fn || rows[op.cmd].vcpu_fn))
        row = &rows[op.cmd];
    rc = find_and_run(row, &op);
    /* A refusal may have filled fields in too: what set_cpu_policy did not like, for one. */
    if (row->flags & ANSWERS && copy_out_arg(arg, &op) && !rc)
        rc = -EFAULT;
    return rc;
}
