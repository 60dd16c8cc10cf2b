/* SPDX-License-Identifier: MIT */
/* A domain's frames: limit, list, and memory_op to gain, trade or return them. */
#include <asm/boot_info.h>
#include <asm/frame.h>
#include <asm/xen_paging.h>
#include <public/memory.h>
#include <xen/bitops.h>
#include <xen/debug_keys.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/guest_copy.h>
#include <xen/heap.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/sched.h>
#include <xen/string.h>

/* 2 MiB: what Domain0 may ask for in one piece. Other domains get single frames. */
#define MAX_EXTENT_ORDER 9
#define MAX_EXTENT_FRAMES (1U << MAX_EXTENT_ORDER)
#define FRAMES_A_STEP     32

#define E820_MAX 128
struct e820_map {
    u32 nr;
    struct __packed e820_entry {
        u64 start, size;
        u32 type;
    } entry[E820_MAX];
};

unsigned long total_claims;

/* ---- the list and the count ---- */

void domain_frame_added(struct domain *d, struct frame *f)
{
    bool first;

    spin_lock(&d->memory_lock);
    list_add_tail(&f->link, &d->frames);
    first = d->tot_pages++ == 0;
    spin_unlock(&d->memory_lock);
    if (first) /* its frames may outlive it, mapped by others: keep the struct they point to */
        domain_hold(d);
}

void domain_frame_gone(struct domain *d, mfn_t m)
{
    bool last;

    spin_lock(&d->memory_lock);
    list_del(&frame_of(m)->link);
    last = --d->tot_pages == 0;
    spin_unlock(&d->memory_lock);
    page_free(m, 0);
    if (last)
        domain_put(d);
}

/* ---- claims ---- */

/* Frames that nobody but @d has a claim on. */
static unsigned long unclaimed(const struct domain *d)
{
    unsigned long others = atomic_read(&total_claims) - d->outstanding_claim;
    unsigned long free = page_alloc_free_count();

    return free > others ? free - others : 0;
}

/* Set @d's claim. Memory lock held. */
static void set_claim(struct domain *d, unsigned long n)
{
    atomic_add(&total_claims, n - d->outstanding_claim);
    d->outstanding_claim = n;
}

/* Claim what @d lacks to have @pages in all; 0 gives the claim up. 0, -EINVAL, -ENOMEM. */
static int claim(struct domain *d, unsigned long pages)
{
    int rc = 0;

    spin_lock(&d->memory_lock);
    if (pages == 0)
        set_claim(d, 0);
    else if (d->dying != DOMAIN_ALIVE || d->outstanding_claim || pages < d->tot_pages ||
             pages > d->max_pages)
        rc = -EINVAL;
    else if (pages - d->tot_pages > unclaimed(d))
        rc = -ENOMEM;
    else
        set_claim(d, pages - d->tot_pages);
    spin_unlock(&d->memory_lock);
    return rc;
}

/* ---- allocation and release ---- */

/* Somebody is about to bring @d frames, @n more than it has: count them against limit and claims.
 * Its memory is not torn down before the discharge. 0, -EINVAL (dying), -ENOMEM. */
static int charge(struct domain *d, unsigned long n)
{
    int rc = 0;

    spin_lock(&d->memory_lock);
    if (d->dying != DOMAIN_ALIVE)
        rc = -EINVAL;
    else if (n && (d->tot_pages + d->pages_coming + n > d->max_pages || n > unclaimed(d)))
        rc = -ENOMEM;
    if (!rc) {
        d->pages_coming += n;
        d->gaining++;
    }
    spin_unlock(&d->memory_lock);
    return rc;
}

/* They have come (@got) or not. */
static void discharge(struct domain *d, unsigned long n, bool got)
{
    spin_lock(&d->memory_lock);
    d->pages_coming -= n;
    d->gaining--;
    if (got)
        set_claim(d, d->outstanding_claim - MIN(n, d->outstanding_claim));
    spin_unlock(&d->memory_lock);
}

/* A window after every few of the frames that are being cleared, assigned or traded. */
static void pass_frame(unsigned long i)
{
    if (i % FRAMES_A_STEP == FRAMES_A_STEP - 1)
        preempt_point();
}

/* A block, cleared, for @d. But Domain0 may see what the firmware left, and clearing that would be
 * most of what giving it its memory costs. */
