/* SPDX-License-Identifier: MIT */
/*
 * Frames that cannot be returned to.
 *
 * The iret call takes RIP, CS, SS, RFLAGS and RSP from the guest: everything the processor checks
 * when it leaves the hypervisor, while it is still in ring 0. Selectors of the hypervisor, no
 * selectors at all, addresses that are not canonical: none may end in the hypervisor, and
 * rights in RFLAGS (IOPL, and interrupts off) may not be had this way. What is expected is the
 * failsafe callback or an exception of the guest's own.
 */
#include "harness.h"

static struct iret_context frame;

static void go(void *unused)
{
    (void)unused;
    asm volatile ("mov %0, %%rsp; jmp hypercall_page + 23 * 32"
                  : : "r" (&frame.flags), "a" (frame.rax) : "memory");
}

static bool came_back;

static void landed(void)
{
    came_back = true;
    asm volatile ("ud2"); /* ends the try(), on its stack */
}

/* Leaves by a frame that differs from a good one in what the caller has set. */
static int leave(void)
{
    static char stack[PAGE_SIZE] __attribute__((aligned(16)));

    frame.rsp = frame.rsp ? frame.rsp : (unsigned long)stack + sizeof(stack) - 8;
    frame.rip = frame.rip ? frame.rip : (unsigned long)landed;
    frame.cs = frame.cs ? frame.cs : FLAT_KERNEL_CS & ~3;
    frame.ss = frame.ss ? frame.ss : FLAT_KERNEL_SS;
    came_back = false;
    try(go, NULL);
    memset(&frame, 0, sizeof(frame));
    return fault.regs.vector;
}

static bool is_refusal(int vector)
{
    return !came_back && (vector == VECTOR_FAILSAFE || vector == VECTOR_GP);
}

/* Whoever comes two bytes early, the length of a SYSCALL, loses rax. */
asm (".text; xor %eax, %eax; landed_exactly: ud2");
extern char landed_exactly[];

TEST(iret_frames)
{
    /* The hypervisor's code, data and TSS; the GDT's start; beyond its end. */
    static const uint16_t bad[] = { 0xe008, 0xe010, 0xe040, 0x8, 0xfff8 };

    EXPECT(leave(), VECTOR_UD);
    EXPECT_TRUE(came_back);

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        frame.cs = bad[i];
        EXPECT_TRUE(is_refusal(leave()));
        frame.ss = bad[i];
        EXPECT_TRUE(is_refusal(leave()));
    }
    frame.rip = 0x0000800000000000;
    EXPECT_TRUE(is_refusal(leave()));
    frame.rip = HYPERVISOR_VIRT_START + 0x10000000000;
    EXPECT(leave(), VECTOR_PF);

    /* Where a number is in rax that means something inside the hypervisor: -ERESTART. */
    frame.rip = (unsigned long)landed_exactly;
    frame.rax = -85;
    EXPECT(leave(), VECTOR_UD);
    EXPECT(fault.regs.rax, -85);
    EXPECT(fault.regs.rip, (unsigned long)landed_exactly);

    frame.rflags = 0x3000 | 0x20000 | 0x4000; /* IOPL 3, VM, NT; IF clear */
    EXPECT(leave(), VECTOR_UD);
    EXPECT_TRUE(came_back);
    EXPECT(fault.regs.rflags & 0x23000, 0);
    events_disable();
}
