/* SPDX-License-Identifier: MIT */
/* Bits and atomic words, on the compiler's own atomics (sequentially consistent). */
#ifndef XEN_BITOPS_H
#define XEN_BITOPS_H

#include <xen/types.h>

#define BITS_PER_LONG 64
#define BITMAP_WORDS(n) DIV_UP(n, BITS_PER_LONG)

static inline bool test_bit(unsigned int nr, const volatile unsigned long *map)
{
    return map[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG) & 1;
}

/* Set bit @nr atomically; returns what it was. */
static inline bool test_and_set_bit(unsigned int nr, volatile unsigned long *map)
{
    unsigned long m = BIT(nr % BITS_PER_LONG);

    return __atomic_fetch_or(&map[nr / BITS_PER_LONG], m, __ATOMIC_SEQ_CST) & m;
}

/* Clear bit @nr atomically; returns what it was. */
static inline bool test_and_clear_bit(unsigned int nr, volatile unsigned long *map)
{
    unsigned long m = BIT(nr % BITS_PER_LONG);

    return __atomic_fetch_and(&map[nr / BITS_PER_LONG], ~m, __ATOMIC_SEQ_CST) & m;
}

static inline void set_bit(unsigned int nr, volatile unsigned long *map)
{
    __atomic_fetch_or(&map[nr / BITS_PER_LONG], BIT(nr % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

static inline void clear_bit(unsigned int nr, volatile unsigned long *map)
{
    __atomic_fetch_and(&map[nr / BITS_PER_LONG], ~BIT(nr % BITS_PER_LONG), __ATOMIC_SEQ_CST);
}

/* Index of the lowest set bit; @x must not be 0. */
static inline unsigned int first_bit(unsigned long x)
{
    return __builtin_ctzl(x);
}

/* How many bits of @x are set. (The compiler's own would call its library.) */
static inline unsigned int count_bits(unsigned long x)
{
    unsigned int n = 0;

    for (; x; x &= x - 1)
        n++;
    return n;
}

#define atomic_read(p)        __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define atomic_set(p, v)      __atomic_store_n(p, v, __ATOMIC_SEQ_CST)
#define atomic_inc(p)         __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST)
#define atomic_dec(p)         __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST)
#define atomic_add(p, v)      __atomic_add_fetch(p, v, __ATOMIC_SEQ_CST)
#define atomic_xchg(p, v)     __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* True when *@p was *@oldp and is now @v; else *@oldp is what it was. */
#define atomic_cas(p, oldp, v) \
    __atomic_compare_exchange_n(p, oldp, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#define smp_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#endif
