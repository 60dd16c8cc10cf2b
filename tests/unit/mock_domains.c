/* SPDX-License-Identifier: MIT */
/* What domains, events and the scheduler stand on: see mock_domains.h. */
#include "mock_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/cpu_policy.h>
#include <asm/frame.h>
#include <asm/irq.h>
#include <asm/pt.h>
#include <asm/reboot.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/vcpu.h>
#include <xen/cmdline.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/heap.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/softirq.h>

struct domain *dom0;
char saved_cmdline[1024] = "console=com1";

/* ---- memory: an allocation's address is its machine address ---- */

long mock_allocated, mock_typed_refs, mock_fail_alloc;

static bool refuse(void)
{
    return mock_fail_alloc && --mock_fail_alloc == 0;
}

void *heap_alloc(size_t size)
{
    if (refuse())
        return NULL;
    mock_allocated++;
    return calloc(1, size);
}

void heap_free(void *p)
{
    if (p)
        mock_allocated--;
    free(p);
}

bool page_scrub(void)
{
    return false;
}

void *page_alloc_virt(unsigned int order)
{
    size_t size = PAGE_SIZE << order;
    void *p = refuse() ? NULL : aligned_alloc(size, size);

    if (!p)
        return NULL;
    mock_allocated++;
    return memset(p, 0, size);
}

void page_free_virt(void *p, unsigned int order)
{
    (void)order;
    mock_allocated -= p != NULL;
    free(p);
}

void *mfn_to_virt(mfn_t m)
{
    return (void *)(m.n << PAGE_SHIFT);
}

maddr_t virt_to_maddr(const void *v)
{
    return MADDR((u64)v);
}

int frame_get_type(mfn_t m, struct domain *d, enum frame_type type)
{
    (void)d;
    assert_int_equal(type, FT_WRITABLE);
    if (m.n < 16 || (mock_guest_size && m.n - (mock_guest_addr >> PAGE_SHIFT) >=
                                            mock_guest_size >> PAGE_SHIFT))
        return -EINVAL; /* no such frame */
    mock_typed_refs++;
    return 0;
}

void frame_put_type(mfn_t m)
{
    (void)m;
    mock_typed_refs--;
}

void frame_share(mfn_t m, struct domain *d, bool writable)
{
    (void)m;
    (void)d;
    assert_true(writable);
}

void frame_unshare(mfn_t m, struct domain *d)
{
    (void)d;
    page_free_virt(mfn_to_virt(m), 0);
}

/* Guests map everything where it is, writable. */
bool pt_walk(mfn_t root, unsigned long va, pte_t *l1e, mfn_t *l1_table)
{
    (void)root;
    (void)l1_table;
    *l1e = pte_make(MFN(va >> PAGE_SHIFT), PTE_PRESENT | PTE_RW | PTE_USER);
    return true;
}

/* ---- the arch half of domains ---- */

int arch_domain_create(struct domain *d)
{
    d->arch.io_ports = heap_alloc(16); /* something to lose */
    return d->arch.io_ports ? 0 : -ENOMEM;
}

void arch_domain_destroy(struct domain *d)
{
    heap_free(d->arch.io_ports);
}

int arch_vcpu_create(struct vcpu *v)
{
    if (v->domain->is_idle)
        return 0;
    v->stack = heap_alloc(16);
    return v->stack ? 0 : -ENOMEM;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    heap_free(v->stack);
}

void arch_vcpu_release(struct vcpu *v)
{
    v->initialised = false;
}

int arch_set_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    if (c->user_regs.rip == 0)
        return -EINVAL;
    v->initialised = true;
    return 0;
}

void arch_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
    (void)v;
    memset(c, 0, sizeof(*c));
}

/* Both vcpus' code is the test's, so there is nothing to go to. */
void arch_switch_to(struct vcpu *prev, struct vcpu *next)
{
    assert_ptr_equal(cpus[smp_cpu_id()].curr, prev);
    assert_true(next->running);
    cpus[smp_cpu_id()].curr = next;
}

void vcpu_dump(struct vcpu *v)
{
    (void)v;
}

/* ---- other parts of Xen ---- */

long mock_pirqs_bound;
bool mock_memory_busy;
unsigned int mock_memory_slices;

