/* SPDX-License-Identifier: MIT */
/* What is wrong with a user's input: one cause, one remedy, and warnings on the way. */
#ifndef CONFIG_COMPLAINT_H
#define CONFIG_COMPLAINT_H

#include <stdio.h>

struct complaint {
    char cause[512];            /* empty: nothing is wrong; no trailing newline */
    char remedy[256];           /* may be empty */
    char **warnings;
    unsigned int warning_count;
};

/* Where in the input something stands. line 0: no place known. */
struct place {
    const char *file;
    unsigned int line, column;
};

/*
 * Record an error, with "file:line:column: " in front where the place is known. The first one
 * stays: what follows from it would only confuse. Returns -EINVAL, for `return complain(...)`.
 */
int complain(struct complaint *c, const struct place *place, const char *remedy,
             const char *format, ...) __attribute__((format(printf, 4, 5)));

void warn(struct complaint *c, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "PROGRAM: warning: ..." for each warning, then the cause and its remedy, and forget them. */
void complaint_print(struct complaint *c, const char *program, FILE *to);

void complaint_clear(struct complaint *c);

#endif
