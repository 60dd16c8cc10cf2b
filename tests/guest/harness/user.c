/* SPDX-License-Identifier: MIT */
/* User mode: a page table with the .user section and a stack, and the way there and back. */
#include "harness.h"

extern char user_begin[], user_end[], user_return[];
long user_enter(struct iret_context *frame);
long user_arg;

static void *root, *stack;

unsigned long user_root(void)
{
    return root ? mfn_of(root) : 0;
}

/* Names the step that failed. */
static bool done(const char *step, long error)
{
    if (error)
        fail("no user page table: %s: %ld", step, error);
    return error == 0;
}

/* Both page tables see the low slot, so that a kernel test can look at what user code wrote. */
static bool build(void)
{
    if (root)
        return true;
    stack = page_alloc();
    for (char *p = user_begin; p < user_end; p += PAGE_SIZE)
        if (!done("code", map(USER_BASE + (p - user_begin), pte(mfn_of(p), PTE_RW))))
            return false;
    if (!done("stack", map(USER_STACK - PAGE_SIZE, pte(mfn_of(stack), PTE_RW))))
        return false;
    root = page_alloc();
    *(uint64_t *)root = read_entry(entry_maddr(root_mfn(), USER_BASE, 4));
    return done("read-only root", make_readonly(root)) &&
        done("pin", mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(root), 0)) &&
        done("load", mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(root), 0));
}

void user_reset(void)
{
    if (!root)
        return;
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0);
    if (mmuext(MMUEXT_UNPIN_TABLE, mfn_of(root), 0) || make_writable(root))
        printf("harness: the user page table cannot be given back\n");
    else
        page_free(root);
    page_free(stack);
    root = NULL;
}

bool run_user(long (*fn)(long), long arg, long *result)
{
    uint64_t *top;
    struct iret_context frame = {
        .rip = USER_BASE + ((char *)fn - user_begin),
        .cs = FLAT_USER_CS, .ss = FLAT_USER_SS,
        .rsp = USER_STACK - 8, .rflags = 0x200,
    };
    long value;

    if (!build())
        return false;
    top = (uint64_t *)((char *)stack + PAGE_SIZE) - 1;
    *top = USER_BASE + (user_return - user_begin);
    user_arg = arg;
    fault.regs.vector = -1UL;
    value = user_enter(&frame);
    if (result)
        *result = value;
    return fault.regs.vector == -1UL;
}
