/* SPDX-License-Identifier: MIT */
/* RAM, domains and cached translations for tests of the frame and page-table code. */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/boot_info.h>
#include <asm/descriptors.h>
#include <asm/frame.h>
#include <asm/pt.h>
#include <asm/xen_paging.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/page_alloc.h>
#include <xen/sched.h>

struct boot_info boot_info;
struct domain *dom0;
pte_t xen_l4[PT_ENTRIES];

/* ---- RAM ---- */

static u8 *ram;
unsigned long *m2p;

pfn_t m2p_get(mfn_t m)
{
    return PFN(m2p[m.n]);
}

void *mfn_to_virt(mfn_t m)
{
    assert_true(m.n < frame_count); /* what the direct map does not have */
    return ram + m.n * PAGE_SIZE;
}

void *maddr_to_virt(maddr_t m)
{
    return (u8 *)mfn_to_virt(maddr_to_mfn(m)) + (m.a & ~PAGE_MASK);
}

maddr_t virt_to_maddr(const void *v)
{
    assert_true((const u8 *)v >= ram && (const u8 *)v < ram + frame_count * PAGE_SIZE);
    return MADDR((const u8 *)v - ram);
}

u64 *mock_words(mfn_t m)
{
    return mfn_to_virt(m);
}

/* As if the m2p were two pieces. */
mfn_t m2p_piece(unsigned int i)
{
    return i < 2 ? MFN(512 * (i + 1)) : MFN_NONE;
}

void xen_paging_fill_l4(pte_t *l4)
{
    for (unsigned int i = L4_SLOT_FIRST; i <= L4_SLOT_LAST; i++)
        l4[i] = 0xdead000 | PTE_PRESENT;
}

/* ---- translations ---- */

/* What a CPU keeps of each page it touched, until a flush. */
#define CACHED 64
struct translation {
    bool valid, writable;
    unsigned long va;
    mfn_t mfn;
    const struct domain *d;
};
static struct translation cache[MOCK_CPUS][CACHED];
unsigned long mock_flush_count;

void tlb_flush_local(void)
{
    mock_flush_count++;
    memset(cache[smp_cpu_id()], 0, sizeof(cache[0]));
}

void tlb_flush_local_va(unsigned long va)
{
    struct translation *t = cache[smp_cpu_id()];

    for (unsigned int i = 0; i < CACHED; i++)
        if (t[i].va == (va & PAGE_MASK))
            t[i].valid = false;
}

void tlb_flush_mask(cpumask_t mask)
{
    unsigned int self = smp_cpu_id(), cpu;

    for_each_cpu (cpu, mask & cpu_online_map) {
        mock_cpu_set(cpu);
        tlb_flush_local();
    }
    mock_cpu_set(self);
}

void tlb_flush_mask_va(cpumask_t mask, unsigned long va)
{
    unsigned int self = smp_cpu_id(), cpu;

    for_each_cpu (cpu, mask & cpu_online_map) {
        mock_cpu_set(cpu);
        tlb_flush_local_va(va);
    }
    mock_cpu_set(self);
}

void tlb_flush_domain(struct domain *d)
{
    tlb_flush_mask(d->dirty_cpus);
}

static struct translation *cached(unsigned long va)
{
    struct translation *t = cache[smp_cpu_id()];

    for (unsigned int i = 0; i < CACHED; i++)
        if (t[i].valid && t[i].va == (va & PAGE_MASK))
            return &t[i];
    return NULL;
}

bool mock_touch(unsigned long va, bool write)
{
    struct translation *t = cached(va);
    mfn_t table;
    pte_t e;

    if (t && (t->writable || !write))
        return true;
    if (mfn_eq(current->arch.guest_table, MFN_NONE) ||
        !pt_walk(current->arch.guest_table, va, &e, &table) || !(e & PTE_PRESENT))
        return false;
    if (write && !(e & PTE_RW))
        return false;
    if (!t)
        t = &cache[smp_cpu_id()][mock_below(CACHED)];
    *t = (struct translation){true, e & PTE_RW, va & PAGE_MASK, pte_mfn(e), current_domain};
    return true;
}

