/* SPDX-License-Identifier: MIT */
/* The dispatcher: unknown numbers, calls that are interrupted and made again, lists of calls. */
/* SOURCES: xen/common/hypercall.c xen/common/guest_copy.c */
/* CFLAGS: $(HYPERVISOR) */
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <asm/cpu.h>
#include <asm/regs.h>
#include <asm/traps.h>
#include <public/xen.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>

static struct domain guest;
static struct vcpu caller = {.domain = &guest};
static struct cpu cpu = {.curr = &caller};
static bool event_waits;
#define NOTHING 99 /* not a result yet */
static unsigned int calls, interruptions;

struct cpu *this_cpu(void)
{
    return &cpu;
}

bool event_interrupts(void)
{
    return event_waits;
}

size_t copy_may_fault(void *dst, const void *src, size_t n)
{
    memcpy(dst, src, n);
    return 0;
}

/* ---- the handlers that are called here ---- */

/* Interrupted so many times, and then the answer is how far it got. */
long do_memory_op(unsigned long *cmd, unsigned long arg)
{
    calls++;
    if (!interruptions)
        return *cmd + arg;
    interruptions--;
    *cmd += 64;
    return -ERESTART;
}

static long answer;

long do_iret(void)
{
    calls++;
    return answer;
}

/* The others: not called here. */
#define UNUSED(name) __asm__(".globl do_" #name "\n.set do_" #name ", do_iret");
UNUSED(set_trap_table) UNUSED(mmu_update) UNUSED(set_gdt) UNUSED(stack_switch)
UNUSED(set_callbacks) UNUSED(fpu_taskswitch) UNUSED(platform_op) UNUSED(set_debugreg)
UNUSED(get_debugreg) UNUSED(update_descriptor) UNUSED(update_va_mapping) UNUSED(set_timer_op)
UNUSED(xen_version) UNUSED(console_io) UNUSED(grant_table_op) UNUSED(vm_assist)
UNUSED(update_va_mapping_otherdomain) UNUSED(vcpu_op) UNUSED(set_segment_base) UNUSED(mmuext_op)
UNUSED(nmi_op) UNUSED(sched_op) UNUSED(callback_op) UNUSED(event_channel_op) UNUSED(physdev_op)
UNUSED(sysctl) UNUSED(domctl) UNUSED(mca)

/* ---- help ---- */

/* As entry.S does it. */
static void enter(struct regs *r)
{
    long rc;

    caller.arch.regs = r;
    if (r->rax >= hypercall_count || !hypercall_table[r->rax]) {
        r->rax = -ENOSYS;
        return;
    }
    rc = hypercall_table[r->rax](r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
    if (rc == -ERESTART)
        hypercall_again();
    else
        r->rax = rc;
}

static int start(void **state)
{
    (void)state;
    calls = interruptions = 0;
    answer = 4711;
    event_waits = guest.shut_down = false;
    return 0;
}

static struct multicall_entry list[4];

static struct regs of_list(unsigned int n)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
        list[i] = (struct multicall_entry){
            .op = __HYPERVISOR_memory_op, .result = NOTHING, .args = {i, 1000}};
    return (struct regs){.rax = __HYPERVISOR_multicall, .rdi = (unsigned long)list, .rsi = n,
                         .rip = 0x1002};
}

static void expect_results(unsigned int n)
{
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(list[i].result, i < n ? 1000 + i : NOTHING);
}

/* ---- one call ---- */

static void unknown_numbers(void **state)
{
    static const u64 numbers[] = {6, 11, 19, 27, 34, 37, 38, 39, 49, 55, 56, 63, 64, ~0U};

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
        struct regs r = {.rax = numbers[i], .rip = 0x1002};

        enter(&r);
        assert_int_equal(r.rax, -ENOSYS);
        assert_int_equal(r.rip, 0x1002);
    }
    assert_int_equal(calls, 0);
}

/* The guest is back at its SYSCALL instruction, the number in place, and sees the end only. */
static void interrupted_call_is_made_again(void **state)
{
    struct regs r = {.rax = __HYPERVISOR_memory_op, .rdi = 1, .rsi = 5, .rdx = 7, .rip = 0x1002};

    (void)state;
    interruptions = 2;
    for (unsigned int i = 1; i <= 2; i++) {
        enter(&r);
        assert_int_equal(r.rax, __HYPERVISOR_memory_op);
        assert_int_equal(r.rip, 0x1000);
        assert_int_equal(r.rdi, 1 + 64 * i);
        assert_int_equal(r.rsi, 5);
        assert_int_equal(r.rdx, 7);
        r.rip += 2; /* as SYSCALL leaves it */
    }
    enter(&r);
    assert_int_equal(r.rax, 1 + 2 * 64 + 5);
    assert_int_equal(r.rip, 0x1002);
}

