/* SPDX-License-Identifier: MIT */
/* Values as text: what is not printable ASCII is written with a backslash. */
#include "escape.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char plain[] = "\t\n\r\\", letters[] = "tnr\\";

char *escape_value(const char *value, size_t len)
{
    char *text = malloc(4 * len + 1), *to = text;
    const char *known;
    size_t i;

    if (!text)
        return NULL;
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        known = c ? strchr(plain, c) : NULL;
        if (known)
            to += sprintf(to, "\\%c", letters[known - plain]);
        else if (c >= ' ' && c <= '~')
            *to++ = (char)c;
        else
            to += sprintf(to, c < 8 ? "\\%03o" : "\\x%02x", c);
    }
    *to = '\0';
    return text;
}

/* Up to `most` digits of the base at p; 0 with *next == p if there is none. */
static unsigned long digits(const char *p, int most, int base, const char **next)
{
    char text[4] = "";
    char *end;
    unsigned long number;

    memcpy(text, p, strnlen(p, (size_t)most));
    if (!isxdigit((unsigned char)text[0])) {
        *next = p;
        return 0;
    }
    number = strtoul(text, &end, base);
    *next = p + (end - text);
    return number;
}

size_t unescape_value(char *text)
{
    const char *from = text, *next, *known;
    char *to = text;
    unsigned long number;

    while (*from) {
        if (*from != '\\' || !from[1]) {
            *to++ = *from++;
            continue;
        }
        from++;
        known = strchr(letters, *from);
        number = *from == 'x' ? digits(from + 1, 2, 16, &next) : digits(from, 3, 8, &next);
        if (known) {
            *to++ = plain[known - letters];
            from++;
        } else if (next > from + (*from == 'x')) {
            *to++ = (char)number;
            from = next;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}
