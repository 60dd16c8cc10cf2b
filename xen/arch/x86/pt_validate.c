/* SPDX-License-Identifier: MIT */
/* What an entry may say at each level; promoting and draining whole tables; changing one entry. */
#include <asm/pt.h>
#include <asm/msr.h>
#include <asm/xen_paging.h>
#include <xen/bitops.h>
#include <xen/domain.h>
#include <xen/printk.h>
#include <xen/sched.h>

#define CACHE_BITS (PTE_PWT | PTE_PCD | PTE_PAT)
/* Bits that change nothing of what an entry allows. */
#define HARMLESS (PTE_ACCESSED | PTE_DIRTY | PTE_AVAIL | PTE_AVAIL_HI)

/* ---- device memory ---- */

#define LAPIC_FIRST 0xfee00UL /* local APIC, and the window in which writes are interrupts */
#define LAPIC_END   0xfef00UL

static struct device_range {
    unsigned long first, n;
} guarded[64];
static unsigned int nr_guarded;

void pt_guard_device(mfn_t first, unsigned long n)
{
    if (nr_guarded < ARRAY_SIZE(guarded))
        guarded[nr_guarded++] = (struct device_range){first.n, n};
    else
        panic("Too many device ranges to guard: enlarge guarded[] in pt_validate.c");
}

static bool is_guarded(mfn_t m)
{
    for (unsigned int i = 0; i < nr_guarded; i++)
        if (m.n - guarded[i].first < guarded[i].n)
            return true;
    return false;
}

/* Machine frame numbers that the CPU can express; above are reserved bits. */
static unsigned long frame_limit(void)
{
    static unsigned long limit;

    if (!limit)
        limit = BIT(MIN(cpuid(0x80000008, 0).a & 0xff, 52U) - PAGE_SHIFT);
    return limit;
}

/* May @d have device memory as *@e says? The entry may come back read-only. 0, -EINVAL, -EPERM. */
static int check_device(pte_t *e, const struct domain *d)
{
    mfn_t m = pte_mfn(*e);

    if (m.n >= frame_limit())
        return -EINVAL;
    if (!d->privileged || (m.n >= LAPIC_FIRST && m.n < LAPIC_END))
        return -EPERM;
    if (is_guarded(m))
        *e &= ~PTE_RW;
    return 0;
}

/* ---- one entry ---- */

/* The entry as the hardware is to see it. A guest kernel in ring 3 needs the user bit everywhere;
 * its users have another L4. Global entries would outlive the CR3 loads that count as flushes. */
static pte_t adjust(pte_t e, unsigned int level, const struct domain *d)
{
    if (guest_kernel_ring(d) == 3)
        e |= PTE_USER;
    e &= ~PTE_GLOBAL;
    return level == 1 ? e : e & ~(PTE_PWT | PTE_PCD);
}

/* Take the reference of L1 entry *@e, which may be changed. See pt_write for @owner. */
static int l1_get(pte_t *e, struct domain *d, struct domain *owner)
{
    mfn_t m = pte_mfn(*e);
    int rc;

    if (unlikely(!mfn_is_ram(m)))
        return owner && owner != d ? -EINVAL : check_device(e, d);
    *e &= ~CACHE_BITS; /* always write-back: a refusal would be fatal for Linux */
    if (*e & PTE_RW)
        rc = frame_get_type(m, owner, FT_WRITABLE);
    else
        rc = frame_get(m, owner);
    if (!rc && unlikely(owner != d))
        frame_mark_foreign(m);
    return rc;
}

static void l1_put(pte_t e)
{
    if (!mfn_is_ram(pte_mfn(e)))
        return;
    if (e & PTE_RW)
        frame_put_type(pte_mfn(e));
    else
        frame_put(pte_mfn(e));
}

/* An entry of level 2 to 4 names a table of the level below, of the same domain. */
static int table_get(pte_t e, unsigned int level, struct domain *d)
{
    if (e & PTE_PSE)
        return -EINVAL;
    return frame_get_type(pte_mfn(e), d, FT_L1 + level - 2);
}

