/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's console.
 *
 * Domain0 may write to it and read from it; any other domain may do neither on a release build.
 * Lengths that are negative or wrap must not make the hypervisor copy forever, and a pointer to
 * its own memory must not print it.
 */
#include "harness.h"

TEST(console_io)
{
    char text[] = "guest: console_io was here\n", buffer[16];

    if (!in_domain0) {
        EXPECT_TRUE(HYPERCALL(console_io, CONSOLEIO_read, sizeof(buffer), buffer) < 0);
        return;
    }
    EXPECT(HYPERCALL(console_io, CONSOLEIO_write, sizeof(text) - 1, text), 0);
    EXPECT(HYPERCALL(console_io, CONSOLEIO_write, 0, text), 0);
    EXPECT(HYPERCALL(console_io, CONSOLEIO_read, sizeof(buffer), buffer), 0);
    EXPECT(HYPERCALL(console_io, CONSOLEIO_write, 16, HYPERVISOR_VIRT_END - 64), -XEN_EFAULT);
    EXPECT(HYPERCALL(console_io, CONSOLEIO_write, 16, MACH2PHYS_VIRT_END), -XEN_EFAULT);
    EXPECT_TRUE(HYPERCALL(console_io, 99, 16, text) < 0);
}
