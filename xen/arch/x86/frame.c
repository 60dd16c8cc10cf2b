/* SPDX-License-Identifier: MIT */
/* Every machine frame: owner, reference count, type, type count; get, put, pin, share; m2p. */
#include <asm/descriptors.h>
#include <asm/pt.h>
#include <xen/bitops.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>

/* The word, from bit 0: references, type count, type, state, flags. For frames that no domain owns
 * the reference field holds the order of the block that starts there. */
#define COUNT_BITS 26
#define COUNT_MAX  (BIT(COUNT_BITS) - 1)
#define REF_ONE    1UL
#define TYPE_ONE   BIT(COUNT_BITS)
#define TYPE_SHIFT 52
#define TYPE_MASK  (7UL << TYPE_SHIFT)
#define STATE_SHIFT 55
#define STATE_MASK (3UL << STATE_SHIFT)
#define ALLOCATED  BIT(57) /* the owner's own reference is there: new ones may be taken */
#define PINNED     FRAME_PINNED
#define SHARED     BIT(59) /* Xen's, mapped by guests all the same */
#define READ_ONLY  BIT(60) /* shared: nobody may have it writable */
#define FOREIGN    BIT(61) /* was mapped by a domain that does not own it */
#define FREE       BIT(62) /* head of a free block */
#define RAM        FRAME_RAM
#define STATE_OF_FREE(state) ((u64)(state) << 59) /* in two bits that mean something else in use */

enum state { IDLE, VALIDATING, VALID, DRAINING };

unsigned long frame_count;
#ifdef UNIT_TEST
struct frame *frame_table;
#endif

/* What any domain took out of its tables that mapped a frame of another, and what of it has been
 * flushed everywhere. Beside d->arch.unlinked and .flushed. */
static u64 foreign_unlinked, foreign_flushed;

static inline unsigned long refs_of(u64 x)
{
    return x & COUNT_MAX;
}

static inline unsigned long types_of(u64 x)
{
    return x >> COUNT_BITS & COUNT_MAX;
}

static inline enum frame_type type_of(u64 x)
{
    return x >> TYPE_SHIFT & 7;
}

static inline enum state state_of(u64 x)
{
    return x >> STATE_SHIFT & 3;
}

static inline u64 with_type(u64 x, enum frame_type t, enum state s)
{
    return (x & ~(TYPE_MASK | STATE_MASK)) | (u64)t << TYPE_SHIFT | (u64)s << STATE_SHIFT;
}

static inline bool needs_validation(enum frame_type t)
{
    return t >= FT_L1;
}

void frame_init(void)
{
    for (unsigned long i = 0; i < frame_count; i++) {
        frame_table[i].word = 0;
        frame_table[i].owner = NULL;
        list_init(&frame_table[i].link);
    }
}

void frame_init_ram(mfn_t first, unsigned long n)
{
    for (unsigned long i = 0; i < n && first.n + i < frame_count; i++)
        frame_set_unused(mfn_add(first, i));
}

/* ---- frames that no domain owns ---- */

int frame_free_order(mfn_t m, enum page_state state)
{
    u64 x = m.n < frame_count ? frame_of(m)->word : 0;

    return (x & ~COUNT_MAX) == (RAM | FREE | STATE_OF_FREE(state)) ? (int)refs_of(x) : -1;
}

void frame_set_free(mfn_t m, unsigned int order, enum page_state state)
{
    frame_of(m)->word = RAM | FREE | STATE_OF_FREE(state) | order;
}

void frame_set_unused(mfn_t m)
{
    frame_set_xen(m, 0);
    list_init(&frame_of(m)->link);
}

void frame_set_xen(mfn_t m, unsigned int order)
{
    frame_of(m)->owner = NULL;
    frame_of(m)->word = RAM | order;
}

unsigned int frame_xen_order(mfn_t m)
{
    return refs_of(frame_of(m)->word);
}

/* ---- stale translations ---- */

void frame_note_unlink(struct domain *d, bool foreign)
{
    atomic_inc(&d->arch.unlinked);
    if (foreign)
        atomic_inc(&foreign_unlinked);
}

/* Everything up to @seen is flushed; a later flush may have said more already. */
static void advance(u64 *flushed, u64 seen)
{
    u64 old = READ_ONCE(*flushed);

    while (old < seen && !atomic_cas(flushed, &old, seen))
        ;
}

void frame_flush_domain(struct domain *d)
{
    u64 seen = atomic_read(&d->arch.unlinked);

    tlb_flush_domain(d);
    advance(&d->arch.flushed, seen);
}

