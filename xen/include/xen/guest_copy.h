/* SPDX-License-Identifier: MIT */
/* The only way to guest memory by guest addresses: structs that cannot be dereferenced. Xen's range
 * is refused, faults are caught; the caller's kernel page tables are the ones in force. */
#ifndef XEN_GUEST_COPY_H
#define XEN_GUEST_COPY_H

#include <xen/errno.h>
#include <xen/types.h>

typedef struct {
    unsigned long addr;
} gptr_t;

#define GPTR(a) ((gptr_t){(unsigned long)(a)})

/* 0, or -EFAULT with nothing promised about how much was copied. */
int copy_in_bytes(void *dst, gptr_t src, size_t n);
int copy_out_bytes(gptr_t dst, const void *src, size_t n);

/* True when [addr, addr+n) wraps or touches Xen's range, or is not canonical. */
bool guest_range_bad(unsigned long addr, size_t n);

/* Typed: @h is a XEN_GUEST_HANDLE from the public headers, @i and @n count elements of *@ptr. */
#define copy_in(ptr, h, i, n)                                                                      \
    copy_in_array((ptr), (h).addr, sizeof(*(ptr)), (i), (n))
#define copy_out(h, i, ptr, n)                                                                     \
    copy_out_array((h).addr, sizeof(*(ptr)), (i), (ptr), (n))
/* One object at a plain hypercall-argument address. */
#define copy_in_arg(ptr, arg)  copy_in_bytes((ptr), GPTR(arg), sizeof(*(ptr)))
#define copy_out_arg(arg, ptr) copy_out_bytes(GPTR(arg), (ptr), sizeof(*(ptr)))
/* One field back, in place: copy_out_field(arg, &op, field). */
#define copy_out_field(arg, ptr, field)                                                            \
    copy_out_bytes(GPTR((arg) + offsetof(__typeof__(*(ptr)), field)), &(ptr)->field,               \
                   sizeof((ptr)->field))

/* Elements [i, i + n) of an array at @base: address, and *@bytes. False: no such can exist. */
static inline bool element_range(unsigned long base, size_t size, unsigned long i, unsigned long n,
                                 unsigned long *addr, size_t *bytes)
{
    unsigned long offset;

    return !__builtin_mul_overflow(i, size, &offset) && !__builtin_mul_overflow(n, size, bytes) &&
           !__builtin_add_overflow(base, offset, addr);
}

static inline int copy_in_array(void *dst, unsigned long base, size_t size, unsigned long i,
                                unsigned long n)
{
    unsigned long addr;
    size_t bytes;

    return element_range(base, size, i, n, &addr, &bytes) ? copy_in_bytes(dst, GPTR(addr), bytes)
                                                          : -EFAULT;
}

static inline int copy_out_array(unsigned long base, size_t size, unsigned long i, const void *src,
                                 unsigned long n)
{
    unsigned long addr;
    size_t bytes;

    return element_range(base, size, i, n, &addr, &bytes) ? copy_out_bytes(GPTR(addr), src, bytes)
                                                          : -EFAULT;
}

#endif
