/* SPDX-License-Identifier: MIT */
/*
 * Registers made up, by the thousand, through every way out of the hypervisor.
 *
 * What a guest puts in a register is loaded in ring 0 when the hypervisor returns to it: a fault
 * there, or a bit that is taken over unchecked, is the hypervisor's (XSA-7, 202, 259, 444).
 * Random frames go through iret, to kernel and to user mode; between them random segment bases and
 * selectors, breakpoints and system calls from user mode. Every one must end with the guest in its
 * own hands again, without rights it did not have. Meanwhile another vCPU computes with all its
 * registers full, and must not find one of them changed.
 */
#include "harness.h"

#define ROUNDS 4000

static struct iret_context frame;
static char stack[PAGE_SIZE] __attribute__((aligned(16)));
static volatile unsigned int returns, rights, unexpected;
static volatile bool changed;

static uint64_t pick(const uint64_t *list, unsigned int n)
{
    uint64_t r = random64();

    return r & 1 ? list[(r >> 8) % n] : random64() >> (r >> 1 & 63);
}

#define PICK(list) pick(list, sizeof(list) / sizeof((list)[0]))

/* The canary: eleven registers and one of the vector unit hold a pattern for a while. */
static void canary(void)
{
    static const uint64_t pattern = 0x1122334455667788;
    uint64_t sum, vector = 0;

    asm volatile ("movq %2, %%xmm5;"
                  "mov %2, %%rbx; mov %2, %%r8; mov %2, %%r9; mov %2, %%r10; mov %2, %%r11;"
                  "mov %2, %%r12; mov %2, %%r13; mov %2, %%r14; mov %2, %%r15; mov %2, %%rsi;"
                  "mov %2, %%rdi; mov $100000, %%ecx; 1: dec %%ecx; jnz 1b; xor %0, %0;"
                  "xor %2, %%rbx; or %%rbx, %0; xor %2, %%r8; or %%r8, %0; xor %2, %%r9;"
                  "or %%r9, %0; xor %2, %%r10; or %%r10, %0; xor %2, %%r11; or %%r11, %0;"
                  "xor %2, %%r12; or %%r12, %0; xor %2, %%r13; or %%r13, %0; xor %2, %%r14;"
                  "or %%r14, %0; xor %2, %%r15; or %%r15, %0; xor %2, %%rsi; or %%rsi, %0;"
                  "xor %2, %%rdi; or %%rdi, %0; movq %%xmm5, %1"
                  : "=&a" (sum), "=r" (vector) : "d" (pattern)
                  : "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                  "r15", "cc");
    changed = changed || sum || vector != pattern;
}

/* Going on to the second instruction takes the right to use ports. */
static void landed(void)
{
    asm volatile ("in $0x71, %%al; ud2" : : : "al");
}

USER static long in_user_mode(long n)
{
    asm volatile ("syscall" : "+a" (n) : : "rcx", "r11", "memory");
    return n;
}

/* Wherever it went, and whatever came of it: back to the caller of try(), at try_faulted. */
static bool any_trap(struct regs *r)
{
    returns++;
    rights += (r->rflags & 0x23000) != 0 || r->vector == VECTOR_UD; /* VM, IOPL */
    unexpected += r->vector == VECTOR_NMI;
    r->cs &= ~3UL;                          /* as if it had been the kernel's: never user_leave() */
    return false;
}

static void leave(void *unused)
{
    (void)unused;
    asm volatile ("mov %0, %%rsp; jmp hypercall_page + 23 * 32" : : "r" (&frame.flags) : "memory");
}

static void make_frame(void)
{
    static const uint64_t rips[] = {
        0, 0x00007fffffffffff, 0x0000800000000000, 0xffff7fffffffffff, HYPERVISOR_VIRT_START,
        0xffff82d080200000, HYPERVISOR_VIRT_END - 2, TEST_VA, ~0UL,
    };
    static const uint64_t selectors[] = {
        0, 3, FLAT_KERNEL_CS, FLAT_KERNEL_CS & ~3, FLAT_KERNEL_SS, FLAT_USER_CS, FLAT_USER_SS,
        0xe008, 0xe010, 0xe019, 0xe02b, 0xe033, 0xe040, 0xfff8, 7, 0x10, 0x33,
    };
    uint64_t r = random64();

    memset(&frame, 0, sizeof(frame));
    frame.rip = r & 1 ? PICK(rips) : (unsigned long)landed;
    if (!try_read((void *)frame.rip, NULL))
        frame.rip = (unsigned long)landed;  /* not into the middle of ourselves */
    frame.cs = r & 6 ? FLAT_KERNEL_CS & ~3 : PICK(selectors);
    frame.ss = r & 24 ? FLAT_KERNEL_SS : PICK(selectors);
    frame.rsp = (unsigned long)stack + sizeof(stack) - 64;
    frame.rflags = random64() & 0xffffffff;
    frame.rcx = random64();
    frame.r11 = random64();
    frame.rax = random64();
    frame.flags = r & 96 ? 0 : random64() & ~(uint64_t)VGCF_in_syscall;
    if ((frame.cs & 3) == 3 && frame.cs != FLAT_KERNEL_CS && r & 128)
        frame.rsp = random64();             /* user mode may have any */
}

static void load_selectors(void *value)
{
    uint16_t s = (unsigned long)value;

    switch ((unsigned long)value >> 16 & 3) {
    case 0: asm volatile ("mov %0, %%ds" : : "r" (s)); break;
    case 1: asm volatile ("mov %0, %%es" : : "r" (s)); break;
    case 2: asm volatile ("mov %0, %%fs" : : "r" (s)); break;
    case 3: asm volatile ("mov %0, %%gs" : : "r" (s)); break;
    }
}

static void other_state(void)
{
    static const uint64_t addresses[] = {
        0, TEST_VA, 0x00007fffffffffff, 0x0000800000000000, HYPERVISOR_VIRT_START,
        0xffff82d080200000, HYPERVISOR_VIRT_END, ~0UL,
    };

    HYPERCALL(set_segment_base, random64() & 3, PICK(addresses));
    HYPERCALL(set_debugreg, random64() & 3, PICK(addresses) & ~7UL);
    HYPERCALL(set_debugreg, 7, random64() & 0xffff2bff);
    try(load_selectors, (void *)(random64() & 0x3ffff));
}

static void flat(void)
{
    for (unsigned long i = 0; i < 4; i++)
        load_selectors((void *)(i << 16));
    HYPERCALL(set_debugreg, 7, 0);
    for (unsigned int i = 0; i < 4; i++)
        HYPERCALL(set_debugreg, i, 0);
    for (unsigned int base = SEGBASE_FS; base <= SEGBASE_GS_KERNEL; base++)
        HYPERCALL(set_segment_base, base, 0);
}

TEST(vcpu_exit_fuzz)
{
    unsigned int rounds = times(ROUNDS);
    bool canary_runs;
    long result;

    EXPECT_TRUE(run_user(in_user_mode, 0, &result) || result == -1); /* there is a user mode */
    changed = false;
    canary_runs = second_start(canary);
    returns = rights = unexpected = 0;
    for (unsigned int i = 0; i < rounds; i++) {
        make_frame();
        other_state();
        trap_hook = any_trap;
        if (try(leave, NULL))
            fail("an iret returned");
        trap_hook = NULL;
    }
    flat();
    EXPECT_TRUE(returns >= rounds);
    EXPECT(rights, 0);
    EXPECT(unexpected, 0);
    events_disable();
    if (canary_runs)
        second_stop();
    EXPECT(changed, 0);
}
