/* SPDX-License-Identifier: MIT */
/* Frames shared between domains by consent: grant, map, unmap, copy. Version 1 of the ABI. */
#include <asm/pt.h>
#include <public/grant_table.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/grant_table.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

/*
 * The granter writes entries in pages it shares with Xen. Xen keeps beside each an active entry
 * that says which frame is in use and how often, in four ways. While any use lasts, the active
 * entry decides and the shared one is not believed. Each use holds a reference on the frame, a
 * writable one a typed reference too; so does the L1 entry of a mapping, by itself.
 *
 * The mapper names a mapping by a handle, an index into its maptrack. Both tables grow by pages
 * that never move, up to limits set when the domain is made. Neither lock is taken while the
 * other, or any other table's, is held.
 */
#define ENTRIES_PER_PAGE (PAGE_SIZE / sizeof(union entry))
#define HANDLES_PER_PAGE (PAGE_SIZE / sizeof(struct mapping))
#define ACTIVE_ORDER     1
#define NO_HANDLE        (~0U)

union entry {
    u64 word;
    grant_entry_v1_t v1;
};

/* Ways to use a grant; copies count as device use for their short time. */
enum use { HOST_READ, HOST_WRITE, DEVICE_READ, DEVICE_WRITE, NR_USES };

struct active {
    u32 frame;
    domid_t user;
    u16 uses[NR_USES];
};

struct mapping {
    struct domain *granter; /* held; NULL: not in use */
    u32 ref;                /* or the next free handle */
    u16 flags;              /* GNTMAP_*; host_map and device_map as far as not yet undone */
    u16 busy;               /* being unmapped: not free although both are gone */
};

struct grant_table {
    spinlock_t lock;          /* RANK_GRANT: all below, and the active entries' content */
    unsigned int nr_frames;
    union entry **shared;     /* max_grant_frames pointers, nr_frames of them set */
    struct active **active;
    unsigned int nr_track;    /* pages of it */
    struct mapping **track;   /* max_maptrack_frames pointers */
    u32 free_handle;
};

static inline bool is_write(enum use u)
{
    return u & 1;
}

/* ---- the two tables ---- */

static union entry *shared_entry(struct grant_table *t, u32 ref)
{
    return &t->shared[ref / ENTRIES_PER_PAGE][ref % ENTRIES_PER_PAGE];
}

static struct active *active_entry(struct grant_table *t, u32 ref)
{
    return &t->active[ref / ENTRIES_PER_PAGE][ref % ENTRIES_PER_PAGE];
}

static struct mapping *mapping_of(struct grant_table *t, u32 handle)
{
    return &t->track[handle / HANDLES_PER_PAGE][handle % HANDLES_PER_PAGE];
}

/* One more page of grant entries. 0, -EINVAL (limit), -ENOMEM. */
static int grow_table(struct domain *d)
{
    struct grant_table *t = d->grants;
    void *page, *active;
    int rc = -ENOMEM;

    spin_lock(&t->lock);
    if (t->nr_frames == d->max_grant_frames) {
        rc = -EINVAL;
        goto out;
    }
    page = page_alloc_virt(0);
    active = page_alloc_virt(ACTIVE_ORDER);
    if (!page || !active) {
        page_free_virt(page, 0);
        page_free_virt(active, ACTIVE_ORDER);
        goto out;
    }
    frame_share(virt_to_mfn(page), d, true);
    t->shared[t->nr_frames] = page;
    t->active[t->nr_frames] = active;
    t->nr_frames++;
    rc = 0;
out:
    spin_unlock(&t->lock);
    return rc;
}

/* At least @frames pages. The limit and preempt_point() bound the work. */
static int grow_to(struct domain *d, unsigned int frames)
{
    int rc = frames > d->max_grant_frames ? -EINVAL : 0;

    while (!rc && READ_ONCE(d->grants->nr_frames) < frames) {
        rc = grow_table(d);
        preempt_point();
    }
    return rc;
}

