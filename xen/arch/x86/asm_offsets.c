/* SPDX-License-Identifier: MIT */
/* Structure offsets for the assembly files: compiled to assembly, never linked. See Makefile. */
#include <asm/regs.h>
#include <xen/domain.h>

#define DEFINE(name, value) __asm__ volatile("\n.ascii \"==#define " #name " %0==\"" ::"i"(value))
#define OFFSET(name, type, field) DEFINE(name, offsetof(type, field))
#define REGS(field) OFFSET(REGS_##field, struct regs, field)
#define IRET(field) OFFSET(IRET_##field, struct iret_context, field)
#define CPU(field)  OFFSET(CPU_##field, struct cpu, field)
#define VCPU(field) OFFSET(VCPU_##field, struct vcpu, arch.field)

void offsets(void);

void offsets(void)
{
    DEFINE(REGS_SIZE, sizeof(struct regs));
    REGS(rax); REGS(error_code); REGS(vector); REGS(rip); REGS(cs); REGS(rflags);
    REGS(rsp); REGS(ss);
    IRET(rax); IRET(r11); IRET(rcx); IRET(flags); IRET(rip); IRET(cs); IRET(rflags);
    IRET(rsp); IRET(ss);
    CPU(rsp0); CPU(curr); CPU(softirqs);
    VCPU(kernel_mode); VCPU(kernel_sp); VCPU(cr3_kernel); VCPU(cr3_user); VCPU(nmi_pending);
    OFFSET(VCPU_syscall, struct vcpu, arch.callbacks[CALLBACKTYPE_syscall]);
    OFFSET(VCPU_domain, struct vcpu, domain);
    OFFSET(VCPU_info, struct vcpu, info);
    OFFSET(ENTRY_address, struct guest_entry, address);
    OFFSET(ENTRY_mask_events, struct guest_entry, mask_events);
    OFFSET(DOMAIN_vm_assist, struct domain, vm_assist);
    OFFSET(INFO_pending, struct vcpu_info, evtchn_upcall_pending);
    OFFSET(INFO_mask, struct vcpu_info, evtchn_upcall_mask);
    DEFINE(STACK_TOP_SIZE, sizeof(struct stack_top));
    DEFINE(ASSIST_IOPL, 1 << VMASST_TYPE_architectural_iopl);
    DEFINE(IN_SYSCALL, VGCF_in_syscall);
    DEFINE(KERNEL_RING, guest_kernel_ring(NULL));
    DEFINE(NR_iret, __HYPERVISOR_iret);
}
