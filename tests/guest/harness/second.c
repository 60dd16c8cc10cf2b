/* SPDX-License-Identifier: MIT */
/* A second vCPU, that calls one function over and over while a test runs on the first. */
#include "harness.h"

static char stack[2 * PAGE_SIZE] __attribute__((aligned(16)));
static void (*volatile work)(void);
static volatile bool idle;
static volatile unsigned long rounds;

/* It comes back here from wherever it is taken down, and starts in here. */
static void loop(void)
{
    for (;;) {
        void (*fn)(void) = work;

        idle = !fn;
        if (fn) {
            fn();
            rounds++;
        } else {
            HYPERCALL(sched_op, SCHEDOP_yield, NULL);
        }
    }
}

void second_context(struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel;
    c->user_regs.rip = (unsigned long)loop;
    c->user_regs.rsp = (unsigned long)stack + sizeof(stack) - 8;
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = xen_pfn_to_cr3(root_mfn());
    for (int v = 0; v < 20; v++) {
        c->trap_ctxt[v].vector = v;
        c->trap_ctxt[v].cs = FLAT_KERNEL_CS;
        c->trap_ctxt[v].address = (unsigned long)trap_stubs + 16 * v;
    }
}

bool second_start(void (*fn)(void))
{
    static struct vcpu_guest_context context;
    long error;

    second_context(&context);
    error = HYPERCALL(vcpu_op, VCPUOP_initialise, 1, &context);
    if (error == -XEN_ENOENT) {
        skip("the domain has one vCPU");
        return false;
    }
    if (error && error != -XEN_EEXIST)
        fail("the second vCPU cannot be set up: %ld", error);
    rounds = 0;
    idle = false;
    work = fn;
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_up, 1, NULL), 0);
    for (uint64_t until = system_time() + 10000000000; !rounds && system_time() < until;)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    if (!rounds)
        fail("the second vCPU does not run");
    return rounds;
}

unsigned long second_rounds(void)
{
    return rounds;
}

void second_stop(void)
{
    work = NULL;
    for (uint64_t until = system_time() + 10000000000; !idle && system_time() < until;)
        HYPERCALL(sched_op, SCHEDOP_yield, NULL);
    if (!idle)
        fail("the second vCPU does not come back");
    EXPECT(HYPERCALL(vcpu_op, VCPUOP_down, 1, NULL), 0);
}