/* An IRET answers with the rax that the guest wants, whatever that is. */
static void answer_that_looks_like_a_restart(void **state)
{
    struct regs r = {.rax = __HYPERVISOR_iret, .rdi = 1, .rsi = 5, .rip = 0x1002};

    (void)state;
    answer = -ERESTART;
    enter(&r);
    assert_int_equal(r.rax, -ERESTART);
    assert_int_equal(r.rip, 0x1002);
    assert_int_equal(r.rdi, 1);
    assert_int_equal(r.rsi, 5);
}

/* ---- lists ---- */

static void list_is_worked_off(void **state)
{
    struct regs r = of_list(3);

    (void)state;
    enter(&r);
    assert_int_equal(r.rax, 0);
    assert_int_equal(calls, 3);
    expect_results(3);
}

static void list_goes_on_after_events(void **state)
{
    struct regs r = of_list(3);

    (void)state;
    event_waits = true;
    for (unsigned int done = 1; done < 3; done++) {
        enter(&r);
        assert_int_equal(r.rax, __HYPERVISOR_multicall);
        assert_int_equal(r.rip, 0x1000);
        assert_int_equal(r.rdi, (unsigned long)&list[done]);
        assert_int_equal(r.rsi, 3 - done);
        expect_results(done);
        r.rip += 2;
    }
    enter(&r);
    assert_int_equal(r.rax, 0);
    assert_int_equal(calls, 3); /* each once */
    expect_results(3);
}

/* What is not yet its result is not shown in the list. */
static void interrupted_call_in_a_list(void **state)
{
    struct regs r = of_list(2);

    (void)state;
    interruptions = 1;
    enter(&r);
    assert_int_equal(r.rip, 0x1000);
    assert_int_equal(r.rdi, (unsigned long)list);
    assert_int_equal(r.rsi, 2);
    assert_int_equal(list[0].result, NOTHING);
    assert_int_equal(list[0].args[0], 64);
    r.rip += 2;
    enter(&r);
    assert_int_equal(r.rax, 0);
    assert_int_equal(list[0].result, 1064);
    assert_int_equal(list[1].result, 1001);
}

static void answer_in_a_list_that_looks_like_a_restart(void **state)
{
    struct regs r = of_list(3);

    (void)state;
    answer = -ERESTART;
    list[0].op = __HYPERVISOR_get_debugreg;
    list[2].op = __HYPERVISOR_iret;
    enter(&r);
    assert_int_equal(r.rax, -ERESTART);
    assert_int_equal(r.rip, 0x1002);
    assert_int_equal(calls, 3);
    assert_int_equal(list[0].result, -ERESTART);
    assert_int_equal(list[1].result, 1001);
}

static void iret_ends_a_list(void **state) /* XSA-213 */
{
    struct regs r = of_list(3);

    (void)state;
    list[1].op = __HYPERVISOR_iret;
    enter(&r);
    assert_int_equal(r.rax, 4711);
    assert_int_equal(calls, 2);
    expect_results(1);
}

static void what_a_list_must_not_hold(void **state)
{
    struct regs r = of_list(4);

    (void)state;
    list[0].op = __HYPERVISOR_multicall;
    list[2].op = hypercall_count; /* XSA-296: no number of the guest's does more than be refused */
    list[3].op = ~0UL;
    enter(&r);
    assert_int_equal(r.rax, 0);
    assert_int_equal(list[0].result, -EINVAL);
    assert_int_equal(list[1].result, 1001);
    assert_int_equal(list[2].result, -ENOSYS);
    assert_int_equal(list[3].result, -ENOSYS);
}

static void a_list_ends_with_its_domain(void **state)
{
    struct regs r = of_list(3);

    (void)state;
    guest.shut_down = true;
    enter(&r);
    assert_int_equal(calls, 1);
}

static void a_list_that_is_not_there(void **state)
{
    struct regs r = {.rax = __HYPERVISOR_multicall, .rdi = HV_VIRT_START, .rsi = 1, .rip = 0x1002};

    (void)state;
    enter(&r);
    assert_int_equal(r.rax, -EFAULT);
    r = (struct regs){.rax = __HYPERVISOR_multicall, .rdi = HV_VIRT_START, .rip = 0x1002};
    enter(&r);
    assert_int_equal(r.rax, 0); /* nothing is nowhere */
}

#define TEST(f) cmocka_unit_test_setup(f, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unknown_numbers),
        TEST(interrupted_call_is_made_again),
        TEST(answer_that_looks_like_a_restart),
        TEST(list_is_worked_off),
        TEST(list_goes_on_after_events),
        TEST(interrupted_call_in_a_list),
        TEST(answer_in_a_list_that_looks_like_a_restart),
        TEST(iret_ends_a_list),
        TEST(what_a_list_must_not_hold),
        TEST(a_list_ends_with_its_domain),
        TEST(a_list_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
