/* SPDX-License-Identifier: MIT */
/*
 * TLB flushes. Xen maps nothing as global, so a write to CR3 drops everything.
 *
 * A CPU that is idle keeps the last guest's tables loaded, and is in that domain's dirty_cpus. When
 * it is asked to flush it gives them up instead, so it is asked once and not again and again.
 *
 * No cleverness here about flushes that may have happened by themselves: see XSA-241 and XSA-401
 * for what that is worth.
 */
#include <asm/msr.h>
#include <asm/pt.h>
#include <asm/smp.h>
#include <xen/bitops.h>
#include <xen/domain.h>

void tlb_flush_local(void)
{
    write_cr3(read_cr3());
}

void tlb_flush_local_va(unsigned long va)
{
    __asm__ __volatile__("invlpg (%0)" ::"r"(va) : "memory");
}

/* Give up the vcpu whose state is here, and so all its translations. False: it runs, and stays. */
static bool forget_guest(void)
{
    struct vcpu *v = this_cpu()->loaded;

    if (!v || READ_ONCE(v->running))
        return false;
    vcpu_unload(v);
    return true;
}

static void flush_all(void *)
{
    if (!forget_guest())
        tlb_flush_local();
}

static void flush_one(void *va)
{
    if (!forget_guest())
        tlb_flush_local_va((unsigned long)va);
}

static void flush_mask(cpumask_t mask, void (*fn)(void *), void *arg)
{
    cpumask_t self = cpumask_of(smp_cpu_id());

    if (mask & self)
        fn(arg);
    if (mask & ~self)
        smp_call(mask & ~self, fn, arg);
}

void tlb_flush_mask(cpumask_t mask)
{
    flush_mask(mask, flush_all, NULL);
}

void tlb_flush_mask_va(cpumask_t mask, unsigned long va)
{
    flush_mask(mask, flush_one, (void *)va);
}

void tlb_flush_domain(struct domain *d)
{
    tlb_flush_mask(atomic_read(&d->dirty_cpus));
}