void frame_flush_unlinked(struct domain *d)
{
    if (atomic_read(&d->arch.unlinked) > atomic_read(&d->arch.flushed))
        frame_flush_domain(d);
}

void frame_flush_local(struct domain *d)
{
    u64 seen = atomic_read(&d->arch.unlinked);

    tlb_flush_local();
    if ((READ_ONCE(d->dirty_cpus) & ~cpumask_of(smp_cpu_id())) == 0)
        advance(&d->arch.flushed, seen);
}

/* No CPU may use a translation made while @f had its old type or owner. The caller has made sure
 * that no new one can be made: otherwise a CPU could load one behind the flush. */
static void flush_stale(struct frame *f, struct domain *owner)
{
    if (f->word & FOREIGN) {
        u64 seen = atomic_read(&foreign_unlinked);

        if (seen > atomic_read(&foreign_flushed)) {
            tlb_flush_mask(cpu_online_map);
            advance(&foreign_flushed, seen);
        }
    }
    frame_flush_unlinked(owner);
}

/* ---- references ---- */

/* The last reference is gone, so nobody else looks at @f. */
static void frame_gone(struct frame *f)
{
    mfn_t m = frame_mfn(f);
    struct domain *d = f->owner;

    ASSERT(types_of(f->word) == 0 && !(f->word & (ALLOCATED | PINNED)));
    m2p_set(m, M2P_NONE);
    if (!d) { /* was shared: whoever had it mapped is not known any more */
        tlb_flush_mask(cpu_online_map);
        page_free(m, 0);
        return;
    }
    flush_stale(f, d);
    domain_frame_gone(d, m);
}

int frame_get(mfn_t m, const struct domain *d)
{
    struct frame *f;
    u64 x;

    if (!mfn_is_ram(m))
        return -EINVAL;
    f = frame_of(m);
    x = READ_ONCE(f->word);
    do {
        if (!(x & ALLOCATED) || READ_ONCE(f->owner) != d)
            return -EINVAL;
        if (refs_of(x) == COUNT_MAX)
            return -EOVERFLOW;
    } while (!atomic_cas(&f->word, &x, x + REF_ONE));
    if (likely(f->owner == d))
        return 0;
    frame_put(m); /* freed and given to another in between */
    return -EINVAL;
}

/* Drop one reference; true when it was the last. */
static bool put_ref(struct frame *f)
{
    u64 x = __atomic_fetch_sub(&f->word, REF_ONE, __ATOMIC_SEQ_CST);

    ASSERT(refs_of(x) > types_of(x));
    if (likely(refs_of(x) > 1))
        return false;
    frame_gone(f);
    return true;
}

void frame_put(mfn_t m)
{
    put_ref(frame_of(m));
}

void frame_mark_foreign(mfn_t m)
{
    struct frame *f = frame_of(m);

    if (!(READ_ONCE(f->word) & FOREIGN))
        __atomic_fetch_or(&f->word, FOREIGN, __ATOMIC_SEQ_CST);
}

/* ---- types ---- */

static int validate_descriptors(mfn_t m, struct domain *d)
{
    u64 *desc = mfn_to_virt(m);

    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
        int rc = descriptor_check(d, &desc[i]);

        if (rc)
            return rc;
    }
    return 0;
}

/* @f is claimed as @type, in state "validating", with our reference. Publish it; or, with @rc
 * preset or the content refused, give everything back and leave the type that was. */
static int finish_claim(struct frame *f, struct domain *d, enum frame_type old,
                        enum frame_type type, int rc)
{
    mfn_t m = frame_mfn(f);
    u64 x, new;

    if (!rc) {
        if (old != FT_NONE)
            flush_stale(f, d);
        if (type == FT_SEGDESC)
            rc = validate_descriptors(m, d);
        else if (type != FT_WRITABLE)
            rc = pt_validate(m, type - FT_L1 + 1, d);
    }
    x = READ_ONCE(f->word);
    do {
        ASSERT(types_of(x) == 1);
        new = rc ? with_type(x, old, IDLE) - TYPE_ONE : with_type(x, type, VALID);
    } while (!atomic_cas(&f->word, &x, new));
    if (rc)
        frame_put(m);
    return rc;
}

/* May a frame with word @x be used as @type at all, leaving aside what it is now? */
static int check_use(const struct frame *f, u64 x, const struct domain *d, enum frame_type type)
{
    if (!(x & ALLOCATED) || READ_ONCE(f->owner) != d || !d)
        return -EINVAL;
    if (x & SHARED && (type != FT_WRITABLE || x & READ_ONLY))
        return -EINVAL;
    return refs_of(x) == COUNT_MAX ? -EOVERFLOW : 0;
}

