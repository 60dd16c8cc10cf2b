/* SPDX-License-Identifier: MIT */
/*
 * Exceptions of the kernel itself.
 *
 * Each must arrive at the handler the kernel registered for its vector, with the error code the
 * processor gave, the address of a page fault in vcpu_info, RIP at the right instruction, and CS
 * saying "kernel". A software interrupt to a vector that is not open to ring 3 is a #GP with the
 * vector in its error code.
 */
#include "harness.h"

static void do_ud(void *u) { (void)u; asm volatile ("ud2"); }
static void do_bp(void *u) { (void)u; asm volatile ("int3"); }
static void do_de(void *u) { (void)u; asm volatile ("div %b0" : : "r" (0) : "ax"); }
static void do_gp(void *u) { (void)u; *(volatile int *)0x8000000000000000UL = 0; }
static void do_lidt(void *u) { asm volatile ("lidt (%0)" : : "r" (u)); }
static void do_int(void *u) { (void)u; asm volatile ("int $0x55"); }
static void do_int14(void *u) { (void)u; asm volatile ("int $14"); }

static int vector_of(void (*fn)(void *))
{
    return try(fn, start_info) ? -1 : (int)fault.regs.vector;
}

static bool entered;

static bool soft_interrupt(struct regs *r)
{
    entered = r->vector == 0x80;
    return entered;
}

static void open_vector(unsigned int vector, unsigned int dpl)
{
    struct trap_info list[2] = {
        { .vector = vector, .flags = dpl, .cs = FLAT_KERNEL_CS,
          .address = (unsigned long)soft_stub },
    };

    EXPECT(HYPERCALL(set_trap_table, list), 0);
}

TEST(trap_kernel)
{
    EXPECT(vector_of(do_ud), VECTOR_UD);
    EXPECT(fault.regs.rip >= (unsigned long)do_ud && fault.regs.rip < (unsigned long)do_ud + 16, 1);
    EXPECT(fault.regs.cs & 3, 0);
    EXPECT(fault.regs.cs & 0xfffc, FLAT_KERNEL_CS & 0xfffc);
    EXPECT(vector_of(do_bp), VECTOR_BP);
    EXPECT(vector_of(do_de), VECTOR_DE);
    EXPECT(vector_of(do_gp), VECTOR_GP);
    EXPECT(fault.regs.error, 0);
    EXPECT(vector_of(do_lidt), VECTOR_GP);
    EXPECT(vector_of(do_int), VECTOR_GP);
    EXPECT(fault.regs.error, 0x55 << 3 | 2);
    EXPECT(vector_of(do_int14), VECTOR_GP);
    EXPECT(fault.regs.error, 14 << 3 | 2);

    EXPECT(try_write((void *)(TEST_VA + 0x18), 1), VECTOR_PF);
    EXPECT(fault.cr2, TEST_VA + 0x18);
    EXPECT(fault.regs.error & 3, 2);
    EXPECT(try_read((void *)(TEST_VA + 0x19), NULL), VECTOR_PF);
    EXPECT(fault.cr2, TEST_VA + 0x19);
    EXPECT(fault.regs.error & 3, 0);

    /* A vector of our own, open to the kernel. */
    trap_hook = soft_interrupt;
    open_vector(0x55, 3);
    EXPECT(vector_of(do_int), -1);
    EXPECT_TRUE(entered);
    trap_hook = NULL;
    EXPECT(HYPERCALL(set_trap_table, NULL), 0);
}
