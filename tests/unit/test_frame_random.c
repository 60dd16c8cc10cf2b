/* SPDX-License-Identifier: MIT */
/*
 * Random operations of three domains on frames, page tables and grants, against two oracles: the
 * auditor, which recounts every reference, and the CPUs' cached translations, by which no table
 * may be written and no frame of nobody's reached, after any operation.
 *
 * Two vcpus take turns. One may lose its CPU to the other at every preemption point, so whatever
 * can stop half-way is met half-way. The order is the seed's, the same each time.
 */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* FUZZ: 200000 operations */
/* CFLAGS: $(HYPERVISOR) */
/* LIBS: -pthread */
#include "mock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <asm/frame.h>
#include <asm/pt.h>
#include <asm/regs.h>
#include <public/grant_table.h>
#include <public/memory.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/grant_table.h>
#include <xen/hypercall.h>
#include <xen/page_alloc.h>

#define FRAMES      512
#define DOMAINS     3
#define OPS         200000
#define AUDIT_EVERY 200
#define SLOTS       6 /* of each table, and grant references, that are used */

/* cmocka's checks jump, which only its own thread may do. */
#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "seed %lu, operation %lu: %s at line %d; %s\n", seed, ops_done, #x,    \
                    __LINE__, mock_last_line);                                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static unsigned long seed, ops_done, refusals;
static struct domain *dom[DOMAINS];
static domid_t next_id; /* a dead domain keeps its number while others have frames of it mapped */

/* ---- taking turns ---- */

static pthread_mutex_t baton = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static unsigned int turn;               /* whose it is */
static bool finished[MOCK_CPUS], busy[MOCK_CPUS];
static __thread unsigned int self;

static void pass_baton(void)
{
    if (finished[!self])
        return;
    turn = !self;
    pthread_cond_broadcast(&passed);
    while (turn != self)
        pthread_cond_wait(&passed, &baton);
    mock_cpu_set(self);
}

static void maybe_preempt(void)
{
    if (mock_below(3) == 0)
        pass_baton();
}

/* ---- choices ---- */

static struct domain *any_domain(void)
{
    return dom[mock_below(DOMAINS)];
}

/* A frame number: most often of @d, or of anybody, of Xen, of a device. */
static mfn_t any_frame(struct domain *d)
{
    unsigned long n = mock_below(16);
    struct list *l = d->frames.next;

    if (n == 0)
        return MFN(mock_below(FRAMES + 8));
    if (n == 1)
        return MFN(0xe0000 + mock_below(4));
    for (n = mock_below(24); n > 0 && l != &d->frames; n--)
        l = l->next;
    return l == &d->frames ? MFN(1) : frame_mfn(container_of(l, struct frame, link));
}

static pte_t any_entry(struct domain *d)
{
    static const u64 flags[] = {PTE_PRESENT, PTE_PRESENT | PTE_RW, PTE_PRESENT | PTE_RW,
                                PTE_PRESENT | PTE_RW | PTE_USER, PTE_PRESENT | PTE_ACCESSED, 0};
    pte_t e = pte_make(any_frame(d), flags[mock_below(ARRAY_SIZE(flags))]);

    if (mock_below(12) == 0)
        e |= mock_random() & 0xfff;
    return mock_below(8) ? e : 0;
}

static unsigned long any_va(void)
{
    unsigned long va = 0;

    for (unsigned int level = 1; level <= 4; level++)
        va |= mock_below(mock_below(2) ? 1 : SLOTS) << (PAGE_SHIFT + 9 * (level - 1));
    return va;
}

static domid_t foreign_for(struct domain *d)
{
    if (mock_below(6))
        return DOMID_SELF;
    return mock_below(8) ? any_domain()->id : mock_below(2) ? DOMID_IO : d->id;
}

/* ---- operations of the vcpu that runs ---- */

/* The guest fills a page that it can write as if for a table. */
static void prepare_page(struct domain *d)
{
    mfn_t m = any_frame(d);
    u64 *w;

    if (!mfn_is_ram(m) || frame_owner(m) != d || frame_type(m) > FT_WRITABLE)
        return;
    w = mock_words(m);
    memset(w, 0, PAGE_SIZE);
    for (unsigned int i = 0; i < SLOTS; i++)
        w[i] = any_entry(d);
}

static void do_update(struct domain *d)
{
    struct mmu_update u[3];
    unsigned int done = 0, n = 1 + mock_below(ARRAY_SIZE(u)), foreign = foreign_for(d);

    for (unsigned int i = 0; i < n; i++) {
        mfn_t table = mock_below(4) || mfn_eq(current->arch.guest_table, MFN_NONE)
                          ? any_frame(d) : current->arch.guest_table;

        u[i].ptr = mfn_to_maddr(table).a + mock_below(SLOTS) * 8 +
                   (mock_below(4) ? MMU_NORMAL_PT_UPDATE : MMU_PT_UPDATE_PRESERVE_AD);
        u[i].val = any_entry(mock_below(8) ? d : any_domain());
    }
    if (d->privileged && mock_below(10) == 0)
        foreign |= (any_domain()->id + 1U) << 16;
    refusals += do_mmu_update((unsigned long)u, n, (unsigned long)&done, foreign) < 0;
    CHECK(done <= n);
}