/* A page more of handles. Lock held. */
static void grow_track(struct domain *d)
{
    struct grant_table *t = d->grants;
    struct mapping *page;

    if (t->nr_track == d->max_maptrack_frames)
        return;
    page = page_alloc_virt(0);
    if (!page)
        return;
    for (unsigned int i = 0; i < HANDLES_PER_PAGE; i++)
        page[i].ref = i + 1 < HANDLES_PER_PAGE ? t->nr_track * HANDLES_PER_PAGE + i + 1 : NO_HANDLE;
    t->free_handle = t->nr_track * HANDLES_PER_PAGE;
    t->track[t->nr_track++] = page;
}

/* A handle of our own, out of the free list. NO_HANDLE: none. */
static u32 take_handle(struct domain *d)
{
    struct grant_table *t = d->grants;
    u32 h;

    spin_lock(&t->lock);
    if (t->free_handle == NO_HANDLE)
        grow_track(d);
    h = t->free_handle;
    if (h != NO_HANDLE)
        t->free_handle = mapping_of(t, h)->ref;
    spin_unlock(&t->lock);
    return h;
}

static void give_handle(struct domain *d, u32 h)
{
    struct grant_table *t = d->grants;
    struct mapping *m = mapping_of(t, h);

    spin_lock(&t->lock);
    *m = (struct mapping){.ref = t->free_handle};
    t->free_handle = h;
    spin_unlock(&t->lock);
}

int grant_domain_init(struct domain *d)
{
    struct grant_table *t = heap_new(struct grant_table);

    if (!t)
        return -ENOMEM;
    spin_lock_init(&t->lock, RANK_GRANT);
    t->free_handle = NO_HANDLE;
    t->shared = heap_new_array(union entry *, MAX(d->max_grant_frames, 1U));
    t->active = heap_new_array(struct active *, MAX(d->max_grant_frames, 1U));
    t->track = heap_new_array(struct mapping *, MAX(d->max_maptrack_frames, 1U));
    d->grants = t;
    if (!t->shared || !t->active || !t->track || (d->max_grant_frames && grow_table(d))) {
        grant_domain_free(d);
        return -ENOMEM;
    }
    if (d->privileged) /* it will map for guests, and free memory is to be the same after them */
        grow_track(d);
    return 0;
}

void grant_domain_free(struct domain *d)
{
    struct grant_table *t = d->grants;

    if (!t)
        return;
    while (t->nr_frames) {
        t->nr_frames--;
        frame_unshare(virt_to_mfn(t->shared[t->nr_frames]), d);
        page_free_virt(t->active[t->nr_frames], ACTIVE_ORDER);
    }
    while (t->nr_track)
        page_free_virt(t->track[--t->nr_track], 0);
    heap_free(t->shared);
    heap_free(t->active);
    heap_free(t->track);
    heap_free(t);
    d->grants = NULL;
}

int grant_table_frame(struct domain *d, unsigned int index, mfn_t *out)
{
    int rc = index >= d->max_grant_frames ? -EINVAL : grow_to(d, index + 1);

    if (!rc)
        *out = virt_to_mfn(d->grants->shared[index]);
    return rc;
}

/* ---- using a grant ---- */

static bool in_use(const struct active *a)
{
    return a->uses[HOST_READ] | a->uses[HOST_WRITE] | a->uses[DEVICE_READ] | a->uses[DEVICE_WRITE];
}

/* Mark the shared entry as used, if it allows @u by @user. *@seen: the entry. GNTST_*. */
static int mark_entry(union entry *e, domid_t user, enum use u, union entry *seen)
{
    /* The granter may change the word all the time, but not keep us here. */
    for (unsigned int tries = 0; tries < 5; tries++) {
        union entry old = {.word = READ_ONCE(e->word)}, new = old;

        *seen = old;
        if ((old.v1.flags & GTF_type_mask) != GTF_permit_access || old.v1.domid != user)
            return GNTST_bad_gntref;
        if (is_write(u) && (old.v1.flags & GTF_readonly))
            return GNTST_general_error;
        new.v1.flags |= GTF_reading | (is_write(u) ? GTF_writing : 0);
        if (new.word == old.word || atomic_cas(&e->word, &old.word, new.word))
            return GNTST_okay;
    }
    return GNTST_eagain;
}