int pirq_bind(struct domain *d, unsigned int pirq)
{
    (void)d;
    if (pirq >= 32)
        return -EINVAL;
    mock_pirqs_bound++;
    return 0;
}

void pirq_unbind(struct domain *d, unsigned int pirq)
{
    (void)d;
    (void)pirq;
    mock_pirqs_bound--;
}

void pirq_set_affinity(struct domain *d, unsigned int pirq, unsigned int cpu)
{
    (void)d;
    (void)pirq;
    (void)cpu;
}

void pirq_release_all(struct domain *d)
{
    (void)d;
}

int grant_domain_init(struct domain *d)
{
    d->grants = heap_alloc(16);
    return d->grants ? 0 : -ENOMEM;
}

int grant_domain_release_mappings(struct domain *d)
{
    assert_int_equal(d->dying, DOMAIN_DYING);
    return 0;
}

void grant_domain_free(struct domain *d)
{
    heap_free(d->grants);
}

int domain_release_memory(struct domain *d)
{
    if (mock_memory_slices) {
        mock_memory_slices--;
        return -ERESTART;
    }
    if (mock_memory_busy)
        domain_hold(d); /* as the first of its frames did */
    return 0;
}

u32 cpu_khz = 1000000;

void time_update_vcpu(struct vcpu *v)
{
    v->info->time.version += 2;
}

void time_update_wallclock(struct domain *d)
{
    d->shared_info->wc_version += 2;
}

cpumask_t mock_kicked;

void smp_kick(unsigned int cpu)
{
    mock_kicked |= cpumask_of(cpu);
}

stime_t mock_hw_timer[MOCK_CPUS] = {STIME_MAX, STIME_MAX};

void timer_hw_set(stime_t deadline)
{
    mock_hw_timer[smp_cpu_id()] = deadline;
}

void smp_stop_others(void)
{
}

void machine_halt(void)
{
    panic("halt");
}

void machine_restart(void)
{
    panic("restart");
}

void stop_or_reboot(void)
{
    panic("stop or reboot");
}

/* ---- start and end ---- */

void mock_sched_start(const struct sched_policy *policy, unsigned int n_cpus)
{
    static bool made[MOCK_CPUS];

    sched = policy;
    mock_now = SECS(1);
    mock_kicked = 0;
    cpu_online_map = BIT(n_cpus) - 1;
    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++) {
        mock_cpu_set(cpu);
        cpus[cpu].softirqs = 0;
        if (!made[cpu])
            timer_init_cpu(cpu);
        if (!made[cpu] && cpu == 0)
            sched_init();
        else if (!made[cpu])
            sched_init_cpu(cpu);
        made[cpu] = true;
        policy->cpu_init(cpu);
        cpus[cpu].curr = idle_vcpu(cpu);
    }
    mock_cpu_set(0);
    domain_init();
}

struct domain *mock_guest(domid_t id, bool privileged, unsigned int n_vcpus)
{
    struct domain_config cfg = {.max_vcpus = n_vcpus, .max_evtchn_port = 255};
    struct vcpu_guest_context c = {.flags = VGCF_online, .user_regs.rip = 1};
    struct domain *d;

    assert_int_equal(domain_create(id, &cfg, privileged, &d), 0);
    for (unsigned int i = 0; i < n_vcpus; i++) {
        assert_int_equal(vcpu_create(d, i), 0);
        assert_int_equal(vcpu_set_context(d->vcpu[i], &c, true), 0);
    }
    d->controller_pauses = 0;
    domain_unpause(d);
    return d;
}

/* The vcpus must be off their CPUs first: the idle vcpus take over. */
static void leave_cpus(struct domain *d)
{
    unsigned int self = smp_cpu_id(), cpu;

    domain_pause(d);
    for_each_online_cpu(cpu) {
        mock_cpu_set(cpu);
        softirq_run();
        assert_true(cpus[cpu].curr->domain != d);
    }
    mock_cpu_set(self);
}

void mock_guest_end(struct domain *d)
{
    leave_cpus(d);
    if (d == dom0)
        dom0 = NULL;
    d->privileged = false; /* Domain0 cannot be killed otherwise */
    assert_int_equal(domain_kill(d), 0);
    domain_put(d);
    softirq_run();
    mock_assert_no_locks();
}
