/* SPDX-License-Identifier: MIT */
/*
 * User mode: in, out, and by which doors.
 *
 * iret leads to user mode, under the user page table; system calls, exceptions and open software
 * interrupts lead back, on the kernel's stack, with CS saying "user". From there no hypercall can
 * be made, the kernel's memory is not there, and a closed interrupt vector is a #GP. Every
 * register must survive the round trip. The kernel is entered without what its user may have set
 * against it: the direction flag (system calls) and alignment checks, which would apply to a kernel
 * in ring 3.
 */
#include "harness.h"

USER static long add_five(long n) { return n + 5; }
USER static long do_ud(long n) { asm volatile ("ud2"); return n; }
USER static long do_bp(long n) { asm volatile ("int3"); return n; }
USER static long do_int(long n) { asm volatile ("int $0x80"); return n; }
USER static long do_hlt(long n) { asm volatile ("hlt"); return n; }
USER static long do_in(long n) { asm volatile ("in $0x80, %%al" : : : "al"); return n; }
USER static long do_read(long at) { return *(volatile long *)at; }
USER static long do_write(long at) { return *(volatile long *)at = 7; }

/* System call 41 from user mode, with known registers around it; 0 if they survive. */
USER static long call_out(long n)
{
    long lost = 0;

    asm volatile ("mov $41, %%eax; mov $1, %%rbx; mov $2, %%r8; mov $3, %%r9; mov $4, %%r10;"
                  "mov $5, %%r12; mov $6, %%r13; mov $7, %%r14; mov $8, %%r15; mov $9, %%rdx;"
                  "mov $10, %%rsi; syscall;"
                  "sub $1, %%rbx; sub $2, %%r8; sub $3, %%r9; sub $4, %%r10; sub $5, %%r12;"
                  "sub $6, %%r13; sub $7, %%r14; sub $8, %%r15; sub $9, %%rdx; sub $10, %%rsi;"
                  "sub $82, %%rax; or %%rbx, %%rax; or %%r8, %%rax; or %%r9, %%rax;"
                  "or %%r10, %%rax; or %%r12, %%rax; or %%r13, %%rax; or %%r14, %%rax;"
                  "or %%r15, %%rax; or %%rdx, %%rax; or %%rsi, %%rax"
                  : "=&a" (lost) : : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12",
                  "r13", "r14", "r15", "memory");
    return lost + n;
}

#define FLAG_DF 0x400UL
#define FLAG_AC 0x40000UL

/* The same system call with DF and AC set; 0 if they still are when it is back. */
USER static long call_with_flags(long n)
{
    unsigned long flags;

    asm volatile ("pushfq; orq %1, (%%rsp); popfq; mov $41, %%eax; syscall; pushfq; pop %0;"
                  "pushfq; andq %2, (%%rsp); popfq"
                  : "=&r" (flags) : "i" (FLAG_DF | FLAG_AC), "i" (~(FLAG_DF | FLAG_AC))
                  : "rax", "rcx", "r11", "cc", "memory");
    return (flags & (FLAG_DF | FLAG_AC)) ^ (FLAG_DF | FLAG_AC) ^ n;
}

static unsigned int calls;
static unsigned long kernel_flags;

static bool answer(struct regs *r)
{
    if (r->rax != 41 || (r->cs & 3) != 3)
        return false;
    calls++;
    asm volatile ("pushfq; pop %0" : "=r" (kernel_flags));
    r->rax = 82;
    return true;
}

static int vector_of(long (*fn)(long), long arg)
{
    return run_user(fn, arg, NULL) ? -1 : (int)fault.regs.vector;
}

TEST(trap_user)
{
    struct trap_info open[2] = {
        { .vector = 0x80, .flags = 3, .cs = FLAT_KERNEL_CS, .address = (unsigned long)soft_stub },
    };
    long result;

    EXPECT_TRUE(run_user(add_five, 37, &result));
    EXPECT(result, 42);
    calls = 0;
    syscall_hook = answer;
    EXPECT_TRUE(run_user(call_out, 0, &result));
    EXPECT(result, 0);
    EXPECT(calls, 1);
    EXPECT_TRUE(run_user(call_with_flags, 0, &result));
    EXPECT(result, 0);
    EXPECT(kernel_flags & (FLAG_DF | FLAG_AC), 0);
    syscall_hook = NULL;

    EXPECT(vector_of(do_ud, 0), VECTOR_UD);
    EXPECT(fault.regs.cs & 3, 3);
    EXPECT(fault.regs.rsp >> 12, (USER_STACK - 1) >> 12);
    EXPECT(vector_of(do_bp, 0), VECTOR_BP);
    EXPECT(vector_of(do_int, 0), VECTOR_GP);
    EXPECT(fault.regs.error, 0x80 << 3 | 2);
    EXPECT(HYPERCALL(set_trap_table, open), 0);
    EXPECT(vector_of(do_int, 0), 0x80);
    EXPECT(vector_of(do_hlt, 0), VECTOR_GP);
    EXPECT(vector_of(do_in, 0), VECTOR_GP);
    EXPECT(vector_of(do_read, 0x7000), VECTOR_PF);
    EXPECT(fault.cr2, 0x7000);
    EXPECT(fault.regs.error & 7, 4);
    EXPECT(vector_of(do_write, (long)&calls), VECTOR_PF); /* the kernel's memory */
    EXPECT(fault.regs.error & 7, 6);
    EXPECT(vector_of(do_read, HYPERVISOR_VIRT_END - 8), VECTOR_PF);
    EXPECT(vector_of(do_read, 0xffff82d080200000), VECTOR_PF);

    /* A hypercall's number in RAX is a system call like any other. */
    EXPECT(vector_of(call_out, 0), VECTOR_SYSCALL);
    EXPECT(fault.regs.rax, 41);
}
