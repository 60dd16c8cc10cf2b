/* SPDX-License-Identifier: MIT */
/* Free machine frames: a buddy allocator with a set of lists per power of two of address. */
#include <asm/frame.h>
#include <xen/bitops.h>
#include <xen/page_alloc.h>
#include <xen/printk.h>
#include <xen/spinlock.h>
#include <xen/string.h>

/*
 * Zone z holds the frames whose number has its highest set bit at z, that is, which need z + 1
 * bits. A block never crosses a zone, since it is aligned to its size and frame 0 is left out.
 * Allocation starts at the highest zone allowed, so that low memory is kept for those who must
 * have it. Within a zone it takes clean memory first, and what nobody has used yet last.
 *
 * Blocks join buddies of their own state alone: one dirty frame makes no clean ones dirty.
 */
#define NR_ZONES 40

/* Covers the lists, the counts and the marks of free frames, and the content of dirty ones. */
static spinlock_t lock = SPINLOCK(RANK_FRAMES);
static struct list free_lists[NR_ZONES][PAGE_STATES][MAX_ORDER + 1];
static unsigned long nr_free, nr_dirty, nr_total;

static unsigned int zone_of(mfn_t m)
{
    return BITS_PER_LONG - 1 - (unsigned int)__builtin_clzl(m.n);
}

static void put_block(mfn_t m, unsigned int order, enum page_state state)
{
    frame_set_free(m, order, state);
    list_add(&frame_of(m)->link, &free_lists[zone_of(m)][state][order]);
}

static void take_block(mfn_t m)
{
    list_del(&frame_of(m)->link);
    frame_set_unused(m);
}

/* Give [m, m + 2^order) to the lists, joined with its buddies as far as they are free. */
static void free_block(mfn_t m, unsigned int order, enum page_state state)
{
    if (state == PAGE_DIRTY)
        nr_dirty += BIT(order);
    for (; order < MAX_ORDER; order++) {
        mfn_t buddy = MFN(m.n ^ BIT(order));

        if (buddy.n == 0 || frame_free_order(buddy, state) != (int)order)
            break;
        take_block(buddy);
        m = MFN(MIN(m.n, buddy.n));
    }
    put_block(m, order, state);
}

static void init_lists(void)
{
    for (unsigned int z = 0; z < NR_ZONES; z++)
        for (unsigned int s = 0; s < PAGE_STATES; s++)
            for (unsigned int o = 0; o <= MAX_ORDER; o++)
                list_init(&free_lists[z][s][o]);
}

/* Frames [m, end), in the largest blocks there are. */
static void free_run(unsigned long m, unsigned long end, enum page_state state)
{
    nr_free += end - m;
    while (m < end) {
        unsigned int order = MIN(first_bit(m), (unsigned int)MAX_ORDER);

        while (m + BIT(order) > end)
            order--;
        free_block(MFN(m), order, state);
        m += BIT(order);
    }
}

void page_alloc_add(mfn_t first, unsigned long n)
{
    unsigned long m = MAX(first.n, 1UL), end = MAX(first.n + n, m);

    spin_lock(&lock);
    if (!nr_total)
        init_lists();
    nr_total += end - m;
    free_run(m, end, PAGE_UNUSED);
    spin_unlock(&lock);
}

/* A block of @order and @state from zone @z, the rest of a larger one given back. Or MFN_NONE. */
static mfn_t take_from_zone(unsigned int z, enum page_state state, unsigned int order)
{
    const struct list *lists = free_lists[z][state];
    unsigned int o = order;
    mfn_t m;

    while (o <= MAX_ORDER && list_empty(&lists[o]))
        o++;
    if (o > MAX_ORDER)
        return MFN_NONE;
    m = frame_mfn(list_first(&lists[o], struct frame, link));
    take_block(m);
    while (o-- > order)
        put_block(mfn_add(m, BIT(o)), o, state);
    if (state == PAGE_DIRTY)
        nr_dirty -= BIT(order);
    return m;
}

