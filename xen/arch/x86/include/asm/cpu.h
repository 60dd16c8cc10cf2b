/* SPDX-License-Identifier: MIT */
/*
 * A physical CPU.
 *
 * Every stack (a vcpu's, or one of the CPU's own for NMI, #DF, #MC and #DB) is STACK_SIZE bytes,
 * aligned to that, and its highest 16 bytes are a struct stack_top which names the CPU that runs
 * on it. So this_cpu() works everywhere from the stack pointer alone, and GS is the guest's.
 */
#ifndef ASM_CPU_H
#define ASM_CPU_H

#include <asm/layout.h>
#include <asm/page.h>
#include <xen/cpumask.h>

struct vcpu;

struct __packed tss {
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7]; /* ist[0] is IST 1 */
    u64 reserved2;
    u16 reserved3;
    u16 iomap_base;
};

/* IST numbers: entries that may hit while the stack pointer is still the guest's, or is bad. */
#define IST_NMI 1
#define IST_DF  2
#define IST_MC  3
#define IST_DB  4

struct cpu {
    /* used by entry.S through asm_offsets: keep them first */
    u64 rsp0;            /* top of the current vcpu's stack, below its stack_top */
    u64 scratch;         /* the guest's rsp for a moment, on SYSCALL */
    struct vcpu *curr;    /* who runs here, in the scheduler's sense */
    struct vcpu *loaded;  /* whose registers, CR3, segments and FPU are in the hardware */

    unsigned int id;     /* index into cpus[] */
    u32 apic_id;
    u32 acpi_id;
    u64 cr4;             /* what CR4 holds now */
    u64 dr7;             /* what DR7 holds now */
    unsigned long softirqs; /* pending, one bit each: softirq.h. Set by anybody, atomically */
    unsigned int locks;  /* held spin locks; debug builds */
    u8 held[16];         /* of each rank; debug builds */
    bool in_panic;
    struct tss tss __aligned(128);
    u64 *gdt;            /* the page with Xen's own descriptors for this CPU */
};

extern struct cpu cpus[NR_CPUS];

struct stack_top {
    struct cpu *cpu;
    u64 reserved; /* keeps the frame below it 16-byte aligned */
};

static inline struct stack_top *stack_top_of(void *stack)
{
    return (struct stack_top *)((char *)stack + STACK_SIZE) - 1;
}

#ifndef UNIT_TEST
static inline struct stack_top *stack_top(void)
{
    unsigned long sp;

    __asm__("mov %%rsp, %0" : "=r"(sp));
    return stack_top_of((void *)(sp & ~(STACK_SIZE - 1UL)));
}

static inline struct cpu *this_cpu(void)
{
    return stack_top()->cpu;
}

static inline void cpu_relax(void)
{
    __asm__ __volatile__("pause" ::: "memory");
}
#else
struct cpu *this_cpu(void);
static inline void cpu_relax(void) {}
#endif

/* After a context switch both stay true for code that runs on: the stack moves with the vcpu. */
static inline unsigned int smp_cpu_id(void)
{
    return this_cpu()->id;
}

#define current (this_cpu()->curr)

#endif
