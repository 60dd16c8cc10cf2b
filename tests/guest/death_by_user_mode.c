/* SPDX-License-Identifier: MIT */
/*
 * User mode without a user page table.
 *
 * An iret whose CS says "user" switches to the user page table. If there is none, whatever is in
 * CR3 would be used by accident: the domain must be crashed instead.
 */
#include "harness.h"

TEST_FATAL(death_by_user_mode)
{
    static struct iret_context frame = {
        .rip = USER_BASE, .cs = FLAT_USER_CS, .ss = FLAT_USER_SS, .rsp = USER_STACK
    };

    EXPECT(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
    dies("an iret to user mode, and no page table for it");
    asm volatile ("mov %0, %%rsp; jmp hypercall_page + 23 * 32" : : "r" (&frame.flags) : "memory");
}
