/* SPDX-License-Identifier: MIT */
/* CPUID and MSRs as the tools read and set them. What a policy may hold is what libxc 4.17 takes:
 * basic leaves to 0xd, extended ones to 0x80000021, subleaves of 4, 7, 0xb and 0xd. */
#include <asm/cpu_policy.h>
#include <asm/traps.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>

#define BASIC_LAST    0xdU
#define HV_FIRST      0x40000000U
#define EXTENDED      0x80000000U
#define EXTENDED_LAST 0x80000021U
#define NO_SUBLEAF    XEN_CPUID_NO_SUBLEAF

#define MSR_PLATFORM_INFO 0xce

/* A policy that the tools set: leaves in ascending order of (leaf, subleaf) as they came. */
struct cpu_policy {
    u32 n;
    struct xen_cpuid_leaf leaves[CPU_POLICY_LEAVES];
};

static struct cpuid_regs read_leaf(u32 leaf, u32 sub, bool pv)
{
    struct cpuid_regs r;

    r = pv || leaf == HV_FIRST ? guest_cpuid(current, leaf, sub) : cpuid(leaf, sub);
    if (leaf == 0)
        r.a = MIN(r.a, BASIC_LAST);
    else if (leaf == EXTENDED)
        r.a = MIN(r.a, EXTENDED_LAST);
    return r;
}

/* How many subleaves @leaf may have; 0: none, it is one leaf. */
static u32 subleaves(u32 leaf)
{
    static const u8 n[] = {[4] = 6, [7] = 2, [0xb] = 2, [0xd] = 63};

    return leaf < ARRAY_SIZE(n) ? n[leaf] : 0;
}

struct leaf_writer {
    XEN_GUEST_HANDLE(xen_cpuid_leaf_t) to;
    u32 room, n;
    bool pv;
};

/* Copy out one leaf, or with @subs subleaves those of them that are there. */
static int write_leaf(struct leaf_writer *w, u32 leaf, const struct domain *d)
{
    u32 subs = subleaves(leaf);

    for (u32 sub = 0; sub < MAX(subs, 1U); sub++) {
        struct cpuid_regs r = read_leaf(leaf, sub, w->pv);
        struct xen_cpuid_leaf l;

        if (d)
            cpu_policy_apply(d, leaf, sub, &r);
        /* Left out are states of XSAVE that the processor lacks. All else is told, empty or not:
         * libxc makes room for as many leaves as it was told, and writes these without a look. */
        if (leaf == 0xd && sub >= 2 && !(r.a | r.b | r.c | r.d))
            continue;
        if (w->n == w->room)
            return -ENOBUFS;
        l = (struct xen_cpuid_leaf){leaf, subs ? sub : NO_SUBLEAF, r.a, r.b, r.c, r.d};
        if (copy_out(w->to, w->n, &l, 1))
            return -EFAULT;
        w->n++;
    }
    return 0;
}

int cpu_policy_get_leaves(XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 *n, bool pv,
                          const struct domain *d)
{
    struct leaf_writer w = {.to = leaves, .room = *n, .pv = pv};
    u32 basic_last = read_leaf(0, 0, pv).a, extended_last = read_leaf(EXTENDED, 0, pv).a;
    int rc = 0;

    if (!leaves.addr) {
        *n = CPU_POLICY_LEAVES;
        return 0;
    }
    for (u32 leaf = 0; !rc && leaf <= basic_last; leaf++)
        rc = write_leaf(&w, leaf, d);
    if (!rc)
        rc = write_leaf(&w, HV_FIRST, NULL);
    if (!rc)
        rc = write_leaf(&w, HV_FIRST + 0x100, NULL);
    for (u32 leaf = EXTENDED; !rc && leaf <= extended_last; leaf++)
        rc = write_leaf(&w, leaf, d);
    *n = w.n;
    return rc;
}

/* CPUID faulting is not offered; that is all PLATFORM_INFO tells. */
int cpu_policy_get_msrs(XEN_GUEST_HANDLE(xen_msr_entry_t) msrs, u32 *n)
{
    struct xen_msr_entry e = {.idx = MSR_PLATFORM_INFO};

    if (msrs.addr && *n < CPU_POLICY_MSRS)
        return -ENOBUFS;
    *n = CPU_POLICY_MSRS;
    return msrs.addr ? copy_out(msrs, 0, &e, 1) : 0;
}