/* Take back the marks that no use justifies any more. Lock held. */
static void unmark_entry(union entry *e, const struct active *a)
{
    u16 keep = 0xffff;

    if (!(a->uses[HOST_WRITE] | a->uses[DEVICE_WRITE]))
        keep &= ~GTF_writing;
    if (!in_use(a))
        keep &= ~GTF_reading;
    if (keep != 0xffff)
        __atomic_fetch_and(&e->v1.flags, keep, __ATOMIC_SEQ_CST);
}

/* Count one more use @u of @ref by @user. GNTST_*; *@m: the frame, fixed as long as it is used. */
static int count_use(struct domain *granter, u32 ref, domid_t user, enum use u, mfn_t *m)
{
    struct grant_table *t = granter->grants;
    int status = GNTST_bad_gntref;
    struct active *a;
    union entry seen;

    spin_lock(&t->lock);
    if (ref >= t->nr_frames * ENTRIES_PER_PAGE)
        goto out;
    a = active_entry(t, ref);
    if (in_use(a) && a->user != user)
        goto out;
    status = GNTST_no_space;
    if (a->uses[u] == 0xffff)
        goto out;
    status = mark_entry(shared_entry(t, ref), user, u, &seen);
    if (status)
        goto out;
    if (!in_use(a)) {
        a->frame = seen.v1.frame;
        a->user = user;
    }
    a->uses[u]++;
    *m = MFN(a->frame);
out:
    spin_unlock(&t->lock);
    return status;
}

static void uncount_use(struct domain *granter, u32 ref, enum use u)
{
    struct grant_table *t = granter->grants;

    spin_lock(&t->lock);
    active_entry(t, ref)->uses[u]--;
    unmark_entry(shared_entry(t, ref), active_entry(t, ref));
    spin_unlock(&t->lock);
}

/* Use @ref as @u: counted, and the frame held. GNTST_*. */
static int begin_use(struct domain *granter, u32 ref, domid_t user, enum use u, mfn_t *m)
{
    int status, rc;

    if (granter->dying != DOMAIN_ALIVE)
        return GNTST_bad_domain;
    status = count_use(granter, ref, user, u, m);
    if (status)
        return status;
    rc = is_write(u) ? frame_get_type(*m, granter, FT_WRITABLE) : frame_get(*m, granter);
    if (!rc)
        return GNTST_okay;
    uncount_use(granter, ref, u);
    return GNTST_bad_page;
}

/* Undo begin_use. No CPU may use a translation of it any more. */
static void end_use(struct domain *granter, u32 ref, enum use u, mfn_t m)
{
    if (is_write(u))
        frame_put_type(m);
    else
        frame_put(m);
    uncount_use(granter, ref, u);
}

/* The frame of a mapping whose use has not ended. */
static mfn_t mapped_frame(const struct mapping *m)
{
    return MFN(active_entry(m->granter->grants, m->ref)->frame);
}

/* The way of use that GNTMAP_host_map or _device_map among a mapping's @flags stands for. */
static enum use use_of(u16 flags, u16 kind)
{
    bool read = flags & GNTMAP_readonly;

    if (kind == GNTMAP_host_map)
        return read ? HOST_READ : HOST_WRITE;
    return read ? DEVICE_READ : DEVICE_WRITE;
}

/* ---- map ---- */

static pte_t mapping_pte(const struct gnttab_map_grant_ref *op, mfn_t m)
{
    pte_t e = pte_make(m, PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY);

    if (!(op->flags & GNTMAP_readonly))
        e |= PTE_RW;
    if (op->flags & GNTMAP_application_map)
        e |= PTE_USER;
    return e | ((u64)op->flags >> _GNTMAP_guest_avail0 << 9 & PTE_AVAIL);
}