static mfn_t alloc_block(const struct domain *d, unsigned int order, unsigned int addr_bits)
{
    enum page_state state;
    mfn_t m = page_alloc_uncleared(order, addr_bits, &state);

    while (order && mfn_eq(m, MFN_NONE) && page_scrub()) { /* clean and dirty halves may join */
        preempt_point();
        m = page_alloc_uncleared(order, addr_bits, &state);
    }
    if (mfn_eq(m, MFN_NONE) || state == PAGE_CLEAN || (state == PAGE_UNUSED && d->privileged))
        return m;
    for (unsigned long i = 0; i < BIT(order); i++) {
        memset(mfn_to_virt(mfn_add(m, i)), 0, PAGE_SIZE);
        pass_frame(i);
    }
    return m;
}

/* The block from @first on becomes @d's, as its frames from *@pfn on; NULL: it says no number. */
static void assign_block(struct domain *d, mfn_t first, unsigned int order, const xen_pfn_t *pfn)
{
    for (unsigned long i = 0; i < BIT(order); i++) {
        mfn_t m = mfn_add(first, i);

        if (pfn) /* before it can be given back, and be another's */
            m2p_set(m, PFN(*pfn + i));
        frame_assign(m, d);
        pass_frame(i);
    }
}

int domain_alloc_frames(struct domain *d, unsigned int order, unsigned int addr_bits,
                        const xen_pfn_t *pfn, mfn_t *out)
{
    int rc = charge(d, BIT(order));
    bool got;

    if (rc)
        return rc;
    *out = alloc_block(d, order, addr_bits);
    got = !mfn_eq(*out, MFN_NONE);
    if (got)
        assign_block(d, *out, order, pfn);
    discharge(d, BIT(order), got);
    return got ? 0 : -ENOMEM;
}

/* Death, first half: the next frames of @d's list go to the list of those that are leaving, and a
 * table among them is unpinned. After all are, hardly any has a reference beside its owner's.
 * False: the list is empty. */
static bool unpin_some(struct domain *d)
{
    bool some, pinned = false;
    mfn_t m;

    spin_lock(&d->memory_lock);
    some = !list_empty(&d->frames);
    for (unsigned int n = 0; n < FRAMES_A_STEP && !pinned && !list_empty(&d->frames); n++) {
        struct frame *f = list_first(&d->frames, struct frame, link);

        list_del(&f->link);
        list_add_tail(&f->link, &d->leaving);
        m = frame_mfn(f);
        pinned = frame_pinned(f);
    }
    spin_unlock(&d->memory_lock);
    if (pinned)
        frame_unpin(m, d);
    return some;
}

/* The second half: from the head of those that are leaving, frames that follow each other go back
 * together, as long as nobody else refers to them. False: there are none. */
static bool release_some(struct domain *d)
{
    bool ours = false, last = false;
    struct frame *f = NULL;
    unsigned long n = 0;

    spin_lock(&d->memory_lock);
    if (!list_empty(&d->leaving)) {
        f = list_first(&d->leaving, struct frame, link);
        while (n < FRAMES_A_STEP && d->leaving.next == &f[n].link && frame_reclaim(&f[n]))
            list_del(&f[n++].link);
        d->tot_pages -= n;
        last = n && d->tot_pages == 0;
        if (!n) {
            list_del(&f->link);
            ours = frame_counts(frame_mfn(f)).base_ref; /* else it goes at any time by itself */
        }
    }
    spin_unlock(&d->memory_lock);
    if (n)
        page_free_run(frame_mfn(f), n);
    else if (ours)
        frame_release(frame_mfn(f), d);
    if (last)
        domain_put(d);
    return f;
}

int domain_release_memory(struct domain *d)
{
    while (READ_ONCE(d->gaining)) {
        vcpu_yield();
        if (event_interrupts())
            return -ERESTART;
    }
    frame_note_unlink(d, false); /* its CPUs went elsewhere in their own time */
    frame_flush_domain(d);
    heap_free(d->arch.e820);
    d->arch.e820 = NULL;

    spin_lock(&d->memory_lock);
    set_claim(d, 0);
    spin_unlock(&d->memory_lock);
    while (unpin_some(d) || release_some(d))
        if (event_interrupts())
            return -ERESTART;
#ifdef DEBUG
    frame_audit();
#endif
    return 0;
}

/* ---- memory_op: gain and return ---- */

