/* SPDX-License-Identifier: MIT */
/*
 * I/O ports.
 *
 * By default not even a kernel may use them: IOPL is 0 and the bitmap full. A privileged domain may
 * ask for more, and then reaches devices, but never the interrupt controllers and timers that the
 * hypervisor runs on. CLI and STI do not touch the real interrupt flag. A bitmap in the kernel's
 * memory opens ports to its user, under whose page table that memory is not there.
 */
#include "harness.h"

static uint8_t byte;

static void in_port(void *port)
{
    asm volatile ("inb %w1, %0" : "=a" (byte) : "d" ((uint16_t)(uintptr_t)port));
}

static void out_port(void *port)
{
    asm volatile ("outb %b0, %w1" : : "a" (byte), "d" ((uint16_t)(uintptr_t)port));
}

static long set_iopl(unsigned int level)
{
    struct physdev_set_iopl op = { .iopl = level };

    return HYPERCALL(physdev_op, PHYSDEVOP_set_iopl, &op);
}

USER static long user_in(long port)
{
    uint8_t value;

    asm volatile ("inb %w1, %0" : "=a" (value) : "d" ((uint16_t)port));
    return value;
}

static void bitmap_for_user(void)
{
    static uint8_t bits[8192];
    struct physdev_set_iobitmap op = { .nr_ports = 65536 };
    long result;

    set_xen_guest_handle(op.bitmap, bits);
    bits[0x72 / 8] |= 1 << 0x72 % 8;
    EXPECT(HYPERCALL(physdev_op, PHYSDEVOP_set_iobitmap, &op), 0);
    EXPECT_TRUE(run_user(user_in, 0x71, &result));
    EXPECT_TRUE(!run_user(user_in, 0x72, &result));
    op.nr_ports = 0;
    EXPECT(HYPERCALL(physdev_op, PHYSDEVOP_set_iobitmap, &op), 0);
    EXPECT_TRUE(!run_user(user_in, 0x71, &result));
}

TEST(ioports)
{
    /* Interrupt controllers and the timer. */
    static const uint16_t theirs[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x43 };

    EXPECT(set_iopl(0), 0);
    EXPECT_TRUE(!try(in_port, (void *)0x3f8));
    EXPECT(fault.regs.vector, VECTOR_GP);
    EXPECT(set_iopl(4), -XEN_EINVAL);
    EXPECT(set_iopl(1), 0);
    if (in_domain0)
        EXPECT_TRUE(try(in_port, (void *)0x71)); /* the clock's data port */
    for (unsigned int i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++) {
        uint8_t before;

        byte = 0;
        if (!try(in_port, (void *)(unsigned long)theirs[i]))
            continue;
        before = byte;
        byte = 0xfe;
        try(out_port, (void *)(unsigned long)theirs[i]);
        if (theirs[i] == 0x21 || theirs[i] == 0xa1) {
            try(in_port, (void *)(unsigned long)theirs[i]);
            EXPECT(byte, before);
        }
    }
    EXPECT(set_iopl(0), 0);
    bitmap_for_user();
    asm volatile ("pushf; pop %%rax; test $0x200, %%eax; setnz %0" : "=m" (byte) : : "rax");
    EXPECT(byte, 1);
}
