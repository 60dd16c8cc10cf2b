/* SPDX-License-Identifier: MIT */
/* The hypercalls that change page tables and flush translations: decode, check, commit. */
#include <asm/pt.h>
#include <asm/smp.h>
#include <xen/domain.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/string.h>

/* Requests copied from the guest at a time. */
#define BATCH 16

/* ---- who is meant ---- */

/* The domain @id, whose frames or tables the caller may handle: itself, or any domain for Domain0.
 * 0 and *@out, until release_domain(); NULL for DOMID_IO and DOMID_XEN. Else -EPERM, -ESRCH. */
static int find_domain(domid_t id, struct domain **out)
{
    struct domain *d = current_domain;

    *out = d; /* its own needs no reference */
    if (id == DOMID_SELF || id == d->id)
        return 0;
    if (!d->privileged)
        return -EPERM;
    *out = NULL;
    if (id == DOMID_IO || id == DOMID_XEN)
        return 0;
    *out = domain_get(id);
    return *out ? 0 : -ESRCH;
}

static void release_domain(struct domain *d)
{
    if (d && d != current_domain)
        domain_put(d);
}

/* Tell the guest how many requests were done, if it wants to know. */
static long report_done(unsigned long pdone, unsigned int done, long rc)
{
    if (pdone && copy_out_bytes(GPTR(pdone), &done, sizeof(done)))
        return -EFAULT;
    return rc;
}

/* ---- mmu_update ---- */

/* Who takes part in one mmu_update call, and the table of the last request, still held. */
struct update {
    struct domain *tables; /* whose tables are written */
    struct domain *frames; /* whose frames entries may name; NULL: device memory */
    mfn_t held;            /* with a typed reference; MFN_NONE: nothing */
    int level;             /* of that table; 0: it is none, and writable */
};

/* Hold frame @m with the type it has, so that it cannot become something else while it is written.
 * Requests come in runs for one table, so the last one is kept. */
static int hold_table(struct update *u, mfn_t m)
{
    int rc = 0;

    if (mfn_eq(u->held, m))
        return 0;
    frame_replace(&u->held, MFN_NONE);
    u->level = frame_get_table(m, u->tables);
    if (!u->level)
        rc = frame_get_type(m, u->tables, FT_WRITABLE);
    if (!rc)
        u->held = m;
    return rc;
}

static int update_entry(struct update *u, u64 ptr, pte_t val, enum pt_mode mode)
{
    mfn_t m = maddr_to_mfn(MADDR(ptr));
    unsigned int index = (ptr & ~PAGE_MASK) / sizeof(pte_t);
    int rc;

    if (ptr & (sizeof(pte_t) - 1))
        return -EINVAL;
    rc = hold_table(u, m);
    if (rc)
        return rc;
    if (!u->level) {
        WRITE_ONCE(((u64 *)mfn_to_virt(m))[index], val);
        return 0;
    }
    return pt_write(u->tables, m, u->level, index, val, mode, NULL, u->frames);
}

static int update_m2p(struct domain *owner, u64 ptr, u64 pfn)
{
    mfn_t m = maddr_to_mfn(MADDR(ptr));
    int rc = owner ? frame_get(m, owner) : -EINVAL;

    if (rc)
        return rc;
    m2p_set(m, PFN(pfn));
    frame_put(m);
    return 0;
}

static int do_one_update(struct update *u, const struct mmu_update *req)
{
    u64 ptr = req->ptr & ~3UL;

    switch (req->ptr & 3) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_entry(u, ptr, req->val, PT_SET);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return update_entry(u, ptr, req->val, PT_KEEP_AD);
    case MMU_MACHPHYS_UPDATE:
        return update_m2p(u->frames, ptr, req->val);
    default:
        return -ENOSYS;
    }
}