/* The argument of an operation. */
union argument {
    struct xen_memory_reservation reservation;
    struct xen_memory_exchange exchange;
    struct xen_memory_domain question;
    struct xen_machphys_mapping machphys;
    struct xen_machphys_mfn_list mfn_list;
    struct xen_memory_map map;
    struct xen_foreign_memory_map foreign_map;
    struct xen_pod_target pod;
    struct xen_mem_acquire_resource resource;
};

static bool order_allowed(unsigned int order)
{
    return order == 0 || (current_domain->privileged && order <= MAX_EXTENT_ORDER);
}

/* Extent @i of increase_reservation and populate_physmap. */
static int gain_extent(struct domain *d, const struct xen_memory_reservation *r, unsigned long i,
                       bool populate)
{
    xen_pfn_t pfn = 0;
    mfn_t m;
    int rc;

    if (populate && copy_in(&pfn, r->extent_start, i, 1))
        return -EFAULT;
    rc = domain_alloc_frames(d, r->extent_order, XENMEMF_get_address_bits(r->mem_flags),
                             populate ? &pfn : NULL, &m);
    if (rc)
        return rc;
    if (r->extent_start.addr && copy_out(r->extent_start, i, &m.n, 1)) {
        for (unsigned long j = 0; j < BIT(r->extent_order); j++, preempt_point())
            frame_release(mfn_add(m, j), d);
        return -EFAULT;
    }
    return 0;
}

/* Extent @i of decrease_reservation. */
static int return_extent(struct domain *d, const struct xen_memory_reservation *r, unsigned long i)
{
    xen_pfn_t mfn;

    if (copy_in(&mfn, r->extent_start, i, 1))
        return -EFAULT;
    for (unsigned long j = 0; j < BIT(r->extent_order); j++) {
        if (frame_release(MFN(mfn + j), d) == -EINVAL)
            return -EINVAL;
        preempt_point();
    }
    return 0;
}

/* How many extents are done, or -errno. */
static long change_reservation(struct domain *d, union argument *a, unsigned long *cmd)
{
    const struct xen_memory_reservation *r = &a->reservation;
    unsigned int op = *cmd & MEMOP_CMD_MASK;
    unsigned long i = *cmd >> MEMOP_EXTENT_SHIFT;
    int rc = 0;

    if (r->nr_extents > INT_MAX || (r->mem_flags & (XENMEMF_populate_on_demand | XENMEMF_vnode)))
        return -EINVAL;
    if (!order_allowed(r->extent_order))
        return 0;
    while (i < r->nr_extents && !rc) {
        rc = op == XENMEM_decrease_reservation
                 ? return_extent(d, r, i)
                 : gain_extent(d, r, i, op == XENMEM_populate_physmap);
        i += !rc;
        if (!rc && i < r->nr_extents && event_interrupts())
            rc = -ERESTART;
    }
    *cmd = op | i << MEMOP_EXTENT_SHIFT;
    return rc == -ERESTART ? rc : (long)i;
}

static long claim_pages(struct domain *d, union argument *a, unsigned long *)
{
    const struct xen_memory_reservation *r = &a->reservation;

    if (r->extent_start.addr || r->extent_order || r->mem_flags)
        return -EINVAL;
    return claim(d, r->nr_extents);
}

/* ---- memory_op: trade ---- */

/* One step of an exchange: frames of a common size on both sides. In one page. */
struct trade {
    unsigned int frames;           /* in this step, either side */
    unsigned int seized, made;     /* how far each side got */
    u32 in[MAX_EXTENT_FRAMES];     /* mfns given up, one a frame */
    u32 out[MAX_EXTENT_FRAMES];    /* mfns got, one an extent */
};

static int seize_inputs(struct domain *d, const struct xen_memory_reservation *in,
                        unsigned long first, struct trade *t)
{
    while (t->seized < t->frames) {
        xen_pfn_t mfn;
        int rc;

        if (copy_in(&mfn, in->extent_start, (first + t->seized) >> in->extent_order, 1))
            return -EFAULT;
        mfn += t->seized & (BIT(in->extent_order) - 1);
        rc = frame_seize(MFN(mfn), d);
        if (rc)
            return rc;
        t->in[t->seized] = mfn;
        pass_frame(t->seized++);
    }
    return 0;
}

