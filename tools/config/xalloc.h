/* SPDX-License-Identifier: MIT */
/*
 * Allocation for programs that cannot go on without memory: each call succeeds or ends the program.
 */
#ifndef CONFIG_XALLOC_H
#define CONFIG_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* `count` zeroed elements of `size` bytes. */
void *xcalloc(size_t count, size_t size);

/* An array grown to `count` elements of `size` bytes; new ones are not cleared. */
void *xrealloc(void *old, size_t count, size_t size);

char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
