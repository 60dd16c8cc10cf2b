/* SPDX-License-Identifier: MIT */
/* The hypercall table's handlers that have no header of their own, and the dispatcher. */
#ifndef XEN_HYPERCALL_H
#define XEN_HYPERCALL_H

#include <xen/types.h>

/* By number; NULL: there is none. Called from entry.S (by a guest's registers) and by multicall. */
extern long (*const hypercall_table[])(unsigned long, unsigned long, unsigned long, unsigned long,
                                       unsigned long, unsigned long);
extern const unsigned int hypercall_count;
/* From entry.S, when one answered -ERESTART: a value for the guest, or to be made again. */
void hypercall_again(void);
/* Fill a 4 KiB page with the stubs through which guests call. */
void hypercall_page_fill(void *page);

/* mmu_update.c */
long do_mmu_update(unsigned long ureqs, unsigned int count, unsigned long pdone,
                   unsigned int foreign);
long do_mmuext_op(unsigned long ops, unsigned int count, unsigned long pdone,
                  unsigned int foreign);
long do_update_va_mapping(unsigned long va, u64 pte, unsigned long flags);
long do_update_va_mapping_otherdomain(unsigned long va, u64 pte, unsigned long flags, u16 domid);

/* domctl.c, sysctl.c, platform_op.c, version.c, console.c */
long do_domctl(unsigned long arg);
long do_mca(unsigned long arg);
long do_sysctl(unsigned long arg);
long do_platform_op(unsigned long arg);
long do_xen_version(int cmd, unsigned long arg);
long do_console_io(unsigned int cmd, unsigned int count, unsigned long buffer);

/* descriptors.c, traps.c, upcall.c, vcpu.c (arch) */
long do_set_trap_table(unsigned long traps);
long do_set_gdt(unsigned long frames, unsigned int entries);
long do_update_descriptor(u64 maddr, u64 desc);
long do_set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall);
long do_callback_op(int cmd, unsigned long arg);
long do_nmi_op(unsigned int cmd, unsigned long arg);
long do_stack_switch(unsigned long ss, unsigned long esp);
long do_fpu_taskswitch(int set);
long do_set_segment_base(unsigned int which, unsigned long base);
long do_set_debugreg(int reg, unsigned long value);
unsigned long do_get_debugreg(int reg);
long do_iret(void);
/* @count entries from @calls on. 0, what an IRET answers, or -EFAULT. */
long do_multicall(unsigned long calls, u32 count);

#endif
