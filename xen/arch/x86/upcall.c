/* SPDX-License-Identifier: MIT */
/*
 * Puts a trap or event frame on a guest kernel's stack (public: arch-x86/xen-x86_64.h):
 *   rcx, r11, [ds, es, fs, gs: failsafe only], [error code], rip, cs, rflags, rsp, ss
 * The byte at cs + 4 is the event mask as it was.
 */
#include <asm/traps.h>
#include <public/callback.h>
#include <public/nmi.h>
#include <xen/domain.h>
#include <xen/event_channel.h>
#include <xen/guest_copy.h>
#include <xen/hypercall.h>
#include <xen/sched.h>
#include <xen/softirq.h>
#include <xen/string.h>

#define FRAME_WORDS 12

static u8 *event_mask(struct vcpu *v)
{
    return &v->info->evtchn_upcall_mask;
}

/* Flags as a guest kernel sees them: IF is its event mask, IOPL its own. */
static u64 guest_flags(struct vcpu *v, const struct regs *r)
{
    u64 f = r->rflags & ~(FLAG_IF | FLAG_IOPL);

    if (!READ_ONCE(*event_mask(v)))
        f |= FLAG_IF;
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl))
        f |= (u64)v->arch.iopl << 12;
    return f;
}

static unsigned int read_selectors(u64 *out)
{
    __asm__ __volatile__("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
                         : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]));
    return 4;
}

/* What stands on the stack beside the frame that every entry has. */
enum extra { NOTHING, ERROR_CODE, SELECTORS };

/* Enter the guest kernel at @to: a frame on its stack, @error in it with ERROR_CODE. On a stack it
 * cannot use, the domain is lost. System calls have a shorter way, in entry.S. */
static void push_frame(struct vcpu *v, const struct guest_entry *to, enum extra extra, u32 error)
{
    struct regs *r = v->arch.regs;
    u64 frame[FRAME_WORDS];
    u64 flags = guest_flags(v, r);
    u16 cs = r->cs;
    unsigned long sp = r->rsp;
    unsigned int n = 0;

    if (v->arch.kernel_mode) {
        cs &= ~3; /* the guest kernel thinks of itself as ring 0 */
    } else {
        sp = v->arch.kernel_sp;
        vcpu_toggle_mode(v);
    }
    frame[n++] = r->rcx;
    frame[n++] = r->r11;
    if (extra == SELECTORS)
        n += read_selectors(&frame[n]);
    else if (extra == ERROR_CODE)
        frame[n++] = error;
    frame[n++] = r->rip;
    frame[n++] = cs | (u64)*event_mask(v) << 32;
    frame[n++] = flags;
    frame[n++] = r->rsp;
    frame[n++] = r->ss;

    sp = (sp & ~15UL) - n * sizeof(u64);
    if (copy_out_bytes(GPTR(sp), frame, n * sizeof(u64))) {
        domain_crash(v->domain, "no stack at %016lx for a trap or event", sp);
        return;
    }
    if (to->mask_events)
        WRITE_ONCE(*event_mask(v), 1);
    r->rip = to->address;
    r->cs = to->cs;
    r->ss = GUEST_DS;
    r->rsp = sp;
    r->rflags &= ~(FLAG_TF | FLAG_VM | FLAG_RF | FLAG_NT | FLAG_AC);
}

/* ---- what to deliver ---- */

void upcall_exception(struct vcpu *v, unsigned int vector, bool has_error, u32 error_code)
{
    const struct guest_entry *to = &v->arch.traps[vector];

    if (to->address)
        push_frame(v, to, has_error ? ERROR_CODE : NOTHING, error_code);
    else
        domain_crash(v->domain, "no handler for trap %u, error %#x", vector, error_code);
}

void upcall_page_fault(struct vcpu *v, unsigned long cr2, u32 error_code)
{
    v->info->arch.cr2 = cr2;
    upcall_exception(v, TRAP_PF, true, error_code);
}

/* A system call by one of the three doors. Where the guest's user has no such door it is an
 * exception, that of SYSCALL at the instruction. */
void system_call(struct regs *r)
{
    struct vcpu *v = current;
    unsigned int type = r->vector == VECTOR_SYSCALL     ? CALLBACKTYPE_syscall
                        : r->vector == VECTOR_SYSCALL32 ? CALLBACKTYPE_syscall32
                                                        : CALLBACKTYPE_sysenter;

    if (!v->arch.kernel_mode && v->arch.callbacks[type].address) {
        push_frame(v, &v->arch.callbacks[type], NOTHING, 0);
        r->rflags &= ~FLAG_DF; /* Linux counts on that, as MSR_SYSCALL_MASK does it */
    } else if (type == CALLBACKTYPE_sysenter) {
        upcall_exception(v, TRAP_GP, true, 0);
    } else {
        r->rip -= 2;
        upcall_exception(v, TRAP_UD, false, 0);
    }
}

/* IRET to the guest faulted: the guest kernel has a callback for just that. */
void exit_failed(struct regs *r)
{
    struct vcpu *v = current;
    const struct guest_entry *to = &v->arch.callbacks[CALLBACKTYPE_failsafe];

    if (to->address)
        push_frame(v, to, SELECTORS, 0);
    else
        domain_crash(v->domain, "returns to %04lx:%016lx, which the CPU refuses",
                     (unsigned long)r->cs, (unsigned long)r->rip);
}

/* ---- the way out ---- */

