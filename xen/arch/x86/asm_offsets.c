/* SPDX-License-Identifier: MIT */
/* Structure offsets for the assembly files: compiled to assembly, never linked. See Makefile. */
#include <asm/cpu.h>
#include <asm/regs.h>
#include <xen/domain.h>

#define DEFINE(name, value) __asm__ volatile("\n.ascii \"==#define " #name " %0==\"" ::"i"(value))
#define OFFSET(name, type, field) DEFINE(name, offsetof(type, field))

void offsets(void);

void offsets(void)
{
    DEFINE(REGS_SIZE, sizeof(struct regs));
    OFFSET(REGS_error_code, struct regs, error_code);
    OFFSET(REGS_rip, struct regs, rip);
    OFFSET(REGS_cs, struct regs, cs);
    OFFSET(REGS_rflags, struct regs, rflags);
    OFFSET(REGS_rsp, struct regs, rsp);
    OFFSET(CPU_rsp0, struct cpu, rsp0);
    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
}
