/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's addresses, touched by the guest.
 *
 * Reads, writes and jumps into slots 256 to 271 must end in a page fault that the guest sees as its
 * own. 16 TiB cannot be walked, so each slot is probed at its edges and at 2 MiB steps near them.
 */
#include "harness.h"

static void jump(void *to)
{
    ((void (*)(void))to)();
}

static bool probe(unsigned long va)
{
    bool is_m2p = va >= MACH2PHYS_VIRT_START && va < MACH2PHYS_VIRT_END;

    if (!is_m2p && try_read((void *)va, NULL) != VECTOR_PF) {
        fail("%#lx can be read", va);
        return false;
    }
    if (try_write((void *)va, 0) != VECTOR_PF) {
        fail("%#lx can be written", va);
        return false;
    }
    if (try(jump, (void *)va) || fault.regs.vector != VECTOR_PF) {
        fail("%#lx can be executed", va);
        return false;
    }
    return true;
}

TEST(hypervisor_memory)
{
    for (unsigned long slot = HYPERVISOR_VIRT_START; slot < HYPERVISOR_VIRT_END; slot += 1UL << 39)
        for (unsigned long step = 0; step < 64; step++)
            if (!probe(slot + (step << 21)) || !probe(slot + (1UL << 39) - 8 - (step << 21)))
                return;
}
