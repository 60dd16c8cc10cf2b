/* SPDX-License-Identifier: MIT */
/* Exceptions: the trap table, and what happens when one comes. */
#include "harness.h"

struct fault fault;
bool (*volatile trap_hook)(struct regs *);
bool (*volatile syscall_hook)(struct regs *);

extern char event_stub[], syscall_stub[], failsafe_stub[], try_faulted[], trap_stack_top[];
extern uint64_t try_rsp;

void unexpected_trap(const struct regs *r, unsigned long cr2) __attribute__((noreturn));
void event_entered(void);
void user_leave(long value) __attribute__((noreturn));

static bool from_user(const struct regs *r)
{
    return (r->cs & 3) == 3;
}

static void system_call(struct regs *r)
{
    if (r->rax == 0)
        user_leave(r->rdi);
    if (!syscall_hook || !syscall_hook(r)) {
        fault.regs = *r;
        user_leave(-1);
    }
}

/* entry.S: every trap, event and system call, with the registers of where it happened. */
void trap_entered(struct regs *r)
{
    unsigned long cr2 = vcpu_info ? *(volatile unsigned long *)&vcpu_info->arch.cr2 : 0;

    if (trap_hook && trap_hook(r))
        return;
    if (r->vector == VECTOR_EVENT) {
        event_entered();
        return;
    }
    if (r->vector == VECTOR_SYSCALL) {
        system_call(r);
        return;
    }
    fault.regs = *r;
    fault.cr2 = cr2;
    if (from_user(r)) {
        user_leave(-1);
    } else if (try_rsp) {
        r->rip = (unsigned long)try_faulted;
        r->rsp = try_rsp;
        r->cs = FLAT_KERNEL_CS & ~3; /* after a failsafe these are what could not be loaded */
        r->ss = FLAT_KERNEL_SS;
        r->rflags &= ~0x40500UL; /* AC, DF, TF */
    } else {
        unexpected_trap(r, cr2);
    }
}

static void register_callback(unsigned int type, const char *entry)
{
    struct callback_register reg = { .type = type, .address = (unsigned long)entry };

    if (HYPERCALL(callback_op, CALLBACKOP_register, &reg) != 0)
        fail("callback %u refused", type);
}

void traps_init(void)
{
    static struct trap_info table[34];
    int n = 0;

    for (int v = 0; v < 32; v++) {
        if (v == 2 || v == 15 || (v >= 20 && v != 21))
            continue;
        table[n].vector = v;
        table[n].flags = v == VECTOR_BP || v == VECTOR_OF ? 3 : 0;
        table[n].cs = FLAT_KERNEL_CS;
        table[n].address = (unsigned long)trap_stubs + 16 * v;
        n++;
    }
    memset(&table[n], 0, sizeof(table[n]));
    if (HYPERCALL(set_trap_table, table) != 0)
        fail("set_trap_table refused");
    register_callback(CALLBACKTYPE_event, event_stub);
    register_callback(CALLBACKTYPE_failsafe, failsafe_stub);
    register_callback(CALLBACKTYPE_syscall, syscall_stub);
    HYPERCALL(stack_switch, FLAT_KERNEL_SS, trap_stack_top);
}

struct access {
    volatile uint64_t *at;
    uint64_t value;
};

static void do_read(void *arg)
{
    struct access *a = arg;

    a->value = *a->at;
}

static void do_write(void *arg)
{
    struct access *a = arg;

    *a->at = a->value;
}

int try_read(const volatile void *at, uint64_t *value)
{
    struct access a = { .at = (volatile uint64_t *)at };

    if (!try(do_read, &a))
        return fault.regs.vector;
    if (value)
        *value = a.value;
    return 0;
}

int try_write(volatile void *at, uint64_t value)
{
    struct access a = { .at = at, .value = value };

    return try(do_write, &a) ? 0 : (int)fault.regs.vector;
}
