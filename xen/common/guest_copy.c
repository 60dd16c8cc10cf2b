/* SPDX-License-Identifier: MIT */
/* Copying to and from guest memory. A fault half-way is the guest's problem, not ours. */
#include <asm/page.h>
#include <asm/traps.h>
#include <xen/errno.h>
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

/* Address of element @i of @n in an array at @base; false when the array cannot exist. */
static bool element_range(unsigned long base, size_t size, unsigned long i, unsigned long n,
                          unsigned long *addr, size_t *bytes)
{
    unsigned long offset;

    return !__builtin_mul_overflow(i, size, &offset) && !__builtin_mul_overflow(n, size, bytes) &&
           !__builtin_add_overflow(base, offset, addr);
}

int copy_in_array(void *dst, unsigned long base, size_t size, unsigned long i, unsigned long n)
{
    unsigned long addr;
    size_t bytes;

    if (!element_range(base, size, i, n, &addr, &bytes))
        return -EFAULT;
    return copy_in_bytes(dst, GPTR(addr), bytes);
}

int copy_out_array(unsigned long base, size_t size, unsigned long i, const void *src,
                   unsigned long n)
{
    unsigned long addr;
    size_t bytes;

    if (!element_range(base, size, i, n, &addr, &bytes))
        return -EFAULT;
    return copy_out_bytes(GPTR(addr), src, bytes);
}