static bool is_xen_slot(unsigned int level, unsigned int index)
{
    return level == 4 && index >= L4_SLOT_FIRST && index <= L4_SLOT_LAST;
}

/* Adjust *@e and take its reference, if it is present. 0 or -errno. */
static int entry_get(pte_t *e, unsigned int level, struct domain *d, struct domain *owner)
{
    if (!(*e & PTE_PRESENT))
        return 0;
    *e = adjust(*e, level, d);
    return level == 1 ? l1_get(e, d, owner) : table_get(*e, level, d);
}

static void entry_put(pte_t e, unsigned int level)
{
    if (!(e & PTE_PRESENT))
        return;
    if (level == 1)
        l1_put(e);
    else
        frame_put_type(pte_mfn(e));
}

/* Does L1 entry @e map a frame that is not @d's? */
static bool is_foreign(pte_t e, unsigned int level, const struct domain *d)
{
    return level == 1 && mfn_is_ram(pte_mfn(e)) && frame_owner(pte_mfn(e)) != d;
}

bool pt_entry_counts(pte_t e, unsigned int level, unsigned int index, enum frame_type *type)
{
    if (!(e & PTE_PRESENT) || is_xen_slot(level, index) || !mfn_is_ram(pte_mfn(e)))
        return false;
    if (level > 1)
        *type = FT_L1 + level - 2;
    else
        *type = e & PTE_RW ? FT_WRITABLE : FT_NONE;
    return true;
}

/* ---- whole tables ---- */

/* First entry of @t at or after @i that is not zero; PT_ENTRIES when there is none. Most entries
 * of most tables are zero, so they are looked at eight at a time. */
static unsigned int next_used(const pte_t *t, unsigned int i)
{
    for (;; i++) {
        if (i % 8 == 0)
            while (i < PT_ENTRIES && !(t[i] | t[i + 1] | t[i + 2] | t[i + 3] | t[i + 4] |
                                       t[i + 5] | t[i + 6] | t[i + 7]))
                i += 8;
        if (i >= PT_ENTRIES || t[i])
            return i;
    }
}

#define ENTRIES_A_STEP 32 /* each may be the last reference of a frame, which is then freed */

/* The next one after @i; somebody else's turn, if it is due, comes in between. */
static unsigned int next_step(const pte_t *t, unsigned int i, unsigned int level)
{
    unsigned int next = next_used(t, i + 1);

    if (level > 1 || next / ENTRIES_A_STEP != i / ENTRIES_A_STEP)
        preempt_point();
    return next;
}

/* Drop the references of entries [0, n) of @t. */
static void put_entries(pte_t *t, unsigned int n, unsigned int level, struct domain *d)
{
    for (unsigned int i = next_used(t, 0); i < n; i = next_step(t, i, level)) {
        pte_t e = READ_ONCE(t[i]);

        if (!(e & PTE_PRESENT) || is_xen_slot(level, i))
            continue;
        if (is_foreign(e, level, d))
            frame_note_unlink(d, true);
        entry_put(e, level);
    }
}

int pt_validate(mfn_t m, unsigned int level, struct domain *d)
{
    pte_t *t = mfn_to_virt(m);

    for (unsigned int i = next_used(t, 0); i < PT_ENTRIES; i = next_step(t, i, level)) {
        pte_t old = READ_ONCE(t[i]), e = old;
        int rc;

        if (!(e & PTE_PRESENT) || is_xen_slot(level, i))
            continue;
        rc = entry_get(&e, level, d, d);
        if (rc) {
            put_entries(t, i, level, d);
            return rc;
        }
        if (e != old)
            WRITE_ONCE(t[i], e);
    }
    if (level == 4)
        xen_paging_fill_l4(t);
    return 0;
}

/* Not reachable any more: what made it so was noted as an unlink (or loaded CR3), and a flush after
 * that covers the entries too. Foreign frames need notes: they wait for others' flushes. */
void pt_drain(mfn_t m, unsigned int level, struct domain *d)
{
    pte_t *t = mfn_to_virt(m);

    put_entries(t, PT_ENTRIES, level, d);
    if (level == 4)
        for (unsigned int i = L4_SLOT_FIRST; i <= L4_SLOT_LAST; i++)
            WRITE_ONCE(t[i], 0);
}

