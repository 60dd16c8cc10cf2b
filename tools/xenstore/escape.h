/* SPDX-License-Identifier: MIT */
/* Values as text: what is not printable ASCII is written with a backslash. */
#ifndef XENSTORE_ESCAPE_H
#define XENSTORE_ESCAPE_H

#include <stddef.h>

/* Escaped copy, malloc()ed: \t \n \r \\, \OOO below 8, \xXX for the rest. NULL: no memory. */
char *escape_value(const char *value, size_t len);

/* Undo it in place; returns the length. A backslash before anything else stands for that. */
size_t unescape_value(char *text);

#endif
