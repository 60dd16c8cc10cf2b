/* SPDX-License-Identifier: MIT */
/* Ticket locks: who comes first is served first. Debug builds check the rank order. */
#include <asm/cpu.h>
#include <asm/smp.h>
#include <xen/bitops.h>
#include <xen/printk.h>
#include <xen/spinlock.h>

#ifdef DEBUG
static u8 highest_rank(const struct cpu *c)
{
    u8 highest = 0;

    for (unsigned int i = 0; i < MIN(c->locks, (unsigned int)ARRAY_SIZE(c->ranks)); i++)
        highest = MAX(highest, c->ranks[i]);
    return highest;
}

/* Before waiting, so that disorder is reported rather than a deadlock met. */
static void check_order(const spinlock_t *l, bool second)
{
    u8 highest = highest_rank(this_cpu());

    if (!this_cpu()->in_panic && (second ? l->rank < highest : l->rank <= highest))
        panic("lock of rank %u taken while one of rank %u is held", l->rank, highest);
}

static void note_taken(spinlock_t *l)
{
    struct cpu *c = this_cpu();

    if (c->locks < ARRAY_SIZE(c->ranks))
        c->ranks[c->locks] = l->rank;
    c->locks++;
}

static void note_released(spinlock_t *l)
{
    struct cpu *c = this_cpu();
    unsigned int i = MIN(c->locks, (unsigned int)ARRAY_SIZE(c->ranks));

    while (i > 0 && c->ranks[i - 1] != l->rank)
        i--;
    BUG_ON(i == 0 && !c->in_panic);
    for (; i > 0 && i < c->locks && i < ARRAY_SIZE(c->ranks); i++)
        c->ranks[i - 1] = c->ranks[i];
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
