/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions.
 *
 * Some are carried out for the guest's kernel (reading and writing CR0.TS, reading CR2 to CR4,
 * CLTS, WBINVD, CPUID), the rest are #GP: the tables of the processor, tasks, HLT. What is carried
 * out must not go further: CR4 and CR0 keep the bits the hypervisor needs.
 */
#include "harness.h"

static uint64_t value;

static void read_cr0(void *u) { (void)u; asm volatile ("mov %%cr0, %0" : "=r" (value)); }
static void read_cr3(void *u) { (void)u; asm volatile ("mov %%cr3, %0" : "=r" (value)); }
static void read_cr4(void *u) { (void)u; asm volatile ("mov %%cr4, %0" : "=r" (value)); }
static void write_cr0(void *v) { asm volatile ("mov %0, %%cr0" : : "r" (v)); }
static void write_cr4(void *v) { asm volatile ("mov %0, %%cr4" : : "r" (v)); }
static void write_cr3(void *v) { asm volatile ("mov %0, %%cr3" : : "r" (v)); }
static void do_lgdt(void *v) { asm volatile ("lgdt (%0)" : : "r" (v)); }
static void do_lldt(void *v) { asm volatile ("lldt %w0" : : "r" (v)); }
static void do_ltr(void *v) { asm volatile ("ltr %w0" : : "r" (v)); }
static void do_swapgs(void *u) { (void)u; asm volatile ("swapgs"); }
static void do_clts(void *u) { (void)u; asm volatile ("clts"); }
static void do_iretq(void *u) { (void)u; asm volatile ("sysretq"); }

static void must_fault(const char *name, void (*fn)(void *), void *arg)
{
    if (try(fn, arg))
        fail("%s was carried out", name);
    else if (fault.regs.vector != VECTOR_GP && fault.regs.vector != VECTOR_UD)
        fail("%s: vector %lu", name, fault.regs.vector);
}

TEST(privileged)
{
    static char table[16];

    must_fault("lgdt", do_lgdt, table);
    must_fault("lldt", do_lldt, 0);
    must_fault("ltr", do_ltr, (void *)0xe040);
    must_fault("swapgs", do_swapgs, NULL);
    must_fault("sysret", do_iretq, NULL);
    must_fault("CR3 with another's frame", write_cr3, (void *)0x101000);

    EXPECT_TRUE(try(read_cr0, NULL));
    EXPECT(value & 0x80000001, 0x80000001); /* PG and PE */
    EXPECT_TRUE(try(read_cr3, NULL));
    EXPECT(value >> 12, root_mfn());
    EXPECT_TRUE(try(read_cr4, NULL));
    EXPECT(value & 0x20, 0x20);             /* PAE */
    try(write_cr4, (void *)0);
    try(write_cr0, (void *)0);
    EXPECT_TRUE(try(read_cr0, NULL));
    EXPECT(value & 0x80000001, 0x80000001);
    EXPECT_TRUE(try(read_cr4, NULL));
    EXPECT(value & 0x20, 0x20);
    EXPECT_TRUE(try(do_clts, NULL));
}
