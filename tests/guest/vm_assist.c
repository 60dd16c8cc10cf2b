/* SPDX-License-Identifier: MIT */
/*
 * Assists: known ones can be switched, others cannot.
 *
 * Types are bit numbers in the hypervisor; one past the word must not set something else.
 */
#include "harness.h"

TEST(vm_assist)
{
    EXPECT(HYPERCALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0);
    EXPECT(HYPERCALL(vm_assist, VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0);
    EXPECT(HYPERCALL(vm_assist, VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag), 0);
    EXPECT_TRUE(HYPERCALL(vm_assist, VMASST_CMD_enable, 20) < 0);
    EXPECT_TRUE(HYPERCALL(vm_assist, VMASST_CMD_enable, 64) < 0);
    EXPECT_TRUE(HYPERCALL(vm_assist, VMASST_CMD_enable, -1) < 0);
    EXPECT_TRUE(HYPERCALL(vm_assist, 2, VMASST_TYPE_writable_pagetables) < 0);
}
