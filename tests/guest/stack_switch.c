/* SPDX-License-Identifier: MIT */
/*
 * Where a guest kernel's stack is.
 *
 * Entries from user mode use the stack that the kernel has named last; entries from the kernel go
 * on with the one in use. Naming another is in force at once, and the stack segment's privilege
 * cannot be lowered by it: what is pushed never says ring 0 of the machine.
 */
#include "harness.h"

static char other_stack[PAGE_SIZE] __attribute__((aligned(16)));
extern char trap_stack_top[];
static volatile unsigned long entered_at, entered_ss;

USER static long fault_now(long n)
{
    asm volatile ("ud2");
    return n;
}

static bool note_stack(struct regs *r)
{
    uint16_t ss;

    asm volatile ("mov %%ss, %0" : "=r" (ss));
    entered_at = (unsigned long)r;
    entered_ss = ss;
    return false;
}

/* Was the frame pushed on the stack that ends at top? */
static bool on_stack(const char *top)
{
    return entered_at < (unsigned long)top && entered_at >= (unsigned long)top - PAGE_SIZE;
}

TEST(stack_switch)
{
    trap_hook = note_stack;
    EXPECT_TRUE(!run_user(fault_now, 0, NULL));
    EXPECT_TRUE(on_stack(trap_stack_top));
    EXPECT(HYPERCALL(stack_switch, FLAT_KERNEL_SS, other_stack + sizeof(other_stack)), 0);
    EXPECT_TRUE(!run_user(fault_now, 0, NULL));
    EXPECT_TRUE(on_stack(other_stack + sizeof(other_stack)));
    EXPECT(entered_ss & 3, 3);
    HYPERCALL(stack_switch, FLAT_KERNEL_SS & ~3, other_stack + sizeof(other_stack));
    EXPECT_TRUE(!run_user(fault_now, 0, NULL));
    EXPECT_TRUE(on_stack(other_stack + sizeof(other_stack)));
    EXPECT(entered_ss & 3, 3);
    trap_hook = NULL;
    EXPECT(HYPERCALL(stack_switch, FLAT_KERNEL_SS, trap_stack_top), 0);
    EXPECT_TRUE(!run_user(fault_now, 0, NULL));
}