static int make_outputs(const struct domain *d, const struct xen_memory_reservation *out,
                        unsigned long first, struct trade *t)
{
    for (; t->made < t->frames >> out->extent_order; t->made++) {
        mfn_t m = alloc_block(d, out->extent_order, XENMEMF_get_address_bits(out->mem_flags));

        if (mfn_eq(m, MFN_NONE))
            return -ENOMEM;
        t->out[t->made] = m.n;
        if (copy_out(out->extent_start, (first >> out->extent_order) + t->made, &m.n, 1)) {
            t->made++;
            return -EFAULT;
        }
        pass_frame(t->made);
    }
    return 0;
}

/* Nothing can fail from here on. @pfn: of each output extent, read before. */
static void commit_trade(struct domain *d, unsigned int order, struct trade *t, const u64 *pfn)
{
    for (unsigned int i = 0; i < t->made; i++) {
        assign_block(d, MFN(t->out[i]), order, &pfn[i]);
        pass_frame(i);
    }
    while (t->seized) {
        frame_put(MFN(t->in[--t->seized]));
        pass_frame(t->seized);
    }
}

static void undo_trade(unsigned int order, struct trade *t)
{
    for (; t->made; preempt_point())
        page_free(MFN(t->out[--t->made]), order);
    while (t->seized)
        frame_unseize(MFN(t->in[--t->seized]));
}

/* Trade the frames from number @first on, as many as one extent of the larger order. */
static int trade_step(struct domain *d, const struct xen_memory_exchange *x, unsigned long first,
                      struct trade *t, u64 *pfn)
{
    unsigned int order = x->out.extent_order;
    int rc;

    t->seized = t->made = 0;
    t->frames = BIT(MAX(x->in.extent_order, order));
    if (copy_in(pfn, x->out.extent_start, first >> order, t->frames >> order))
        return -EFAULT;
    rc = charge(d, 0); /* as many as it gives */
    if (rc)
        return rc;
    rc = seize_inputs(d, &x->in, first, t);
    if (!rc)
        rc = make_outputs(d, &x->out, first, t);
    if (rc)
        undo_trade(order, t);
    else
        commit_trade(d, order, t, pfn);
    discharge(d, 0, !rc);
    return rc;
}

/* Both sides are the same number of frames, in whole steps, and so is what is done already. */
static int check_exchange(const struct xen_memory_exchange *x)
{
    unsigned int larger = MAX(x->in.extent_order, x->out.extent_order);
    unsigned long frames = x->in.nr_extents << (x->in.extent_order & 15);
    unsigned long done = x->nr_exchanged << (x->in.extent_order & 15);

    if (larger > MAX_EXTENT_ORDER || !order_allowed(larger))
        return -EPERM;
    if (x->nr_exchanged > x->in.nr_extents || x->in.domid != x->out.domid ||
        x->in.nr_extents > INT_MAX || x->out.nr_extents > INT_MAX ||
        frames != x->out.nr_extents << x->out.extent_order || (frames | done) & (BIT(larger) - 1))
        return -EINVAL;
    return 0;
}

/* nr_exchanged goes in and out: how far an interrupted call got. */
static long exchange(struct domain *d, union argument *a, unsigned long *)
{
    struct xen_memory_exchange *x = &a->exchange;
    struct trade *t;
    u64 *pfn;
    unsigned long first, frames;
    int rc = check_exchange(x);

    if (rc)
        return rc;
    t = heap_new(struct trade);
    pfn = heap_new_array(u64, MAX_EXTENT_FRAMES);
    rc = t && pfn ? 0 : -ENOMEM;
    frames = x->in.nr_extents << x->in.extent_order;
    first = x->nr_exchanged << x->in.extent_order;
    while (!rc && first < frames) {
        rc = trade_step(d, x, first, t, pfn);
        if (!rc)
            first += t->frames;
        if (!rc && first < frames && event_interrupts())
            rc = -ERESTART;
    }
    heap_free(pfn);
    heap_free(t);
    x->nr_exchanged = first >> x->in.extent_order;
    return rc;
}

/* ---- memory_op: questions ---- */

static long reservation_size(struct domain *d, union argument *, unsigned long *cmd)
{
    switch (*cmd & MEMOP_CMD_MASK) {
    case XENMEM_current_reservation:
        return d->tot_pages;
    case XENMEM_maximum_reservation:
        return MIN(d->max_pages, ~0UL >> 1);
    default: /* the guest's own word for its highest pfn, if it has said one */
        return MAX(MIN(READ_ONCE(d->shared_info->arch.max_pfn), 1UL << 40), 1UL) - 1;
    }
}

