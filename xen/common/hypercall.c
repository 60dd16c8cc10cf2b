/* SPDX-License-Identifier: MIT */
/*
 * The hypercall table, the dispatcher, and multicall.
 *
 * Linux's order of registers: number in rax, arguments in rdi rsi rdx r10 r8 r9 (public/xen.h).
 * A number outside the table, or without a row, answers -ENOSYS.
 *
 * again(): an event waits for the caller in the middle of a long call. The guest's SYSCALL
 * instruction is made once more after the event, with the arguments as the handler left them. They
 * are the guest's to change: to the handler each time is the first. -ERESTART alone says nothing:
 * a call that answers with a value of the guest's, an IRET's rax, may well answer that.
 */
#include <asm/irq.h>
#include <asm/regs.h>
#include <public/arch-x86/xen-mca.h>
#include <public/sched.h>
#include <xen/domain.h>
#include <xen/domain_memory.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/string.h>

#define ARGS unsigned long a, unsigned long b, unsigned long c, unsigned long d, unsigned long e, \
             unsigned long f

/* One row each: the name, and which arguments its handler takes. LONG: its -ERESTART is one. */
#define CALLS(X, LONG) \
    X(set_trap_table, a) \
    X(mmu_update, a, b, c, d) \
    X(set_gdt, a, b) \
    X(stack_switch, a, b) \
    X(set_callbacks, a, b, c) \
    X(fpu_taskswitch, a) \
    X(platform_op, a) \
    X(set_debugreg, a, b) \
    X(get_debugreg, a) \
    X(update_descriptor, a, b) \
    LONG(memory_op, &a, b) \
    X(multicall, a, b) \
    X(update_va_mapping, a, b, c) \
    X(set_timer_op, a) \
    X(xen_version, a, b) \
    X(console_io, a, b, c) \
    X(grant_table_op, a, b, c) \
    X(vm_assist, a, b) \
    X(update_va_mapping_otherdomain, a, b, c, d) \
    X(iret) \
    X(vcpu_op, a, b, c) \
    X(set_segment_base, a, b) \
    X(mmuext_op, a, b, c, d) \
    X(nmi_op, a, b) \
    X(sched_op, a, b) \
    X(callback_op, a, b) \
    X(event_channel_op, a, b) \
    X(physdev_op, a, b) \
    X(sysctl, a) \
    LONG(domctl, a) \
    X(mca, a)

#define ROW(name, ...)                                                                             \
    static long row_##name(ARGS)                                                                   \
    {                                                                                              \
        (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;                                      \
        return do_##name(__VA_ARGS__);                                                             \
    }
#define LONG_ROW(name, ...)                                                                        \
    static long row_##name(ARGS)                                                                   \
    {                                                                                              \
        long rc = do_##name(__VA_ARGS__);                                                          \
                                                                                                   \
        (void)c, (void)d, (void)e, (void)f;                                                        \
        return rc == -ERESTART ? again(a, b) : rc;                                                 \
    }
#define NUMBERED(name, ...) [__HYPERVISOR_##name] = row_##name,

/* The call is to be made again, with these as its first arguments. */
static long again(unsigned long a, unsigned long b)
{
    current->again = true;
    current->again_args[0] = a;
    current->again_args[1] = b;
    return -ERESTART;
}

CALLS(ROW, LONG_ROW)
long (*const hypercall_table[])(ARGS) = {CALLS(NUMBERED, NUMBERED)};
const unsigned int hypercall_count = ARRAY_SIZE(hypercall_table);

#define SYSCALL_BYTES 2 /* 0f 05 */

void hypercall_again(void)
{
    struct regs *r = current->arch.regs;

    if (!current->again) {
        r->rax = -ERESTART;
        return;
    }
    current->again = false;
    r->rip -= SYSCALL_BYTES;
    r->rdi = current->again_args[0];
    r->rsi = current->again_args[1];
}

/* A list of calls in guest memory, each result written back. Events are taken between two, and in
 * the middle of one that says so. An IRET ends the list; a multicall within one is refused. */
long do_multicall(unsigned long calls, u32 count)
{
    struct multicall_entry e;

    for (; count; calls += sizeof(e), count--) {
        if (copy_in_arg(&e, calls))
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
        if (current->again) {
            current->again = false;
            memcpy(e.args, current->again_args, sizeof(current->again_args));
            return copy_out_field(calls, &e, args) ? -EFAULT : again(calls, count);
        }
        if (copy_out_field(calls, &e, result))
            return -EFAULT;
        if (current_domain->shut_down)
            return 0;
        if (count > 1 && event_interrupts())
            return again(calls + sizeof(e), count - 1);
    }
    return 0;
}

/* One stub of 32 bytes a number: save rcx and r11, which SYSCALL destroys, and call. IRET's leaves
 * them and rax on the stack as the start of struct iret_context. */
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
