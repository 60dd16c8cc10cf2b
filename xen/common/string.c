/* SPDX-License-Identifier: MIT */
/*
 * The few string functions Xen uses. Copies go by quadwords: real CPUs do not mind, and an emulator,
 * which repeats the instruction for each element, is eight times faster.
 */
#include <xen/string.h>

void *memcpy(void *dst, const void *src, size_t n)
{
    size_t quads = n / 8;
    void *d = dst;

    n %= 8;
    __asm__ __volatile__("rep movsq" : "+D"(d), "+S"(src), "+c"(quads)::"memory");
    __asm__ __volatile__("rep movsb" : "+D"(d), "+S"(src), "+c"(n)::"memory");
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;

    if (d <= s || d >= s + n)
        return memcpy(dst, src, n);
    d += n - 1;
    s += n - 1;
    __asm__ __volatile__("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(n)::"memory");
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    u64 pattern = (u8)c * 0x0101010101010101UL;
    size_t quads = n / 8;
    void *d = dst;

    n %= 8;
    __asm__ __volatile__("rep stosq" : "+D"(d), "+c"(quads) : "a"(pattern) : "memory");
    __asm__ __volatile__("rep stosb" : "+D"(d), "+c"(n) : "a"(pattern) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p < *q ? -1 : 1;
    return 0;
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n])
        n++;
    return n;
}

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        if (!*a)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (!*s)
            return NULL;
    return (char *)s;
}

char *strstr(const char *s, const char *what)
{
    size_t n = strlen(what);

    for (;; s++) {
        if (strncmp(s, what, n) == 0)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t n = strlen(src);

    if (size) {
        size_t fits = MIN(n, size - 1);

        memcpy(dst, src, fits);
        dst[fits] = '\0';
    }
    return n;
}

static unsigned int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? (unsigned int)(c - 'a' + 10) : UINT_MAX;
}

/* A value too large for 64 bits becomes the largest one, so that range checks refuse it. */
u64 strtoull(const char *s, const char **end, unsigned int base)
{
    u64 value = 0;
    bool full = false;

    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
        digit_value(s[2]) < 16) {
        base = 16;
        s += 2;
    } else if (base == 0) {
        base = s[0] == '0' ? 8 : 10;
    }
    for (; digit_value(*s) < base; s++)
        full |= __builtin_mul_overflow(value, (u64)base, &value) ||
                __builtin_add_overflow(value, (u64)digit_value(*s), &value);
    if (end)
        *end = s;
    return full ? UINT64_MAX : value;
}