static long machphys_mapping(struct domain *, union argument *a, unsigned long *)
{
    a->machphys = (struct xen_machphys_mapping){
        .v_start = MACH2PHYS_VIRT_START,
        .v_end = MACH2PHYS_VIRT_END,
        .max_mfn = frame_count - 1,
    };
    return 0;
}

static long machphys_list(struct domain *, union argument *a, unsigned long *)
{
    struct xen_machphys_mfn_list *list = &a->mfn_list;

    for (list->nr_extents = 0; list->nr_extents < list->max_extents; list->nr_extents++) {
        mfn_t m = m2p_piece(list->nr_extents);

        if (mfn_eq(m, MFN_NONE))
            break;
        if (copy_out(list->extent_start, list->nr_extents, &m.n, 1))
            return -EFAULT;
    }
    return 0;
}

static long memory_map(struct domain *, union argument *a, unsigned long *)
{
    struct e820_map *own = READ_ONCE(current_domain->arch.e820);

    if (!own)
        return -ENOSYS;
    a->map.nr_entries = MIN(a->map.nr_entries, own->nr);
    return copy_out_array(a->map.buffer.addr, sizeof(own->entry[0]), 0, own->entry,
                          a->map.nr_entries);
}

static long machine_memory_map(struct domain *, union argument *a, unsigned long *)
{
    unsigned int n = MIN(boot_info.nr_regions, E820_MAX + 0U);

    if (a->map.nr_entries < n)
        return -EINVAL; /* half a map would mislead */
    for (unsigned int i = 0; i < n; i++) {
        const struct memory_region *r = &boot_info.regions[i];
        struct e820_entry e = {r->start, r->size, r->type};

        if (copy_out_array(a->map.buffer.addr, sizeof(e), i, &e, 1))
            return -EFAULT;
    }
    a->map.nr_entries = n;
    return 0;
}

static long set_memory_map(struct domain *d, union argument *a, unsigned long *)
{
    const struct xen_memory_map *map = &a->foreign_map.map;
    struct e820_map *new, *old;
    int rc = -EFAULT;

    if (map->nr_entries > E820_MAX)
        return -EINVAL;
    new = heap_new(struct e820_map);
    if (!new)
        return -ENOMEM;
    new->nr = map->nr_entries;
    if (copy_in_array(new->entry, map->buffer.addr, sizeof(new->entry[0]), 0, new->nr))
        goto out;
    spin_lock(&d->memory_lock);
    rc = d->dying != DOMAIN_ALIVE || d == current_domain ? -EINVAL : 0;
    if (!rc) {
        old = d->arch.e820;
        d->arch.e820 = new;
        new = old;
    }
    spin_unlock(&d->memory_lock);
out:
    heap_free(new);
    return rc;
}

/* Nothing is populated on demand, so every frame of the target is there, or is the balloon's. */
static long pod_target(struct domain *d, union argument *a, unsigned long *)
{
    a->pod.tot_pages = d->tot_pages;
    a->pod.pod_cache_pages = a->pod.pod_entries = 0;
    return 0;
}

static int grant_frames_out(struct domain *d, const struct xen_mem_acquire_resource *res)
{
    if (res->frame > d->max_grant_frames || res->nr_frames > d->max_grant_frames - res->frame)
        return -EINVAL;
    for (u32 i = 0; i < res->nr_frames; i++) {
        mfn_t m;
        int rc = grant_table_frame(d, res->frame + i, &m);

        if (rc)
            return rc;
        if (copy_out(res->frame_list, i, &m.n, 1))
            return -EFAULT;
        preempt_point();
    }
    return 0;
}

static long acquire_resource(struct domain *d, union argument *a, unsigned long *)
{
    struct xen_mem_acquire_resource *res = &a->resource;

    if (res->pad)
        return -EINVAL;
    if (res->type != XENMEM_resource_grant_table ||
        res->id != XENMEM_resource_grant_table_id_shared)
        return -EOPNOTSUPP;
    if (res->frame_list.addr)
        return grant_frames_out(d, res);
    if (res->nr_frames)
        return -EINVAL;
    res->nr_frames = d->max_grant_frames;
    return 0;
}

/* ---- hypercall ---- */

#define ANSWERS    1 /* the structure goes back to the caller */
#define PRIVILEGED 2 /* for Domain0 alone */
#define NOBODY     0xff

/* A call about the domain that a field of its argument names, or about none. */
#define CALL(fn, member, domid, flags)                                                             \
    {fn, sizeof(((union argument *)0)->member), offsetof(union argument, member.domid), flags}
