/* SPDX-License-Identifier: MIT */
/* A child process that may compute, and nothing else: for reading files that guests control. */
#ifndef BUILDER_SANDBOX_H
#define BUILDER_SANDBOX_H

#include <stddef.h>

/*
 * Run body(in, out, report) in a child that has left only the descriptors `in` and `out`, no
 * privileges, no way to open or run anything, and bounded memory and time. What body left in
 * report[0..size) comes back here; the child is dead by then, so `out` changes no more. 0 when
 * body ended by itself; -EIO when the child was killed (bad input got the better of it),
 * -ETIMEDOUT, -ENOMEM.
 */
int sandbox_run(void (*body)(int in, int out, void *report), int in, int out, void *report,
                size_t size);

#endif