static bool leaf_allowed(const struct xen_cpuid_leaf *l)
{
    bool known = l->leaf <= BASIC_LAST || l->leaf == HV_FIRST || l->leaf == HV_FIRST + 0x100 ||
                 (l->leaf >= EXTENDED && l->leaf <= EXTENDED_LAST);
    u32 subs = subleaves(l->leaf);

    if (l->leaf == 7)
        subs = 3; /* the tools have room for one more than we have to tell of */
    return known && (subs ? l->subleaf < subs : l->subleaf == NO_SUBLEAF);
}

int cpu_policy_set_leaves(struct domain *d, XEN_GUEST_HANDLE(xen_cpuid_leaf_t) leaves, u32 n,
                          u32 *err_leaf, u32 *err_subleaf)
{
    struct cpu_policy *p, *old = d->arch.cpu_policy;
    int rc;

    if (n > CPU_POLICY_LEAVES)
        return -E2BIG;
    p = heap_new(struct cpu_policy);
    if (!p)
        return -ENOMEM;
    p->n = n;
    rc = copy_in(p->leaves, leaves, 0, n);
    for (u32 i = 0; !rc && i < n; i++)
        if (!leaf_allowed(&p->leaves[i])) {
            *err_leaf = p->leaves[i].leaf;
            *err_subleaf = p->leaves[i].subleaf;
            rc = -ERANGE;
        }
    if (!rc)
        d->arch.cpu_policy = p;
    heap_free(rc ? p : old);
    return rc;
}

static const struct xen_cpuid_leaf *find_leaf(const struct cpu_policy *p, u32 leaf, u32 sub)
{
    for (u32 i = 0; i < p->n; i++) {
        const struct xen_cpuid_leaf *l = &p->leaves[i];

        if (l->leaf == leaf && (l->subleaf == sub || l->subleaf == NO_SUBLEAF))
            return l;
    }
    return NULL;
}

/* What a policy may take away of each leaf. The initial APIC id, say, is none of its business. */
void cpu_policy_apply(const struct domain *d, u32 leaf, u32 sub, struct cpuid_regs *answer)
{
    static const struct {
        u32 leaf, a, b, c, d;
    } rules[] = {
        {1, 0, 0, ~(u32)BIT(27), ~0U}, /* OSXSAVE follows the guest's CR4 */
        {7, 0, ~0U, ~0U, ~0U},
        {0xd, ~0U, 0, 0, 0},
        {EXTENDED + 1, 0, 0, ~0U, ~0U},
        {EXTENDED + 7, 0, 0, 0, ~0U},
        {EXTENDED + 8, 0, ~0U, 0, 0},
    };
    const struct cpu_policy *p = d->arch.cpu_policy;
    const struct xen_cpuid_leaf *l = p ? find_leaf(p, leaf, sub) : NULL;

    for (unsigned int i = 0; l && i < ARRAY_SIZE(rules); i++)
        if (rules[i].leaf == leaf && !(leaf == 0xd && sub > 1)) {
            answer->a &= l->a | ~(leaf == 7 && sub ? ~0U : rules[i].a);
            answer->b &= l->b | ~rules[i].b;
            answer->c &= l->c | ~rules[i].c;
            answer->d &= l->d | ~rules[i].d;
        }
}

void cpu_features(u32 words[CPU_FEATURE_WORDS], bool pv)
{
    static const struct {
        u32 leaf, sub;
        u8 reg; /* 0 = eax */
    } where[CPU_FEATURE_WORDS] = {
        {1, 0, 3}, {1, 0, 2}, {EXTENDED + 1, 0, 3}, {EXTENDED + 1, 0, 2}, {0xd, 1, 0},
        {7, 0, 1}, {7, 0, 2}, {EXTENDED + 7, 0, 3}, {EXTENDED + 8, 0, 1}, {7, 0, 3},
        {7, 1, 0}, {EXTENDED + 0x21, 0, 0}, {7, 1, 1},
    };
    u32 basic_last = read_leaf(0, 0, pv).a, extended_last = read_leaf(EXTENDED, 0, pv).a;

    for (unsigned int i = 0; i < CPU_FEATURE_WORDS; i++) {
        u32 leaf = where[i].leaf, last = leaf >= EXTENDED ? extended_last : basic_last;
        struct cpuid_regs r = {};

        if (leaf <= last)
            r = read_leaf(leaf, where[i].sub, pv);
        words[i] = (&r.a)[where[i].reg];
    }
}