static bool harmful(const struct translation *t)
{
    if (!t->valid || !mfn_is_ram(t->mfn))
        return false;
    if (t->writable && frame_type(t->mfn) > FT_WRITABLE)
        return true;
    return !frame_counts(t->mfn).counted; /* free, or Xen's */
}

unsigned long mock_stale(void)
{
    unsigned long n = 0;

    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++)
        for (unsigned int i = 0; i < CACHED; i++)
            n += harmful(&cache[cpu][i]);
    return n;
}

/* ---- vcpus ---- */

bool mock_event_waits;

void vcpu_yield(void)
{
}

bool event_interrupts(void)
{
    preempt_point();
    return mock_event_waits;
}

int descriptor_check(const struct domain *d, u64 *desc)
{
    (void)d;
    /* Present needs ring 3 and a code or data segment: enough of a rule for these tests. */
    return !(*desc >> 47 & 1) || ((*desc >> 45 & 3) == 3 && (*desc >> 44 & 1)) ? 0 : -EINVAL;
}

static int change_table(mfn_t *table, struct domain *d, mfn_t l4)
{
    mfn_t old = *table;
    int rc = mfn_eq(l4, MFN_NONE) ? 0 : frame_get_type(l4, d, FT_L4);

    if (rc)
        return rc;
    *table = l4;
    tlb_flush_local();
    if (!mfn_eq(old, MFN_NONE))
        frame_put_type(old);
    return 0;
}

int vcpu_new_guest_table(struct vcpu *v, mfn_t l4)
{
    return change_table(&v->arch.guest_table, v->domain, l4);
}

int vcpu_new_user_table(struct vcpu *v, mfn_t l4)
{
    return change_table(&v->arch.guest_table_user, v->domain, l4.n ? l4 : MFN_NONE);
}

int vcpu_set_ldt(struct vcpu *v, unsigned long base, unsigned int entries)
{
    v->arch.ldt_base = base;
    v->arch.ldt_entries = entries;
    return entries > 8192 ? -EINVAL : 0;
}

void mock_run(struct vcpu *v)
{
    unsigned int cpu = smp_cpu_id();
    struct vcpu *old = cpus[cpu].curr;

    if (old && old->domain != v->domain) {
        old->domain->dirty_cpus &= ~cpumask_of(cpu);
        tlb_flush_local();
    }
    cpus[cpu].curr = v;
    v->cpu = cpu;
    v->domain->dirty_cpus |= cpumask_of(cpu);
}

long mock_memory_op(unsigned long cmd, unsigned long arg)
{
    long rc;

    do
        rc = do_memory_op(&cmd, arg);
    while (rc == -ERESTART);
    return rc;
}

/* ---- domains ---- */

#define MAX_DOMAINS 256
static struct domain *domains[MAX_DOMAINS];

struct domain *domain_get(domid_t id)
{
    for (unsigned int i = 0; i < MAX_DOMAINS; i++)
        if (domains[i] && domains[i]->id == id && domains[i]->dying != DOMAIN_DEAD) {
            domain_hold(domains[i]);
            return domains[i];
        }
    return NULL;
}

struct domain *domain_get_or_self(domid_t id)
{
    return domain_get(id == DOMID_SELF ? current_domain->id : id);
}

struct domain *domain_get_next(domid_t from)
{
    struct domain *best = NULL;

    for (unsigned int i = 0; i < MAX_DOMAINS; i++)
        if (domains[i] && domains[i]->id >= from && (!best || domains[i]->id < best->id))
            best = domains[i];
    if (best)
        domain_hold(best);
    return best;
}

void domain_hold(struct domain *d)
{
    d->refs++;
}

void domain_put(struct domain *d)
{
    assert_true(d->refs > 0);
    if (--d->refs)
        return;
    for (unsigned int i = 0; i < MAX_DOMAINS; i++)
        if (domains[i] == d)
            domains[i] = NULL;
    grant_domain_free(d);
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        free(d->vcpu[i]);
    free(d->vcpu);
    free(d);
}

