/* SPDX-License-Identifier: MIT */
/* What xenstore-control may ask of the daemon. */
#ifndef XENSTORED_CONTROL_H
#define XENSTORED_CONTROL_H

#include <stddef.h>
#include <stdio.h>

/* Run the command in `payload` (NUL-terminated words), print the answer. -EINVAL: unknown. */
int control_run(const char *payload, size_t len, FILE *out);

#endif