#define CALL_ABOUT_NONE(fn, member, flags)                                                         \
    {fn, sizeof(((union argument *)0)->member), NOBODY, flags}

static const struct row {
    /* @d with a reference; *@cmd as the caller's, and to be left for the next time. */
    long (*fn)(struct domain *d, union argument *a, unsigned long *cmd);
    u8 size;     /* of the argument */
    u8 domid_at; /* in it */
    u8 flags;
} rows[MEMOP_CMD_MASK + 1] = {
    [XENMEM_increase_reservation] = CALL(change_reservation, reservation, domid, 0),
    [XENMEM_decrease_reservation] = CALL(change_reservation, reservation, domid, 0),
    [XENMEM_populate_physmap] = CALL(change_reservation, reservation, domid, 0),
    [XENMEM_claim_pages] = CALL(claim_pages, reservation, domid, PRIVILEGED),
    [XENMEM_exchange] = CALL(exchange, exchange, in.domid, ANSWERS),
    [XENMEM_current_reservation] = CALL(reservation_size, question, domid, 0),
    [XENMEM_maximum_reservation] = CALL(reservation_size, question, domid, 0),
    [XENMEM_maximum_gpfn] = CALL(reservation_size, question, domid, 0),
    [XENMEM_machphys_mapping] = CALL_ABOUT_NONE(machphys_mapping, machphys, ANSWERS),
    [XENMEM_machphys_mfn_list] = CALL_ABOUT_NONE(machphys_list, mfn_list, ANSWERS),
    [XENMEM_memory_map] = CALL_ABOUT_NONE(memory_map, map, ANSWERS),
    [XENMEM_machine_memory_map] = CALL_ABOUT_NONE(machine_memory_map, map, ANSWERS | PRIVILEGED),
    [XENMEM_set_memory_map] = CALL(set_memory_map, foreign_map, domid, PRIVILEGED),
    [XENMEM_set_pod_target] = CALL(pod_target, pod, domid, ANSWERS | PRIVILEGED),
    [XENMEM_get_pod_target] = CALL(pod_target, pod, domid, ANSWERS | PRIVILEGED),
    [XENMEM_acquire_resource] = CALL(acquire_resource, resource, domid, ANSWERS | PRIVILEGED),
};

/* Of calls that have no argument we look at. */
static long fixed_answer(unsigned int op)
{
    switch (op) {
    case XENMEM_maximum_ram_page:
        return frame_count;
    case XENMEM_get_sharing_freed_pages:
    case XENMEM_get_sharing_shared_pages:
        return 0;
    case XENMEM_add_to_physmap: /* pfns of a PV guest are its own business */
    case XENMEM_add_to_physmap_batch:
    case XENMEM_remove_from_physmap:
        return -EACCES;
    case XENMEM_get_vnumainfo:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

long do_memory_op(unsigned long *cmd, unsigned long arg)
{
    const struct row *row = &rows[*cmd & MEMOP_CMD_MASK];
    struct domain *d = NULL;
    union argument a;
    long rc = 0;

    if (!row->fn)
        return fixed_answer(*cmd & MEMOP_CMD_MASK);
    if (row->flags & PRIVILEGED && !current_domain->privileged)
        return -EPERM;
    if (copy_in_bytes(&a, GPTR(arg), row->size))
        return -EFAULT;
    if (row->domid_at != NOBODY)
        rc = domain_find(*(domid_t *)((char *)&a + row->domid_at), &d);
    if (rc)
        return rc;
    rc = row->fn(d, &a, cmd);
    if (d)
        domain_put(d);
    if (row->flags & ANSWERS && copy_out_bytes(GPTR(arg), &a, row->size))
        rc = -EFAULT;
    return rc;
}

/* ---- looking at it ---- */

static void dump_memory(void)
{
    struct domain *d;

    printk("%lu of %lu frames free, %lu of them claimed, %lu to be scrubbed\n",
           page_alloc_free_count(), page_alloc_total_count(), total_claims,
           page_alloc_dirty_count());
    for_each_domain(d)
        printk("d%u: %lu frames of at most %lu, %lu unlinked and %lu flushed translations\n",
               d->id, d->tot_pages, d->max_pages, d->arch.unlinked, d->arch.flushed);
}
DEBUG_KEY('m', "memory, free and of every domain", dump_memory);
