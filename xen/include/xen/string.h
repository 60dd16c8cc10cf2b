/* SPDX-License-Identifier: MIT */
/* The few string functions Xen uses, as in ISO C unless noted. */
#ifndef XEN_STRING_H
#define XEN_STRING_H

#include <xen/types.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/* Copy at most @size - 1 bytes and always end with NUL; returns strlen(@src). */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Base 0 = C prefix; *@end is the first character not used (may be NULL). */
u64 strtoull(const char *s, const char **end, unsigned int base);

#define ZERO(x) memset(&(x), 0, sizeof(x))

#endif