/* Zones that may have frames. */
static unsigned int zones(void)
{
    return zone_of(MFN(frame_count - 1)) + 1;
}

/* Debug builds: somebody wrote to free memory, or it was not scrubbed. */
static void check_scrubbed(mfn_t m, unsigned int order)
{
#ifdef DEBUG
    const u64 *w = mfn_to_virt(m);

    for (unsigned long i = 0; i < (PAGE_SIZE << order) / sizeof(*w); i++)
        if (w[i])
            panic("Free frame %lx was written to", m.n + i * sizeof(*w) / PAGE_SIZE);
#else
    (void)m;
    (void)order;
#endif
}

mfn_t page_alloc_uncleared(unsigned int order, unsigned int addr_bits, enum page_state *state)
{
    unsigned int z = zones();
    mfn_t m = MFN_NONE;

    *state = PAGE_CLEAN;
    if (order > MAX_ORDER || (addr_bits && addr_bits <= PAGE_SHIFT))
        return MFN_NONE;
    if (addr_bits)
        z = MIN(z, addr_bits - PAGE_SHIFT);
    spin_lock(&lock);
    while (nr_total && m.n == MFN_NONE.n && z-- > 0)
        for (*state = 0; *state < PAGE_STATES; ++*state) {
            m = take_from_zone(z, *state, order);
            if (m.n != MFN_NONE.n)
                break;
        }
    if (m.n != MFN_NONE.n) {
        nr_free -= BIT(order);
        frame_set_xen(m, order);
    }
    spin_unlock(&lock);
    if (m.n != MFN_NONE.n && *state == PAGE_CLEAN)
        check_scrubbed(m, order);
    return m;
}

mfn_t page_alloc(unsigned int order, unsigned int addr_bits)
{
    enum page_state state;
    mfn_t m = page_alloc_uncleared(order, addr_bits, &state);

    if (m.n != MFN_NONE.n && state != PAGE_CLEAN)
        memset(mfn_to_virt(m), 0, PAGE_SIZE << order);
    return m;
}

void page_free_run(mfn_t first, unsigned long n)
{
    spin_lock(&lock);
    for (unsigned long i = 0; i < n; i++)
        frame_set_unused(mfn_add(first, i));
    free_run(first.n, first.n + n, PAGE_DIRTY);
    spin_unlock(&lock);
}

void page_free(mfn_t first, unsigned int order)
{
    page_free_run(first, BIT(order));
}

/* Under the lock, since a frame that is counted as free must be there for who wants it. One idle
 * CPU does it at a time, so nobody waits for more than one frame. */
bool page_scrub(void)
{
    static unsigned long busy;
    mfn_t m = MFN_NONE;

    if (!READ_ONCE(nr_dirty))
        return false;
    if (test_and_set_bit(0, &busy))
        return true;
    spin_lock(&lock);
    for (unsigned int z = zones(); nr_dirty && m.n == MFN_NONE.n && z-- > 0;)
        m = take_from_zone(z, PAGE_DIRTY, 0);
    if (m.n != MFN_NONE.n) {
        memset(mfn_to_virt(m), 0, PAGE_SIZE);
        free_block(m, 0, PAGE_CLEAN);
    }
    spin_unlock(&lock);
    clear_bit(0, &busy);
    return true;
}

void *page_alloc_virt(unsigned int order)
{
    mfn_t m = page_alloc(order, 0);

    return m.n == MFN_NONE.n ? NULL : mfn_to_virt(m);
}

void page_free_virt(void *p, unsigned int order)
{
    if (p)
        page_free(virt_to_mfn(p), order);
}

unsigned long page_alloc_free_count(void)
{
    return READ_ONCE(nr_free);
}

unsigned long page_alloc_dirty_count(void)
{
    return READ_ONCE(nr_dirty);
}

unsigned long page_alloc_total_count(void)
{
    return READ_ONCE(nr_total);
}
