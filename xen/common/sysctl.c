/* SPDX-License-Identifier: MIT */
/* The sysctl hypercall: Domain0 inspects and controls the host. */
#include <asm/cpu_policy.h>
#include <asm/frame.h>
#include <asm/time.h>
#include <public/sysctl.h>
#include <xen/bitops.h>
#include <xen/console.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/hypercall.h>
#include <xen/page_alloc.h>
#include <xen/sched.h>
#include <xen/string.h>

#define LOCAL_DISTANCE 10 /* of a NUMA node to itself, as firmware counts */
#define CONSOLE_CHUNK  1024

/* CPUs are numbered without gaps. */
static u32 cpu_count(void)
{
    return count_bits(cpu_online_map);
}

static u32 domain_count(void)
{
    struct domain *d;
    u32 n = 0;

    for_each_domain(d)
        n++;
    return n;
}

/* ---- the console's ring, and keys ---- */

static long read_console(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *r = &op->u.readconsole;
    char buf[CONSOLE_CHUNK];
    /* An index that is not in the ring means: from its oldest byte on. */
    u32 index = r->incremental ? r->index : ~0U, done = 0;
    size_t n;

    while (done < r->count) {
        n = console_ring_read(buf, MIN((size_t)r->count - done, sizeof(buf)), &index, r->clear);
        if (n == 0)
            break;
        if (copy_out_bytes(GPTR(r->buffer.addr + done), buf, n))
            return -EFAULT;
        done += n;
        preempt_point();
    }
    r->count = done;
    r->index = index;
    return 0;
}

static long press_keys(struct xen_sysctl *op)
{
    char key;

    for (u32 i = 0; i < MIN(op->u.debug_keys.nr_keys, 64U); i++) {
        if (copy_in(&key, op->u.debug_keys.keys, i, 1))
            return -EFAULT;
        debug_key_press(key);
        preempt_point();
    }
    return 0;
}

/* ---- what the machine is ---- */

static long physinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_physinfo *p = &op->u.physinfo;
    u32 words[CPU_FEATURE_WORDS];

    *p = (struct xen_sysctl_physinfo){
        .threads_per_core = 1,
        .cores_per_socket = cpu_count(),
        .nr_cpus = cpu_count(),
        .max_cpu_id = cpu_count() - 1,
        .nr_nodes = 1,
        .cpu_khz = cpu_khz,
        .capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1,
        .total_pages = page_alloc_total_count(),
        .free_pages = page_alloc_free_count(),
        .outstanding_pages = READ_ONCE(total_claims),
        .max_mfn = frame_count - 1,
    };
    cpu_features(words, false);
    memcpy(p->hw_cap, words, sizeof(p->hw_cap));
    return 0;
}

static long idle_times(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    u32 n = MIN(g->max_cpus, cpu_count());

    for (u32 cpu = 0; cpu < n; cpu++) {
        struct xen_sysctl_cpuinfo info = {.idletime = cpu_idle_time(cpu)};

        if (copy_out(g->info, cpu, &info, 1))
            return -EFAULT;
    }
    g->nr_cpus = n;
    return 0;
}

static long topology(struct xen_sysctl *op)
{
    struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
    u32 n = MIN(t->num_cpus, cpu_count());

    for (u32 cpu = 0; t->cputopo.addr && cpu < n; cpu++) {
        struct xen_sysctl_cputopo topo = {.core = cpu};

        if (copy_out(t->cputopo, cpu, &topo, 1))
            return -EFAULT;
    }
    t->num_cpus = t->cputopo.addr ? n : cpu_count();
    return 0;
}

static long numa(struct xen_sysctl *op)
{
    struct xen_sysctl_numainfo *n = &op->u.numainfo;
    struct xen_sysctl_meminfo mem = {
        .memsize = (u64)page_alloc_total_count() << PAGE_SHIFT,
        .memfree = (u64)page_alloc_free_count() << PAGE_SHIFT,
    };
    u32 distance = LOCAL_DISTANCE;

    if (n->num_nodes && n->meminfo.addr && copy_out(n->meminfo, 0, &mem, 1))
        return -EFAULT;
    if (n->num_nodes && n->distance.addr && copy_out(n->distance, 0, &distance, 1))
        return -EFAULT;
    n->num_nodes = 1;
    return 0;
}

static long pci_topology(struct xen_sysctl *op)
{
    struct xen_sysctl_pcitopoinfo *p = &op->u.pcitopoinfo;
    u32 node = 0;

    for (u32 i = 0; i < p->num_devs; i++) {
        if (copy_out(p->nodes, i, &node, 1))
            return -EFAULT;
        if (i % 64 == 63)
            preempt_point();
    }
    return 0;
}

static long free_memory(struct xen_sysctl *op)
{
    op->u.availheap.avail_bytes = (u64)page_alloc_free_count() << PAGE_SHIFT;
    return 0;
}

/* ---- domains and pools ---- */

static long list_domains(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    unsigned int id = l->first_domain;
    struct domain *d;
    u32 n = 0;
    int rc = 0;

    while (!rc && n < l->max_domains && (d = domain_get_next(id)) != NULL) {
        domain_info(d, &info);
        id = d->id + 1;
        domain_put(d);
        rc = copy_out(l->buffer, n, &info, 1);
        n++;
        preempt_point();
    }
    l->num_domains = n;
    return rc;
}

