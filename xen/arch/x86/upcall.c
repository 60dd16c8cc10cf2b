/* SPDX-License-Identifier: MIT */
/*
 * Puts a trap or event frame on a guest kernel's stack.
 *
 * The 64-bit frame, from the lowest address (public: arch-x86/xen-x86_64.h):
 *   rcx, r11, [ds, es, fs, gs: failsafe only], [error code], rip, cs, rflags, rsp, ss
 * The byte at cs + 4 is the event mask as it was.
 */
#include <asm/cpu.h>
#include <asm/traps.h>
#include <public/callback.h>
#include <public/nmi.h>
#include <public/xen.h>
#include <xen/domain.h>
#include <xen/errno.h>
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
    u16 ds, es, fs, gs;

    __asm__ __volatile__("mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
                         : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    out[0] = ds;
    out[1] = es;
    out[2] = fs;
    out[3] = gs;
    return 4;
}

/* Enter the guest kernel as @b says. On a stack it cannot use, the domain is lost. */
static void push_frame(struct vcpu *v, struct regs *r, const struct bounce *b, bool failsafe)
{
    u64 frame[FRAME_WORDS];
    u64 flags = guest_flags(v, r), cs = r->cs;
    unsigned long sp = r->rsp;
    unsigned int n = 0;

    if (v->arch.kernel_mode) {
        cs &= ~3UL; /* the guest kernel thinks of itself as ring 0 */
    } else {
        sp = v->arch.kernel_sp;
        vcpu_toggle_mode(v);
    }
    sp &= ~15UL;

    frame[n++] = r->rcx;
    frame[n++] = r->r11;
    if (failsafe)
        n += read_selectors(&frame[n]);
    if (b->has_error)
        frame[n++] = b->error_code;
    frame[n++] = r->rip;
    frame[n++] = (u32)cs | (u64)*event_mask(v) << 32;
    frame[n++] = flags;
    frame[n++] = r->rsp;
    frame[n++] = r->ss;

    sp -= n * sizeof(u64);
    if (copy_out_bytes(GPTR(sp), frame, n * sizeof(u64))) {
        domain_crash(v->domain, "no stack at %016lx for a trap or event", sp);
        return;
    }
    if (b->mask_events)
        WRITE_ONCE(*event_mask(v), 1);
    r->rip = b->address;
    r->cs = b->cs;
    r->ss = GUEST_DS;
    r->rsp = sp;
    r->rflags &= ~(FLAG_TF | FLAG_VM | FLAG_RF | FLAG_NT);
}

/* ---- what to deliver ---- */

void upcall_exception(struct vcpu *v, unsigned int vector, bool has_error, u32 error_code)
{
    const struct guest_trap *t = &v->arch.traps[vector];

    if (!t->address) {
        domain_crash(v->domain, "no handler for trap %u, error %#x", vector, error_code);
        return;
    }
    v->arch.bounce = (struct bounce){
        .pending = true,
        .has_error = has_error,
        .error_code = error_code,
        .mask_events = t->mask_events,
        .cs = t->cs,
        .address = t->address,
    };
}

void upcall_page_fault(struct vcpu *v, unsigned long cr2, u32 error_code)
{
    v->arch.cr2 = cr2;
    v->info->arch.cr2 = cr2;
    upcall_exception(v, TRAP_PF, true, error_code);
}

static void bounce_to(struct vcpu *v, const struct callback *c, bool mask)
{
    v->arch.bounce = (struct bounce){
        .pending = true,
        .mask_events = mask,
        .cs = GUEST_CS64,
        .address = c->address,
    };
}

void syscall_from_guest(struct regs *r)
{
    struct vcpu *v = current;

    if (v->arch.kernel_mode)
        hypercall_entry(r);
    else if (v->arch.syscall_callback.address)
        bounce_to(v, &v->arch.syscall_callback, v->arch.syscall_callback.mask_events);
    else
        upcall_exception(v, TRAP_UD, false, 0);
}

/* One without a callback is an undefined instruction, at the instruction. */
void syscall32_from_guest(struct regs *r)
{
    struct vcpu *v = current;

    if (!v->arch.kernel_mode && v->arch.syscall32_callback.address) {
        bounce_to(v, &v->arch.syscall32_callback, v->arch.syscall32_callback.mask_events);
        return;
    }
    r->rip -= 2;
    upcall_exception(v, TRAP_UD, false, 0);
}

void sysenter_from_guest(struct regs *r)
{
    struct vcpu *v = current;

    (void)r;
    if (!v->arch.kernel_mode && v->arch.sysenter_callback.address)
        bounce_to(v, &v->arch.sysenter_callback, v->arch.sysenter_callback.mask_events);
    else
        upcall_exception(v, TRAP_GP, true, 0);
}