/* The frame is between two states by another vcpu's doing. A drain waits for nobody, and a
 * validation only for frames of lower level, so waiting for either ends. */
static bool must_wait(u64 x, enum frame_type type)
{
    return state_of(x) == DRAINING || (state_of(x) == VALIDATING && type_of(x) == type);
}

/* As frame_get_type when @m is not @type already. */
static int get_type_slowly(mfn_t m, struct domain *d, enum frame_type type)
{
    struct frame *f = frame_of(m);
    u64 x = READ_ONCE(f->word), new;
    enum frame_type old;
    bool claim;
    int rc;

    do {
        while (must_wait(x, type)) {
            preempt_point();
            cpu_relax();
            x = READ_ONCE(f->word);
        }
        rc = check_use(f, x, d, type);
        if (rc)
            return rc;
        old = type_of(x);
        claim = false;
        if (types_of(x)) {
            if (old != type)
                return -EBUSY;
            new = x;
        } else {
            claim = needs_validation(type) || (old != FT_NONE && old != type);
            new = with_type(x, type, claim ? VALIDATING : VALID);
        }
    } while (!atomic_cas(&f->word, &x, new + REF_ONE + TYPE_ONE));

    rc = likely(f->owner == d) ? 0 : -EINVAL; /* freed and given to another in between */
    if (claim)
        return finish_claim(f, d, old, type, rc);
    if (rc)
        frame_put_type(m);
    return rc;
}

/* Join those who use @m as @type. 0, -EINVAL, -EBUSY: it is not valid as that, or shared. */
static inline int join_type(mfn_t m, const struct domain *d, enum frame_type type)
{
    struct frame *f = frame_of(m);
    const u64 as_wanted = with_type(ALLOCATED, type, VALID);
    u64 x = READ_ONCE(f->word);

    do {
        if ((x & (TYPE_MASK | STATE_MASK | ALLOCATED | SHARED)) != as_wanted ||
            types_of(x) == 0 || refs_of(x) == COUNT_MAX)
            return -EBUSY;
        if (!d || READ_ONCE(f->owner) != d)
            return -EINVAL;
    } while (!atomic_cas(&f->word, &x, x + REF_ONE + TYPE_ONE));
    if (likely(f->owner == d))
        return 0;
    frame_put_type(m); /* freed and given to another in between */
    return -EINVAL;
}

int frame_get_type_held(mfn_t m, const struct domain *d, enum frame_type type)
{
    return mfn_is_ram(m) ? join_type(m, d, type) : -EINVAL;
}

int frame_get_table(mfn_t m, const struct domain *d)
{
    enum frame_type type = mfn_is_ram(m) ? type_of(READ_ONCE(frame_of(m)->word)) : FT_NONE;

    return type >= FT_L1 && type <= FT_L4 && !join_type(m, d, type) ? type - FT_L1 + 1 : 0;
}

int frame_get_type(mfn_t m, struct domain *d, enum frame_type type)
{
    if (!mfn_is_ram(m))
        return -EINVAL;
    return join_type(m, d, type) ? get_type_slowly(m, d, type) : 0;
}

/* The last user of a table goes: take its entries' references back, then drop the type. */
static void drain(struct frame *f, enum frame_type type)
{
    u64 x;

    if (type != FT_SEGDESC)
        pt_drain(frame_mfn(f), type - FT_L1 + 1, f->owner);
    x = READ_ONCE(f->word);
    while (!atomic_cas(&f->word, &x, with_type(x, type, IDLE) - TYPE_ONE))
        ;
}

/* Drop the type only; the reference stays. */
static void put_type_only(struct frame *f)
{
    u64 x = READ_ONCE(f->word), new;
    bool last;

    do {
        ASSERT(types_of(x) > 0 && state_of(x) == VALID);
        last = types_of(x) == 1 && needs_validation(type_of(x));
        new = last ? with_type(x, type_of(x), DRAINING) : x - TYPE_ONE;
    } while (!atomic_cas(&f->word, &x, new));
    if (last)
        drain(f, type_of(x));
}

void frame_put_type(mfn_t m)
{
    struct frame *f = frame_of(m);

    put_type_only(f);
    put_ref(f);
}

enum frame_type frame_type(mfn_t m)
{
    u64 x = mfn_is_ram(m) ? READ_ONCE(frame_of(m)->word) : 0;

    return types_of(x) ? type_of(x) : FT_NONE;
}

/* ---- pinning ---- */