/* Establish what op->flags ask for, host part first; all or nothing. GNTST_*. */
static int establish(struct domain *granter, struct gnttab_map_grant_ref *op)
{
    struct domain *d = current_domain;
    enum use host = use_of(op->flags, GNTMAP_host_map);
    mfn_t m;
    int status;

    if (op->flags & GNTMAP_host_map) {
        status = begin_use(granter, op->ref, d->id, host, &m);
        if (status)
            return status;
        if (pt_map_grant(current, op->host_addr, op->flags & GNTMAP_contains_pte,
                         mapping_pte(op, m), granter)) {
            end_use(granter, op->ref, host, m);
            return GNTST_bad_virt_addr;
        }
    }
    if (op->flags & GNTMAP_device_map) {
        status = begin_use(granter, op->ref, d->id, use_of(op->flags, GNTMAP_device_map), &m);
        if (status)
            goto err_unmap;
    }
    op->dev_bus_addr = mfn_to_maddr(m).a;
    return GNTST_okay;

err_unmap:
    if (op->flags & GNTMAP_host_map) {
        pt_unmap_grant(current, op->host_addr, op->flags & GNTMAP_contains_pte, 0, m);
        frame_flush_unlinked(d);
        end_use(granter, op->ref, host, m);
    }
    return status;
}

static int map_one(struct gnttab_map_grant_ref *op)
{
    struct domain *granter;
    u32 h;
    int status;

    if (!(op->flags & (GNTMAP_host_map | GNTMAP_device_map)))
        return GNTST_bad_gntref;
    granter = domain_get(op->dom);
    if (!granter)
        return GNTST_bad_domain;
    status = GNTST_no_space;
    h = take_handle(current_domain);
    if (h == NO_HANDLE)
        goto err_put;
    status = establish(granter, op);
    if (status)
        goto err_handle;

    spin_lock(&current_domain->grants->lock);
    *mapping_of(current_domain->grants, h) =
        (struct mapping){.granter = granter, .ref = op->ref, .flags = op->flags};
    spin_unlock(&current_domain->grants->lock);
    op->handle = h;
    return GNTST_okay;

err_handle:
    give_handle(current_domain, h);
err_put:
    domain_put(granter);
    return status;
}

/* ---- unmap ---- */

/* An unmapping between its two halves: the L1 entry is gone, a flush is due, then the uses end. */
struct unmapping {
    u32 handle;
    u16 kinds; /* GNTMAP_host_map, _device_map: what ends */
    mfn_t frame;
};

_Static_assert(sizeof(struct gnttab_unmap_and_replace) == sizeof(struct gnttab_unmap_grant_ref) &&
                   offsetof(struct gnttab_unmap_and_replace, status) ==
                       offsetof(struct gnttab_unmap_grant_ref, status),
               "both are read as gnttab_unmap_grant_ref");

/* Take the kinds that @op asks to end out of its mapping, so that nobody else ends them; the device
 * kind is named by @dev_bus_addr. *@copy: the mapping before. GNTST_*. */
static int claim_kinds(struct domain *d, const struct gnttab_unmap_grant_ref *op, u64 dev_bus_addr,
                       struct unmapping *u, struct mapping *copy)
{
    struct grant_table *t = d->grants;
    int status = GNTST_bad_handle;
    struct mapping *m;

    u->handle = op->handle;
    u->kinds = 0;
    spin_lock(&t->lock);
    if (op->handle >= t->nr_track * HANDLES_PER_PAGE)
        goto out;
    m = mapping_of(t, op->handle);
    if (!m->granter)
        goto out;
    u->frame = mapped_frame(m);
    status = GNTST_bad_dev_addr;
    if (dev_bus_addr && dev_bus_addr != mfn_to_maddr(u->frame).a)
        goto out;
    if (op->host_addr)
        u->kinds |= m->flags & GNTMAP_host_map;
    if (dev_bus_addr)
        u->kinds |= m->flags & GNTMAP_device_map;
    *copy = *m;
    m->flags &= ~u->kinds;
    m->busy++;
    status = GNTST_okay;
out:
    spin_unlock(&t->lock);
    return status;
}

