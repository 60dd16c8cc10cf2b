/* SPDX-License-Identifier: MIT */
/* The hypercalls that change page tables, and stores to page tables that are emulated. */
/* SOURCES: xen/arch/x86/frame.c xen/arch/x86/frame_audit.c xen/arch/x86/pt_validate.c xen/arch/x86/mmu_update.c xen/arch/x86/pt_fault.c xen/common/page_alloc.c xen/common/heap.c xen/common/domain_memory.c xen/common/grant_table.c tests/unit/mock.c tests/unit/mock_machine.c */
/* FUZZ: 20000 operations */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <asm/frame.h>
#include <asm/pt.h>
#include <asm/regs.h>
#include <xen/errno.h>
#include <xen/hypercall.h>

#define FRAMES 2048
#define RW (PTE_PRESENT | PTE_RW | PTE_USER)
#define RO (PTE_PRESENT | PTE_USER)
#define TABLES_OF(id) (((id) + 1U) << 16)

static struct domain *zero, *d;
static struct mock_space s; /* d's, in force */
static mfn_t page;          /* a frame of d's, not mapped */

static int start(void **state)
{
    (void)state;
    mock_machine_start(FRAMES);
    zero = mock_domain(0, true, 300, 1);
    d = mock_domain(1, false, 300, 2);
    mock_run(d->vcpu[0]);
    mock_space(d, &s);
    page = mock_frame(d, 77);
    assert_int_equal(vcpu_new_guest_table(d->vcpu[0], s.table[4]), 0);
    mock_bad_size = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_int_equal(frame_audit(), 0);
    mock_domain_kill(d);
    mock_domain_kill(zero);
    mock_machine_stop();
    return 0;
}

static u64 slot(mfn_t table, unsigned int index)
{
    return mfn_to_maddr(table).a + index * sizeof(pte_t);
}

static long update(u64 ptr, u64 val, unsigned int foreign)
{
    struct mmu_update u = {ptr, val};

    return do_mmu_update((unsigned long)&u, 1, 0, foreign);
}

static long ext(unsigned int cmd, unsigned long arg1, unsigned int foreign)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1};

    return do_mmuext_op((unsigned long)&op, 1, 0, foreign);
}

static void updates_are_done_in_order_and_counted(void **state)
{
    struct mmu_update u[40];
    unsigned int done = 99;

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(u); i++)
        u[i] = (struct mmu_update){slot(s.table[1], i), pte_make(page, RO)};
    assert_int_equal(do_mmu_update((unsigned long)u, 40, (unsigned long)&done, DOMID_SELF), 0);
    assert_int_equal(done, 40);
    assert_int_equal(frame_counts(page).refs, 41);
    u[30].val = pte_make(s.table[1], RW);
    assert_int_equal(do_mmu_update((unsigned long)u, 40, (unsigned long)&done, DOMID_SELF),
                     -EBUSY);
    assert_int_equal(done, 30);
    mock_bad_addr = (unsigned long)u;
    mock_bad_size = sizeof(u);
    assert_int_equal(do_mmu_update((unsigned long)u, 40, 0, DOMID_SELF), -EFAULT);
}

static void pointers_are_checked(void **state)
{
    mfn_t alien = mock_frame(zero, 0);

    (void)state;
    assert_int_equal(update(slot(s.table[1], 3) + 4, 0, DOMID_SELF), -EINVAL); /* XSA-227 */
    assert_int_equal(update(slot(s.table[1], 3) | MMU_PT_UPDATE_NO_TRANSLATE,
                            pte_make(alien, RO), DOMID_SELF), -EINVAL);
    assert_int_equal(update(slot(alien, 3), 0, DOMID_SELF), -EINVAL);
    assert_int_equal(update(slot(MFN(FRAMES), 0), 0, DOMID_SELF), -EINVAL);
    assert_int_equal(update(~7UL, 0, DOMID_SELF), -EINVAL);
}

static void plain_memory_may_be_written_too(void **state)
{
    (void)state;
    assert_int_equal(update(slot(page, 5), 0x1234, DOMID_SELF), 0);
    assert_int_equal(mock_words(page)[5], 0x1234);
    assert_int_equal(frame_type(page), FT_NONE);
}

static void other_domains_need_privilege(void **state)
{
    mfn_t alien = mock_frame(zero, 0);

    (void)state;
    assert_int_equal(update(slot(s.table[1], 3), pte_make(alien, RO), zero->id), -EPERM);
    assert_int_equal(update(slot(s.table[1], 3), pte_make(alien, RO), DOMID_XEN), -EPERM);
    assert_int_equal(update(slot(s.table[1], 3), pte_make(alien, RO), DOMID_IO), -EPERM);
    assert_int_equal(update(slot(alien, 3), 0, DOMID_SELF | TABLES_OF(zero->id)), -EPERM);
    assert_int_equal(update(slot(s.table[1], 3), pte_make(alien, RO), DOMID_SELF), -EINVAL);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, alien.n, zero->id), -EPERM);
}

