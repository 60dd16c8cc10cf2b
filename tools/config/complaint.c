/* SPDX-License-Identifier: MIT */
/* Collects what is wrong with a user's input. */
#include "config/complaint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/xalloc.h"

static char *located(const struct place *place, const char *format, va_list args)
{
    char *text = xvasprintf(format, args), *full;

    if (!place || !place->file)
        return text;
    if (place->line)
        full = xasprintf("%s:%u:%u: %s", place->file, place->line, place->column, text);
    else
        full = xasprintf("%s: %s", place->file, text);
    free(text);
    return full;
}

int complain(struct complaint *c, const struct place *place, const char *remedy,
             const char *format, ...)
{
    va_list args;
    char *text;

    if (c->cause[0])
        return -EINVAL;
    va_start(args, format);
    text = located(place, format, args);
    va_end(args);
    snprintf(c->cause, sizeof(c->cause), "%s", text);
    snprintf(c->remedy, sizeof(c->remedy), "%s", remedy ? remedy : "");
    free(text);
    return -EINVAL;
}

void warn(struct complaint *c, const struct place *place, const char *format, ...)
{
    va_list args;

    c->warnings = xrealloc(c->warnings, c->warning_count + 1, sizeof(*c->warnings));
    va_start(args, format);
    c->warnings[c->warning_count++] = located(place, format, args);
    va_end(args);
}

void complaint_print(struct complaint *c, const char *program, FILE *to)
{
    for (unsigned int i = 0; i < c->warning_count; i++)
        fprintf(to, "%s: warning: %s\n", program, c->warnings[i]);
    if (c->cause[0])
        fprintf(to, "%s: %s\n", program, c->cause);
    if (c->remedy[0])
        fprintf(to, "%*s  %s\n", (int)strlen(program), "", c->remedy);
    complaint_clear(c);
}

void complaint_clear(struct complaint *c)
{
    for (unsigned int i = 0; i < c->warning_count; i++)
        free(c->warnings[i]);
    free(c->warnings);
    memset(c, 0, sizeof(*c));
}
