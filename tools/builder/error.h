/* SPDX-License-Identifier: MIT */
/* How the builder says no: an errno, a cause and a remedy. */
#ifndef BUILDER_ERROR_H
#define BUILDER_ERROR_H

#include "builder/builder.h"

/* Fill in the texts (cause by printf format) and return err. A NULL error is allowed. */
int build_refuse(struct build_error *error, int err, const char *remedy, const char *cause, ...)
    __attribute__((format(printf, 4, 5)));

#endif
