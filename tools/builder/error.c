/* SPDX-License-Identifier: MIT */
/* How the builder says no: an errno, a cause and a remedy. */
#include "builder/error.h"

#include <stdarg.h>
#include <stdio.h>

int build_refuse(struct build_error *error, int err, const char *remedy, const char *cause, ...)
{
    va_list args;

    if (!error)
        return err;
    va_start(args, cause);
    vsnprintf(error->cause, sizeof(error->cause), cause, args);
    va_end(args);
    snprintf(error->remedy, sizeof(error->remedy), "%s", remedy);
    return err;
}