/* Domain0 maps a frame of a domain it builds, and makes a table of that frame afterwards. */
static void builder_maps_and_pins_for_another(void **state)
{
    struct mock_space z;
    mfn_t table = mock_frame(d, 0);

    (void)state;
    mock_space(zero, &z);
    mock_run(zero->vcpu[0]);
    assert_int_equal(vcpu_new_guest_table(zero->vcpu[0], z.table[4]), 0);
    assert_int_equal(update(slot(z.table[1], 3), pte_make(table, RW), DOMID_SELF), -EINVAL);
    assert_int_equal(update(slot(z.table[1], 3), pte_make(table, RW), 9), -ESRCH);
    assert_int_equal(update(slot(z.table[1], 3), pte_make(table, RW), d->id), 0);
    assert_true(mock_touch(0x3000, true));
    mock_words(table)[0] = pte_make(page, RW);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, table.n, d->id), -EBUSY);
    assert_int_equal(update(slot(z.table[1], 3), 0, DOMID_SELF), 0);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, table.n, d->id), 0);
    assert_int_equal(mock_stale(), 0); /* Domain0's writable translation of it is gone */
    assert_int_equal(update(slot(table, 1), pte_make(page, RO), d->id | TABLES_OF(d->id)), 0);
    assert_int_equal(frame_counts(page).refs, 3);
    assert_int_equal(update(slot(page, 0) | MMU_MACHPHYS_UPDATE, 55, d->id), 0);
    assert_int_equal(m2p_get(page).n, 55);
}

static void m2p_is_changed_for_own_frames_only(void **state)
{
    mfn_t alien = mock_frame(zero, 8);

    (void)state;
    assert_int_equal(update(slot(page, 0) | MMU_MACHPHYS_UPDATE, 1234, DOMID_SELF), 0);
    assert_int_equal(m2p_get(page).n, 1234);
    assert_int_equal(update(slot(alien, 0) | MMU_MACHPHYS_UPDATE, 1, DOMID_SELF), -EINVAL);
    assert_int_equal(m2p_get(alien).n, 8);
}

static void va_mapping_finds_its_table(void **state)
{
    (void)state;
    assert_int_equal(do_update_va_mapping(0x7000, pte_make(page, RW), UVMF_NONE), 0);
    assert_int_equal(mock_words(s.table[1])[7], pte_make(page, RW));
    assert_true(mock_touch(0x7000, true));
    assert_int_equal(do_update_va_mapping(0x7000, 0, UVMF_INVLPG), 0);
    assert_false(mock_touch(0x7000, false));
    assert_int_equal(do_update_va_mapping(1UL << 30, pte_make(page, RW), 0), -EINVAL);
    assert_int_equal(do_update_va_mapping(HV_VIRT_START, pte_make(page, RW), 0), -EINVAL);
    assert_int_equal(do_update_va_mapping(0x7000, 0, UVMF_FLUSHTYPE_MASK), -EINVAL);
    assert_int_equal(do_update_va_mapping_otherdomain(0x7000, 0, 0, zero->id), -EPERM);
}

static void flushes_reach_the_cpus_named(void **state)
{
    u8 both = 3, self = 1;
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_MULTI};

    (void)state;
    mock_cpu_set(1);
    mock_run(d->vcpu[1]);
    assert_int_equal(vcpu_new_guest_table(d->vcpu[1], s.table[4]), 0);
    mock_cpu_set(0);
    mock_flush_count = 0;
    op.arg2.vcpumask.addr = (unsigned long)&both;
    assert_int_equal(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), 0);
    assert_int_equal(mock_flush_count, 2);
    op.arg2.vcpumask.addr = (unsigned long)&self;
    assert_int_equal(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), 0);
    assert_int_equal(mock_flush_count, 3);
    assert_int_equal(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, DOMID_SELF), 0);
    assert_int_equal(mock_flush_count, 4);
    assert_int_equal(ext(MMUEXT_TLB_FLUSH_ALL, 0, DOMID_SELF), 0);
    assert_int_equal(mock_flush_count, 6);
    op.arg2.vcpumask.addr = 8;
    assert_int_equal(do_mmuext_op((unsigned long)&op, 1, 0, DOMID_SELF), -EFAULT);
}

