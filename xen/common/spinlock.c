/* SPDX-License-Identifier: MIT */
/* Ticket locks: who comes first is served first. Debug builds check the rank order. */
#include <asm/cpu.h>
#include <asm/smp.h>
#include <xen/bitops.h>
#include <xen/printk.h>
#include <xen/spinlock.h>

#ifdef DEBUG
/* Before waiting, so that disorder is reported rather than a deadlock met. */
static void check_order(const spinlock_t *l, bool second)
{
    const struct cpu *c = this_cpu();

    for (unsigned int rank = l->rank + second; rank < ARRAY_SIZE(c->held) && !c->in_panic; rank++)
        if (c->held[rank])
            panic("lock of rank %u taken while one of rank %u is held", l->rank, rank);
}

static void note_taken(const spinlock_t *l)
{
    this_cpu()->held[l->rank]++;
    this_cpu()->locks++;
}

static void note_released(const spinlock_t *l)
{
    struct cpu *c = this_cpu();

    if (c->in_panic && !c->held[l->rank])
        return; /* the console's, taken away from another CPU */
    BUG_ON(!c->held[l->rank]);
    c->held[l->rank]--;
    c->locks--;
}
#else
#define check_order(l, second) ((void)(second))
#define note_taken(l)          ((void)(l))
#define note_released(l)       ((void)(l))
#endif

static void take(spinlock_t *l, bool second)
{
    u16 ticket;

    check_order(l, second);
    ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket) {
        cpu_relax();
        smp_poll();
    }
    note_taken(l);
}

void spin_lock(spinlock_t *l)
{
    take(l, false);
}

void spin_lock_second(spinlock_t *l)
{
    take(l, true);
}

void spin_unlock(spinlock_t *l)
{
    note_released(l);
    __atomic_store_n(&l->serving, (u16)(l->serving + 1), __ATOMIC_RELEASE);
}

unsigned int locks_held(void)
{
    return this_cpu()->locks;
}