/* Give back @kinds that could not be ended, and let go of the mapping; free it when all ended. */
static void settle(struct domain *d, u32 handle, u16 kinds)
{
    struct grant_table *t = d->grants;
    struct mapping *m = mapping_of(t, handle);
    struct domain *granter = NULL;

    spin_lock(&t->lock);
    m->flags |= kinds;
    m->busy--;
    if (!m->busy && !(m->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
        granter = m->granter;
        m->granter = NULL; /* nobody finds it from here on */
    }
    spin_unlock(&t->lock);
    if (granter) {
        give_handle(d, handle);
        domain_put(granter);
    }
}

/* First half. With @replace, the second field of @op is new_addr: the entry that is to move here.
 * GNTST_*; with okay @u is to be finished after a flush. */
static int begin_unmap(const struct gnttab_unmap_grant_ref *op, bool replace, struct unmapping *u)
{
    struct domain *d = current_domain;
    struct mapping m;
    int status = claim_kinds(d, op, replace ? 0 : op->dev_bus_addr, u, &m);

    if (status || !(u->kinds & GNTMAP_host_map))
        return status;
    if (pt_unmap_grant(current, op->host_addr, m.flags & GNTMAP_contains_pte,
                       replace ? op->dev_bus_addr : 0, u->frame)) {
        settle(d, u->handle, u->kinds);
        return GNTST_bad_virt_addr;
    }
    return GNTST_okay;
}

/* Second half, when no CPU has the translation any more. */
static void finish_unmap(struct domain *d, const struct unmapping *u)
{
    const struct mapping *m = mapping_of(d->grants, u->handle); /* ours by its busy count */

    if (u->kinds & GNTMAP_host_map)
        end_use(m->granter, m->ref, use_of(m->flags, GNTMAP_host_map), u->frame);
    if (u->kinds & GNTMAP_device_map)
        end_use(m->granter, m->ref, use_of(m->flags, GNTMAP_device_map), u->frame);
    settle(d, u->handle, 0);
}

#define UNMAP_BATCH 32

/* Unmap as the @n requests ask, with one flush; each gets its status. */
static void unmap_batch(struct gnttab_unmap_grant_ref *ops, unsigned int n, bool replace)
{
    struct unmapping u[UNMAP_BATCH];

    for (unsigned int i = 0; i < n; i++)
        ops[i].status = begin_unmap(&ops[i], replace, &u[i]);
    frame_flush_unlinked(current_domain);
    for (unsigned int i = 0; i < n; i++)
        if (ops[i].status == GNTST_okay)
            finish_unmap(current_domain, &u[i]);
}

/* ---- copy ---- */

/* One side of a copy, found and held. */
struct copy_side {
    struct domain *domain;
    mfn_t frame;
    bool granted, writable;
    u32 ref;
};

static int hold_granted(const struct gnttab_copy_ptr *p, struct copy_side *s)
{
    int status;

    s->domain = domain_get_or_self(p->domid);
    if (!s->domain)
        return GNTST_bad_domain;
    s->ref = p->u.ref;
    status = begin_use(s->domain, s->ref, current_domain->id,
                       s->writable ? DEVICE_WRITE : DEVICE_READ, &s->frame);
    if (status)
        domain_put(s->domain);
    return status;
}

static int hold_side(const struct gnttab_copy_ptr *p, bool granted, bool writable,
                     struct copy_side *s)
{
    struct domain *d = current_domain;
    int rc;

    *s = (struct copy_side){.granted = granted, .writable = writable};
    if (granted)
        return hold_granted(p, s);
    if (p->domid != DOMID_SELF && p->domid != d->id)
        return GNTST_permission_denied;
    s->frame = MFN(p->u.gmfn);
    rc = writable ? frame_get_type(s->frame, d, FT_WRITABLE) : frame_get(s->frame, d);
    return rc ? GNTST_bad_page : GNTST_okay;
}

static void drop_side(struct copy_side *s)
{
    if (s->granted) {
        end_use(s->domain, s->ref, s->writable ? DEVICE_WRITE : DEVICE_READ, s->frame);
        domain_put(s->domain);
    } else if (s->writable) {
        frame_put_type(s->frame);
    } else {
        frame_put(s->frame);
    }
}

static int copy_one(const struct gnttab_copy *op)
{
    struct copy_side from, to;
    int status;

    if (op->source.offset + op->len > (int)PAGE_SIZE || op->dest.offset + op->len > (int)PAGE_SIZE)
        return GNTST_bad_copy_arg;
    status = hold_side(&op->source, op->flags & GNTCOPY_source_gref, false, &from);
    if (status)
        return status;
    status = hold_side(&op->dest, op->flags & GNTCOPY_dest_gref, true, &to);
    if (!status) {
        memmove((char *)mfn_to_virt(to.frame) + op->dest.offset,
                (char *)mfn_to_virt(from.frame) + op->source.offset, op->len);
        drop_side(&to);
    }
    drop_side(&from);
    return status;
}

/* ---- the calls: arrays in, statuses out ---- */

static long map_op(unsigned long arg, unsigned int count)
{
    struct gnttab_map_grant_ref op;

    for (unsigned int i = 0; i < count; i++) {
        if (copy_in_array(&op, arg, sizeof(op), i, 1))
            return -EFAULT;
        op.status = map_one(&op);
        if (copy_out_array(arg, sizeof(op), i, &op, 1))
            return -EFAULT;
        preempt_point();
    }
    return 0;
}

static long unmap_op(unsigned long arg, unsigned int count, bool replace)
{
    struct gnttab_unmap_grant_ref ops[UNMAP_BATCH];

    for (unsigned int done = 0, n; done < count; done += n) {
        n = MIN(count - done, (unsigned int)UNMAP_BATCH);
        if (copy_in_array(ops, arg, sizeof(ops[0]), done, n))
            return -EFAULT;
        unmap_batch(ops, n, replace);
        if (copy_out_array(arg, sizeof(ops[0]), done, ops, n))
            return -EFAULT;
        preempt_point();
    }
    return 0;
}

static long copy_op(unsigned long arg, unsigned int count)
{
    struct gnttab_copy op;

    for (unsigned int i = 0; i < count; i++) {
        if (copy_in_array(&op, arg, sizeof(op), i, 1))
            return -EFAULT;
        op.status = copy_one(&op);
        if (copy_out_array(arg, sizeof(op), i, &op, 1))
            return -EFAULT;
        preempt_point();
    }
    return 0;
}

static int setup_table(const struct gnttab_setup_table *op)
{
    int status = GNTST_general_error;
    struct domain *d;

    if (domain_find(op->dom, &d))
        return GNTST_bad_domain;
    if (d->dying != DOMAIN_ALIVE || grow_to(d, op->nr_frames))
        goto out;
    status = GNTST_okay;
    for (u32 i = 0; i < op->nr_frames && !status; i++) {
        mfn_t m = virt_to_mfn(d->grants->shared[i]);

        if (copy_out(op->frame_list, i, &m.n, 1))
            status = GNTST_bad_virt_addr;
    }
out:
    domain_put(d);
    return status;
}

static long setup_table_op(unsigned long arg, unsigned int count)
{
    struct gnttab_setup_table op;

    if (count != 1)
        return -EINVAL;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    op.status = setup_table(&op);
    return copy_out_field(arg, &op, status) ? -EFAULT : 0;
}

static long query_size_op(unsigned long arg, unsigned int count)
{
    struct gnttab_query_size op;
    struct domain *d;

    if (count != 1)
        return -EINVAL;
    if (copy_in_arg(&op, arg))
        return -EFAULT;
    op.status = domain_find(op.dom, &d) ? GNTST_bad_domain : GNTST_okay;
    if (op.status == GNTST_okay) {
        op.nr_frames = READ_ONCE(d->grants->nr_frames);
        op.max_nr_frames = d->max_grant_frames;
        domain_put(d);
    }
    return copy_out_arg(arg, &op) ? -EFAULT : 0;
}

static long set_version_op(unsigned long arg)
{
    struct gnttab_set_version op;
    long rc;

    if (copy_in_arg(&op, arg))
        return -EFAULT;
    rc = op.version == 1 ? 0 : -ENOSYS;
    op.version = 1;
    return copy_out_arg(arg, &op) ? -EFAULT : rc;
}

static long get_version_op(unsigned long arg)
{
    struct gnttab_get_version op;
    struct domain *d;
    int rc;

    if (copy_in_arg(&op, arg))
        return -EFAULT;
    rc = domain_find(op.dom, &d);
    if (rc)
        return rc;
    domain_put(d);
    op.version = 1;
    return copy_out_arg(arg, &op) ? -EFAULT : 0;
}

long do_grant_table_op(unsigned int cmd, unsigned long arg, unsigned int count)
{
    if ((int)count < 0)
        return -EINVAL;
    switch (cmd) {
    case GNTTABOP_map_grant_ref:
        return map_op(arg, count);
    case GNTTABOP_unmap_grant_ref:
        return unmap_op(arg, count, false);
    case GNTTABOP_unmap_and_replace:
        return unmap_op(arg, count, true);
    case GNTTABOP_copy:
        return copy_op(arg, count);
    case GNTTABOP_setup_table:
        return setup_table_op(arg, count);
    case GNTTABOP_query_size:
        return query_size_op(arg, count);
    case GNTTABOP_set_version:
        return set_version_op(arg);
    case GNTTABOP_get_version:
        return get_version_op(arg);
    case GNTTABOP_transfer:
    case GNTTABOP_get_status_frames:
    case GNTTABOP_swap_grant_ref:
    case GNTTABOP_cache_flush:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

/* ---- death, and looking at it ---- */

int grant_domain_release_mappings(struct domain *d)
{
    struct grant_table *t = d->grants;

    frame_note_unlink(d, false); /* its L1 entries go with its tables: none is used again */
    frame_flush_domain(d);
    for (u32 h = 0; h < t->nr_track * HANDLES_PER_PAGE; h++) {
        struct mapping *m = mapping_of(t, h);

        if (m->granter) {
            struct unmapping u = {
                .handle = h,
                .kinds = m->flags & (GNTMAP_host_map | GNTMAP_device_map),
                .frame = mapped_frame(m),
            };

            m->flags &= ~u.kinds;
            m->busy++;
            finish_unmap(d, &u);
        }
        if (h % 64 == 0)
            preempt_point();
    }
    return 0;
}

void grant_for_each_ref(struct domain *d, void (*fn)(mfn_t m, bool writable))
{
    struct grant_table *t = d->grants;

    for (u32 ref = 0; t && ref < t->nr_frames * ENTRIES_PER_PAGE; ref++) {
        struct active *a = active_entry(t, ref);

        for (enum use u = 0; u < NR_USES; u++)
            for (unsigned int n = a->uses[u]; n > 0; n--)
                fn(MFN(a->frame), is_write(u));
    }
}

static void dump(struct domain *d)
{
    struct grant_table *t = d->grants;

    printk("d%u: %u of %u grant frames, %u of handles\n", d->id, t->nr_frames, d->max_grant_frames,
           t->nr_track);
    for (u32 ref = 0; ref < t->nr_frames * ENTRIES_PER_PAGE; ref++) {
        struct active *a = active_entry(t, ref);

        if (in_use(a))
            printk("  ref %u: frame %x for d%u, host %u r %u w, device %u r %u w\n", ref, a->frame,
                   a->user, a->uses[HOST_READ], a->uses[HOST_WRITE], a->uses[DEVICE_READ],
                   a->uses[DEVICE_WRITE]);
    }
}

static void dump_all(void)
{
    struct domain *d;

    for_each_domain(d)
        dump(d);
}
DEBUG_KEY('g', "grants in use, of every domain", dump_all);
