/* SPDX-License-Identifier: MIT */
/* Basic types, and the three kinds of number that must never be mixed: mfn, pfn, maddr. */
#ifndef XEN_TYPES_H
#define XEN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__XENOLITH__) && !defined(UNIT_TEST)
/* All is one image, out of reach of 32-bit addresses: never go through a global offset table. */
#pragma GCC visibility push(hidden)
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* <limits.h> wants a C library beside it. */
#ifndef INT_MAX
#define INT_MAX __INT_MAX__
#endif
#ifndef UINT_MAX
#define UINT_MAX (INT_MAX * 2U + 1)
#endif

/* A machine frame number: machine address / 4096. */
typedef struct {
    unsigned long n;
} mfn_t;

/* A guest's own frame number, as it counts its memory; only m2p and memory_op speak of it. */
typedef struct {
    unsigned long n;
} pfn_t;

/* A machine ("physical") address in bytes. */
typedef struct {
    u64 a;
} maddr_t;

#define MFN(x)   ((mfn_t){(x)})
#define PFN(x)   ((pfn_t){(x)})
#define MADDR(x) ((maddr_t){(x)})

#define MFN_NONE MFN(~0UL)

static inline mfn_t mfn_add(mfn_t m, unsigned long i)
{
    return MFN(m.n + i);
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.n == b.n;
}

static inline mfn_t maddr_to_mfn(maddr_t m)
{
    return MFN(m.a >> 12);
}

static inline maddr_t mfn_to_maddr(mfn_t m)
{
    return MADDR((u64)m.n << 12);
}

typedef s64 stime_t; /* Nanoseconds of system time since Xen booted. */

#define NS(x)     ((stime_t)(x))
#define MICROS(x) ((stime_t)(x)*1000)
#define MILLIS(x) ((stime_t)(x)*1000000)
#define SECS(x)   ((stime_t)(x)*1000000000)
#define STIME_MAX ((stime_t)INT64_MAX)

#define ARRAY_SIZE(a)    (sizeof(a) / sizeof((a)[0]))
/* Each argument is evaluated once: it may be a clock, or memory that another CPU writes. */
#define MIN(a, b)                                                                                  \
    ({                                                                                             \
        __auto_type min_a = (a);                                                                   \
        __auto_type min_b = (b);                                                                   \
        min_a < min_b ? min_a : min_b;                                                             \
    })
#define MAX(a, b)                                                                                  \
    ({                                                                                             \
        __auto_type max_a = (a);                                                                   \
        __auto_type max_b = (b);                                                                   \
        max_a > max_b ? max_a : max_b;                                                             \
    })
#define ROUND_UP(x, a)   (((x) + (a)-1) & ~((__typeof__(x))(a)-1))
#define ROUND_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define DIV_UP(x, y)     (((x) + (y)-1) / (y))
#define BIT(n)           (1UL << (n))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#define __section(s) __attribute__((section(s)))
#define __printf_like(f, a) __attribute__((format(printf, f, a)))

/* Read or write a word that others change meanwhile, exactly once. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
