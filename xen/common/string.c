/* SPDX-License-Identifier: MIT */
/* The few string functions Xen uses. Large copies and fills go by 64 bytes with plain moves: on a
 * CPU as fast as string instructions, and several times faster in an emulator. */
#include <xen/string.h>

#define CHUNK 64

#define COPY_32(at)                                                                               \
    "mov " #at "(%1), %%r8; mov 8+" #at "(%1), %%r9\n\t"                                          \
    "mov 16+" #at "(%1), %%r10; mov 24+" #at "(%1), %%r11\n\t"                                    \
    "mov %%r8, " #at "(%0); mov %%r9, 8+" #at "(%0)\n\t"                                          \
    "mov %%r10, 16+" #at "(%0); mov %%r11, 24+" #at "(%0)\n\t"

static void copy_chunks(void **dst, const void **src, size_t chunks)
{
    __asm__ __volatile__("1: " COPY_32(0) COPY_32(32) "add $64, %0; add $64, %1; dec %2; jnz 1b"
                         : "+r"(*dst), "+r"(*src), "+r"(chunks)
                         :
                         : "r8", "r9", "r10", "r11", "memory");
}

#define FILL_32(at)                                                                               \
    "mov %2, " #at "(%0); mov %2, 8+" #at "(%0); mov %2, 16+" #at "(%0); mov %2, 24+" #at "(%0)\n\t"

static void fill_chunks(void **dst, u64 pattern, size_t chunks)
{
    __asm__ __volatile__("1: " FILL_32(0) FILL_32(32) "add $64, %0; dec %1; jnz 1b"
                         : "+r"(*dst), "+r"(chunks)
                         : "r"(pattern)
                         : "memory");
}

/* Of what is left when chunks are copied, a piece of @size: the compiler makes two moves of it. */
#define COPY_PIECE(size)                                                                          \
    do {                                                                                          \
        __builtin_memcpy(d, src, size);                                                           \
        d += size;                                                                                \
        src += size;                                                                              \
    } while (0)

/* Forwards, so that memmove() can use it when @dst lies before @src. */
void *memcpy(void *dst, const void *src, size_t n)
{
    void *d = dst;

    if (n >= CHUNK)
        copy_chunks(&d, &src, n / CHUNK);
    for (size_t words = n % CHUNK / 8; words; words--)
        COPY_PIECE(8);
    if (n & 4)
        COPY_PIECE(4);
    if (n & 2)
        COPY_PIECE(2);
    if (n & 1)
        COPY_PIECE(1);
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
    void *d = dst;

    if (n >= CHUNK)
        fill_chunks(&d, pattern, n / CHUNK);
    n %= CHUNK;
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
