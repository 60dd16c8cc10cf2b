/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers.
 *
 * Each CPU keeps its armed timers in a leftist heap: a binary tree, parents before children, in
 * which every right spine is logarithmically short. Merging two such trees walks their right
 * spines only, and adding and removing are merges; so nothing is allocated, a timer_set() cannot
 * fail, and every operation takes O(log n) however a guest arranges its timers.
 */
#include <asm/smp.h>
#include <asm/time.h>
#include <xen/printk.h>
#include <xen/softirq.h>
#include <xen/spinlock.h>
#include <xen/timer.h>

struct timer_heap {
    spinlock_t lock;       /* RANK_TIMER: all below, and the heap fields of the timers in it */
    struct timer *root;    /* the one that expires first */
    struct timer *running; /* its fn is being called */
    stime_t programmed;    /* what this CPU's timer hardware was last set to */
};

static struct timer_heap heaps[NR_CPUS];

static unsigned int rank(const struct timer *t)
{
    return t ? t->rank : 0;
}

/* Put the child of the longer right spine to the left; false when @t's rank stays what it was. */
static bool rebalance(struct timer *t)
{
    unsigned int old = t->rank;

    if (rank(t->left) < rank(t->right)) {
        struct timer *l = t->left;

        t->left = t->right;
        t->right = l;
    }
    t->rank = rank(t->right) + 1;
    return t->rank != old;
}

/* Recursion is as deep as the two right spines are long: logarithmic. */
static struct timer *merge(struct timer *a, struct timer *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (b->expires < a->expires) {
        struct timer *t = a;

        a = b;
        b = t;
    }
    a->right = merge(a->right, b);
    a->right->parent = a;
    rebalance(a);
    return a;
}

static void heap_insert(struct timer_heap *h, struct timer *t)
{
    t->left = t->right = NULL;
    t->rank = 1;
    t->armed = true;
    h->root = merge(h->root, t);
    h->root->parent = NULL;
}

static void heap_remove(struct timer_heap *h, struct timer *t)
{
    struct timer *parent = t->parent, *rest = merge(t->left, t->right);

    t->armed = false;
    if (rest)
        rest->parent = parent;
    if (!parent) {
        h->root = rest;
        return;
    }
    if (parent->left == t)
        parent->left = rest;
    else
        parent->right = rest;
    while (parent && rebalance(parent))
        parent = parent->parent;
}

/* Lock the heap @t belongs to. The timer may be moved while we wait for the lock. */
static struct timer_heap *lock_heap(struct timer *t)
{
    for (;;) {
        unsigned int cpu = READ_ONCE(t->cpu);

        spin_lock(&heaps[cpu].lock);
        if (t->cpu == cpu)
            return &heaps[cpu];
        spin_unlock(&heaps[cpu].lock);
    }
}

/* Heap of CPU @cpu has a new first timer: let the hardware know. Its lock is held. */
static void reprogram(struct timer_heap *h, unsigned int cpu)
{
    if (h->root->expires >= h->programmed)
        return;
    if (cpu != smp_cpu_id()) {
        softirq_raise_on(cpu, SOFTIRQ_TIMER);
        return;
    }
    h->programmed = h->root->expires;
    timer_hw_set(h->programmed);
}

void timer_init(struct timer *t, void (*fn)(void *), void *arg, unsigned int cpu)
{
    *t = (struct timer){.fn = fn, .arg = arg, .cpu = cpu};
}

void timer_set(struct timer *t, stime_t expires)
{
    struct timer_heap *h = lock_heap(t);

    if (t->armed)
        heap_remove(h, t);
    t->expires = expires;
    heap_insert(h, t);
    if (h->root == t)
        reprogram(h, t->cpu);
    spin_unlock(&h->lock);
}

void timer_set_here(struct timer *t, stime_t expires)
{
    if (t->cpu != smp_cpu_id()) {
        struct timer_heap *h = lock_heap(t);

        if (t->armed)
            heap_remove(h, t);
        WRITE_ONCE(t->cpu, smp_cpu_id());
        spin_unlock(&h->lock);
    }
    timer_set(t, expires);
}

/* The hardware may still fire for it: that costs one empty interrupt, less than setting it anew. */
void timer_stop(struct timer *t)
{
    struct timer_heap *h = lock_heap(t);

    if (t->armed)
        heap_remove(h, t);
    spin_unlock(&h->lock);
}

/* On any CPU: a timer may have moved since its fn was called. */
static bool is_running(const struct timer *t)
{
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
        if (READ_ONCE(heaps[cpu].running) == t)
            return true;
    return false;
}

/* Its fn may arm it again while we wait: then it is stopped again. */
void timer_kill(struct timer *t)
{
    for (;;) {
        timer_stop(t);
        if (!is_running(t))
            return;
        smp_poll();
        cpu_relax();
    }
}

/* SOFTIRQ_TIMER: call what is due, then set the hardware for the next one. */
static void run_timers(void)
{
    struct timer_heap *h = &heaps[smp_cpu_id()];
    struct timer *t;

    spin_lock(&h->lock);
    while ((t = h->root) != NULL && t->expires <= now()) {
        void (*fn)(void *) = t->fn;
        void *arg = t->arg;

        heap_remove(h, t);
        WRITE_ONCE(h->running, t);
        spin_unlock(&h->lock);
        fn(arg);
        spin_lock(&h->lock);
        WRITE_ONCE(h->running, NULL);
    }
    h->programmed = t ? t->expires : STIME_MAX;
    timer_hw_set(h->programmed);
    spin_unlock(&h->lock);
}

void timer_init_cpu(unsigned int cpu)
{
    spin_lock_init(&heaps[cpu].lock, RANK_TIMER);
    heaps[cpu].programmed = STIME_MAX;
    softirq_register(SOFTIRQ_TIMER, run_timers);
}
