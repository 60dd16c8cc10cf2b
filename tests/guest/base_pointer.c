/* SPDX-License-Identifier: MIT */
/*
 * CR3 takes L4 tables only.
 *
 * The root is what the processor believes without further question. Loading anything that is not
 * a validated L4 must fail and leave the old one in force; a copy of the root must work, keep
 * its type while it is loaded, and lose it only after another was loaded.
 */
#include "harness.h"

TEST(base_pointer)
{
    uint64_t *copy = page_alloc(), *plain = page_alloc();
    uint64_t *live = va_of_mfn(root_mfn());
    unsigned long c = mfn_of(copy);

    EXPECT(map(TEST_VA, 0), 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(plain), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_BASEPTR, entry_maddr(root_mfn(), TEST_VA, 3) >> 12, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_BASEPTR, ~0UL >> 12, 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(plain), 0) < 0);
    EXPECT_TRUE(mmuext(MMUEXT_NEW_USER_BASEPTR, entry_maddr(root_mfn(), TEST_VA, 2) >> 12, 0) < 0);

    for (int i = 0; i < 512; i++)
        if (i < 256 || i >= 272)
            copy[i] = live[i];
    EXPECT(make_readonly(copy), 0);
    EXPECT(mmuext(MMUEXT_NEW_BASEPTR, c, 0), 0);
    EXPECT_TRUE(make_writable(copy) < 0);
    EXPECT(try_read((void *)start_info, NULL), 0);
    EXPECT(mmuext(MMUEXT_NEW_BASEPTR, root_mfn(), 0), 0);
    EXPECT(make_writable(copy), 0);

    /* As user page table, and 0 for none. */
    EXPECT(make_readonly(copy), 0);
    EXPECT(mmuext(MMUEXT_NEW_USER_BASEPTR, c, 0), 0);
    EXPECT_TRUE(make_writable(copy) < 0);
    EXPECT(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
    EXPECT(make_writable(copy), 0);
    page_free(copy);
    page_free(plain);
}
