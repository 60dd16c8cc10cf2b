/* SPDX-License-Identifier: MIT */
/* Allocation that succeeds or ends the daemon: quotas bound it, the journal makes up for it. */
#ifndef XENSTORED_XALLOC_H
#define XENSTORED_XALLOC_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *xcheck(void *p)
{
    if (!p) {
        fputs("xenstored: out of memory: give Domain0 more\n", stderr);
        abort();
    }
    return p;
}

static inline void *xzalloc(size_t size)
{
    return xcheck(calloc(1, size ? size : 1));
}

static inline void *xgrow(void *old, size_t count, size_t size)
{
    return xcheck(reallocarray(old, count ? count : 1, size));
}

/* Room for one more behind @count, of an array that grows by this alone: by doubling. */
static inline void *xgrow_by_one(void *old, size_t count, size_t size)
{
    return count & (count - 1) ? old : xgrow(old, count * 2, size);
}

/* A copy of `len` bytes at `src`, followed by a NUL that the length does not count. */
static inline void *xmemdup(const void *src, size_t len)
{
    char *copy = xcheck(malloc(len + 1));

    if (len)
        memcpy(copy, src, len);
    copy[len] = '\0';
    return copy;
}

static inline char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s));
}

#endif
