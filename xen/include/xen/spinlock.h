/* SPDX-License-Identifier: MIT */
/*
 * Fair spin locks.
 *
 * Xen runs with interrupts off from its entry to its exit, but for the windows that
 * preempt_point() and the idle loop open, so there is one kind of lock and no irq-save twin.
 * A CPU that waits answers meanwhile what other CPUs ask of it (smp_poll()), so that one which
 * holds the lock and waits for a TLB flush everywhere cannot deadlock with it.
 *
 * Locks have a rank (docs/locking.md): a debug build stops when one is taken while a lock of
 * the same or a higher rank is held, or when preempt_point() is reached with any held. Two locks
 * of one rank are taken by the helper written for that pair, in the order it states.
 */
#ifndef XEN_SPINLOCK_H
#define XEN_SPINLOCK_H

#include <xen/types.h>

/* In the order in which they may be taken: a lower rank first. */
enum lock_rank {
    RANK_DOMLIST = 1, /* the list of all domains */
    RANK_GRANT,       /* one domain's grant table and maptrack */
    RANK_EVENT,       /* one domain's event ports */
    RANK_MEMORY,      /* one domain's frame list and limits */
    RANK_HEAP,        /* small allocations */
    RANK_FRAMES,      /* the free lists of machine frames */
    RANK_IRQ,         /* physical interrupts */
    RANK_SCHED,       /* one CPU's run queue */
    RANK_TIMER,       /* one CPU's timers */
    RANK_PCI,         /* the PCI configuration address register */
    RANK_CONSOLE,     /* output, last: anybody may print */
};

typedef struct {
    u16 next, serving; /* tickets */
    u8 rank;
} spinlock_t;

#define SPINLOCK(r) {.rank = (r)}

static inline void spin_lock_init(spinlock_t *l, enum lock_rank rank)
{
    *l = (spinlock_t)SPINLOCK(rank);
}

void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
/* Take the second of two locks of one rank; the caller keeps a written order. */
void spin_lock_second(spinlock_t *l);
/* Locks held by this CPU; always 0 in release builds. */
unsigned int locks_held(void);

#endif