struct domain *mock_domain(domid_t id, bool privileged, unsigned long max_pages,
                           unsigned int vcpus)
{
    struct domain *d = calloc(1, sizeof(*d));
    unsigned int slot = 0;

    d->id = id;
    d->privileged = privileged;
    d->refs = 1;
    d->max_pages = max_pages;
    d->arch.pirq_eoi_mfn = MFN_NONE;
    d->max_grant_frames = 4;
    d->max_maptrack_frames = 2;
    list_init(&d->frames);
    list_init(&d->leaving);
    spin_lock_init(&d->memory_lock, RANK_MEMORY);
    d->max_vcpus = vcpus;
    d->vcpu = calloc(vcpus, sizeof(*d->vcpu));
    for (unsigned int i = 0; i < vcpus; i++) {
        struct vcpu *v = d->vcpu[i] = calloc(1, sizeof(*v));

        v->domain = d;
        v->id = i;
        v->info_mfn = v->arch.guest_table = v->arch.guest_table_user = MFN_NONE;
        for (unsigned int j = 0; j < ARRAY_SIZE(v->arch.gdt_frames); j++)
            v->arch.gdt_frames[j] = MFN_NONE;
        for (unsigned int j = 0; j < ARRAY_SIZE(v->arch.ldt_frames); j++)
            v->arch.ldt_frames[j] = MFN_NONE;
    }
    assert_int_equal(grant_domain_init(d), 0);
    while (domains[slot])
        slot++;
    domains[slot] = d;
    return d;
}

static void leave_cpus(struct domain *d)
{
    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++)
        if (cpus[cpu].curr && cpus[cpu].curr->domain == d)
            cpus[cpu].curr = NULL;
    tlb_flush_mask(d->dirty_cpus);
    d->dirty_cpus = 0;
}

void mock_domain_kill(struct domain *d)
{
    d->dying = DOMAIN_DYING;
    leave_cpus(d);
    grant_domain_release_mappings(d);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        change_table(&d->vcpu[i]->arch.guest_table, d, MFN_NONE);
        change_table(&d->vcpu[i]->arch.guest_table_user, d, MFN_NONE);
    }
    assert_int_equal(domain_release_memory(d), 0);
    d->dying = DOMAIN_DEAD;
    domain_put(d);
}

mfn_t mock_frame(struct domain *d, unsigned long pfn)
{
    mfn_t m;

    assert_int_equal(domain_alloc_frames(d, 0, 0, &pfn, &m), 0);
    return m;
}

/* ---- address spaces ---- */

void mock_space(struct domain *d, struct mock_space *s)
{
    for (unsigned int level = 1; level <= 4; level++) {
        s->table[level] = mock_frame(d, 0);
        if (level > 1)
            mock_words(s->table[level])[0] =
                pte_make(s->table[level - 1], PTE_PRESENT | PTE_RW | PTE_USER);
    }
}

/* ---- start and stop ---- */

/* The machine stays between tests, since the allocator's lists do. */
void mock_machine_start(unsigned long frames)
{
    mock_cpu_set(0);
    memset(cpus, 0, sizeof(cpus));
    memset(cache, 0, sizeof(cache));
    if (ram) {
        assert_int_equal(frames, frame_count);
        return;
    }
    ram = aligned_alloc(PAGE_SIZE, frames * PAGE_SIZE);
    memset(ram, 0x5a, frames * PAGE_SIZE);
    frame_table = calloc(frames, sizeof(*frame_table));
    m2p = malloc(frames * sizeof(*m2p));
    memset(m2p, 0xff, frames * sizeof(*m2p));
    frame_count = frames;
    frame_init();
    frame_init_ram(MFN(1), frames - 1);
    page_alloc_add(MFN(1), frames - 1);
}

void mock_idle(void)
{
    while (page_scrub())
        ;
}

void mock_machine_stop(void)
{
    for (unsigned int i = 0; i < MAX_DOMAINS; i++)
        assert_null(domains[i]);
    mock_assert_no_locks();
    assert_int_equal(page_alloc_free_count(), page_alloc_total_count());
}