static void pin_and_base_pointer(void **state)
{
    struct mock_space user;

    (void)state;
    assert_int_equal(ext(MMUEXT_UNPIN_TABLE, s.table[4].n, DOMID_SELF), -EINVAL);
    assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, s.table[4].n, DOMID_SELF), 0);
    assert_int_equal(ext(MMUEXT_PIN_L3_TABLE, s.table[4].n, DOMID_SELF), -EBUSY);
    mock_space(d, &user);
    assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, user.table[4].n, DOMID_SELF), 0);
    assert_int_equal(frame_type(user.table[4]), FT_L4);
    assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, 0, DOMID_SELF), 0);
    assert_int_equal(frame_type(user.table[4]), FT_NONE);
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, page.n, DOMID_SELF), 0); /* all empty: allowed */
    assert_int_equal(frame_type(s.table[4]), FT_L4); /* still pinned */
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, s.table[3].n, DOMID_SELF), -EBUSY);
}

static void pages_are_cleared_and_copied(void **state)
{
    mfn_t other = mock_frame(d, 0);
    struct mmuext_op copy = {.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = page.n, .arg2.src_mfn = other.n};

    (void)state;
    mock_words(other)[100] = 42;
    assert_int_equal(do_mmuext_op((unsigned long)&copy, 1, 0, DOMID_SELF), 0);
    assert_int_equal(mock_words(page)[100], 42);
    assert_int_equal(ext(MMUEXT_CLEAR_PAGE, page.n, DOMID_SELF), 0);
    assert_int_equal(mock_words(page)[100], 0);
    assert_int_equal(ext(MMUEXT_CLEAR_PAGE, s.table[1].n, DOMID_SELF), -EBUSY);
    copy.arg1.mfn = s.table[1].n;
    assert_int_equal(do_mmuext_op((unsigned long)&copy, 1, 0, DOMID_SELF), -EBUSY);
}

static void what_is_left_out_is_refused(void **state)
{
    (void)state;
    assert_int_equal(ext(MMUEXT_MARK_SUPER, page.n, DOMID_SELF), -EOPNOTSUPP);
    assert_int_equal(ext(14, page.n, DOMID_SELF), -ENOSYS);
    assert_int_equal(ext(99, page.n, DOMID_SELF), -ENOSYS);
    assert_int_equal(ext(MMUEXT_FLUSH_CACHE, 0, DOMID_SELF), -EACCES);
}

/* ---- emulated stores ---- */

static struct regs r;
static u8 code[32];

/* Run one instruction that stores to slot 9 of d's L1 table (byte @offset of it), which is mapped
 * read-only at 0x1000. r.rax, r.rcx are set by the caller. */
static bool run(const char *bytes, size_t n, unsigned int offset)
{
    memset(code, 0x90, sizeof(code));
    memcpy(code, bytes, n);
    r.rip = (unsigned long)code;
    return pt_fault_emulate(d->vcpu[0], &r, 0x1000 + 9 * 8 + offset);
}
#define RUN(bytes, offset) run(bytes, sizeof(bytes) - 1, offset)
#define DONE(bytes) assert_int_equal(r.rip - (unsigned long)code, sizeof(bytes) - 1)

static pte_t *the_slot(void)
{
    return &mock_words(s.table[1])[9];
}

static void map_table(void)
{
    assert_int_equal(do_update_va_mapping(0x1000, pte_make(s.table[1], RO), 0), 0);
    memset(&r, 0, sizeof(r));
}

#define MOV_RCX_RAX "\x48\x89\x08"             /* mov %rcx,(%rax) */
#define MOV_0       "\x48\xc7\x40\x08\0\0\0\0" /* movq $0,8(%rax) */
#define XCHG        "\x48\x87\x0c\x25\0\0\0\0" /* xchg %rcx,0 */
#define CMPXCHG     "\xf0\x48\x0f\xb1\x0f"     /* lock cmpxchg %rcx,(%rdi) */
#define BTR_5       "\xf0\x48\x0f\xba\x37\x05" /* lock btrq $5,(%rdi) */
#define AND_FD      "\xf0\x80\x27\xfd"         /* lock andb $0xfd,(%rdi) */
#define OR_R8       "\xf0\x4c\x09\x07"         /* lock or %r8,(%rdi) */
#define MOVSQ       "\x48\xa5"