static void deliver_event(struct vcpu *v, unsigned int type)
{
    struct guest_entry to = v->arch.callbacks[type];

    to.mask_events = true;
    if (to.address)
        push_frame(v, &to, NOTHING, 0);
}

/* A vcpu that may not run (paused, shut down, crashed) has SOFTIRQ_SCHEDULE raised, and loses the
 * CPU here, where its registers are whole. */
void exit_work(void)
{
    struct vcpu *v = current;

    for (;;) {
        if (softirq_pending()) {
            softirq_run();
        } else if (v->arch.nmi_pending && !v->arch.nmi_masked) {
            v->arch.nmi_pending = false;
            v->arch.nmi_masked = true;
            deliver_event(v, CALLBACKTYPE_nmi);
        } else if (event_upcall_due(v) && v->arch.callbacks[CALLBACKTYPE_event].address) {
            deliver_event(v, CALLBACKTYPE_event);
        } else {
            return;
        }
    }
}

/* ---- hypercalls about entry points ---- */

/* The callback of a type that a guest may set, or NULL. */
static struct guest_entry *callback_slot(unsigned int type)
{
    const unsigned int known = BIT(CALLBACKTYPE_event) | BIT(CALLBACKTYPE_failsafe) |
                               BIT(CALLBACKTYPE_syscall) | BIT(CALLBACKTYPE_nmi) |
                               BIT(CALLBACKTYPE_sysenter) | BIT(CALLBACKTYPE_syscall32);

    return type < NR_CALLBACKS && known & BIT(type) ? &current->arch.callbacks[type] : NULL;
}

static long callback_register(unsigned long arg)
{
    struct callback_register c;
    struct guest_entry *slot;

    if (copy_in_arg(&c, arg))
        return -EFAULT;
    slot = callback_slot(c.type);
    if (!slot)
        return -ENOSYS;
    if (!is_canonical(c.address))
        return -EINVAL;
    if (c.type == CALLBACKTYPE_nmi && current->id != 0)
        return -EINVAL;
    slot->address = c.address;
    slot->mask_events = c.flags & CALLBACKF_mask_events;
    return 0;
}

/* Only those that a guest can do without for a while. */
static long callback_unregister(unsigned long arg)
{
    struct callback_unregister c;

    if (copy_in_arg(&c, arg))
        return -EFAULT;
    if (!callback_slot(c.type))
        return -ENOSYS;
    if (c.type != CALLBACKTYPE_syscall32 && c.type != CALLBACKTYPE_nmi)
        return -EINVAL;
    callback_slot(c.type)->address = 0;
    return 0;
}

long do_callback_op(int cmd, unsigned long arg)
{
    switch (cmd) {
    case CALLBACKOP_register:
        return callback_register(arg);
    case CALLBACKOP_unregister:
        return callback_unregister(arg);
    }
    return -ENOSYS;
}

long do_set_callbacks(unsigned long event, unsigned long failsafe, unsigned long syscall)
{
    struct guest_entry *callbacks = current->arch.callbacks;

    if (!is_canonical(event) || !is_canonical(failsafe) || !is_canonical(syscall))
        return -EINVAL;
    callbacks[CALLBACKTYPE_event].address = event;
    callbacks[CALLBACKTYPE_failsafe].address = failsafe;
    callbacks[CALLBACKTYPE_syscall].address = syscall;
    return 0;
}

long do_nmi_op(unsigned int cmd, unsigned long arg)
{
    struct xennmi_callback c;

    switch (cmd) {
    case XENNMI_register_callback:
        if (copy_in_arg(&c, arg))
            return -EFAULT;
        if (current->id != 0 || !is_canonical(c.handler_address))
            return -EINVAL;
        current->arch.callbacks[CALLBACKTYPE_nmi].address = c.handler_address;
        return 0;
    case XENNMI_unregister_callback:
        current->arch.callbacks[CALLBACKTYPE_nmi].address = 0;
        return 0;
    }
    return -ENOSYS;
}

long do_stack_switch(unsigned long ss, unsigned long esp)
{
    struct vcpu *v = current;

    v->arch.kernel_ss = guest_selector_fix(v->domain, ss);
    v->arch.kernel_sp = esp;
    return 0;
}

/* The frame that a guest kernel leaves on its stack for IRET: public struct iret_context. */
long do_iret(void)
{
    struct vcpu *v = current;
    struct regs *r = v->arch.regs;
    struct iret_context c;

    if (copy_in_bytes(&c, GPTR(r->rsp), sizeof(c))) {
        domain_crash(v->domain, "iret with a bad stack %016lx", (unsigned long)r->rsp);
        return 0;
    }
    if ((c.cs & 3) == 3) {
        if (!v->arch.cr3_user.a) {
            domain_crash(v->domain, "iret to user mode without a user page table");
            return 0;
        }
        vcpu_toggle_mode(v);
    }
    if (v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl))
        v->arch.iopl = c.rflags >> 12 & 3;
    r->rip = c.rip;
    r->cs = c.cs | 3;
    r->rflags = c.rflags;
    r->rsp = c.rsp;
    r->ss = c.ss | 3;
    if (c.flags & VGCF_in_syscall) {
        r->vector = VECTOR_SYSCALL;
    } else {
        r->vector = 0;
        r->r11 = c.r11;
        r->rcx = c.rcx;
    }
    v->arch.nmi_masked = false;
    WRITE_ONCE(*event_mask(v), !(c.rflags & FLAG_IF));
    return c.rax;
}