static int find_parties(struct update *u, unsigned int foreign)
{
    domid_t tables = foreign >> 16 ? (foreign >> 16) - 1 : DOMID_SELF;
    int rc;

    u->held = MFN_NONE;
    u->tables = u->frames = current_domain;
    if (likely(foreign == DOMID_SELF))
        return 0;
    rc = find_domain(tables, &u->tables);
    if (rc)
        return rc;
    rc = u->tables ? find_domain(foreign & 0xffff, &u->frames) : -EINVAL;
    if (rc)
        release_domain(u->tables);
    return rc;
}

long do_mmu_update(unsigned long ureqs, unsigned int count, unsigned long pdone,
                   unsigned int foreign)
{
    struct mmu_update reqs[BATCH];
    struct update u;
    unsigned int done = 0;
    int rc = find_parties(&u, foreign);

    if (rc)
        return rc;
    while (!rc && done < count) {
        unsigned int n = MIN(count - done, (unsigned int)BATCH);

        if (copy_in_array(reqs, ureqs, sizeof(reqs[0]), done, n)) {
            rc = -EFAULT;
            break;
        }
        for (unsigned int i = 0; i < n && !rc; i++) {
            rc = do_one_update(&u, &reqs[i]);
            done += !rc;
        }
        if (done < count)
            preempt_point();
    }
    frame_replace(&u.held, MFN_NONE);
    release_domain(u.frames);
    release_domain(u.tables);
    return report_done(pdone, done, rc);
}

/* ---- flushes ---- */

/* Does the guest's bitmap at @mask name any vcpu of the caller's domain but the caller? */
static int names_others(unsigned long mask, bool *others)
{
    struct vcpu *v = current;
    unsigned int bytes = DIV_UP(v->domain->max_vcpus, 8);
    u8 bits[MAX_VCPUS / 8];

    if (bytes > sizeof(bits) || copy_in_bytes(bits, GPTR(mask), bytes))
        return -EFAULT;
    bits[v->id / 8] &= ~(1 << v->id % 8);
    *others = false;
    for (unsigned int i = 0; i < bytes; i++)
        *others |= bits[i] != 0;
    return 0;
}

/* All translations of the caller's domain, or with @one that of @va. */
static int flush(bool everywhere, bool one, unsigned long va)
{
    if (one && everywhere)
        tlb_flush_mask_va(READ_ONCE(current_domain->dirty_cpus), va);
    else if (one)
        tlb_flush_local_va(va);
    else if (everywhere)
        frame_flush_domain(current_domain);
    else
        frame_flush_local(current_domain);
    return 0;
}

/* The CPUs of the vcpus in a guest's bitmap. A vcpu may have left translations on a CPU where it is
 * not now, so unless only the caller is meant this goes to all that hold some. */
static int flush_vcpus(unsigned long mask, bool one, unsigned long va)
{
    bool others;

    return names_others(mask, &others) ? -EFAULT : flush(others, one, va);
}

/* As the UVMF_* bits of update_va_mapping ask. 0, -EFAULT, -EINVAL. */
static int flush_as_asked(unsigned long va, unsigned long flags)
{
    unsigned long where = flags & ~UVMF_FLUSHTYPE_MASK;
    bool one = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG;

    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_NONE)
        return 0;
    if ((flags & UVMF_FLUSHTYPE_MASK) == UVMF_FLUSHTYPE_MASK)
        return -EINVAL;
    if (where == UVMF_LOCAL || where == UVMF_ALL)
        return flush(where == UVMF_ALL, one, va);
    return flush_vcpus(where, one, va);
}

/* ---- update_va_mapping ---- */

static long update_va_mapping(unsigned long va, pte_t pte, unsigned long flags,
                              struct domain *frames)
{
    struct vcpu *v = current;
    mfn_t l1;
    int rc;

    if (!pt_walk(v->arch.guest_table, va, NULL, &l1))
        return -EINVAL;
    rc = frame_get_type_held(l1, v->domain, FT_L1);
    if (rc)
        return rc;
    rc = pt_write(v->domain, l1, 1, pt_index(va, 1), pte, PT_SET, NULL, frames);
    frame_put_type(l1);
    return rc ? rc : flush_as_asked(va, flags);
}