static void do_va_mapping(struct domain *d)
{
    u64 flags[] = {UVMF_NONE, UVMF_INVLPG, UVMF_TLB_FLUSH, UVMF_TLB_FLUSH | UVMF_ALL};

    refusals += do_update_va_mapping(any_va(), any_entry(d), flags[mock_below(4)]) < 0;
}

static void do_ext(struct domain *d)
{
    static const u8 cmds[] = {MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
                              MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
                              MMUEXT_NEW_BASEPTR, MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR,
                              MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_ALL, MMUEXT_CLEAR_PAGE};
    struct mmuext_op op = {.cmd = cmds[mock_below(ARRAY_SIZE(cmds))],
                           .arg1.mfn = any_frame(d).n};

    refusals += do_mmuext_op((unsigned long)&op, 1, 0, mock_below(8) ? DOMID_SELF
                                                                     : any_domain()->id) < 0;
}

static void do_touch(struct domain *d)
{
    (void)d;
    for (unsigned int i = 0; i < 8; i++)
        mock_touch(any_va(), mock_below(2));
}

static void do_store(struct domain *d)
{
    static const u8 code[16] = {0x48, 0x87, 0x08}; /* xchg %rcx,(%rax) */
    struct regs r = {.rip = (unsigned long)code, .rcx = any_entry(d)};

    pt_fault_emulate(current, &r, any_va() + mock_below(SLOTS) * 8);
}

static void do_reservation(struct domain *d)
{
    unsigned long mfns[4];
    struct xen_memory_reservation r = {.extent_start.addr = (unsigned long)mfns,
                                       .nr_extents = 1 + mock_below(4), .domid = DOMID_SELF};

    for (unsigned int i = 0; i < 4; i++)
        mfns[i] = any_frame(d).n;
    mock_memory_op(mock_below(2) ? XENMEM_populate_physmap : XENMEM_decrease_reservation,
                 (unsigned long)&r);
}

static void do_exchange(struct domain *d)
{
    unsigned long in[2] = {any_frame(d).n, any_frame(d).n}, out[2] = {1, 2};
    struct xen_memory_exchange x = {.in = {{(unsigned long)in}, 2, 0, 0, DOMID_SELF},
                                    .out = {{(unsigned long)out}, 2, 0, 0, DOMID_SELF}};

    if (d->privileged && mock_below(2)) {
        x.out.extent_order = 1;
        x.out.nr_extents = 1;
    }
    refusals += mock_memory_op(XENMEM_exchange, (unsigned long)&x) < 0;
}

static void do_grant_entry(struct domain *d)
{
    mfn_t table;
    grant_entry_v1_t *e;

    CHECK(grant_table_frame(d, 0, &table) == 0);
    e = (grant_entry_v1_t *)mock_words(table) + mock_below(SLOTS);
    if (e->flags & (GTF_reading | GTF_writing) && mock_below(4))
        return;
    *e = (grant_entry_v1_t){mock_below(4) ? GTF_permit_access | (mock_below(2) ? GTF_readonly : 0)
                                          : 0, any_domain()->id, any_frame(d).n};
}

/* Handles that the current domain got, and where. */
static struct mapped {
    u32 handle;
    u64 addr, bus;
} mapped[DOMAINS][64];

/* Which of them @d uses. */
static struct mapped *any_mapped(const struct domain *d)
{
    return &mapped[MIN(d->id, DOMAINS - 1U)][mock_below(64)];
}

static u64 place(u32 *flags)
{
    if (mock_below(3))
        return any_va();
    *flags |= GNTMAP_contains_pte;
    return mfn_to_maddr(any_frame(current_domain)).a + mock_below(SLOTS) * 8;
}

static void do_grant_map(struct domain *d)
{
    struct gnttab_map_grant_ref op = {.flags = 1 + mock_below(7), .ref = mock_below(SLOTS),
                                      .dom = any_domain()->id};
    struct mapped *slot = any_mapped(d);

    op.host_addr = place(&op.flags);
    CHECK(do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&op, 1) == 0);
    if (op.status == GNTST_okay)
        *slot = (struct mapped){op.handle, op.flags & GNTMAP_host_map ? op.host_addr : 0,
                                op.flags & GNTMAP_device_map ? op.dev_bus_addr : 0};
}

static void do_grant_unmap(struct domain *d)
{
    struct gnttab_unmap_grant_ref op[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(op); i++) {
        struct mapped *m = any_mapped(d);

        op[i] = (struct gnttab_unmap_grant_ref){m->addr, m->bus, m->handle, 0};
        if (mock_below(4) == 0)
            *(mock_below(2) ? &op[i].host_addr : &op[i].dev_bus_addr) = 0;
    }
    CHECK(do_grant_table_op(GNTTABOP_unmap_grant_ref, (unsigned long)op, 4) == 0);
}