/* ---- changing one entry ---- */

/* Does @new allow what @old does, of the same frame, to the letter? */
static bool same_rights(pte_t old, pte_t new)
{
    return !((old ^ new) & ~HARMLESS) && (old & PTE_PRESENT);
}

/* Is there a use of its frame that the present entry @old allowed and @new does not? */
static bool takes_away(pte_t old, pte_t new)
{
    return !(new & PTE_PRESENT) || !mfn_eq(pte_mfn(old), pte_mfn(new)) || (old & ~new & PTE_RW);
}

/* Exchange the entry at @p as @mode says; *@old is what was there. 0 or -EAGAIN. */
static int exchange(pte_t *p, pte_t new, enum pt_mode mode, pte_t *old)
{
    pte_t e;

    if (mode == PT_SET) {
        *old = atomic_xchg(p, new);
        return 0;
    }
    if (mode == PT_COMPARE)
        return atomic_cas(p, old, new) ? 0 : -EAGAIN;
    e = READ_ONCE(*p);
    for (;;) {
        pte_t ad = PTE_ACCESSED | PTE_DIRTY;
        pte_t merged = e & new & PTE_PRESENT ? (new & ~ad) | (e & ad) : new;

        if (atomic_cas(p, &e, merged)) {
            *old = e;
            return 0;
        }
    }
}

/* Software bits, Accessed and Dirty need no validation. False: *@p is not such a change of @new, or
 * was changed by another meanwhile; *@old is what was there. */
static bool write_harmless(pte_t *p, pte_t new, enum pt_mode mode, pte_t *old)
{
    pte_t e = mode == PT_COMPARE ? *old : READ_ONCE(*p), expect = e;

    if (!same_rights(e, new))
        return false;
    if (mode == PT_KEEP_AD)
        new = (new & ~(PTE_ACCESSED | PTE_DIRTY)) | (e & (PTE_ACCESSED | PTE_DIRTY));
    if (!atomic_cas(p, &expect, new))
        return false;
    *old = e;
    return true;
}

int pt_write(struct domain *d, mfn_t table, unsigned int level, unsigned int index, pte_t new,
             enum pt_mode mode, pte_t *old_out, struct domain *owner)
{
    pte_t *p = (pte_t *)mfn_to_virt(table) + index;
    pte_t old = mode == PT_COMPARE ? *old_out : 0;
    int rc;

    if (is_xen_slot(level, index))
        return -EINVAL;
    if (new & PTE_PRESENT) {
        pte_t seen = adjust(new, level, d);

        if (write_harmless(p, seen, mode, &old))
            goto out;
        if (mode == PT_COMPARE)
            old = *old_out;
    }
    rc = entry_get(&new, level, d, owner);
    if (rc)
        return rc;
    rc = exchange(p, new, mode, &old);
    if (rc) {
        entry_put(new, level);
        *old_out = old;
        return rc;
    }
    if (old & PTE_PRESENT) {
        /* A CPU may use the old translation until it is flushed, so note it before the drop. */
        if (takes_away(old, new))
            frame_note_unlink(d, is_foreign(old, level, d));
        entry_put(old, level);
    }
out:
    if (old_out)
        *old_out = old;
    return 0;
}

bool pt_walk(mfn_t root, unsigned long va, pte_t *l1e, mfn_t *l1_table)
{
    pte_t e = pte_make(root, PTE_PRESENT);

    if (!is_canonical(va) || is_xen_slot(4, pt_index(va, 4)))
        return false;
    for (int shift = PAGE_SHIFT + 27; mfn_is_ram(pte_mfn(e)); shift -= 9) {
        const pte_t *t = mfn_to_virt(pte_mfn(e)); /* freed under us it may say anything */

        *l1_table = pte_mfn(e);
        e = READ_ONCE(t[va >> shift & (PT_ENTRIES - 1)]);
        if (shift == PAGE_SHIFT) {
            if (l1e)
                *l1e = e;
            return true;
        }
        if (!(e & PTE_PRESENT))
            return false;
    }
    return false;
}