long do_update_va_mapping(unsigned long va, u64 pte, unsigned long flags)
{
    return update_va_mapping(va, pte, flags, current_domain);
}

long do_update_va_mapping_otherdomain(unsigned long va, u64 pte, unsigned long flags, u16 domid)
{
    struct domain *frames;
    long rc = find_domain(domid, &frames);

    if (rc)
        return rc;
    rc = update_va_mapping(va, pte, flags, frames);
    release_domain(frames);
    return rc;
}

/* ---- mmuext_op ---- */

static int clear_page(mfn_t m, struct domain *d)
{
    int rc = frame_get_type(m, d, FT_WRITABLE);

    if (rc)
        return rc;
    memset(mfn_to_virt(m), 0, PAGE_SIZE);
    frame_put_type(m);
    return 0;
}

static int copy_page(mfn_t to, mfn_t from, struct domain *d)
{
    int rc = frame_get(from, d);

    if (rc)
        return rc;
    rc = frame_get_type(to, d, FT_WRITABLE);
    if (!rc) {
        memcpy(mfn_to_virt(to), mfn_to_virt(from), PAGE_SIZE);
        frame_put_type(to);
    }
    frame_put(from);
    return rc;
}

static void cache_writeback(void *)
{
    __asm__ __volatile__("wbinvd" ::: "memory");
}

static int flush_cache(bool everywhere)
{
    if (!current_domain->privileged)
        return -EACCES;
    if (everywhere)
        smp_call(cpu_online_map & ~cpumask_of(smp_cpu_id()), cache_writeback, NULL);
    cache_writeback(NULL);
    return 0;
}

/* Operations on frames of @d, which may be another domain that the caller builds. */
static int frame_op(const struct mmuext_op *op, struct domain *d)
{
    mfn_t m = MFN(op->arg1.mfn);

    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return frame_pin(m, d, FT_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));
    case MMUEXT_UNPIN_TABLE:
        return frame_unpin(m, d);
    case MMUEXT_CLEAR_PAGE:
        return clear_page(m, d);
    case MMUEXT_COPY_PAGE:
        return copy_page(m, MFN(op->arg2.src_mfn), d);
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

/* Operations on the calling vcpu or its domain's translations. */
static int own_op(const struct mmuext_op *op)
{
    struct vcpu *v = current;
    unsigned long va = op->arg1.linear_addr;

    switch (op->cmd) {
    case MMUEXT_NEW_BASEPTR:
        return vcpu_new_guest_table(v, MFN(op->arg1.mfn));
    case MMUEXT_NEW_USER_BASEPTR:
        return vcpu_new_user_table(v, MFN(op->arg1.mfn));
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_INVLPG_LOCAL:
        return flush(false, op->cmd == MMUEXT_INVLPG_LOCAL, va);
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
        return flush_vcpus(op->arg2.vcpumask.addr, op->cmd == MMUEXT_INVLPG_MULTI, va);
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_ALL:
        return flush(true, op->cmd == MMUEXT_INVLPG_ALL, va);
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return flush_cache(op->cmd == MMUEXT_FLUSH_CACHE_GLOBAL);
    case MMUEXT_SET_LDT:
        return vcpu_set_ldt(v, va, op->arg2.nr_ents);
    default:
        return -ENOSYS;
    }
}

static int do_one_ext(const struct mmuext_op *op, struct domain *d)
{
    if (op->cmd < MMUEXT_NEW_BASEPTR || op->cmd == MMUEXT_CLEAR_PAGE ||
        op->cmd == MMUEXT_COPY_PAGE || op->cmd == MMUEXT_MARK_SUPER ||
        op->cmd == MMUEXT_UNMARK_SUPER)
        return d ? frame_op(op, d) : -EINVAL;
    return d == current_domain ? own_op(op) : -EPERM;
}

