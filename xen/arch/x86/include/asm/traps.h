/* SPDX-License-Identifier: MIT */
/* Exceptions: ours, the guest's, or ours to emulate; and putting them on a guest's stack. */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <asm/regs.h>

/* regs->vector of the entries that are no vectors. */
#define VECTOR_SYSCALL   0x100 /* and only this one may leave by SYSRET */
#define VECTOR_SYSCALL32 0x101
#define VECTOR_SYSENTER  0x102

#define STUB_SIZE 16 /* bytes between the vector_stubs */

#ifndef __ASSEMBLER__
#include <asm/msr.h>

struct vcpu;
struct cpu;

void traps_init(void);     /* once: nothing is loaded yet */
void traps_init_cpu(void); /* this CPU's SYSCALL and SYSENTER */

/* upcall.c: an exception for @v's guest kernel: frame on its stack, registers for its handler. */
void upcall_exception(struct vcpu *v, unsigned int vector, bool has_error, u32 error_code);
void upcall_page_fault(struct vcpu *v, unsigned long cr2, u32 error_code);

/* From entry.S, with the frame just built. */
void trap_from_guest(struct regs *r);
void trap_from_xen(struct regs *r);
void system_call(struct regs *r);
void exit_failed(struct regs *r);
/* Softirqs, then what is to be put on the guest's stack, until there is nothing left to do. */
void exit_work(void);

/* emulate.c: a privileged instruction done for the guest. True when done (rip advanced). */
bool emulate_privileged(struct vcpu *v, struct regs *r);
bool emulate_forced_cpuid(struct vcpu *v, struct regs *r);
/* CPUID as a guest of @v's domain sees it. */
struct cpuid_regs guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub);

/* entry.S */
int xsetbv_safe(u32 index, u64 v);
int xrstor_safe(const void *area, u64 mask);
int fxrstor_safe(const void *area);
size_t copy_may_fault(void *dst, const void *src, size_t n);
int load_ds_safe(u16 sel);
int load_es_safe(u16 sel);
int load_fs_safe(u16 sel);
int load_gs_safe(u16 sel);
void switch_stack(u64 **save, u64 *load);
void run_on_stack(void *top, void (*fn)(void)) __attribute__((noreturn));

void show_registers(const struct regs *r);

/* Where a CPU is, and the return addresses on its stack from @frame on, above @sp. */
struct trace {
    unsigned int depth;
    unsigned long rip[32];
};
void take_trace(struct trace *t, const void *sp, unsigned long rip, unsigned long frame);
void show_trace(const struct trace *t); /* symbolised */
#endif
#endif