int frame_pin(mfn_t m, struct domain *d, enum frame_type type)
{
    struct frame *f = frame_of(m);
    int rc = frame_get_type(m, d, type);
    u64 x;

    if (rc)
        return rc;
    x = READ_ONCE(f->word);
    do {
        /* Validation takes time. A frame that was released meanwhile will not be unpinned again. */
        rc = x & PINNED ? -EBUSY : x & ALLOCATED ? 0 : -EINVAL;
    } while (!rc && !atomic_cas(&f->word, &x, x | PINNED));
    if (rc)
        frame_put_type(m);
    return rc;
}

/* Drop the reference that a pin holds, if there is one. The caller holds another. */
static bool unpin(struct frame *f)
{
    if (!(__atomic_fetch_and(&f->word, ~PINNED, __ATOMIC_SEQ_CST) & PINNED))
        return false;
    frame_put_type(frame_mfn(f));
    return true;
}

int frame_unpin(mfn_t m, struct domain *d)
{
    int rc = frame_get(m, d);

    if (rc)
        return rc;
    if (!unpin(frame_of(m)))
        rc = -EINVAL;
    frame_put(m);
    return rc;
}

/* ---- owners ---- */

void frame_share(mfn_t m, struct domain *d, bool writable)
{
    frame_of(m)->owner = d;
    atomic_set(&frame_of(m)->word, RAM | ALLOCATED | SHARED | (writable ? 0 : READ_ONLY) | REF_ONE);
}

void frame_unshare(mfn_t m, struct domain *d)
{
    struct frame *f = frame_of(m);

    ASSERT(f->owner == d && (f->word & SHARED));
    __atomic_fetch_and(&f->word, ~ALLOCATED, __ATOMIC_SEQ_CST);
    WRITE_ONCE(f->owner, NULL); /* others may refer to the frame longer than @d lives */
    frame_put(m);
}

void frame_assign(mfn_t m, struct domain *d)
{
    struct frame *f = frame_of(m);

    f->owner = d;
    domain_frame_added(d, f);
    atomic_set(&f->word, RAM | ALLOCATED | REF_ONE);
}

/* Take the owner's own reference out of @m, a frame of @d's RAM, if it has at most @max references:
 * from now on there are no new ones. 0, -EINVAL, -EBUSY (more). */
static int retract(mfn_t m, const struct domain *d, unsigned long max)
{
    struct frame *f;
    u64 x;

    if (!mfn_is_ram(m))
        return -EINVAL;
    f = frame_of(m);
    x = READ_ONCE(f->word);
    do {
        if (!(x & ALLOCATED) || x & SHARED || READ_ONCE(f->owner) != d)
            return -EINVAL;
        if (refs_of(x) > max)
            return -EBUSY;
    } while (!atomic_cas(&f->word, &x, x & ~ALLOCATED));
    if (likely(f->owner == d))
        return 0;
    frame_unseize(m); /* freed and given to another in between: not of its doing */
    return -EINVAL;
}

int frame_release(mfn_t m, struct domain *d)
{
    int rc = retract(m, d, COUNT_MAX);

    if (rc)
        return rc;
    unpin(frame_of(m));
    return put_ref(frame_of(m)) ? 0 : -EBUSY;
}

bool frame_reclaim(struct frame *f)
{
    u64 x = READ_ONCE(f->word);

    if (refs_of(x) > 1 || !(x & ALLOCATED) || !atomic_cas(&f->word, &x, x & ~(ALLOCATED | REF_ONE)))
        return false;
    m2p_set(frame_mfn(f), M2P_NONE);
    flush_stale(f, f->owner);
    return true;
}

int frame_seize(mfn_t m, struct domain *d)
{
    return retract(m, d, 1);
}

void frame_unseize(mfn_t m)
{
    __atomic_fetch_or(&frame_of(m)->word, ALLOCATED, __ATOMIC_SEQ_CST);
}

/* ---- machine to physical ---- */

#ifndef UNIT_TEST
#define m2p ((unsigned long *)RW_M2P_VIRT)
#else
extern unsigned long *m2p;
#endif

void m2p_set(mfn_t m, pfn_t p)
{
    if (m.n < frame_count)
        WRITE_ONCE(m2p[m.n], p.n);
}

/* ---- for the auditor ---- */

struct frame_counts frame_counts(mfn_t m)
{
    u64 x = READ_ONCE(frame_of(m)->word);

    return (struct frame_counts){
        .refs = refs_of(x),
        .types = types_of(x),
        .counted = x & RAM && (x & SHARED || READ_ONCE(frame_of(m)->owner)) && !(x & FREE),
        .base_ref = x & ALLOCATED,
        .pinned = x & PINNED,
    };
}
