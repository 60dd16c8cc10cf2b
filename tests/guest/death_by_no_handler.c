/* SPDX-License-Identifier: MIT */
/*
 * No handler.
 *
 * An exception for which the kernel has registered nothing must crash the domain: to enter it at
 * address 0 would hand control to whoever maps that page.
 */
#include "harness.h"

TEST_FATAL(death_by_no_handler)
{
    EXPECT(HYPERCALL(set_trap_table, NULL), 0);
    dies("an exception without a handler");
    asm volatile ("ud2");
}
