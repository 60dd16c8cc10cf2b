/* SPDX-License-Identifier: MIT */
/*
 * The hypercall table, the dispatcher, and multicall.
 *
 * Linux's order of registers: number in rax, arguments in rdi rsi rdx r10 r8 r9 (public/xen.h).
 * A number outside the table, or without a row, answers -ENOSYS.
 */
#include <asm/cpu.h>
#include <asm/irq.h>
#include <asm/regs.h>
#include <asm/vcpu.h>
#include <public/arch-x86/xen-mca.h>
#include <public/sched.h>
#include <public/xen.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/string.h>

/* A handler's row says which of the six arguments it takes, and as what. */
#define ARGS unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e, \
             unsigned long f

#define ROW(name, call)                                                                            \
    static long row_##name(ARGS)                                                                   \
    {                                                                                              \
        (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;                                      \
        return call;                                                                               \
    }

ROW(set_trap_table, do_set_trap_table(a))
ROW(mmu_update, do_mmu_update(a, b, c, d))
ROW(set_gdt, do_set_gdt(a, b))
ROW(stack_switch, do_stack_switch(a, b))
ROW(set_callbacks, do_set_callbacks(a, b, c))
ROW(fpu_taskswitch, do_fpu_taskswitch(a))
ROW(platform_op, do_platform_op(a))
ROW(set_debugreg, do_set_debugreg(a, b))
ROW(get_debugreg, do_get_debugreg(a))
ROW(update_descriptor, do_update_descriptor(a, b))
ROW(memory_op, do_memory_op(a, b))
ROW(multicall, do_multicall(a, b))
ROW(update_va_mapping, do_update_va_mapping(a, b, c))
ROW(set_timer_op, do_set_timer_op(a))
ROW(xen_version, do_xen_version(a, b))
ROW(console_io, do_console_io(a, b, c))
ROW(grant_table_op, do_grant_table_op(a, b, c))
ROW(vm_assist, do_vm_assist(a, b))
ROW(update_va_mapping_otherdomain, do_update_va_mapping_otherdomain(a, b, c, d))
ROW(iret, do_iret())
ROW(vcpu_op, do_vcpu_op(a, b, c))
ROW(set_segment_base, do_set_segment_base(a, b))
ROW(mmuext_op, do_mmuext_op(a, b, c, d))
ROW(nmi_op, do_nmi_op(a, b))
ROW(sched_op, do_sched_op(a, b))
ROW(callback_op, do_callback_op(a, b))
ROW(event_channel_op, do_event_channel_op(a, b))
ROW(physdev_op, do_physdev_op(a, b))
ROW(sysctl, do_sysctl(a))
ROW(domctl, do_domctl(a))
ROW(mca, do_mca(a))

long (*const hypercall_table[])(ARGS) = {
    [__HYPERVISOR_set_trap_table] = row_set_trap_table,
    [__HYPERVISOR_mmu_update] = row_mmu_update,
    [__HYPERVISOR_set_gdt] = row_set_gdt,
    [__HYPERVISOR_stack_switch] = row_stack_switch,
    [__HYPERVISOR_set_callbacks] = row_set_callbacks,
    [__HYPERVISOR_fpu_taskswitch] = row_fpu_taskswitch,
    [__HYPERVISOR_platform_op] = row_platform_op,
    [__HYPERVISOR_set_debugreg] = row_set_debugreg,
    [__HYPERVISOR_get_debugreg] = row_get_debugreg,
    [__HYPERVISOR_update_descriptor] = row_update_descriptor,
    [__HYPERVISOR_memory_op] = row_memory_op,
    [__HYPERVISOR_multicall] = row_multicall,
    [__HYPERVISOR_update_va_mapping] = row_update_va_mapping,
    [__HYPERVISOR_set_timer_op] = row_set_timer_op,
    [__HYPERVISOR_xen_version] = row_xen_version,
    [__HYPERVISOR_console_io] = row_console_io,
    [__HYPERVISOR_grant_table_op] = row_grant_table_op,
    [__HYPERVISOR_vm_assist] = row_vm_assist,
    [__HYPERVISOR_update_va_mapping_otherdomain] = row_update_va_mapping_otherdomain,
    [__HYPERVISOR_iret] = row_iret,
    [__HYPERVISOR_vcpu_op] = row_vcpu_op,
    [__HYPERVISOR_set_segment_base] = row_set_segment_base,
    [__HYPERVISOR_mmuext_op] = row_mmuext_op,
    [__HYPERVISOR_nmi_op] = row_nmi_op,
    [__HYPERVISOR_sched_op] = row_sched_op,
    [__HYPERVISOR_callback_op] = row_callback_op,
    [__HYPERVISOR_event_channel_op] = row_event_channel_op,
    [__HYPERVISOR_physdev_op] = row_physdev_op,
    [__HYPERVISOR_sysctl] = row_sysctl,
    [__HYPERVISOR_domctl] = row_domctl,
    [__HYPERVISOR_mca] = row_mca,
};

const unsigned int hypercall_count = ARRAY_SIZE(hypercall_table);

/*
 * A list of calls in guest memory, the result of each written back. Between two of them the vcpu
 * may lose its CPU. An IRET leaves the kernel's context, so the list ends there; a multicall
 * within a multicall is refused.
 */
long do_multicall(unsigned long calls, unsigned int count)
{
    XEN_GUEST_HANDLE(multicall_entry_t) h = {.addr = calls};
    struct vcpu *v = current;
    struct multicall_entry e;

    for (unsigned int i = 0; i < count; i++) {
        if (copy_in(&e, h, i, 1))
            return -EFAULT;
        if (e.op == __HYPERVISOR_multicall)
            e.result = -EINVAL;
        else if (e.op >= hypercall_count || !hypercall_table[e.op])
            e.result = -ENOSYS;
        else
            e.result = hypercall_table[e.op](e.args[0], e.args[1], e.args[2], e.args[3], e.args[4],
                                             e.args[5]);
        if (e.op == __HYPERVISOR_iret)
            return e.result;
        if (copy_out_bytes(GPTR(calls + i * sizeof(e) + offsetof(struct multicall_entry, result)),
                           &e.result, sizeof(e.result)))
            return -EFAULT;
        if (v->domain->shut_down)
            return 0;
        preempt_point();
    }
    return 0;
}

/*
 * One stub of 32 bytes a number: save rcx and r11, which SYSCALL destroys, and call. IRET's
 * leaves them and rax on the stack as the start of struct iret_context.
 */
void hypercall_page_fill(void *page)
{
    u8 *p = page;

    memset(p, 0xcc, 4096);
    for (u32 n = 0; n < 4096 / 32; n++, p += 32) {
        static const u8 enter[] = {0x51, 0x41, 0x53, 0xb8};            /* push rcx, r11; mov eax */
        static const u8 leave[] = {0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3}; /* syscall; pop, pop; ret */
        static const u8 iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8};

        if (n == __HYPERVISOR_iret) {
            memcpy(p, iret, sizeof(iret));
            memcpy(p + 5, &n, 4);
            memcpy(p + 9, leave, 2);
            continue;
        }
        memcpy(p, enter, sizeof(enter));
        memcpy(p + 4, &n, 4);
        memcpy(p + 8, leave, sizeof(leave));
    }
}