static void moves_and_exchanges_are_emulated(void **state)
{
    (void)state;
    map_table();
    r.rcx = pte_make(page, RW);
    assert_true(RUN(MOV_RCX_RAX, 0));
    DONE(MOV_RCX_RAX);
    assert_int_equal(*the_slot(), pte_make(page, RW));
    assert_int_equal(frame_type(page), FT_WRITABLE);
    r.rcx = pte_make(page, RO);
    assert_true(RUN(XCHG, 0));
    DONE(XCHG);
    assert_int_equal(r.rcx, pte_make(page, RW));
    assert_int_equal(frame_type(page), FT_NONE);
    assert_true(RUN(MOV_0, 0));
    DONE(MOV_0);
    assert_int_equal(*the_slot(), 0);
    assert_int_equal(frame_counts(page).refs, 1);
}

static void bits_are_changed_in_place(void **state)
{
    (void)state;
    map_table();
    assert_int_equal(update(slot(s.table[1], 9), pte_make(page, RW | PTE_ACCESSED), DOMID_SELF),
                     0);
    assert_true(RUN(BTR_5, 0));
    DONE(BTR_5);
    assert_true(r.rflags & FLAG_CF);
    assert_int_equal(*the_slot(), pte_make(page, RW));
    assert_true(RUN(AND_FD, 0));
    DONE(AND_FD);
    assert_int_equal(*the_slot(), pte_make(page, RO));
    assert_int_equal(frame_type(page), FT_NONE);
    r.r8 = PTE_DIRTY;
    assert_true(RUN(OR_R8, 0));
    assert_int_equal(*the_slot(), pte_make(page, RO | PTE_DIRTY));
    assert_true(RUN(BTR_5, 0));
    assert_false(r.rflags & FLAG_CF);
}

static void compare_and_exchange_sets_its_flag(void **state)
{
    (void)state;
    map_table();
    r.rax = pte_make(page, RO);
    r.rcx = pte_make(page, RW);
    assert_true(RUN(CMPXCHG, 0));
    assert_false(r.rflags & 0x40);
    assert_int_equal(r.rax, 0);
    assert_true(RUN(CMPXCHG, 0));
    assert_true(r.rflags & 0x40);
    assert_int_equal(*the_slot(), pte_make(page, RW));
}

static void forbidden_stores_fault(void **state)
{
    (void)state;
    map_table();
    r.rcx = pte_make(s.table[1], RW);
    assert_false(RUN(MOV_RCX_RAX, 0)); /* the entry would make a table writable */
    assert_int_equal(*the_slot(), 0);
    r.rcx = 0;
    assert_false(RUN(MOV_RCX_RAX, 4)); /* would cross into the next entry */
    assert_false(RUN(MOVSQ, 0));
    assert_false(RUN("\x48\x89\xc8", 0)); /* mov %rcx,%rax: no store */
    assert_int_equal(do_update_va_mapping(0x1000, pte_make(page, RO), 0), 0);
    assert_false(RUN(MOV_RCX_RAX, 0)); /* read-only, but no page table */
    assert_int_equal(do_update_va_mapping(0x1000, 0, 0), 0);
    assert_false(RUN(MOV_RCX_RAX, 0)); /* not mapped */
    mock_bad_addr = (unsigned long)code;
    mock_bad_size = sizeof(code);
    map_table();
    assert_false(RUN(MOV_RCX_RAX, 0)); /* code cannot be read */
}

/* Whatever bytes stand there, the tables stay sound: the audit at the end says so. */
static void random_code_does_no_harm(void **state)
{
    (void)state;
    map_table();
    mock_seed = mock_seed_or(4711);
    for (unsigned int i = 0; i < 20000; i++) {
        char bytes[16];

        for (unsigned int j = 0; j < 16; j += 8)
            memcpy(bytes + j, &(u64){mock_random()}, 8);
        if (i & 1)
            memcpy(bytes, "\x48\x89", 2);
        r.rax = r.rcx = r.rdx = r.rbx = pte_make(MFN(mock_below(FRAMES)), mock_below(512));
        run(bytes, 16, mock_below(16));
        assert_false(frame_type(s.table[1]) != FT_L1);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(updates_are_done_in_order_and_counted),
        TEST(pointers_are_checked),
        TEST(plain_memory_may_be_written_too),
        TEST(other_domains_need_privilege),
        TEST(builder_maps_and_pins_for_another),
        TEST(m2p_is_changed_for_own_frames_only),
        TEST(va_mapping_finds_its_table),
        TEST(flushes_reach_the_cpus_named),
        TEST(pin_and_base_pointer),
        TEST(pages_are_cleared_and_copied),
        TEST(what_is_left_out_is_refused),
        TEST(moves_and_exchanges_are_emulated),
        TEST(bits_are_changed_in_place),
        TEST(compare_and_exchange_sets_its_flag),
        TEST(forbidden_stores_fault),
        TEST(random_code_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
