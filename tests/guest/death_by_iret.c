/* SPDX-License-Identifier: MIT */
/*
 * An iret frame that is not there.
 *
 * The iret call reads its frame from the guest's stack. When that cannot be read there is nowhere
 * to return to, and no error could be reported: the domain must be crashed.
 */
#include "harness.h"

TEST_FATAL(death_by_iret)
{
    dies("an iret frame at an address that is not mapped");
    asm volatile ("mov %0, %%rsp; mov $23, %%eax; syscall" : : "r" (0x500000000000UL));
}
