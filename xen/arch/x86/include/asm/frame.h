/* SPDX-License-Identifier: MIT */
/*
 * Every machine frame: who owns it, how often it is referenced, and what it is used as.
 *
 * One 64-bit word per frame holds {allocated, shared by Xen, pinned, state, type, type count,
 * reference count} and is changed by compare-and-swap only, in frame.c alone.
 *
 *  - A reference (frame_get) keeps the frame from being freed and from changing owner.
 *  - A typed reference (frame_get_type) says in addition "used as T". Types exclude each other;
 *    the type changes only at type count zero. A frame that is a page table or descriptor page
 *    therefore has no writable mapping.
 *  - States of a typed frame: idle -> validating -> valid -> draining -> idle. Nobody but the
 *    CPU that validates sees a frame in between; others wait.
 *  - get may refuse, put may not.
 *  - Xen's own frames (owner NULL) are never mapped by a guest, except those handed to
 *    frame_share().
 *
 * Translations that a CPU may still cache: each domain counts what was taken out of its page
 * tables (frame_note_unlink) and up to which of them its CPUs have flushed. Before a frame gets
 * another type or another owner it waits for a flush only if something is unflushed. Frames that
 * a domain other than their owner mapped are marked, and look at a second, global pair as well.
 */
#ifndef ASM_FRAME_H
#define ASM_FRAME_H

#include <asm/page.h>
#include <xen/list.h>
#include <xen/page_alloc.h>

struct domain;

enum frame_type {
    FT_NONE,
    FT_WRITABLE,
    FT_L1,
    FT_L2,
    FT_L3,
    FT_L4,
    FT_SEGDESC, /* a page of GDT or LDT descriptors */
};

struct frame {
    u64 word;             /* see frame.c; 0 = free or never RAM */
    struct domain *owner; /* NULL: Xen. Changes only while nobody holds a reference */
    struct list link;     /* free list, or the owner's list of frames */
};

#ifndef UNIT_TEST
#define frame_table ((struct frame *)FRAMETABLE_VIRT)
#else
extern struct frame *frame_table;
#endif
extern unsigned long frame_count; /* frames 0..frame_count-1 have a struct frame */

static inline mfn_t frame_mfn(const struct frame *f)
{
    return MFN(f - frame_table);
}

static inline struct frame *frame_of(mfn_t m)
{
    return &frame_table[m.n];
}

#define FRAME_RAM    BIT(63) /* of the word */
#define FRAME_PINNED BIT(58) /* the guest holds a typed reference by MMUEXT_PIN */

/* True when @m is RAM with an entry in the frame table; device memory and holes are not. */
static inline bool mfn_is_ram(mfn_t m)
{
    return m.n < frame_count && (READ_ONCE(frame_of(m)->word) & FRAME_RAM);
}

/* First function to run: makes every frame in the table "not RAM". */
void frame_init(void);
/* Boot: these are RAM (free or Xen's); page_alloc decides. */
void frame_init_ram(mfn_t first, unsigned long n);

/* General reference. 0, -EINVAL (not RAM, free, or not owned by @d), -EOVERFLOW (count full).
 * @d NULL: a frame that Xen shares with every privileged domain. */
int frame_get(mfn_t m, const struct domain *d);
/* Drop one. The last one of a frame that left its domain frees it: then no lock may be held. */
void frame_put(mfn_t m);
/* A domain other than the owner maps @m; a reference is held. */
void frame_mark_foreign(mfn_t m);

/* A present entry of @d's reachable page tables was changed, and its reference is about to be
 * dropped. @foreign: it mapped a frame that is not @d's. */
void frame_note_unlink(struct domain *d, bool foreign);
/* Flush every CPU that may hold translations of @d, and remember that it was done. */
void frame_flush_domain(struct domain *d);
/* The same, unless nothing was taken out since it was last done. */
void frame_flush_unlinked(struct domain *d);
/* Flush this CPU; remembered if no other holds translations of @d. */
void frame_flush_local(struct domain *d);