long do_mmuext_op(unsigned long ops, unsigned int count, unsigned long pdone,
                  unsigned int foreign)
{
    struct mmuext_op op;
    struct domain *d;
    unsigned int done = 0;
    long rc = find_domain(foreign, &d);

    if (rc)
        return rc;
    while (!rc && done < count) {
        if (copy_in_array(&op, ops, sizeof(op), done, 1)) {
            rc = -EFAULT;
            break;
        }
        rc = do_one_ext(&op, d);
        done += !rc;
        if (done < count)
            preempt_point();
    }
    release_domain(d);
    return report_done(pdone, done, rc);
}

/* ---- entries for the grant table ---- */

/* The L1 slot that @addr stands for: the one that maps it, or with @is_pte_addr the one at that
 * machine address. Holds a typed reference on *@table. 0, -EINVAL. */
static int hold_l1(struct vcpu *v, unsigned long addr, bool is_pte_addr, mfn_t *table,
                   unsigned int *index)
{
    if (is_pte_addr) {
        if (addr & (sizeof(pte_t) - 1))
            return -EINVAL;
        *table = maddr_to_mfn(MADDR(addr));
        *index = (addr & ~PAGE_MASK) / sizeof(pte_t);
    } else {
        if (!pt_walk(v->arch.guest_table, addr, NULL, table))
            return -EINVAL;
        *index = pt_index(addr, 1);
    }
    return frame_get_type_held(*table, v->domain, FT_L1) ? -EINVAL : 0;
}

int pt_map_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, pte_t new,
                 struct domain *owner)
{
    unsigned int i;
    mfn_t l1;
    int rc = hold_l1(v, host_addr, is_pte_addr, &l1, &i);

    if (rc)
        return rc;
    rc = pt_write(v->domain, l1, 1, i, new, PT_SET, NULL, owner);
    frame_put_type(l1);
    return rc;
}

/* Replace slot @i of @l1 by @new if it maps @expect. The CPU may set Accessed and Dirty meanwhile,
 * each at most once. 0, -ENOENT, or what pt_write says. */
static int replace_if(struct domain *d, mfn_t l1, unsigned int i, mfn_t expect, pte_t new)
{
    pte_t old = READ_ONCE(((pte_t *)mfn_to_virt(l1))[i]);
    int rc = -EAGAIN;

    for (unsigned int tries = 0; tries < 8 && rc == -EAGAIN; tries++) {
        if (!(old & PTE_PRESENT) || !mfn_eq(pte_mfn(old), expect))
            return -ENOENT;
        rc = pt_write(d, l1, 1, i, new, PT_COMPARE, &old, d);
    }
    return rc;
}

/* The same, by the entry of @from, which goes. */
static int move_if(struct vcpu *v, mfn_t l1, unsigned int i, mfn_t expect, unsigned long from)
{
    unsigned int from_i;
    mfn_t from_l1;
    int rc = hold_l1(v, from, false, &from_l1, &from_i);

    if (rc)
        return rc;
    rc = replace_if(v->domain, l1, i, expect, READ_ONCE(((pte_t *)mfn_to_virt(from_l1))[from_i]));
    if (!rc)
        rc = pt_write(v->domain, from_l1, 1, from_i, 0, PT_SET, NULL, v->domain);
    frame_put_type(from_l1);
    return rc;
}

int pt_unmap_grant(struct vcpu *v, unsigned long host_addr, bool is_pte_addr, unsigned long from,
                   mfn_t expect)
{
    unsigned int i;
    mfn_t l1;
    int rc = hold_l1(v, host_addr, is_pte_addr, &l1, &i);

    if (rc)
        return rc;
    rc = from ? move_if(v, l1, i, expect, from) : replace_if(v->domain, l1, i, expect, 0);
    frame_put_type(l1);
    return rc;
}
