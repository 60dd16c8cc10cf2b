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
    OFFSET(REGS_rax, struct regs, rax);
    OFFSET(REGS_ss, struct regs, ss);
    OFFSET(CPU_rsp0, struct cpu, rsp0);
    OFFSET(CPU_curr, struct cpu, curr);
    OFFSET(CPU_softirqs, struct cpu, softirqs);
    OFFSET(VCPU_domain, struct vcpu, domain);
    OFFSET(VCPU_info, struct vcpu, info);
    OFFSET(VCPU_kernel_mode, struct vcpu, arch.kernel_mode);
    OFFSET(VCPU_kernel_sp, struct vcpu, arch.kernel_sp);
    OFFSET(VCPU_cr3_kernel, struct vcpu, arch.cr3_kernel);
    OFFSET(VCPU_cr3_user, struct vcpu, arch.cr3_user);
    OFFSET(VCPU_syscall, struct vcpu, arch.callbacks[CALLBACKTYPE_syscall]);
    OFFSET(ENTRY_address, struct guest_entry, address);
    OFFSET(ENTRY_mask_events, struct guest_entry, mask_events);
    OFFSET(DOMAIN_vm_assist, struct domain, vm_assist);
    DEFINE(ASSIST_IOPL, 1 << VMASST_TYPE_architectural_iopl);
    OFFSET(INFO_pending, struct vcpu_info, evtchn_upcall_pending);
    OFFSET(INFO_mask, struct vcpu_info, evtchn_upcall_mask);
    OFFSET(IRET_rax, struct iret_context, rax);
    OFFSET(IRET_r11, struct iret_context, r11);
    OFFSET(IRET_rcx, struct iret_context, rcx);
    OFFSET(IRET_flags, struct iret_context, flags);
    OFFSET(IRET_rip, struct iret_context, rip);
    OFFSET(IRET_cs, struct iret_context, cs);
    OFFSET(IRET_rflags, struct iret_context, rflags);
    OFFSET(IRET_rsp, struct iret_context, rsp);
    OFFSET(IRET_ss, struct iret_context, ss);
    DEFINE(IN_SYSCALL, VGCF_in_syscall);
    DEFINE(NR_iret, __HYPERVISOR_iret);
    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
}