/*
 * Claim @m as @type for @d: one reference and one type count. Page-table types are validated if
 * they were not, with preempt_point() every few entries, so no lock may be held.
 * 0, or -EINVAL (content or owner), -EBUSY (in use as another type), -EOVERFLOW (count full).
 */
int frame_get_type(mfn_t m, struct domain *d, enum frame_type type);
void frame_put_type(mfn_t m);
/* @new, or MFN_NONE, comes with a typed reference to @slot; that of what was there is dropped. */
static inline void frame_replace(mfn_t *slot, mfn_t new)
{
    mfn_t old = *slot;

    *slot = new;
    if (!mfn_eq(old, MFN_NONE))
        frame_put_type(old);
}
/* As frame_get_type for a type that @m has already, without validating: 0 or -EBUSY, -EINVAL. */
int frame_get_type_held(mfn_t m, const struct domain *d, enum frame_type type);
/* The same for a page table of @d's whatever its level: that, or 0: it is none. */
int frame_get_table(mfn_t m, const struct domain *d);

/* The type @m has now, with a type count above 0; FT_NONE else. A hint unless a ref is held. */
enum frame_type frame_type(mfn_t m);
/* The owner now; NULL for Xen's. A hint unless a reference is held. */
static inline struct domain *frame_owner(mfn_t m)
{
    return mfn_is_ram(m) ? READ_ONCE(frame_of(m)->owner) : NULL;
}

/* Pinning: one extra typed reference that the guest holds by MMUEXT_PIN_*. 0, -EINVAL, -EBUSY. */
int frame_pin(mfn_t m, struct domain *d, enum frame_type type);
int frame_unpin(mfn_t m, struct domain *d);
static inline bool frame_pinned(const struct frame *f)
{
    return READ_ONCE(f->word) & FRAME_PINNED;
}

/* Let @d map Xen's frame @m (shared info, grant table): writable or read-only for the guest.
 * @d NULL: privileged domains may, as DOMID_XEN's; then read-only. */
void frame_share(mfn_t m, struct domain *d, bool writable);
/* Stop sharing: no new mapping is possible. Frees the frame at its last reference. */
void frame_unshare(mfn_t m, struct domain *d);

/* A frame from page_alloc becomes @d's, on its list and in its count. No limit is checked. */
void frame_assign(mfn_t m, struct domain *d);
/* Take @m away from its owner, unpinning it. 0: it is free now; -EBUSY: it will be when those
 * who still refer to it let go; -EINVAL: not @d's to give. No lock held. */
int frame_release(mfn_t m, struct domain *d);
/* The same if the owner has the only reference. True: the caller takes @f off the owner's list and
 * count, and frees it, many at once. May be called with locks held. */
bool frame_reclaim(struct frame *f);
/* Keep @m from getting any new reference if its owner has the only one: 0, -EBUSY, -EINVAL.
 * Then either frame_put() it, or frame_unseize() it. */
int frame_seize(mfn_t m, struct domain *d);
void frame_unseize(mfn_t m);

/* page_alloc.c: the marks of frames that no domain owns. Order of the free block of @state that
 * starts at @m, or -1. */
int frame_free_order(mfn_t m, enum page_state state);
void frame_set_free(mfn_t m, unsigned int order, enum page_state state); /* head of a free block */
void frame_set_unused(mfn_t m);                                          /* no head any more */
void frame_set_xen(mfn_t m, unsigned int order); /* first frame of a block of Xen's */
unsigned int frame_xen_order(mfn_t m);           /* as given to frame_set_xen */

/* Machine-to-physical table. PFN(~0UL) = none. */
void m2p_set(mfn_t m, pfn_t p);
#define M2P_NONE PFN(~0UL)

/* frame_audit.c: recount every reference into a spare array and compare. Prints "audit: N frames, M
 * differences" and the first few; returns M. Long: no lock held, and all other CPUs wait. */
unsigned long frame_audit(void);
/* For the auditor and its tests. */
struct frame_counts {
    u32 refs, types;
    bool counted;  /* owned by a domain, or shared with one */
    bool base_ref; /* its owner has not given it back */
    bool pinned;
};
struct frame_counts frame_counts(mfn_t m);

#endif