/* There is one pool. */
static long cpupool(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        if (p->cpupool_id != 0)
            return -ENOENT;
        p->sched_id = sched->id;
        p->n_dom = domain_count();
        return cpumask_copy_out(&p->cpumap, cpu_online_map);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return cpumask_copy_out(&p->cpumap, 0);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return p->cpupool_id == 0 ? 0 : -ENOENT;
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        return -EOPNOTSUPP;
    }
    return -ENOSYS;
}

static long scheduler_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched->id;
    return 0;
}

static long scheduler(struct xen_sysctl *op)
{
    if (op->u.scheduler_op.cpupool_id != 0)
        return -ESRCH;
    return sched->adjust_global(&op->u.scheduler_op);
}

/* ---- CPUID ---- */

/* Nothing can be hidden from the plain instruction. */
static long levelling(struct xen_sysctl *op)
{
    op->u.cpu_levelling_caps.caps = 0;
    return 0;
}

static long featureset(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
    bool pv = f->index == XEN_SYSCTL_cpu_featureset_pv ||
              f->index == XEN_SYSCTL_cpu_featureset_pv_max;
    u32 words[CPU_FEATURE_WORDS], room = f->nr_features;

    if (!pv && f->index != XEN_SYSCTL_cpu_featureset_raw &&
        f->index != XEN_SYSCTL_cpu_featureset_host)
        return f->index <= XEN_SYSCTL_cpu_featureset_hvm_max ? -EOPNOTSUPP : -EINVAL;
    f->nr_features = CPU_FEATURE_WORDS;
    if (!f->features.addr)
        return 0;
    cpu_features(words, pv);
    if (copy_out(f->features, 0, words, MIN(room, (u32)CPU_FEATURE_WORDS)))
        return -EFAULT;
    f->nr_features = MIN(room, (u32)CPU_FEATURE_WORDS);
    return room < CPU_FEATURE_WORDS ? -ENOBUFS : 0;
}

static long cpu_policy(struct xen_sysctl *op)
{
    struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
    bool pv = p->index == XEN_SYSCTL_cpu_policy_pv_max ||
              p->index == XEN_SYSCTL_cpu_policy_pv_default;
    int rc;

    if (!pv && p->index != XEN_SYSCTL_cpu_policy_raw && p->index != XEN_SYSCTL_cpu_policy_host)
        return p->index <= XEN_SYSCTL_cpu_policy_hvm_default ? -EOPNOTSUPP : -EINVAL;
    rc = cpu_policy_get_leaves(p->leaves, &p->nr_leaves, pv, NULL);
    return rc ? rc : cpu_policy_get_msrs(p->msrs, &p->nr_msrs);
}

static long not_supported(struct xen_sysctl *)
{
    return -EOPNOTSUPP;
}

/* ---- hypercall ---- */

static long (*const calls[])(struct xen_sysctl *op) = {
    [XEN_SYSCTL_readconsole] = read_console,
    [XEN_SYSCTL_physinfo] = physinfo,
    [XEN_SYSCTL_sched_id] = scheduler_id,
    [XEN_SYSCTL_getdomaininfolist] = list_domains,
    [XEN_SYSCTL_debug_keys] = press_keys,
    [XEN_SYSCTL_getcpuinfo] = idle_times,
    [XEN_SYSCTL_availheap] = free_memory,
    [XEN_SYSCTL_cputopoinfo] = topology,
    [XEN_SYSCTL_numainfo] = numa,
    [XEN_SYSCTL_cpupool_op] = cpupool,
    [XEN_SYSCTL_scheduler_op] = scheduler,
    [XEN_SYSCTL_pcitopoinfo] = pci_topology,
    [XEN_SYSCTL_get_cpu_levelling_caps] = levelling,
    [XEN_SYSCTL_get_cpu_featureset] = featureset,
    [XEN_SYSCTL_get_cpu_policy] = cpu_policy,
    [XEN_SYSCTL_tbuf_op] = not_supported,
    [XEN_SYSCTL_perfc_op] = not_supported,
    [XEN_SYSCTL_get_pmstat] = not_supported,
    [XEN_SYSCTL_cpu_hotplug] = not_supported,
    [XEN_SYSCTL_pm_op] = not_supported,
    [XEN_SYSCTL_page_offline_op] = not_supported,
    [XEN_SYSCTL_lockprof_op] = not_supported,
    [XEN_SYSCTL_coverage_op] = not_supported,
    [XEN_SYSCTL_psr_cmt_op] = not_supported,
    [XEN_SYSCTL_psr_alloc] = not_supported,
    [XEN_SYSCTL_livepatch_op] = not_supported,
};

long do_sysctl(unsigned long arg)
{
    struct xen_sysctl op;
    long rc;

    if (!current_domain->privileged)
        return -EPERM;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    if (op.cmd >= ARRAY_SIZE(calls) || !calls[op.cmd])
        return -ENOSYS;
    rc = calls[op.cmd](&op);
    /* With -ENOBUFS too: it says how much there would have been. */
    if (copy_out_arg(arg, &op) && !rc)
        rc = -EFAULT;
    return rc;
}
