/* SPDX-License-Identifier: MIT */
/*
 * No stack to take an exception on.
 *
 * A kernel whose handler cannot be entered, because the stack it named is not there, cannot be
 * helped. The domain must be crashed, with a message, and nothing else happen.
 */
#include "harness.h"

TEST_FATAL(death_by_stack)
{
    dies("an exception with RSP in the hypervisor's memory");
    asm volatile ("mov %0, %%rsp; ud2" : : "r" (HYPERVISOR_VIRT_END - 4096));
}