static void do_grant_copy(struct domain *d)
{
    struct gnttab_copy op = {.len = mock_below(4200), .flags = mock_below(4)};

    op.source.u.gmfn = op.flags & GNTCOPY_source_gref ? mock_below(SLOTS) : any_frame(d).n;
    op.dest.u.gmfn = op.flags & GNTCOPY_dest_gref ? mock_below(SLOTS) : any_frame(d).n;
    op.source.domid = op.flags & GNTCOPY_source_gref ? any_domain()->id : DOMID_SELF;
    op.dest.domid = op.flags & GNTCOPY_dest_gref ? any_domain()->id : DOMID_SELF;
    CHECK(do_grant_table_op(GNTTABOP_copy, (unsigned long)&op, 1) == 0);
}

static void (*const operations[])(struct domain *d) = {
    prepare_page, prepare_page, do_update,      do_update,      do_update,    do_va_mapping,
    do_ext,       do_ext,       do_touch,       do_touch,       do_store,     do_reservation,
    do_exchange,  do_grant_map, do_grant_unmap, do_grant_entry, do_grant_copy,
};

/* ---- the run ---- */

static void populate(struct domain *d)
{
    for (unsigned int i = 0; i < 30; i++)
        mock_frame(d, i);
}

static bool in_use_elsewhere(const struct domain *d)
{
    return busy[!self] && cpus[!self].curr && cpus[!self].curr->domain == d;
}

/* The last domain dies, whatever others have of it, and another comes. */
static void replace_domain(void)
{
    struct domain *d = dom[2];

    if (d == dom[0] || in_use_elsewhere(d)) /* the other vcpu is just replacing it */
        return;
    if (cpus[self].curr && cpus[self].curr->domain == d)
        mock_run(dom[0]->vcpu[self]);
    dom[2] = dom[0]; /* nobody picks it meanwhile */
    busy[self] = true;
    mock_domain_kill(d);
    dom[2] = mock_domain(next_id++, false, 40, 2);
    busy[self] = false;
    populate(dom[2]);
    memset(mapped[2], 0, sizeof(mapped[2]));
}

static void one_step(void)
{
    struct domain *d = any_domain();

    if (mock_below(400) == 0) {
        replace_domain();
        return;
    }
    if (mock_below(6) == 0 || !cpus[self].curr)
        mock_run(d->vcpu[self]);
    busy[self] = true;
    operations[mock_below(ARRAY_SIZE(operations))](current_domain);
    busy[self] = false;
    CHECK(mock_stale() == 0);
}

static void *run_vcpu(void *arg)
{
    self = (unsigned long)arg;
    pthread_mutex_lock(&baton);
    while (turn != self)
        pthread_cond_wait(&passed, &baton);
    mock_cpu_set(self);
    for (unsigned int i = 0; i < OPS / MOCK_CPUS; i++) {
        one_step();
        ops_done++;
        if (!busy[!self] && ops_done % AUDIT_EVERY == 0)
            CHECK(frame_audit() == 0);
        if (mock_below(4) == 0)
            pass_baton();
    }
    finished[self] = true;
    turn = !self;
    pthread_cond_broadcast(&passed);
    pthread_mutex_unlock(&baton);
    return NULL;
}

static void run_seed(unsigned long s)
{
    pthread_t thread[MOCK_CPUS];

    mock_seed = seed = s;
    ops_done = refusals = 0;
    memset(finished, 0, sizeof(finished));
    memset(mapped, 0, sizeof(mapped));
    next_id = DOMAINS;
    mock_machine_start(FRAMES);
    for (unsigned int i = 0; i < DOMAINS; i++) {
        dom[i] = mock_domain(i, i == 0, 40, 2);
        populate(dom[i]);
    }
    for (unsigned int cpu = 0; cpu < MOCK_CPUS; cpu++) {
        mock_cpu_set(cpu);
        mock_run(dom[cpu]->vcpu[cpu]);
    }
    turn = 0;
    mock_preempt = maybe_preempt;
    for (unsigned long i = 0; i < MOCK_CPUS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, run_vcpu, (void *)i), 0);
    for (unsigned int i = 0; i < MOCK_CPUS; i++)
        pthread_join(thread[i], NULL);
    mock_preempt = NULL;
    mock_cpu_set(0);
    assert_int_equal(frame_audit(), 0);
    assert_true(refusals > OPS / 100 && refusals < OPS); /* both outcomes were met */
    for (unsigned int i = 0; i < DOMAINS; i++)
        mock_domain_kill(dom[i]);
    mock_machine_stop();
}

static void counts_are_right_seed_1(void **state)
{
    (void)state;
    run_seed(1);
}

static void counts_are_right_seed_2(void **state)
{
    (void)state;
    run_seed(20031019);
}

static void counts_are_right_seed_3(void **state)
{
    (void)state;
    run_seed(0x9e3779b97f4a7c15);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_right_seed_1),
        cmocka_unit_test(counts_are_right_seed_2),
        cmocka_unit_test(counts_are_right_seed_3),
    };

    if (argc > 1) { /* more of them, by hand: test_frame_random SEED... */
        for (int i = 1; i < argc; i++)
            run_seed(strtoul(argv[i], NULL, 0));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