/* IRET to the guest faulted: the guest kernel has a callback for just that. */
void exit_failed(struct regs *r)
{
    struct vcpu *v = current;
    struct callback *c = &v->arch.failsafe_callback;
    struct bounce b = {.mask_events = c->mask_events, .cs = GUEST_CS64, .address = c->address};

    if (!c->address) {
        domain_crash(v->domain, "returns to %04lx:%016lx, which the CPU refuses",
                     (unsigned long)r->cs, (unsigned long)r->rip);
        return;
    }
    push_frame(v, r, &b, true);
}

/* ---- the way out ---- */

static void deliver_bounce(struct vcpu *v, struct regs *r)
{
    struct bounce b = v->arch.bounce;

    v->arch.bounce.pending = false;
    push_frame(v, r, &b, false);
}

static void deliver_nmi(struct vcpu *v, struct regs *r)
{
    struct bounce b = {.mask_events = true, .cs = GUEST_CS64,
                       .address = v->arch.nmi_callback.address};

    v->arch.nmi_pending = false;
    if (b.address)
        push_frame(v, r, &b, false);
}

static void deliver_event(struct vcpu *v, struct regs *r)
{
    struct bounce b = {.mask_events = true, .cs = GUEST_CS64,
                       .address = v->arch.event_callback.address};

    push_frame(v, r, &b, false);
}

/* Registers that would hurt us, or let the guest do more than it may, are forced here. */
static bool force_safe(struct vcpu *v, struct regs *r)
{
    r->rflags = (r->rflags | FLAG_IF | 2) & ~(FLAG_IOPL | FLAG_NT | FLAG_VM | FLAG_VIF | FLAG_VIP);
    r->cs = guest_selector_fix(v->domain, r->cs);
    r->ss = guest_selector_fix(v->domain, r->ss);
    return r->vector == VECTOR_SYSCALL && r->cs == GUEST_CS64 && r->ss == GUEST_DS &&
           is_canonical(r->rip) && !(r->rflags & (FLAG_RF | FLAG_TF));
}

bool exit_prepare(struct regs *r)
{
    struct vcpu *v = current;

    for (;;) {
        if (softirq_pending())
            softirq_run();
        else if (!vcpu_runnable(v)) /* paused, shut down, crashed: this is the boundary */
            schedule();
        else if (v->arch.bounce.pending)
            deliver_bounce(v, r);
        else if (v->arch.nmi_pending)
            deliver_nmi(v, r);
        else if (event_upcall_due(v) && v->arch.event_callback.address)
            deliver_event(v, r);
        else
            return force_safe(v, r);
    }
}

/* ---- hypercalls about entry points ---- */

static struct callback *callback_slot(struct vcpu *v, unsigned int type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return &v->arch.event_callback;
    case CALLBACKTYPE_failsafe:
        return &v->arch.failsafe_callback;
    case CALLBACKTYPE_syscall:
        return &v->arch.syscall_callback;
    case CALLBACKTYPE_syscall32:
        return &v->arch.syscall32_callback;
    case CALLBACKTYPE_sysenter:
        return &v->arch.sysenter_callback;
    case CALLBACKTYPE_nmi:
        return &v->arch.nmi_callback;
    }
    return NULL;
}

static long callback_register(unsigned long arg)
{
    struct callback_register c;
    struct callback *slot;

    if (copy_in_arg(&c, arg))
        return -EFAULT;
    slot = callback_slot(current, c.type);
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

static long callback_unregister(unsigned long arg)
{
    struct callback_unregister c;

    if (copy_in_arg(&c, arg))
        return -EFAULT;
    switch (c.type) { /* the others are needed for as long as the guest runs */
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
    case CALLBACKTYPE_syscall:
    case CALLBACKTYPE_sysenter:
        return -EINVAL;
    case CALLBACKTYPE_syscall32:
    case CALLBACKTYPE_nmi:
        callback_slot(current, c.type)->address = 0;
        return 0;
    }
    return -ENOSYS;
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
    struct arch_vcpu *a = &current->arch;

    if (!is_canonical(event) || !is_canonical(failsafe) || !is_canonical(syscall))
        return -EINVAL;
    a->event_callback.address = event;
    a->failsafe_callback.address = failsafe;
    a->syscall_callback.address = syscall;
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
        current->arch.nmi_callback.address = c.handler_address;
        return 0;
    case XENNMI_unregister_callback:
        current->arch.nmi_callback.address = 0;
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
        if (v->arch.guest_table_user.n == MFN_NONE.n) {
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
    WRITE_ONCE(*event_mask(v), !(c.rflags & FLAG_IF));
    return c.rax;
}
