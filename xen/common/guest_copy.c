/* SPDX-License-Identifier: MIT */
/* Copying to and from guest memory. A fault half-way is the guest's problem, not ours. */
#include <asm/page.h>
#include <asm/traps.h>
#include <xen/guest_copy.h>

bool guest_range_bad(unsigned long addr, size_t n)
{
    unsigned long last = addr + (n ? n - 1 : 0);

    return last < addr || (addr < HV_VIRT_END && last >= LOWER_HALF_END);
}

int copy_in_bytes(void *dst, gptr_t src, size_t n)
{
    if (guest_range_bad(src.addr, n) || copy_may_fault(dst, (const void *)src.addr, n))
        return -EFAULT;
    return 0;
}

int copy_out_bytes(gptr_t dst, const void *src, size_t n)
{
    if (guest_range_bad(dst.addr, n) || copy_may_fault((void *)dst.addr, src, n))
        return -EFAULT;
    return 0;
}
